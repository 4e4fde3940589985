// SPDX-License-Identifier: MIT
/*
 * The life of a thread: made, started, suspended, ended. What others want of a thread is a bit of
 * `work`; the thread looks at it on its way to user mode (thread_do_work) and when it waits.
 *
 * A thread that has ended still stands on its stack until the next one runs, so it is queued for
 * whoever passes by thread_reap next.
 */

#include <kernel/thread.h>

#include <arch/context.h>
#include <arch/fpu.h>
#include <arch/trap_frame.h>

#include <kernel/apc.h>
#include <kernel/client_id.h>
#include <kernel/clock.h>
#include <kernel/heap.h>
#include <kernel/kernel_space.h>
#include <kernel/panic.h>
#include <kernel/personality.h>
#include <kernel/process.h>
#include <kernel/status.h>
#include <kernel/string.h>
#include <kernel/work.h>

#include "sched_private.h"

#define FPU_ALIGN 64u

static struct list ended = LIST(ended); // [sched_lock] threads that are to lose their own reference

// What a thread needs in order to run: most of its memory. Handles can keep the rest for long.
static void free_parts(struct thread *thread)
{
    kernel_stack_free(thread->kernel_stack);
    heap_free(thread->fpu_allocation);
    thread->kernel_stack = thread->fpu_allocation = thread->fpu_state = NULL;
}

static void destroy_thread(struct object *object)
{
    struct thread *thread = container_of(object, struct thread, object);
    if (thread->personality_data)
        personality->thread_destroyed(thread);
    if (thread->id)
        client_id_free(thread->id);
    if (thread->process)
        object_put(&thread->process->object);
    free_parts(thread);
    heap_free(thread);
}

// Every right, as NT's THREAD_ALL_ACCESS has them.
OBJECT_TYPE(
    thread_type, "Thread",
    .access = { .valid = 0x1FFFFF, .read = 0x020848, .write = 0x020437, .execute = 0x121800 },
    .destroy = destroy_thread, .waitable_offset = OBJECT_WAITABLE(struct thread, ended));

