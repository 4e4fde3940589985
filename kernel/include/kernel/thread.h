// SPDX-License-Identifier: MIT
/*
 * Threads and the scheduler: who runs, who is ready, who waits for what.
 *
 * A thread is made with two references: its own, which it loses when it has ended, and its maker's.
 * It runs an entry function on a kernel stack; threads of a program leave that function by entering
 * user mode and come back through traps.
 *
 *	I	immutable after creation
 *	s	scheduler lock
 *	o	only the thread itself
 *	a	atomic
 */

#pragma once

#include <arch/debug.h>
#include <kernel/list.h>
#include <kernel/object.h>
#include <kernel/spinlock.h>
#include <kernel/types.h>

struct mutex;
struct process;
struct trap_frame;

enum thread_state {
    THREAD_NEW,
    THREAD_READY,
    THREAD_RUNNING,
    THREAD_WAITING,
    THREAD_ENDED
};

#define NO_DEADLINE UINT64_MAX

// While a program runs, the scheduler looks around this often: NT's 64 Hz.
#define SCHED_TICK_NS 15625000ull

struct thread {
    struct object object;
    uint32_t id;                 // [I] multiple of 4; NT's thread id
    char name[24];               // [I]
    struct process *process;     // [o] NULL: a kernel thread, or the process is behind it
    void *kernel_stack;          // [I] lowest address
    vaddr_t saved_stack_pointer; // [s] while not running; known to switch.asm
    vaddr_t user_gs_base;        // [o] NT: the TEB
    void *fpu_state;             // [o] XSAVE area, 64-byte aligned; NULL for kernel threads
    void *fpu_allocation;        // [I] the block that fpu_state lies in

    struct debug_registers debug; // [o] its hardware breakpoints

    struct list queue_link;   // [s] in the run queue or a wait queue
    struct list process_link; // [process lock]
    enum thread_state state;  // [s]
    bool waits_for_mutex;     // [s] a wait that nothing but the mutex's owner ends
    nanoseconds_t deadline;   // [s] when a wait ends by itself; NO_DEADLINE
    struct list timer_link;   // [s] in the queue of deadlines
    status_t wait_status;     // [s] why the last wait ended
    // Read together, as one word, on the way out of SYSCALL: any of them means the slow way.
    volatile bool must_end;        // [a] waits return STATUS_CANCELLED, user mode is not re-entered
    bool has_changed_frame;        // [o] the trap frame must be loaded by IRETQ
    status_t copy_fault_status;    // [o] why the last user copy stopped
    struct mutex *mutexes;         // [o] those held, innermost first (debug builds)
    void (*entry)(void *argument); // [I]
    void *argument;                // [I]
    void *personality_data;        // [o] NT: what belongs to the thread, see ntcompat
};

static_assert(offsetof(struct thread, has_changed_frame) == offsetof(struct thread, must_end) + 1 &&
                  offsetof(struct thread, must_end) % 2 == 0,
              "entry.asm reads both as one word");

extern const struct object_type thread_type;

static ALWAYS_INLINE struct thread *current_thread(void)
{
    return this_cpu()->thread;
}

/*
 * Makes a thread that will run entry(argument) in the kernel. It does not run before thread_start.
 * process  takes no reference; the process outlives its threads
 * Fails    STATUS_NO_MEMORY
 */
status_t thread_create(struct process *process, const char *name, void (*entry)(void *),
                       void *argument, struct thread **out) MUST_CHECK;

void thread_start(struct thread *thread);

// The thread that boots the machine and then runs the programs.
extern struct thread boot_thread;

// Ends the running thread.
NORETURN void thread_exit(void);

// Lets others run. Returns whether there were any.
bool thread_yield(void);

// Runs something else if a wake-up asked for it; called on the way back to user mode.
void thread_preempt(void);

// Makes the thread end: its wait, if any, is cancelled, and it does not return to user mode.
void thread_terminate(struct thread *thread);

// Waits until clock_now() reaches deadline. STATUS_TIMEOUT: it did. STATUS_CANCELLED.
status_t thread_sleep_until(nanoseconds_t deadline);

// Threads that wait for something that a spin lock guards.
struct wait_queue {
    struct list threads; // [s]
};

#define WAIT_QUEUE(name)                                                                           \
    {                                                                                              \
        LIST((name).threads)                                                                       \
    }

void wait_queue_init(struct wait_queue *queue);

/*
 * Waits to be woken. guard is released while waiting and held again afterwards; *state is its
 * interrupt state. The caller tests its condition in a loop.
 * Returns  STATUS_SUCCESS: woken. STATUS_TIMEOUT: deadline passed. STATUS_CANCELLED: must_end
 */
status_t wait_queue_sleep(struct wait_queue *queue, struct spinlock *guard, irq_state_t *state,
                          nanoseconds_t deadline) MUST_CHECK;

// Context: any but NMI.
void wait_queue_wake_all(struct wait_queue *queue);

// The deadline that timer_set_deadline was given has come. Context: the timer's interrupt.
void sched_timer_expired(void);
