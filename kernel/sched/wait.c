// SPDX-License-Identifier: MIT
/*
 * Waiting (dispatcher.h). A thread that waits has a wait block in the list of each object, on its
 * own kernel stack. Whoever signals an object looks through its blocks, takes the object for those
 * whose wait it satisfies and takes their blocks out of all lists; so a block in a list always
 * belongs to a thread that waits.
 */

#include <kernel/dispatcher.h>

#include <kernel/panic.h>
#include <kernel/status.h>

#include "sched_private.h"

#define BOOST         1 // what waking up adds to a priority
#define BOOST_HIGHEST (PRIORITY_REALTIME - 1)

void waitable_init(struct waitable *waitable, enum waitable_kind kind, int32_t state)
{
    *waitable = (struct waitable){ .kind = (uint8_t)kind, .state = state };
    list_init(&waitable->waiters);
}

static struct mutant *mutant_of(struct waitable *waitable)
{
    return container_of(waitable, struct mutant, waitable);
}

static ALWAYS_INLINE bool is_signalled_for(struct waitable *waitable, const struct thread *thread)
{
    return waitable->state > 0 ||
           (waitable->kind == WAITABLE_MUTANT && mutant_of(waitable)->owner == thread);
}

static status_t take_mutant(struct mutant *mutant, struct thread *thread)
{
    if (mutant->waitable.state == INT32_MIN)
        return STATUS_MUTANT_LIMIT_EXCEEDED;
    mutant->waitable.state--;
    if (mutant->owner == thread)
        return STATUS_SUCCESS;
    mutant->owner = thread;
    list_append(&thread->mutants, &mutant->owner_link);
    bool was_abandoned = mutant->is_abandoned;
    mutant->is_abandoned = false;
    return was_abandoned ? STATUS_ABANDONED_WAIT_0 : STATUS_SUCCESS;
}

// What satisfying thread's wait does to a signalled object. STATUS_SUCCESS, STATUS_ABANDONED_WAIT_0
// or STATUS_MUTANT_LIMIT_EXCEEDED.
static ALWAYS_INLINE status_t take(struct waitable *waitable, struct thread *thread)
{
    switch (waitable->kind) {
    case WAITABLE_SYNCHRONIZATION:
        waitable->state = 0;
        break;
    case WAITABLE_SEMAPHORE:
        waitable->state--;
        break;
    case WAITABLE_MUTANT:
        return take_mutant(mutant_of(waitable), thread);
    }
    return STATUS_SUCCESS;
}

static status_t plus_index(status_t status, unsigned index)
{
    return status_is_success(status) ? status + (status_t)index : status;
}

static bool are_all_signalled(const struct wait_block *blocks, unsigned count,
                              const struct thread *thread)
{
    for (unsigned i = 0; i < count; i++)
        if (!is_signalled_for(blocks[i].object, thread))
            return false;
    return true;
}

static status_t take_all(const struct wait_block *blocks, unsigned count, struct thread *thread)
{
    status_t result = STATUS_WAIT_0;
    for (unsigned i = 0; i < count; i++) {
        const struct waitable *waitable = blocks[i].object;
        if (waitable->kind == WAITABLE_MUTANT && waitable->state == INT32_MIN)
            return STATUS_MUTANT_LIMIT_EXCEEDED;
    }
    for (unsigned i = 0; i < count; i++)
        if (take(blocks[i].object, thread) != STATUS_SUCCESS)
            result = STATUS_ABANDONED_WAIT_0;
    return result;
}

static void boost(struct thread *thread)
{
    if (thread->boost_disabled || thread->base_priority >= PRIORITY_REALTIME)
        return;
    uint8_t boosted = (uint8_t)MIN(thread->base_priority + BOOST, BOOST_HIGHEST);
    thread->priority = MAX(thread->priority, boosted);
}

void sched_end_wait_locked(struct thread *thread, status_t status)
{
    assert(thread->state == THREAD_WAITING);
    for (unsigned i = 0; i < thread->wait_block_count; i++)
        list_remove(&thread->wait_blocks[i].link);
    thread->wait_block_count = 0;
    thread->waits_for_id_alert = false;
    thread->is_suspended = false;
    thread->wait_status = status;
    if (unlikely(thread->queue))
        sched_queue_member_runs_locked(thread->queue);
    timer_stop_locked(&thread->wait_timer);
    if (status != STATUS_TIMEOUT)
        boost(thread);
    sched_make_ready_locked(thread);
}

void sched_wait_timed_out(struct timer *timer, nanoseconds_t now)
{
    (void)now;
    sched_end_wait_locked(container_of(timer, struct thread, wait_timer), STATUS_TIMEOUT);
}

status_t sched_block_locked(nanoseconds_t deadline)
{
    struct thread *thread = current_thread();
    thread->state = THREAD_WAITING;
    if (deadline != NO_DEADLINE)
        timer_start_locked(&thread->wait_timer, deadline);
    if (unlikely(thread->queue))
        sched_queue_member_waits_locked(thread->queue);
    sched_switch_locked();
    return thread->wait_status;
}

void waitable_satisfy_waiters_locked(struct waitable *waitable)
{
    struct list *link = waitable->waiters.next;
    while (link != &waitable->waiters && waitable->state > 0) {
        struct wait_block *block = list_entry(link, struct wait_block, link);
        struct thread *thread = block->thread;
        if (thread->wait_flags & WAIT_ALL) {
            link = link->next;
            if (are_all_signalled(thread->wait_blocks, thread->wait_block_count, thread))
                sched_end_wait_locked(
                    thread, take_all(thread->wait_blocks, thread->wait_block_count, thread));
        } else {
            // The same object may be in this wait more than once: all its blocks go.
            sched_end_wait_locked(thread, plus_index(take(waitable, thread), block->index));
            link = waitable->waiters.next;
        }
    }
}

