// SPDX-License-Identifier: MIT
// Calls in the context of a chosen thread: kernel APCs, suspension (which is one that lasts), user
// APCs and alerts.

#include <kernel/apc.h>

#include <kernel/panic.h>
#include <kernel/personality.h>
#include <kernel/status.h>

#include "sched_private.h"

// One call of thread_run, on the stack of the caller, who waits for it.
struct kernel_apc {
    struct list link; // [s] empty: it runs, or is done
    void (*function)(struct trap_frame *frame, void *context);
    void *context;
    struct waitable done; // [s]
    status_t status;      // [s] once done
};

static void finish_locked(struct kernel_apc *apc, status_t status)
{
    apc->status = status;
    apc->done.state = 1;
    waitable_satisfy_locked(&apc->done);
}

status_t thread_run(struct thread *thread,
                    void (*function)(struct trap_frame *frame, void *context), void *context)
{
    if (thread == current_thread()) {
        function(thread_user_frame(thread), context);
        return STATUS_SUCCESS;
    }
    struct kernel_apc apc = { .function = function, .context = context };
    waitable_init(&apc.done, WAITABLE_NOTIFICATION, 0);
    irq_state_t state = spin_lock(&sched_lock);
    if (thread_is_terminating(thread)) {
        spin_unlock(&sched_lock, state);
        return STATUS_THREAD_IS_TERMINATING;
    }
    list_append(&thread->kernel_apcs, &apc.link);
    sched_give_work_locked(thread, THREAD_WORK_KERNEL_APC);
    spin_unlock(&sched_lock, state);

    struct waitable *done = &apc.done;
    if (wait_for(&done, 1, WAIT_FOR_PROGRAM, NO_DEADLINE) != STATUS_CANCELLED)
        return apc.status;
    state = spin_lock(&sched_lock);
    bool is_waiting = !list_is_empty(&apc.link);
    list_remove(&apc.link);
    spin_unlock(&sched_lock, state);
    if (is_waiting)
        return STATUS_CANCELLED;
    // It runs at this moment, and uses our stack.
    status_t waited = wait_for(&done, 1, 0, NO_DEADLINE);
    (void)waited;
    return apc.status;
}

static void run_kernel_apc(struct thread *thread)
{
    struct kernel_apc *apc = list_first(&thread->kernel_apcs, struct kernel_apc, link);
    list_remove(&apc->link);
    spin_unlock(&sched_lock, RFLAGS_IF);
    apc->function(thread_user_frame(thread), apc->context);
    spin_lock(&sched_lock);
    finish_locked(apc, STATUS_SUCCESS);
}

// Waits in the running thread until it is resumed, is to end, or has a kernel APC to run.
static void stay_suspended(struct thread *thread)
{
    thread->wait_flags = WAIT_FOR_PROGRAM;
    thread->is_suspended = true;
    status_t status = sched_block_locked(NO_DEADLINE);
    (void)status; // the caller looks at all there is to do
}

void sched_do_kernel_work(struct thread *thread)
{
    irq_state_t state = spin_lock(&sched_lock);
    while (!thread_is_terminating(thread)) {
        if (!list_is_empty(&thread->kernel_apcs))
            run_kernel_apc(thread);
        else if (thread->suspend_count > 0)
            stay_suspended(thread);
        else
            break;
    }
    if (list_is_empty(&thread->kernel_apcs))
        __atomic_and_fetch(&thread->work, ~(uint32_t)THREAD_WORK_KERNEL_APC, __ATOMIC_RELAXED);
    spin_unlock(&sched_lock, state);
}

void sched_flush_apcs(struct thread *thread)
{
    struct user_apc *apc, *next;
    struct list apcs;
    list_init(&apcs);
    irq_state_t state = spin_lock(&sched_lock);
    while (!list_is_empty(&thread->kernel_apcs)) {
        struct kernel_apc *kernel_apc = list_first(&thread->kernel_apcs, struct kernel_apc, link);
        list_remove(&kernel_apc->link);
        finish_locked(kernel_apc, STATUS_THREAD_IS_TERMINATING);
    }
    list_for_each_safe(apc, next, &thread->user_apcs, link) {
        list_remove(&apc->link);
        apc->thread = NULL;
        list_append(&apcs, &apc->link);
    }
    spin_unlock(&sched_lock, state);
    list_for_each_safe(apc, next, &apcs, link) {
        list_remove(&apc->link);
        apc->release(apc);
    }
}

// Whether user APCs would end a wait with these flags, or are due anyway.
static bool has_due_apc(const struct thread *thread, unsigned flags)
{
    if (list_is_empty(&thread->user_apcs))
        return false;
    return (flags & WAIT_ALERTABLE) || (thread->work & THREAD_WORK_USER_APC);
}

