// SPDX-License-Identifier: MIT
/*
 * Threads: who runs, who is ready, who waits for what.
 *
 * A thread is made with two references: its own, which it loses when it has ended, and its maker's.
 * It runs an entry function on a kernel stack; threads of a program leave that function by entering
 * user mode and come back through traps. The kernel is not preempted: a thread leaves its processor
 * when it waits, yields, or is about to return to user mode.
 *
 *	I	immutable after creation
 *	s	scheduler lock
 *	o	only the thread itself
 *	a	atomic
 */

#pragma once

#include <arch/debug.h>
#include <kernel/dispatcher.h>
#include <kernel/list.h>
#include <kernel/object.h>
#include <kernel/spinlock.h>
#include <kernel/timer.h>
#include <kernel/types.h>
#include <kernel/wait_queue.h>

struct mutex;
struct process;
struct queue;
struct run_queue;
struct trap_frame;
struct wait_block;

enum thread_state {
    THREAD_NEW,
    THREAD_READY,
    THREAD_RUNNING,
    THREAD_WAITING,
    THREAD_ENDED
};

// What a thread has to look after before it may go (back) to user mode.
enum thread_work {
    THREAD_WORK_END = 1 << 0,        // it is to end; waits return STATUS_CANCELLED
    THREAD_WORK_FRAME = 1 << 1,      // its trap frame was changed and must be loaded by IRETQ
    THREAD_WORK_SUSPEND = 1 << 2,    // suspend_count is not 0
    THREAD_WORK_KERNEL_APC = 1 << 3, // kernel_apcs is not empty
    THREAD_WORK_USER_APC = 1 << 4,   // user APCs are due
    THREAD_WORK_BEGIN = 1 << 5,      // the personality has a part in its first entry to user mode
};

// NT's priorities: 0 is the idle threads', 16 and above are fixed ("real time").
#define PRIORITY_COUNT    32
#define PRIORITY_NORMAL   8
#define PRIORITY_REALTIME 16

#define SUSPEND_COUNT_MAX 127

struct thread {
    struct object object;
    uint32_t id;                 // [I] multiple of 4; NT's thread id
    char name[24];               // [I] for people who read panics
    struct process *process;     // [I] NULL: a kernel thread
    void *kernel_stack;          // [I] lowest address; NULL once it has ended
    vaddr_t saved_stack_pointer; // [s] while not running; known to switch.asm
    vaddr_t user_gs_base;        // [o] NT: the TEB
    void *fpu_state;             // [o] XSAVE area, 64-byte aligned; NULL for kernel threads
    void *fpu_allocation;        // [I] the block that fpu_state lies in
    volatile uint32_t work;      // [a] enum thread_work; known to entry.asm
    status_t copy_fault_status;  // [o] why the last user copy stopped
    struct mutex *mutexes;       // [o] those held, innermost first (debug builds)

    struct debug_registers debug; // [o] its hardware breakpoints

    // Scheduling
    struct list queue_link;    // [s] in a run queue, or a mutex's waiters
    enum thread_state state;   // [s]
    uint8_t priority;          // [s] at which it runs now: base_priority and what was added
    uint8_t base_priority;     // [s] 0..31
    bool boost_disabled;       // [s] waking up adds nothing
    uint8_t quantum;           // [s] ticks that are left of its turn
    struct run_queue *home;    // [s] the processor that it runs on, or ran on last
    struct run_queue *ideal;   // [s] where it would like to run
    cpu_mask_t affinity;       // [s] processors that it may run on; never 0
    uint64_t ready_since;      // [s] while ready: the number of ticks when it became that
    uint64_t user_cycles;      // [s] of the time-stamp counter, until it was last accounted
    uint64_t kernel_cycles;    // [s]
    uint64_t context_switches; // [s]
    nanoseconds_t create_time; // [I]
    nanoseconds_t exit_time;   // [s] once it has ended

    // Waiting
    struct wait_block *wait_blocks; // [s] on its stack
    uint8_t wait_block_count;       // [s]
    uint8_t wait_flags;             // [s] enum wait_flags
    bool is_suspended;              // [s] waits to be resumed
    bool waits_for_id_alert;        // [s]
    status_t wait_status;           // [s] why the last wait ended
    struct timer wait_timer;        // [s]
    struct list mutants;            // [s] those that it owns
    struct queue *queue;            // [s] that it took from last, or NULL (queue.h)
    struct list queue_member;       // [s] in queue->members

    // What others want of it
    uint32_t suspend_count;  // [s]
    bool is_alerted;         // [s] NtAlertThread
    bool is_alerted_by_id;   // [s] NtAlertThreadByThreadId
    struct list kernel_apcs; // [s] struct kernel_apc
    bool has_due_apcs;       // [s] the next of user_apcs is due, special or not
    struct list user_apcs;   // [s] struct user_apc

