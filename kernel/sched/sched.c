// SPDX-License-Identifier: MIT
/*
 * Which thread runs. One run queue, first come first served, with a tick while a program runs; the
 * idle thread, which is in no queue, runs when it is empty.
 *
 * A switch is made with sched_lock held and the lock travels with it: whoever is switched to
 * releases it. A thread that ends leaves its stack for the next one to free.
 */

#include <kernel/thread.h>

#include <arch/context.h>
#include <arch/fpu.h>

#include <kernel/clock.h>
#include <kernel/heap.h>
#include <kernel/init.h>
#include <kernel/kernel_space.h>
#include <kernel/panic.h>
#include <kernel/personality.h>
#include <kernel/process.h>
#include <kernel/status.h>
#include <kernel/string.h>

#include "sched_private.h"

#define FPU_ALIGN 64u

struct spinlock sched_lock = SPINLOCK("scheduler", LOCK_RANK_SCHEDULER);

static struct {
    struct list ready;      // [sched_lock]
    struct list ended;      // [sched_lock] threads whose stacks can be freed
    nanoseconds_t tick_due; // [sched_lock]
    uint32_t last_id;       // atomic
} sched = { .ready = LIST(sched.ready), .ended = LIST(sched.ended) };

static void destroy_thread(struct object *object)
{
    struct thread *thread = container_of(object, struct thread, object);
    kernel_stack_free(thread->kernel_stack);
    heap_free(thread->fpu_allocation);
    heap_free(thread);
}

// Every right, as NT's THREAD_ALL_ACCESS has them.
OBJECT_TYPE(
    thread_type, "Thread",
    .access = { .valid = 0x1FFFFF, .read = 0x020848, .write = 0x020437, .execute = 0x121800 },
    .destroy = destroy_thread);

// The code that boots is a thread from the first instruction on.
struct thread boot_thread = {
    .object = { &thread_type, 1 },
    .name = "boot",
    .state = THREAD_RUNNING,
    .queue_link = LIST(boot_thread.queue_link),
    .timer_link = LIST(boot_thread.timer_link),
    .process_link = LIST(boot_thread.process_link),
};

// Called by switch.asm on a new thread's stack.
NORETURN void thread_begin(void);

static status_t alloc_fpu_state(struct thread *thread)
{
    thread->fpu_allocation = heap_alloc(cpu_features.xsave_size + FPU_ALIGN);
    if (!thread->fpu_allocation)
        return STATUS_NO_MEMORY;
    thread->fpu_state = (void *)ROUND_UP((vaddr_t)thread->fpu_allocation, FPU_ALIGN);
    fpu_init_area(thread->fpu_state);
    return STATUS_SUCCESS;
}

status_t thread_create(struct process *process, const char *name, void (*entry)(void *),
                       void *argument, struct thread **out)
{
    status_t status = STATUS_NO_MEMORY;
    struct thread *thread = heap_alloc_zeroed(sizeof(*thread));
    if (!thread)
        return status;
    object_init(&thread->object, &thread_type);
    copy_string(thread->name, sizeof(thread->name), name);
    thread->id = 4 * __atomic_add_fetch(&sched.last_id, 1, __ATOMIC_RELAXED);
    thread->process = process;
    thread->entry = entry;
    thread->argument = argument;
    thread->deadline = NO_DEADLINE;
    list_init(&thread->queue_link);
    list_init(&thread->process_link);
    list_init(&thread->timer_link);
    thread->kernel_stack = kernel_stack_alloc();
    if (!thread->kernel_stack)
        goto out;
    if (process && (status = alloc_fpu_state(thread)) != STATUS_SUCCESS)
        goto out;
    thread->saved_stack_pointer =
        arch_prepare_stack((vaddr_t)thread->kernel_stack + KERNEL_STACK_SIZE);
    *out = thread;
    return STATUS_SUCCESS;
out:
    object_put(&thread->object);
    return status;
}

void thread_begin(void)
{
    struct thread *thread = current_thread();
    spin_unlock(&sched_lock, RFLAGS_IF);
    sched_reap();
    thread->entry(thread->argument);
    thread_exit();
}

void thread_start(struct thread *thread)
{
    object_get(&thread->object); // the thread's own reference, until it has ended
    irq_state_t state = spin_lock(&sched_lock);
    sched_make_ready_locked(thread);
    spin_unlock(&sched_lock, state);
}