status_t sched_wait_obstacle_locked(struct thread *thread, unsigned flags)
{
    if (likely(!(flags & (WAIT_FOR_PROGRAM | WAIT_UNTIL_END))))
        return STATUS_SUCCESS;
    uint32_t work = thread->work;
    if (work & THREAD_WORK_END)
        return STATUS_CANCELLED;
    if (work & THREAD_WORK_KERNEL_APC)
        return STATUS_INTERRUPTED;
    if (work & THREAD_WORK_SUSPEND)
        return thread->is_suspended ? STATUS_SUCCESS : STATUS_INTERRUPTED;
    if (!(flags & WAIT_FOR_PROGRAM))
        return STATUS_SUCCESS;
    if ((flags & WAIT_ALERTABLE) && thread->is_alerted) {
        thread->is_alerted = false;
        return STATUS_ALERTED;
    }
    if (has_due_apc(thread, flags)) {
        thread->has_due_apcs |= (flags & WAIT_ALERTABLE) != 0;
        __atomic_or_fetch(&thread->work, THREAD_WORK_USER_APC, __ATOMIC_RELAXED);
        return STATUS_USER_APC;
    }
    return STATUS_SUCCESS;
}

bool thread_queue_user_apc_locked(struct thread *thread, struct user_apc *apc)
{
    if (thread_is_terminating(thread))
        return false;
    apc->thread = thread;
    list_append(&thread->user_apcs, &apc->link);
    sched_give_work_locked(thread, apc->is_special ? THREAD_WORK_USER_APC : 0);
    return true;
}

bool thread_queue_user_apc(struct thread *thread, struct user_apc *apc)
{
    irq_state_t state = spin_lock(&sched_lock);
    bool is_queued = thread_queue_user_apc_locked(thread, apc);
    spin_unlock(&sched_lock, state);
    return is_queued;
}

bool user_apc_cancel_locked(struct user_apc *apc)
{
    if (!apc->thread)
        return false;
    list_remove(&apc->link);
    apc->thread = NULL;
    return true;
}

bool thread_test_user_apcs(void)
{
    struct thread *thread = current_thread();
    irq_state_t state = spin_lock(&sched_lock);
    bool has_any = has_due_apc(thread, WAIT_ALERTABLE);
    if (has_any) {
        thread->has_due_apcs = true;
        __atomic_or_fetch(&thread->work, THREAD_WORK_USER_APC, __ATOMIC_RELAXED);
    }
    spin_unlock(&sched_lock, state);
    return has_any;
}

static struct user_apc *first_due(const struct thread *thread)
{
    struct user_apc *apc;
    list_for_each(apc, &thread->user_apcs, link)
        if (thread->has_due_apcs || apc->is_special)
            return apc;
    return NULL;
}

struct user_apc *thread_take_user_apc(void)
{
    struct thread *thread = current_thread();
    irq_state_t state = spin_lock(&sched_lock);
    struct user_apc *apc = first_due(thread);
    if (apc) {
        list_remove(&apc->link);
        apc->thread = NULL;
    }
    // The program asks for the next one by NtContinue; a special one comes by itself.
    thread->has_due_apcs = false;
    if (!first_due(thread))
        __atomic_and_fetch(&thread->work, ~(uint32_t)THREAD_WORK_USER_APC, __ATOMIC_RELAXED);
    spin_unlock(&sched_lock, state);
    return apc;
}

void thread_alert(struct thread *thread)
{
    irq_state_t state = spin_lock(&sched_lock);
    thread->is_alerted = true;
    sched_give_work_locked(thread, 0);
    spin_unlock(&sched_lock, state);
}

bool thread_test_alert(void)
{
    struct thread *thread = current_thread();
    irq_state_t state = spin_lock(&sched_lock);
    bool was_alerted = thread->is_alerted;
    thread->is_alerted = false;
    spin_unlock(&sched_lock, state);
    return was_alerted;
}

void thread_ask_begin(struct thread *thread)
{
    __atomic_or_fetch(&thread->work, THREAD_WORK_BEGIN, __ATOMIC_RELAXED);
}

static void begin(struct thread *thread, struct trap_frame *frame)
{
    __atomic_and_fetch(&thread->work, ~(uint32_t)THREAD_WORK_BEGIN, __ATOMIC_RELAXED);
    personality->thread_begins(frame);
}

void thread_do_work(struct trap_frame *frame)
{
    struct thread *thread = current_thread();
    for (;;) {
        uint32_t work = thread->work;
        if (work & THREAD_WORK_END)
            thread_exit();
        if (work & (THREAD_WORK_KERNEL_APC | THREAD_WORK_SUSPEND))
            sched_do_kernel_work(thread);
        else if (work & THREAD_WORK_BEGIN)
            begin(thread, frame);
        else if (work & THREAD_WORK_USER_APC)
            personality->user_apc(frame);
        else
            return;
    }
}
