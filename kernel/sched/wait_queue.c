// SPDX-License-Identifier: MIT
// Threads of the kernel that wait for something that a spin lock guards.

#include <kernel/wait_queue.h>

#include <kernel/panic.h>
#include <kernel/status.h>

#include "sched_private.h"

void wait_queue_init(struct wait_queue *queue)
{
    waitable_init(&queue->waitable, WAITABLE_NOTIFICATION, 0);
}

static status_t sleep(struct wait_queue *queue, struct spinlock *guard, irq_state_t *state,
                      unsigned flags, nanoseconds_t deadline)
{
    assert(spin_held(guard));
    struct thread *thread = current_thread();
    struct wait_block block = { .thread = thread, .object = &queue->waitable };
    spin_lock(&sched_lock);
    status_t status = sched_wait_obstacle_locked(thread, flags);
    // Queued under sched_lock, so a wake-up between here and the switch finds us.
    spin_unlock_outer(guard, &sched_lock);
    if (status == STATUS_SUCCESS) {
        list_append(&queue->waitable.waiters, &block.link);
        thread->wait_blocks = &block;
        thread->wait_block_count = 1;
        thread->wait_flags = (uint8_t)flags;
        status = sched_block_locked(deadline);
    }
    spin_unlock(&sched_lock, *state);
    if (status == STATUS_INTERRUPTED) {
        sched_do_kernel_work(thread);
        status = STATUS_SUCCESS; // the caller looks at its condition again
    }
    *state = spin_lock(guard);
    return status;
}

status_t wait_queue_sleep(struct wait_queue *queue, struct spinlock *guard, irq_state_t *state,
                          nanoseconds_t deadline)
{
    return sleep(queue, guard, state, WAIT_UNTIL_END, deadline);
}

void wait_queue_sleep_always(struct wait_queue *queue, struct spinlock *guard, irq_state_t *state)
{
    status_t status = sleep(queue, guard, state, 0, NO_DEADLINE);
    assert(status == STATUS_SUCCESS);
    (void)status;
}

void wait_queue_wake_all(struct wait_queue *queue)
{
    irq_state_t state = spin_lock(&sched_lock);
    while (!list_is_empty(&queue->waitable.waiters)) {
        struct wait_block *block = list_first(&queue->waitable.waiters, struct wait_block, link);
        sched_end_wait_locked(block->thread, STATUS_SUCCESS);
    }
    spin_unlock(&sched_lock, state);
}