    struct list process_link;      // [process lock]
    uint64_t number;               // [I] how many its process made before it
    struct waitable ended;         // [s] signalled when it has ended
    status_t exit_status;          // [s] valid once it is to end
    void (*entry)(void *argument); // [I]
    void *argument;                // [I]
    void *personality_data;        // [I] NT: what belongs to the thread, see ntcompat
};

extern const struct object_type thread_type;

static ALWAYS_INLINE struct thread *current_thread(void)
{
    return this_cpu()->thread;
}

// Where the registers of a thread's user mode lie while it is in the kernel: at the top of its
// stack. Valid in the thread itself, and where it is known not to run: in thread_run, and while it
// waits, under the scheduler's lock.
struct trap_frame *thread_user_frame(struct thread *thread);

/*
 * Makes a thread that will run entry(argument) in the kernel. It does not run before thread_start.
 * Its priority is PRIORITY_NORMAL, it may run everywhere.
 * process  takes a reference
 * Fails    STATUS_NO_MEMORY
 */
status_t thread_create(struct process *process, const char *name, void (*entry)(void *),
                       void *argument, struct thread **out) MUST_CHECK;

void thread_start(struct thread *thread);

// The thread that boots the machine and then runs the programs.
extern struct thread boot_thread;

// Ends the running thread.
NORETURN void thread_exit(void);

// Lets others of its priority or above run. Returns whether there were any.
bool thread_yield(void);

// Frees threads that have ended. Where nothing is held and time does not matter.
void thread_reap(void);
// Has that done by a thread that may sleep. For the idle thread.
void thread_reap_later(void);

// Runs something else if a wake-up asked for it; called on the way back to user mode.
void thread_preempt(void);

// Looks after everything in `work` but the frame; called on the way back to user mode.
void thread_do_work(struct trap_frame *frame);

// Makes the thread end: a wait of a program is cancelled, and it does not return to user mode. The
// first caller's exit status counts.
void thread_terminate(struct thread *thread, status_t exit_status);

// Whether the thread is to end, or has ended.
static inline bool thread_is_terminating(const struct thread *thread)
{
    return thread->work & THREAD_WORK_END;
}

/*
 * Suspends the thread, or one more time: it does not go to user mode, and its waits are not
 * satisfied. *previous receives the count before.
 * Fails    STATUS_SUSPEND_COUNT_EXCEEDED, STATUS_THREAD_IS_TERMINATING
 */
status_t thread_suspend(struct thread *thread, uint32_t *previous) MUST_CHECK;
// Takes one suspension back; returns the count before.
uint32_t thread_resume(struct thread *thread);

// base: 1..31, below PRIORITY_REALTIME or not; a boost is lost. Returns the base before.
uint8_t thread_set_priority(struct thread *thread, uint8_t base);

// affinity: bits of processors that exist, not 0. A thread that runs elsewhere moves.
void thread_set_affinity(struct thread *thread, cpu_mask_t affinity);

// Where the thread runs if it has the choice. Numbers that do not exist change nothing.
void thread_set_ideal_processor(struct thread *thread, unsigned number);
unsigned thread_ideal_processor(const struct thread *thread);

// Cycles of the time-stamp counter: clock_cycles_to_ns().
struct thread_times {
    uint64_t user_cycles, kernel_cycles;
};
// Up to this moment, for a running thread as well.
void thread_times(struct thread *thread, struct thread_times *out);

// Waits until clock_now() reaches deadline. flags: enum wait_flags. STATUS_TIMEOUT: it did; else
// as wait_for.
status_t thread_sleep_until(nanoseconds_t deadline, unsigned flags);

// What a processor has done since it started, up to this moment. The cycles, of the time-stamp
// counter, add up to all. All 0: there is none of that number.
struct cpu_times {
    uint64_t idle_cycles, kernel_cycles, user_cycles;
    uint64_t switches; // from one thread to another
};
void sched_cpu_times(unsigned number, struct cpu_times *out);

// The deadline that timer_set_deadline was given has come. Context: the timer's interrupt.
void sched_timer_expired(bool was_in_kernel);

// Gives a processor its run queue and idle thread, before it is started. STATUS_NO_MEMORY.
status_t sched_prepare_cpu(struct cpu *cpu) MUST_CHECK;

// The last call of a processor that has been started: it becomes its idle thread.
NORETURN void sched_run_cpu(void);

// While a thread runs, the scheduler looks around this often; NT's 64 Hz unless changed.
// Context: any but NMI. Units: ns, 500,000..15,625,000.
void sched_set_tick(nanoseconds_t interval);
nanoseconds_t sched_tick(void);
