// SPDX-License-Identifier: MIT
// Waits of one thread for several objects: any of them, all of them, and what is refused.

#include "waits.h"

static NTSTATUS try_multiple(ULONG count, HANDLE *handles, WAIT_TYPE type)
{
    LARGE_INTEGER none = { .QuadPart = 0 };

    return NtWaitForMultipleObjects(count, handles, type, FALSE, &none);
}

static void test_any(void)
{
    HANDLE events[MAXIMUM_WAIT_OBJECTS + 1];
    bool all_found = true;

    for (unsigned i = 0; i <= MAXIMUM_WAIT_OBJECTS; i++)
        events[i] = make_event(SynchronizationEvent, FALSE);
    check_status("none of 64", try_multiple(64, events, WaitAny), STATUS_TIMEOUT);
    for (unsigned i = 0; i < MAXIMUM_WAIT_OBJECTS; i++) {
        NtSetEvent(events[i], NULL);
        all_found &= try_multiple(64, events, WaitAny) == (NTSTATUS)(STATUS_WAIT_0 + i);
    }
    check("each of 64 is told apart", all_found);
    NtSetEvent(events[40], NULL);
    NtSetEvent(events[20], NULL);
    check_status("of two the first", try_multiple(64, events, WaitAny), STATUS_WAIT_0 + 20);
    check_status("then the other", try_multiple(64, events, WaitAny), STATUS_WAIT_0 + 40);
    check_status("and then none", try_multiple(64, events, WaitAny), STATUS_TIMEOUT);

    HANDLE twice[] = { events[1], events[0], events[1] };
    NtSetEvent(events[1], NULL);
    check_status("any of some that are the same", try_multiple(3, twice, WaitAny), STATUS_WAIT_0);
    check_status("all of some that are the same", try_multiple(3, twice, WaitAll),
                 STATUS_INVALID_PARAMETER_MIX);

    check_status("for none", try_multiple(0, events, WaitAny), STATUS_INVALID_PARAMETER_1);
    check_status("for 65", try_multiple(65, events, WaitAny), STATUS_INVALID_PARAMETER_1);
    check_status("neither any nor all", try_multiple(2, events, (WAIT_TYPE)2),
                 STATUS_INVALID_PARAMETER_3);
    check_status("for handles that cannot be read", try_multiple(2, (HANDLE *)8, WaitAny),
                 STATUS_ACCESS_VIOLATION);
    check_status("until a time that cannot be read",
                 NtWaitForMultipleObjects(2, events, WaitAny, FALSE, (LARGE_INTEGER *)8),
                 STATUS_ACCESS_VIOLATION);
    for (unsigned i = 0; i <= MAXIMUM_WAIT_OBJECTS; i++)
        NtClose(events[i]);
    check_status("for what was closed", try_multiple(2, events, WaitAny), STATUS_INVALID_HANDLE);
}

static void test_rights(void)
{
    HANDLE good = make_event(NotificationEvent, TRUE), weak = NULL;

    NtCreateEvent(&weak, EVENT_MODIFY_STATE, NULL, NotificationEvent, TRUE);
    HANDLE handles[] = { good, weak };
    check_status("one of them without the right to wait", try_multiple(2, handles, WaitAny),
                 STATUS_ACCESS_DENIED);
    handles[1] = NtCurrentThread();
    check_status("or this thread", try_multiple(2, handles, WaitAny), STATUS_WAIT_0);
    check_status("this process has not ended", wait_one(NtCurrentProcess(), 0), STATUS_TIMEOUT);
    NtClose(good);
    NtClose(weak);
}

// Taking all is one step: as long as one is missing, none is touched.
static void test_all(void)
{
    HANDLE event = make_event(SynchronizationEvent, TRUE);
    HANDLE semaphore = make_semaphore(2, 2);
    HANDLE mutant = make_mutant(FALSE);
    HANDLE last = make_event(SynchronizationEvent, FALSE);
    HANDLE handles[] = { event, semaphore, mutant, last };
    SEMAPHORE_BASIC_INFORMATION count;
    MUTANT_BASIC_INFORMATION owner;

    check_status("three of four are signalled", try_multiple(4, handles, WaitAll), STATUS_TIMEOUT);
    NtQuerySemaphore(semaphore, SemaphoreBasicInformation, &count, sizeof(count), NULL);
    NtQueryMutant(mutant, MutantBasicInformation, &owner, sizeof(owner), NULL);
    check("nothing was taken", count.CurrentCount == 2 && owner.CurrentCount == 1);
    NtSetEvent(last, NULL);
    check_status("all four are", try_multiple(4, handles, WaitAll), STATUS_WAIT_0);
    NtQuerySemaphore(semaphore, SemaphoreBasicInformation, &count, sizeof(count), NULL);
    NtQueryMutant(mutant, MutantBasicInformation, &owner, sizeof(owner), NULL);
    check("each was taken once", count.CurrentCount == 1 && owner.CurrentCount == 0 &&
                                     wait_one(event, 0) == STATUS_TIMEOUT &&
                                     wait_one(last, 0) == STATUS_TIMEOUT);
    for (unsigned i = 0; i < 4; i++)
        NtClose(handles[i]);
}

static void test_timeouts(void)
{
    HANDLE event = make_event(NotificationEvent, FALSE);
    LARGE_INTEGER now, then, frequency;

    NtQueryPerformanceCounter(&now, &frequency);
    check_status("a wait of 2 ms", wait_one(event, -2 * MILLISECOND), STATUS_TIMEOUT);
    NtQueryPerformanceCounter(&then, NULL);
    check("is not shorter", then.QuadPart - now.QuadPart >= 2 * MILLISECOND);
    NtQuerySystemTime(&now);
    check_status("a wait until a date", wait_one(event, now.QuadPart + 2 * MILLISECOND),
                 STATUS_TIMEOUT);
    NtQuerySystemTime(&then);
    check("ends after it", then.QuadPart - now.QuadPart >= 2 * MILLISECOND);
    NtClose(event);
}

void test_multiple(void)
{
    test_any();
    test_rights();
    test_all();
    test_timeouts();
}
