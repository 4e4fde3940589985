// SPDX-License-Identifier: MIT
// What wakes a thread that waits, and what does not.

#include "waits.h"

// A thread that says that it is about to wait. Nobody outside can see whether it does already, so
// the tests look at what the wait must lead to.
struct waiter {
    HANDLE handles[3];
    ULONG count;
    WAIT_TYPE type;
    HANDLE ready;
    volatile LONG result;
};

static NTSTATUS wait_as_told(void *argument)
{
    struct waiter *self = argument;

    NtSetEvent(self->ready, NULL);
    self->result = NtWaitForMultipleObjects(self->count, self->handles, self->type, FALSE, NULL);
    return STATUS_SUCCESS;
}

static HANDLE start_waiter(struct waiter *waiter)
{
    waiter->ready = make_event(SynchronizationEvent, FALSE);
    HANDLE thread = thread_start(wait_as_told, waiter);
    wait_forever(waiter->ready);
    NtClose(waiter->ready);
    return thread;
}

void test_wait_all(void)
{
    HANDLE one = make_event(SynchronizationEvent, FALSE);
    HANDLE two = make_semaphore(0, 5);
    HANDLE three = make_mutant(TRUE);
    struct waiter waiter = { .handles = { one, two, three }, .count = 3, .type = WaitAll };
    HANDLE thread = start_waiter(&waiter);

    NtSetEvent(one, NULL);
    check_status("an event that a wait for all looks at stays", wait_one(one, 0), STATUS_WAIT_0);
    NtReleaseSemaphore(two, 1, NULL);
    NtReleaseMutant(three, NULL);
    check_status("the thread still waits", wait_one(thread, -5 * MILLISECOND), STATUS_TIMEOUT);
    NtSetEvent(one, NULL);
    thread_join(thread);
    check_status("with the last of three it is over", waiter.result, STATUS_WAIT_0);
    check_status("the event was taken", wait_one(one, 0), STATUS_TIMEOUT);
    check_status("so was the semaphore", wait_one(two, 0), STATUS_TIMEOUT);
    check_status("the mutant was, and its owner has ended", wait_one(three, 0),
                 STATUS_ABANDONED_WAIT_0);
    NtClose(one);
    NtClose(two);
    NtClose(three);
}

// Closes the only handle that the waiting thread knows, then sets the event by another one. Returns
// how the wait ended; STATUS_INVALID_HANDLE: it had not begun yet.
static NTSTATUS close_while_waiting(void)
{
    HANDLE event = make_event(NotificationEvent, FALSE), copy = NULL;
    struct waiter waiter = { .handles = { event }, .count = 1, .type = WaitAny };

    NtDuplicateObject(NtCurrentProcess(), event, NtCurrentProcess(), &copy, 0, 0,
                      DUPLICATE_SAME_ACCESS);
    HANDLE thread = start_waiter(&waiter);
    wait_one(thread, -MILLISECOND);
    NtClose(event);
    NtSetEvent(copy, NULL);
    thread_join(thread);
    NtClose(copy);
    return waiter.result;
}

static void test_close_while_waiting(void)
{
    NTSTATUS status;

    do
        status = close_while_waiting();
    while (status == STATUS_INVALID_HANDLE);
    check_status("a wait whose handle was closed goes on", status, STATUS_WAIT_0);
}

static void test_pulse(void)
{
    HANDLE event = make_event(NotificationEvent, FALSE);
    struct waiter waiters[2];
    HANDLE threads[2];
    NTSTATUS first = STATUS_TIMEOUT, second = STATUS_TIMEOUT;

    for (int i = 0; i < 2; i++) {
        waiters[i] = (struct waiter){ .handles = { event }, .count = 1, .type = WaitAny };
        threads[i] = start_waiter(&waiters[i]);
    }
    // They may not be waiting yet, so one pulse may miss them; many do not.
    while (first != STATUS_WAIT_0 || second != STATUS_WAIT_0) {
        NtPulseEvent(event, NULL);
        first = wait_one(threads[0], -MILLISECOND);
        second = wait_one(threads[1], -MILLISECOND);
    }
    check("a pulse ends the waits of all", true);
    check_status("and leaves the event as it was", wait_one(event, 0), STATUS_TIMEOUT);
    thread_join(threads[0]);
    thread_join(threads[1]);
    NtClose(event);
}

// A thread that waits twice for the same object is woken once and takes it once.
static void test_same_object_twice(void)
{
    HANDLE semaphore = make_semaphore(0, 9), other = make_event(NotificationEvent, FALSE);
    struct waiter waiter = { .handles = { other, semaphore, semaphore },
                             .count = 3,
                             .type = WaitAny };
    HANDLE thread = start_waiter(&waiter);

    wait_one(thread, -2 * MILLISECOND);
    NtReleaseSemaphore(semaphore, 2, NULL);
    thread_join(thread);
    check_status("an object twice in a wait counts once", waiter.result, STATUS_WAIT_0 + 1);
    check_status("the second unit is left", wait_one(semaphore, 0), STATUS_WAIT_0);
    check_status("and no more", wait_one(semaphore, 0), STATUS_TIMEOUT);
    NtClose(semaphore);
    NtClose(other);
}

void test_wake_ups(void)
{
    test_close_while_waiting();
    test_pulse();
    test_same_object_twice();
}

// ---- mutants whose owner ends ------------------------------------------------------------------

static NTSTATUS take_and_end(void *argument)
{
    HANDLE *mutants = argument;

    wait_forever(mutants[0]);
    wait_forever(mutants[0]);
    wait_forever(mutants[1]);
    return STATUS_SUCCESS;
}

void test_abandonment(void)
{
    HANDLE mutants[3] = { make_mutant(FALSE), make_mutant(FALSE), make_mutant(FALSE) };
    MUTANT_BASIC_INFORMATION information = { 0 };
    LARGE_INTEGER none = { .QuadPart = 0 };

    thread_join(thread_start(take_and_end, mutants));
    NtQueryMutant(mutants[0], MutantBasicInformation, &information, sizeof(information), NULL);
    check("a mutant is abandoned", information.AbandonedState && information.CurrentCount == 1);
    HANDLE order[] = { mutants[2], mutants[0], mutants[1] };
    NtReleaseMutant(mutants[2], NULL);
    HANDLE last_two[] = { make_event(NotificationEvent, FALSE), mutants[0] };
    check_status("the next owner is told which",
                 NtWaitForMultipleObjects(2, last_two, WaitAny, FALSE, &none),
                 STATUS_ABANDONED_WAIT_0 + 1);
    NtQueryMutant(mutants[0], MutantBasicInformation, &information, sizeof(information), NULL);
    check("it is not abandoned any more",
          !information.AbandonedState && information.CurrentCount == 0);
    NtReleaseMutant(mutants[0], NULL);
    check_status("nor told again", wait_one(mutants[0], 0), STATUS_WAIT_0);
    check_status("of all, one is abandoned",
                 NtWaitForMultipleObjects(3, order, WaitAll, FALSE, &none),
                 STATUS_ABANDONED_WAIT_0);
    for (int i = 0; i < 3; i++)
        NtClose(mutants[i]);
    NtClose(last_two[0]);
}
