// SPDX-License-Identifier: MIT
// What others may do to a thread that waits: suspend it, run something in it, alert it, end it. The
// threads here are the kernel's, but wait as those of programs do.

#include <kernel/apc.h>
#include <kernel/dispatcher.h>

#include "ktest_threads.h"

static struct {
    struct event gate; // synchronization
    unsigned flags;    // how the thread waits for it
    nanoseconds_t patience;
    status_t status; // what its wait returned; STATUS_PENDING: it has not yet
} shared;

static void wait_at_gate(void *unused)
{
    (void)unused;
    status_t status = ktest_wait(&shared.gate.waitable, shared.flags, shared.patience);
    __atomic_store_n(&shared.status, status, __ATOMIC_RELEASE);
}

// A thread that waits with these flags.
static struct thread *start_waiting(unsigned flags)
{
    waitable_init(&shared.gate.waitable, WAITABLE_SYNCHRONIZATION, 0);
    shared.flags = flags;
    shared.patience = PATIENCE;
    shared.status = STATUS_PENDING;
    struct thread *thread = ktest_start(wait_at_gate, NULL);
    return ktest_waits(thread) ? thread : NULL;
}

KTEST(sched, a_suspended_thread_takes_nothing_until_it_is_resumed)
{
    uint32_t previous;
    struct thread *thread = start_waiting(WAIT_FOR_PROGRAM);
    KTEST_CHECK(thread != NULL);
    KTEST_CHECK(thread_suspend(thread, &previous) == STATUS_SUCCESS && previous == 0);
    KTEST_CHECK(thread_suspend(thread, &previous) == STATUS_SUCCESS && previous == 1);
    event_set(&shared.gate);
    ktest_sleep(2 * MILLISECOND);
    KTEST_CHECK(shared.gate.waitable.state == 1 && shared.status == STATUS_PENDING);
    KTEST_CHECK(thread_resume(thread) == 2);
    ktest_sleep(2 * MILLISECOND);
    KTEST_CHECK(shared.gate.waitable.state == 1 && shared.status == STATUS_PENDING);
    KTEST_CHECK(thread_resume(thread) == 1);
    KTEST_CHECK(thread_resume(thread) == 0); // one too many is harmless
    KTEST_CHECK(ktest_join(thread));
    KTEST_CHECK(shared.gate.waitable.state == 0 && shared.status == STATUS_WAIT_0);
    return KTEST_PASS;
}

KTEST(sched, suspensions_have_a_limit)
{
    uint32_t previous;
    struct thread *thread = start_waiting(WAIT_FOR_PROGRAM);
    KTEST_CHECK(thread != NULL);
    for (uint32_t i = 0; i < SUSPEND_COUNT_MAX; i++)
        KTEST_CHECK(thread_suspend(thread, &previous) == STATUS_SUCCESS && previous == i);
    KTEST_CHECK(thread_suspend(thread, &previous) == STATUS_SUSPEND_COUNT_EXCEEDED);
    thread_terminate(thread, STATUS_CANCELLED); // ends a suspended one, too
    KTEST_CHECK(thread_suspend(thread, &previous) == STATUS_THREAD_IS_TERMINATING);
    KTEST_CHECK(ktest_join(thread));
    KTEST_CHECK(shared.status == STATUS_CANCELLED);
    return KTEST_PASS;
}

KTEST(sched, a_wait_may_outlive_a_suspension_but_not_its_deadline)
{
    uint32_t previous;
    waitable_init(&shared.gate.waitable, WAITABLE_SYNCHRONIZATION, 0);
    shared.flags = WAIT_FOR_PROGRAM;
    shared.patience = 5 * MILLISECOND;
    shared.status = STATUS_PENDING;
    struct thread *thread = ktest_thread(wait_at_gate, NULL);
    KTEST_CHECK(thread_suspend(thread, &previous) == STATUS_SUCCESS);
    thread_start(thread);
    ktest_sleep(20 * MILLISECOND);
    KTEST_CHECK(shared.status == STATUS_PENDING); // it has timed out, but is suspended
    KTEST_CHECK(thread_resume(thread) == 1);
    KTEST_CHECK(ktest_join(thread));
    KTEST_CHECK(shared.status == STATUS_TIMEOUT);
    return KTEST_PASS;
}

KTEST(sched, only_a_programs_wait_is_ended_with_its_thread)
{
    static const struct {
        unsigned flags;
        bool ends;
    } cases[] = { { 0, false }, { WAIT_UNTIL_END, true }, { WAIT_FOR_PROGRAM, true } };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct thread *thread = start_waiting(cases[i].flags);
        KTEST_CHECK(thread != NULL);
        thread_terminate(thread, STATUS_CANCELLED);
        thread_terminate(thread, STATUS_NO_MEMORY); // the first one counts
        if (!cases[i].ends) {
            ktest_sleep(MILLISECOND);
            KTEST_CHECK(shared.status == STATUS_PENDING);
            event_set(&shared.gate);
        }
        object_get(&thread->object);
        KTEST_CHECK(ktest_join(thread));
        KTEST_CHECK(shared.status == (cases[i].ends ? STATUS_CANCELLED : STATUS_WAIT_0));
        KTEST_CHECK(thread->exit_status == STATUS_CANCELLED);
        object_put(&thread->object);
    }
    return KTEST_PASS;
}