// The code that boots is a thread from the first instruction on.
struct thread boot_thread = {
    .object = { .type = &thread_type, .references = 1 },
    .name = "boot",
    .state = THREAD_RUNNING,
    .priority = PRIORITY_NORMAL,
    .base_priority = PRIORITY_NORMAL,
    .affinity = UINT64_MAX,
    .queue_link = LIST(boot_thread.queue_link),
    .process_link = LIST(boot_thread.process_link),
    .mutants = LIST(boot_thread.mutants),
    .queue_member = LIST(boot_thread.queue_member),
    .kernel_apcs = LIST(boot_thread.kernel_apcs),
    .user_apcs = LIST(boot_thread.user_apcs),
    .ended = { LIST(boot_thread.ended.waiters), 0, WAITABLE_NOTIFICATION },
    .wait_timer = { .expire = sched_wait_timed_out },
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

static void init_lists(struct thread *thread)
{
    list_init(&thread->queue_link);
    list_init(&thread->process_link);
    list_init(&thread->mutants);
    list_init(&thread->queue_member);
    list_init(&thread->kernel_apcs);
    list_init(&thread->user_apcs);
    waitable_init(&thread->ended, WAITABLE_NOTIFICATION, 0);
}

struct trap_frame *thread_user_frame(struct thread *thread)
{
    return (struct trap_frame *)((uint8_t *)thread->kernel_stack + KERNEL_STACK_SIZE) - 1;
}

// Everything of a thread that needs memory. What is missing after a failure is NULL.
static status_t alloc_parts(struct thread *thread)
{
    thread->kernel_stack = kernel_stack_alloc();
    thread->id = client_id_alloc();
    if (!thread->kernel_stack || !thread->id)
        return STATUS_NO_MEMORY;
    memset(thread_user_frame(thread), 0, sizeof(struct trap_frame));
    thread->saved_stack_pointer = arch_prepare_stack((vaddr_t)thread_user_frame(thread));
    return thread->process ? alloc_fpu_state(thread) : STATUS_SUCCESS;
}

status_t thread_create(struct process *process, const char *name, void (*entry)(void *),
                       void *argument, struct thread **out)
{
    struct thread *thread = heap_alloc_zeroed(sizeof(*thread));
    if (!thread)
        return STATUS_NO_MEMORY;
    object_init(&thread->object, &thread_type);
    init_lists(thread);
    copy_string(thread->name, sizeof(thread->name), name);
    if (process) {
        object_get(&process->object);
        thread->process = process;
    }
    thread->entry = entry;
    thread->argument = argument;
    thread->priority = thread->base_priority = PRIORITY_NORMAL;
    thread->affinity = UINT64_MAX;
    thread->home = thread->ideal = this_run_queue();
    thread->wait_timer.expire = sched_wait_timed_out;
    thread->create_time = clock_now();
    thread->exit_status = STATUS_PENDING;
    status_t status = alloc_parts(thread);
    if (status != STATUS_SUCCESS) {
        object_put(&thread->object);
        return status;
    }
    client_id_publish(thread->id, &thread->object);
    *out = thread;
    return STATUS_SUCCESS;
}

void thread_begin(void)
{
    struct thread *thread = current_thread();
    spin_unlock(&sched_lock, RFLAGS_IF);
    thread_reap();
    thread->entry(thread->argument);
    thread_exit();
}

void thread_start(struct thread *thread)
{
    object_get(&thread->object); // the thread's own reference, until it has ended
    irq_state_t state = spin_lock(&sched_lock);
    thread->quantum = SCHED_QUANTUM;
    sched_make_ready_locked(thread);
    spin_unlock(&sched_lock, state);
}

void thread_exit(void)
{
    struct thread *thread = current_thread();
    __atomic_or_fetch(&thread->work, THREAD_WORK_END, __ATOMIC_RELAXED);
    // First, as it may sleep: behind process_thread_ended the address space may go at any moment.
    sched_flush_apcs(thread);
    if (thread->process)
        process_thread_ended(thread);
    irq_state_t state = spin_lock(&sched_lock);
    while (!sched_abandon_mutants_locked(thread)) {
        spin_unlock(&sched_lock, state);
        state = spin_lock(&sched_lock);
    }
    sched_leave_queue_locked(thread);
    thread->state = THREAD_ENDED;
    thread->exit_time = clock_now();
    thread->ended.state = 1;
    waitable_satisfy_locked(&thread->ended);
    list_append(&ended, &thread->queue_link);
    sched_switch_locked();
    panic("scheduler: the ended thread %u ran again", thread->id);
}

void thread_reap(void)
{
    while (unlikely(__atomic_load_n(&ended.next, __ATOMIC_RELAXED) != &ended)) {
        struct thread *thread = NULL;
        irq_state_t state = spin_lock(&sched_lock);
        if (!list_is_empty(&ended)) {
            thread = list_first(&ended, struct thread, queue_link);
            list_remove(&thread->queue_link);
        }
        spin_unlock(&sched_lock, state);
        if (thread) {
            free_parts(thread);
            object_put(&thread->object);
        }
    }
}

static void reap(struct work *work)
{
    (void)work;
    thread_reap();
}

void thread_reap_later(void)
{
    static struct work work = { LIST(work.link), reap };
    if (__atomic_load_n(&ended.next, __ATOMIC_RELAXED) != &ended)
        work_submit(&work);
}

void sched_give_work_locked(struct thread *thread, uint32_t work)
{
    __atomic_or_fetch(&thread->work, work, __ATOMIC_RELAXED);
    if (thread->state == THREAD_WAITING) {
        status_t obstacle = sched_wait_obstacle_locked(thread, thread->wait_flags);
        if (obstacle != STATUS_SUCCESS)
            sched_end_wait_locked(thread, obstacle);
    } else {
        sched_poke_locked(thread);
    }
}

void thread_terminate(struct thread *thread, status_t exit_status)
{
    irq_state_t state = spin_lock(&sched_lock);
    if (!thread_is_terminating(thread)) {
        thread->exit_status = exit_status;
        sched_give_work_locked(thread, THREAD_WORK_END);
    }
    spin_unlock(&sched_lock, state);
}

status_t thread_suspend(struct thread *thread, uint32_t *previous)
{
    status_t status = STATUS_SUCCESS;
    irq_state_t state = spin_lock(&sched_lock);
    *previous = thread->suspend_count;
    if (thread_is_terminating(thread)) {
        status = STATUS_THREAD_IS_TERMINATING;
    } else if (thread->suspend_count == SUSPEND_COUNT_MAX) {
        status = STATUS_SUSPEND_COUNT_EXCEEDED;
    } else {
        thread->suspend_count++;
        sched_give_work_locked(thread, THREAD_WORK_SUSPEND);
    }
    spin_unlock(&sched_lock, state);
    return status;
}

uint32_t thread_resume(struct thread *thread)
{
    irq_state_t state = spin_lock(&sched_lock);
    uint32_t previous = thread->suspend_count;
    if (previous > 0 && --thread->suspend_count == 0) {
        __atomic_and_fetch(&thread->work, ~(uint32_t)THREAD_WORK_SUSPEND, __ATOMIC_RELAXED);
        if (thread->is_suspended)
            sched_end_wait_locked(thread, STATUS_SUCCESS);
    }
    spin_unlock(&sched_lock, state);
    return previous;
}

uint8_t thread_set_priority(struct thread *thread, uint8_t base)
{
    assert(base > 0 && base < PRIORITY_COUNT);
    irq_state_t state = spin_lock(&sched_lock);
    uint8_t previous = thread->base_priority;
    thread->base_priority = base;
    sched_set_effective_priority_locked(thread, base);
    spin_unlock(&sched_lock, state);
    return previous;
}

void thread_set_affinity(struct thread *thread, cpu_mask_t affinity)
{
    irq_state_t state = spin_lock(&sched_lock);
    assert(affinity & sched_online);
    thread->affinity = affinity;
    if (!(thread->home->bit & affinity)) {
        if (thread->state == THREAD_READY) {
            sched_unready_locked(thread);
            sched_make_ready_locked(thread);
        } else if (thread->state == THREAD_RUNNING) {
            thread->home->cpu->needs_reschedule = true;
            sched_poke_locked(thread);
        }
    }
    spin_unlock(&sched_lock, state);
}

void thread_set_ideal_processor(struct thread *thread, unsigned number)
{
    irq_state_t state = spin_lock(&sched_lock);
    if (number < CPU_MAX && run_queues[number])
        thread->ideal = run_queues[number];
    spin_unlock(&sched_lock, state);
}

unsigned thread_ideal_processor(const struct thread *thread)
{
    return thread->ideal->cpu->number;
}

void thread_times(struct thread *thread, struct thread_times *out)
{
    irq_state_t state = spin_lock(&sched_lock);
    // Charged now, and not by the next tick: what has been told is never taken back.
    if (thread->state == THREAD_RUNNING)
        sched_account_locked(thread->home, !thread->process);
    *out = (struct thread_times){ thread->user_cycles, thread->kernel_cycles };
    spin_unlock(&sched_lock, state);
}