void sched_make_ready_locked(struct thread *thread)
{
    struct cpu *cpu = this_cpu();
    thread->state = THREAD_READY;
    list_append(&sched.ready, &thread->queue_link);
    if (cpu->thread == cpu->idle)
        cpu->needs_reschedule = true;
}

static struct thread *pick_next(struct cpu *cpu)
{
    if (list_is_empty(&sched.ready))
        return cpu->idle;
    struct thread *next = list_first(&sched.ready, struct thread, queue_link);
    list_remove(&next->queue_link);
    return next;
}

void sched_switch_locked(void)
{
    struct cpu *cpu = this_cpu();
    struct thread *from = cpu->thread;
    struct thread *to = pick_next(cpu);
    cpu->needs_reschedule = false;
    if (to == from) {
        from->state = THREAD_RUNNING;
        return;
    }
    to->state = THREAD_RUNNING;
    cpu->thread = to;
    if (to->process && !from->process && personality)
        personality->tick(); // time has passed while no program looked
    sched_arm_timer_locked();
    arch_switch(cpu, from, to);
}

void sched_reap(void)
{
    for (;;) {
        struct thread *thread = NULL;
        irq_state_t state = spin_lock(&sched_lock);
        if (!list_is_empty(&sched.ended)) {
            thread = list_first(&sched.ended, struct thread, queue_link);
            list_remove(&thread->queue_link);
        }
        spin_unlock(&sched_lock, state);
        if (!thread)
            return;
        object_put(&thread->object);
    }
}

// Whether another thread is ready, read without the lock: a moment later it may be otherwise anyway.
static bool others_are_ready(void)
{
    return __atomic_load_n(&sched.ready.next, __ATOMIC_RELAXED) != &sched.ready;
}

bool thread_yield(void)
{
    if (!others_are_ready())
        return false;
    irq_state_t state = spin_lock(&sched_lock);
    bool others = !list_is_empty(&sched.ready);
    if (others) {
        struct thread *thread = current_thread();
        if (thread != this_cpu()->idle)
            sched_make_ready_locked(thread);
        else
            thread->state = THREAD_READY;
        sched_switch_locked();
    }
    spin_unlock(&sched_lock, state);
    if (others)
        sched_reap();
    return others;
}

void thread_preempt(void)
{
    this_cpu()->needs_reschedule = false;
    thread_yield();
}

void thread_exit(void)
{
    struct thread *thread = current_thread();
    if (thread->process)
        process_thread_ended(thread);
    spin_lock(&sched_lock);
    thread->state = THREAD_ENDED;
    list_append(&sched.ended, &thread->queue_link);
    sched_switch_locked();
    panic("scheduler: the ended thread %u ran again", thread->id);
}

void thread_terminate(struct thread *thread)
{
    irq_state_t state = spin_lock(&sched_lock);
    thread->must_end = true;
    if (thread->state == THREAD_WAITING && !thread->waits_for_mutex)
        sched_wake_locked(thread, STATUS_CANCELLED);
    spin_unlock(&sched_lock, state);
}

void sched_arm_timer_locked(void)
{
    nanoseconds_t due = sched_first_deadline_locked();
    if (current_thread()->process) {
        nanoseconds_t now = clock_now();
        if (sched.tick_due <= now)
            sched.tick_due = now + SCHED_TICK_NS;
        due = MIN(due, sched.tick_due);
    }
    timer_set_deadline(due);
}

void sched_timer_expired(void)
{
    spin_lock(&sched_lock);
    nanoseconds_t now = clock_now();
    sched_expire_locked(now);
    if (sched.tick_due <= now) {
        if (personality)
            personality->tick();
        if (!list_is_empty(&sched.ready))
            this_cpu()->needs_reschedule = true;
    }
    sched_arm_timer_locked();
    spin_unlock(&sched_lock, 0);
}

static void idle(void *unused)
{
    (void)unused;
    for (;;) {
        irq_disable();
        if (this_cpu()->needs_reschedule)
            irq_enable();
        else
            cpu_wait_for_interrupt();
        thread_preempt();
    }
}

static void threads_init(void)
{
    if (thread_create(NULL, "idle", idle, NULL, &this_cpu()->idle) != STATUS_SUCCESS)
        panic("scheduler: no memory for the idle thread");
    irq_enable();
}
INITCALL(50_THREADS, threads_init);