static void note_thread(struct trap_frame *frame, void *context)
{
    (void)frame;
    *(struct thread **)context = current_thread();
}

KTEST(sched, a_function_runs_in_the_thread_that_was_asked_for)
{
    struct thread *ran_in = NULL;
    uint32_t previous;
    struct thread *thread = start_waiting(WAIT_FOR_PROGRAM);
    KTEST_CHECK(thread != NULL);
    KTEST_CHECK(thread_run(thread, note_thread, &ran_in) == STATUS_SUCCESS && ran_in == thread);
    KTEST_CHECK(thread_suspend(thread, &previous) == STATUS_SUCCESS);
    ran_in = NULL;
    KTEST_CHECK(thread_run(thread, note_thread, &ran_in) == STATUS_SUCCESS && ran_in == thread);
    KTEST_CHECK(thread_run(current_thread(), note_thread, &ran_in) == STATUS_SUCCESS &&
                ran_in == current_thread());
    KTEST_CHECK(shared.status == STATUS_PENDING);
    thread_terminate(thread, STATUS_CANCELLED);
    KTEST_CHECK(thread_run(thread, note_thread, &ran_in) == STATUS_THREAD_IS_TERMINATING);
    KTEST_CHECK(ktest_join(thread) && shared.status == STATUS_CANCELLED);
    return KTEST_PASS;
}

KTEST(sched, an_alert_ends_alertable_waits_only_and_is_kept)
{
    struct thread *thread = start_waiting(WAIT_FOR_PROGRAM);
    KTEST_CHECK(thread != NULL);
    thread_alert(thread);
    ktest_sleep(MILLISECOND);
    KTEST_CHECK(shared.status == STATUS_PENDING);
    event_set(&shared.gate);
    KTEST_CHECK(ktest_join(thread) && shared.status == STATUS_WAIT_0);

    thread = start_waiting(WAIT_FOR_PROGRAM | WAIT_ALERTABLE);
    KTEST_CHECK(thread != NULL);
    thread_alert(thread);
    KTEST_CHECK(ktest_join(thread) && shared.status == STATUS_ALERTED);

    thread_alert(current_thread());
    KTEST_CHECK(ktest_wait(&shared.gate.waitable, WAIT_FOR_PROGRAM | WAIT_ALERTABLE, PATIENCE) ==
                STATUS_ALERTED);
    KTEST_CHECK(!thread_test_alert());
    return KTEST_PASS;
}

static volatile uint32_t released; // atomic

static void release(struct user_apc *apc)
{
    (void)apc;
    __atomic_add_fetch(&released, 1, __ATOMIC_RELAXED);
}

// Waits alertably and takes its APCs, as the way to user mode would; their routines are numbers.
static void collect_apcs(void *argument)
{
    uint64_t *order = argument;
    wait_at_gate(NULL);
    struct user_apc *apc;
    while (shared.status == STATUS_USER_APC && (apc = thread_take_user_apc()) != NULL) {
        *order = *order * 10 + apc->routine;
        apc->release(apc);
        thread_test_user_apcs();
    }
}

KTEST(sched, user_apcs_end_alertable_waits_and_come_in_order)
{
    static struct user_apc apcs[5];
    static uint64_t order;
    order = released = 0;
    waitable_init(&shared.gate.waitable, WAITABLE_SYNCHRONIZATION, 0);
    shared.flags = WAIT_FOR_PROGRAM | WAIT_ALERTABLE;
    shared.patience = PATIENCE;
    struct thread *thread = ktest_thread(collect_apcs, &order);
    for (unsigned i = 0; i < ARRAY_SIZE(apcs); i++) {
        apcs[i] = (struct user_apc){ .routine = i + 1, .release = release };
        KTEST_CHECK(thread_queue_user_apc(thread, &apcs[i]));
    }
    irq_state_t state = spin_lock(&sched_lock);
    bool was_cancelled = user_apc_cancel_locked(&apcs[2]);
    bool was_cancelled_again = user_apc_cancel_locked(&apcs[2]);
    spin_unlock(&sched_lock, state);
    KTEST_CHECK(was_cancelled && !was_cancelled_again);
    thread_start(thread);
    KTEST_CHECK(ktest_join(thread));
    KTEST_CHECK(shared.status == STATUS_USER_APC && order == 1245 && released == 4);
    return KTEST_PASS;
}

KTEST(sched, user_apcs_of_a_thread_that_ends_are_released)
{
    static struct user_apc apcs[3];
    released = 0;
    struct thread *thread = start_waiting(WAIT_FOR_PROGRAM);
    KTEST_CHECK(thread != NULL);
    for (unsigned i = 0; i < 3; i++) {
        apcs[i] = (struct user_apc){ .routine = i + 1, .release = release };
        KTEST_CHECK(thread_queue_user_apc(thread, &apcs[i]));
    }
    ktest_sleep(MILLISECOND);
    KTEST_CHECK(shared.status == STATUS_PENDING); // they do not end a wait that is not alertable
    thread_terminate(thread, STATUS_CANCELLED);
    KTEST_CHECK(!thread_queue_user_apc(thread, &apcs[0]));
    KTEST_CHECK(ktest_join(thread));
    KTEST_CHECK(released == 3);
    return KTEST_PASS;
}
