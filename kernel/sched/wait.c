// SPDX-License-Identifier: MIT
// Waiting: queues of threads, and deadlines in one list sorted by time.

#include <kernel/clock.h>
#include <kernel/panic.h>
#include <kernel/status.h>
#include <kernel/thread.h>

#include <arch/context.h>

#include "sched_private.h"

static struct list deadlines = LIST(deadlines); // [sched_lock] threads, earliest first

nanoseconds_t sched_first_deadline_locked(void)
{
    return list_is_empty(&deadlines) ? NO_DEADLINE
                                     : list_first(&deadlines, struct thread, timer_link)->deadline;
}

static void insert_deadline(struct thread *thread, nanoseconds_t deadline)
{
    struct thread *later;
    thread->deadline = deadline;
    list_for_each(later, &deadlines, timer_link) {
        if (later->deadline > deadline)
            break;
    }
    list_insert_before(&later->timer_link, &thread->timer_link);
}

void sched_wake_locked(struct thread *thread, status_t status)
{
    list_remove(&thread->queue_link);
    list_remove(&thread->timer_link);
    thread->deadline = NO_DEADLINE;
    thread->wait_status = status;
    sched_make_ready_locked(thread);
}

void sched_expire_locked(nanoseconds_t now)
{
    while (sched_first_deadline_locked() <= now)
        sched_wake_locked(list_first(&deadlines, struct thread, timer_link), STATUS_TIMEOUT);
}

status_t sched_wait_locked(nanoseconds_t deadline)
{
    struct thread *thread = current_thread();
    if (thread->must_end) {
        list_remove(&thread->queue_link);
        return STATUS_CANCELLED;
    }
    thread->state = THREAD_WAITING;
    if (deadline != NO_DEADLINE)
        insert_deadline(thread, deadline);
    sched_switch_locked();
    return thread->wait_status;
}

void wait_queue_init(struct wait_queue *queue)
{
    list_init(&queue->threads);
}

status_t wait_queue_sleep(struct wait_queue *queue, struct spinlock *guard, irq_state_t *state,
                          nanoseconds_t deadline)
{
    assert(spin_held(guard));
    spin_lock(&sched_lock);
    list_append(&queue->threads, &current_thread()->queue_link);
    // Queued under sched_lock, so a wake-up between here and the switch finds us.
    spin_unlock_outer(guard, &sched_lock);
    status_t status = sched_wait_locked(deadline);
    spin_unlock(&sched_lock, *state);
    sched_reap();
    *state = spin_lock(guard);
    return status;
}

void wait_queue_wake_all(struct wait_queue *queue)
{
    irq_state_t state = spin_lock(&sched_lock);
    while (!list_is_empty(&queue->threads))
        sched_wake_locked(list_first(&queue->threads, struct thread, queue_link), STATUS_SUCCESS);
    spin_unlock(&sched_lock, state);
}

status_t thread_sleep_until(nanoseconds_t deadline)
{
    irq_state_t state = spin_lock(&sched_lock);
    status_t status = sched_wait_locked(deadline);
    spin_unlock(&sched_lock, state);
    sched_reap();
    return status;
}
