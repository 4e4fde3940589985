// SPDX-License-Identifier: MIT
// What the scheduler's files share. One lock guards the run queue, the wait queues, the deadlines
// and every thread's state.

#pragma once

#include <kernel/thread.h>

extern struct spinlock sched_lock;

// Puts a thread at the end of the run queue and asks for a switch if only the idle thread runs.
void sched_make_ready_locked(struct thread *thread);

// Runs somebody else; the caller has set its own state and queued itself where it belongs. Returns
// when it runs again, with the lock held.
void sched_switch_locked(void);

// Frees threads that have ended; call after releasing the lock when a switch has happened.
void sched_reap(void);

// Ends a wait: out of its queue, off the deadlines, ready.
void sched_wake_locked(struct thread *thread, status_t status);

// Keeps the running thread waiting until deadline at most; the caller has put it into a queue.
// Returns why the wait ended.
status_t sched_wait_locked(nanoseconds_t deadline);

// Sets the timer for what is due first: a deadline, or the tick of a running program.
void sched_arm_timer_locked(void);

// Wakes those whose deadline has passed.
void sched_expire_locked(nanoseconds_t now);

// When the first deadline is, or NO_DEADLINE.
nanoseconds_t sched_first_deadline_locked(void);
