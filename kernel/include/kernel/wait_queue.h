// SPDX-License-Identifier: MIT
// Threads that wait in the kernel for something that a spin lock guards. The caller tests its
// condition in a loop: it may be woken for nothing, and a thread that was suspended meanwhile is.

#pragma once

#include <kernel/dispatcher.h>
#include <kernel/timer.h>

struct wait_queue {
    struct waitable waitable; // never signalled: only woken
};

#define WAIT_QUEUE(name)                                                                           \
    {                                                                                              \
        {                                                                                          \
            LIST((name).waitable.waiters)                                                          \
        }                                                                                          \
    }

void wait_queue_init(struct wait_queue *queue);

/*
 * Waits to be woken. guard is released while waiting and held again afterwards; *state is its
 * interrupt state.
 * Returns  STATUS_SUCCESS: woken. STATUS_TIMEOUT: deadline passed. STATUS_CANCELLED: the thread is
 *          to end
 */
status_t wait_queue_sleep(struct wait_queue *queue, struct spinlock *guard, irq_state_t *state,
                          nanoseconds_t deadline) MUST_CHECK;

// The same without a deadline, and even if the thread is to end.
void wait_queue_sleep_always(struct wait_queue *queue, struct spinlock *guard, irq_state_t *state);

// Context: any but NMI.
void wait_queue_wake_all(struct wait_queue *queue);