// Takes what is signalled already. STATUS_PENDING: nothing was taken.
static status_t try_locked(struct wait_block *blocks, unsigned count, unsigned flags,
                           struct thread *thread)
{
    if (flags & WAIT_ALL)
        return are_all_signalled(blocks, count, thread) ? take_all(blocks, count, thread)
                                                        : STATUS_PENDING;
    for (unsigned i = 0; i < count; i++)
        if (is_signalled_for(blocks[i].object, thread))
            return plus_index(take(blocks[i].object, thread), i);
    return STATUS_PENDING;
}

static status_t wait_once_locked(struct wait_block *blocks, unsigned count, unsigned flags,
                                 nanoseconds_t deadline, struct thread *thread)
{
    status_t status = try_locked(blocks, count, flags, thread);
    if (status != STATUS_PENDING)
        return status;
    status = sched_wait_obstacle_locked(thread, flags);
    if (status != STATUS_SUCCESS)
        return status;
    if (deadline == 0)
        return STATUS_TIMEOUT;
    for (unsigned i = 0; i < count; i++)
        list_append(&blocks[i].object->waiters, &blocks[i].link);
    thread->wait_blocks = blocks;
    thread->wait_block_count = (uint8_t)count;
    thread->wait_flags = (uint8_t)flags;
    return sched_block_locked(deadline);
}

// The wait itself, again after each interruption. Called and left with the lock held.
static status_t wait_locked(struct wait_block *blocks, unsigned count, unsigned flags,
                            nanoseconds_t deadline, irq_state_t state)
{
    struct thread *thread = current_thread();
    for (;;) {
        status_t status = wait_once_locked(blocks, count, flags, deadline, thread);
        if (likely(status != STATUS_INTERRUPTED))
            return status;
        spin_unlock(&sched_lock, state);
        sched_do_kernel_work(thread);
        spin_lock(&sched_lock);
    }
}

static void init_block(struct wait_block *block, struct waitable *object, unsigned index)
{
    block->thread = current_thread();
    block->object = object;
    block->index = (uint16_t)index;
}

// With the lock held, which it releases.
static NOINLINE status_t block_for_one(struct waitable *object, unsigned flags,
                                       nanoseconds_t deadline, irq_state_t state)
{
    struct wait_block block;
    init_block(&block, object, 0);
    status_t status = wait_locked(&block, 1, flags, deadline, state);
    spin_unlock(&sched_lock, state);
    thread_reap();
    return status;
}

// The common case, without the stack that 64 objects take, and in few steps if it need not wait.
status_t wait_for_one(struct waitable *object, unsigned flags, nanoseconds_t deadline)
{
    struct thread *thread = current_thread();
    irq_state_t state = spin_lock(&sched_lock);
    if (likely(is_signalled_for(object, thread))) {
        status_t status = take(object, thread);
        spin_unlock(&sched_lock, state);
        return status;
    }
    return block_for_one(object, flags & ~(unsigned)WAIT_ALL, deadline, state);
}

// Takes the first object that is signalled, before anything is made ready for waiting.
static status_t try_any_locked(struct waitable *const *objects, unsigned count,
                               struct thread *thread)
{
    for (unsigned i = 0; i < count; i++)
        if (is_signalled_for(objects[i], thread))
            return plus_index(take(objects[i], thread), i);
    return STATUS_PENDING;
}

static NOINLINE status_t wait_for_several(struct waitable *const *objects, unsigned count,
                                          unsigned flags, nanoseconds_t deadline)
{
    assert(count > 0 && count <= WAIT_OBJECTS_MAX);
    struct wait_block blocks[WAIT_OBJECTS_MAX];
    status_t status = STATUS_PENDING;
    irq_state_t state = spin_lock(&sched_lock);
    if (!(flags & WAIT_ALL))
        status = try_any_locked(objects, count, current_thread());
    if (status == STATUS_PENDING) {
        for (unsigned i = 0; i < count; i++)
            init_block(&blocks[i], objects[i], i);
        status = wait_locked(blocks, count, flags, deadline, state);
    }
    spin_unlock(&sched_lock, state);
    thread_reap();
    return status;
}

status_t wait_for(struct waitable *const *objects, unsigned count, unsigned flags,
                  nanoseconds_t deadline)
{
    return count == 1 ? wait_for_one(objects[0], flags, deadline)
                      : wait_for_several(objects, count, flags, deadline);
}

status_t wait_signal_and_wait(status_t (*signal)(void *context), void *context,
                              struct waitable *object, unsigned flags, nanoseconds_t deadline)
{
    struct wait_block block;
    init_block(&block, object, 0);
    irq_state_t state = spin_lock(&sched_lock);
    status_t status = signal ? signal(context) : STATUS_SUCCESS;
    if (status_is_success(status))
        status = wait_locked(&block, 1, flags & ~(unsigned)WAIT_ALL, deadline, state);
    spin_unlock(&sched_lock, state);
    thread_reap();
    return status;
}

status_t thread_sleep_until(nanoseconds_t deadline, unsigned flags)
{
    irq_state_t state = spin_lock(&sched_lock);
    status_t status = wait_locked(NULL, 0, flags & ~(unsigned)WAIT_ALL, deadline, state);
    spin_unlock(&sched_lock, state);
    thread_reap();
    return status;
}
