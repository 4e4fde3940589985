// SPDX-License-Identifier: MIT
// Events, semaphores, mutants and alerts by thread id: what changes the state of a waitable.

#include <kernel/dispatcher.h>

#include <kernel/panic.h>
#include <kernel/status.h>

#include "sched_private.h"

#define ABANDONED_AT_ONCE 64u // mutants, while interrupts are off

int32_t event_set_locked(struct event *event)
{
    int32_t previous = event->waitable.state;
    event->waitable.state = 1;
    waitable_satisfy_locked(&event->waitable);
    return previous;
}

int32_t event_set(struct event *event)
{
    irq_state_t state = spin_lock(&sched_lock);
    int32_t previous = event_set_locked(event);
    spin_unlock(&sched_lock, state);
    return previous;
}

int32_t event_reset(struct event *event)
{
    irq_state_t state = spin_lock(&sched_lock);
    int32_t previous = event->waitable.state;
    event->waitable.state = 0;
    spin_unlock(&sched_lock, state);
    return previous;
}

int32_t event_pulse(struct event *event)
{
    irq_state_t state = spin_lock(&sched_lock);
    int32_t previous = event_set_locked(event);
    event->waitable.state = 0;
    spin_unlock(&sched_lock, state);
    return previous;
}

status_t semaphore_release_locked(struct semaphore *semaphore, int32_t amount, int32_t *previous)
{
    assert(amount > 0);
    if (amount > semaphore->limit - semaphore->waitable.state)
        return STATUS_SEMAPHORE_LIMIT_EXCEEDED;
    *previous = semaphore->waitable.state;
    semaphore->waitable.state += amount;
    waitable_satisfy_locked(&semaphore->waitable);
    return STATUS_SUCCESS;
}

status_t semaphore_release(struct semaphore *semaphore, int32_t amount, int32_t *previous)
{
    irq_state_t state = spin_lock(&sched_lock);
    status_t status = semaphore_release_locked(semaphore, amount, previous);
    spin_unlock(&sched_lock, state);
    return status;
}

void mutant_init(struct mutant *mutant, bool taken)
{
    *mutant = (struct mutant){ 0 };
    waitable_init(&mutant->waitable, WAITABLE_MUTANT, taken ? 0 : 1);
    list_init(&mutant->owner_link);
    if (!taken)
        return;
    irq_state_t state = spin_lock(&sched_lock);
    mutant->owner = current_thread();
    list_append(&mutant->owner->mutants, &mutant->owner_link);
    spin_unlock(&sched_lock, state);
}

static void set_free_locked(struct mutant *mutant, bool abandoned)
{
    mutant->owner = NULL;
    mutant->is_abandoned = abandoned;
    list_remove(&mutant->owner_link);
    mutant->waitable.state = 1;
    waitable_satisfy_locked(&mutant->waitable);
}

status_t mutant_release_locked(struct mutant *mutant, int32_t *previous)
{
    if (mutant->owner != current_thread())
        return STATUS_MUTANT_NOT_OWNED;
    *previous = mutant->waitable.state;
    if (mutant->waitable.state == 0)
        set_free_locked(mutant, false);
    else
        mutant->waitable.state++;
    return STATUS_SUCCESS;
}

status_t mutant_release(struct mutant *mutant, int32_t *previous)
{
    irq_state_t state = spin_lock(&sched_lock);
    status_t status = mutant_release_locked(mutant, previous);
    spin_unlock(&sched_lock, state);
    return status;
}

void mutant_destroy(struct mutant *mutant)
{
    irq_state_t state = spin_lock(&sched_lock);
    list_remove(&mutant->owner_link);
    spin_unlock(&sched_lock, state);
}

bool sched_abandon_mutants_locked(struct thread *thread)
{
    for (unsigned i = 0; i < ABANDONED_AT_ONCE && !list_is_empty(&thread->mutants); i++)
        set_free_locked(list_first(&thread->mutants, struct mutant, owner_link), true);
    return list_is_empty(&thread->mutants);
}

void thread_alert_by_id(struct thread *thread)
{
    irq_state_t state = spin_lock(&sched_lock);
    if (thread->waits_for_id_alert)
        sched_end_wait_locked(thread, STATUS_ALERTED);
    else
        thread->is_alerted_by_id = true;
    spin_unlock(&sched_lock, state);
}

static status_t wait_for_id_alert_locked(struct thread *thread, nanoseconds_t deadline)
{
    if (thread->is_alerted_by_id) {
        thread->is_alerted_by_id = false;
        return STATUS_ALERTED;
    }
    status_t status = sched_wait_obstacle_locked(thread, WAIT_FOR_PROGRAM);
    if (status != STATUS_SUCCESS)
        return status;
    if (deadline == 0)
        return STATUS_TIMEOUT;
    thread->wait_flags = WAIT_FOR_PROGRAM;
    thread->waits_for_id_alert = true;
    return sched_block_locked(deadline);
}

status_t thread_wait_for_alert_by_id(nanoseconds_t deadline)
{
    struct thread *thread = current_thread();
    irq_state_t state = spin_lock(&sched_lock);
    status_t status;
    while ((status = wait_for_id_alert_locked(thread, deadline)) == STATUS_INTERRUPTED) {
        spin_unlock(&sched_lock, state);
        sched_do_kernel_work(thread);
        spin_lock(&sched_lock);
    }
    spin_unlock(&sched_lock, state);
    thread_reap();
    return status;
}
