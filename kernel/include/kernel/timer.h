// SPDX-License-Identifier: MIT
/*
 * The timer queue: functions that are called when a time has come. Each processor keeps those that
 * were started on it in a tree by time; its local timer is set for the first.
 *
 *	s	scheduler lock
 */

#pragma once

#include <kernel/rbtree.h>
#include <kernel/types.h>

#define NO_DEADLINE UINT64_MAX

struct timer {
    struct rb_node node;
    nanoseconds_t due;       // [s]
    struct run_queue *queue; // [s] where it waits; NULL: not started
    // Called in the timer's interrupt with sched_lock held, once; it may start the timer again.
    void (*expire)(struct timer *timer, nanoseconds_t now);
};

// expire is called as soon as clock_now() has reached due. A timer that runs is started anew.
void timer_start_locked(struct timer *timer, nanoseconds_t due);

// Whether it was still to come. After false, expire has been called or was never to be.
bool timer_stop_locked(struct timer *timer);
