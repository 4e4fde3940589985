// SPDX-License-Identifier: MIT
// What the scheduler's files share. One lock guards the run queues, all waits, the timers and every
// thread's state; it travels with a switch from thread to thread.

#pragma once

#include <kernel/thread.h>

struct cpu;

#define SCHED_QUANTUM 2 // ticks of a turn, as on a Windows client

// One per processor.
struct run_queue {
    struct cpu *cpu;                   // immutable
    cpu_mask_t bit;                    // immutable: cpu_bit(cpu), for affinities
    struct list ready[PRIORITY_COUNT]; // [s] threads, first come first served
    uint32_t ready_bits;               // [s] which lists are not empty
    struct rb_tree timers;             // [s] by time
    struct timer *first_timer;         // [s] of timers
    nanoseconds_t timer_pause;         // [s] until then none of them is served
    nanoseconds_t tick_due;            // [s] the next tick; NO_DEADLINE while idle
    nanoseconds_t timer_armed;         // [s] what the local timer is set to
    uint64_t accounted;                // [s] time-stamp up to which time is charged to somebody
    uint64_t started;                  // [s] time-stamp from which on it was
    uint64_t user_cycles;              // [s] charged to programs in user mode
    uint64_t switches;                 // [s] from thread to thread
};

extern struct run_queue *run_queues[];
extern cpu_mask_t sched_online; // [s] bits of the processors that run threads

extern uint64_t sched_ticks; // [s] how many there were

// The running processor's.
struct run_queue *this_run_queue(void);

// A processor ticks again that had nothing to do. Only for the running one.
void sched_start_ticks_locked(struct run_queue *queue);

// Whether `self`, the thread that runs on queue's processor, has to give way to another.
bool sched_must_give_way_locked(const struct run_queue *queue, const struct thread *self);

// Sets the local timer for what is due first, a timer or the tick. Only for the running processor.
void sched_arm_timer_locked(struct run_queue *queue);

// Calls the timers of queue whose time has come, but not too many at once.
void sched_expire_timers_locked(struct run_queue *queue, nanoseconds_t now);

// Makes a thread ready, on a processor of its affinity that is idle or runs something less urgent
// if there is one.
void sched_make_ready_locked(struct thread *thread);

// Runs somebody else; the caller has set its own state and queued itself where it belongs. Returns
// when it runs again, with the lock held.
void sched_switch_locked(void);

// Takes a ready thread off its run queue.
void sched_unready_locked(struct thread *thread);

// Has the processor that runs thread look at thread->work, or at needs_reschedule.
void sched_poke_locked(struct thread *thread);

// Gives thread the priority; moves it if it is ready, preempts if it runs.
void sched_set_effective_priority_locked(struct thread *thread, uint8_t priority);

// Charges the time since the last call to the thread that runs on queue's processor, which may be
// another one's.
void sched_account_locked(struct run_queue *queue, bool in_kernel);

// Adds to what a thread has to look after (enum thread_work; 0: only look again), and makes it
// look: ends its wait if that is to end, interrupts its processor if it runs.
void sched_give_work_locked(struct thread *thread, uint32_t work);

// Expires every thread's wait_timer.
void sched_wait_timed_out(struct timer *timer, nanoseconds_t now);

// One object of one wait.
struct wait_block {
    struct list link; // in the object's waiters
    struct thread *thread;
    struct waitable *object;
    uint16_t index;
};

// The wait is to be left and entered again; never seen outside of the scheduler.
#define STATUS_INTERRUPTED STATUS_KERNEL_APC

// Waits until sched_end_wait_locked or the deadline. The caller has linked its wait blocks.
status_t sched_block_locked(nanoseconds_t deadline);

// Ends the wait of a waiting thread and makes it ready.
void sched_end_wait_locked(struct thread *thread, status_t status);

// Whether a wait must not begin, or begin again: STATUS_SUCCESS, STATUS_INTERRUPTED or a status
// that it ends with. flags: enum wait_flags.
status_t sched_wait_obstacle_locked(struct thread *thread, unsigned flags);

// Suspends the running thread and runs its kernel APCs as long as there is something to do.
void sched_do_kernel_work(struct thread *thread);

// Some of the mutants that a thread owns become free, and abandoned. Returns whether these were
// all.
bool sched_abandon_mutants_locked(struct thread *thread);

// What queues (queue.c) have to know: a member begins or ends a wait, or is no member any more.
void sched_queue_member_waits_locked(struct queue *queue);
void sched_queue_member_runs_locked(struct queue *queue);
void sched_leave_queue_locked(struct thread *thread);

// Throws away the APCs of a thread that ends.
void sched_flush_apcs(struct thread *thread);
