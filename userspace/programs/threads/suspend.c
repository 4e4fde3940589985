// SPDX-License-Identifier: MIT
/*
 * Stopping threads and letting them go on.
 *
 * Expectations: learn.microsoft.com SuspendThread, ResumeThread (the count, its maximum of 127)
 */

#include "threads.h"

#define SUSPEND_MAX 127u

static volatile LONG counter;
static volatile LONG must_end;

static NTSTATUS count_up(void *argument)
{
    (void)argument;
    while (atomic_load(&must_end) == 0)
        (void)atomic_add(&counter, 1);
    return STATUS_SUCCESS;
}

// Whether the counter still moves; a thread that is being stopped may do so for a moment.
static bool moves(void)
{
    LONG before = atomic_load(&counter);

    for (int i = 0; i < 1000; i++) {
        (void)NtYieldExecution();
        if (atomic_load(&counter) != before)
            return true;
    }
    return false;
}

static void test_counts(HANDLE thread)
{
    ULONG previous = 99;
    ULONG count = 99;

    check_status("suspend it", NtSuspendThread(thread, &previous), STATUS_SUCCESS);
    check_equal("it ran before", previous, 0);
    check_status("suspend it again", NtSuspendThread(thread, &previous), STATUS_SUCCESS);
    check_equal("it was suspended once", previous, 1);
    check_status("ask for the count",
                 NtQueryInformationThread(thread, ThreadSuspendCount, &count, sizeof(count), NULL),
                 STATUS_SUCCESS);
    check_equal("it is two", count, 2);
    while (moves())
        continue;
    check("a suspended thread stands still", !moves());
    check_status("resume it once", NtResumeThread(thread, &previous), STATUS_SUCCESS);
    check_equal("it was suspended twice", previous, 2);
    check("it still stands", !moves());
    check_status("resume it wholly", NtResumeThread(thread, &previous), STATUS_SUCCESS);
    while (!moves())
        continue;
    check("it goes on", true);
    check_status("resume a thread that runs", NtResumeThread(thread, &previous), STATUS_SUCCESS);
    check_equal("its count was 0 and stays", previous, 0);
}

static void test_limit(HANDLE thread)
{
    ULONG previous = 0;
    unsigned times = 0;

    while (NtSuspendThread(thread, &previous) == STATUS_SUCCESS && times < 2 * SUSPEND_MAX)
        times++;
    check_equal("127 suspensions are possible", times, SUSPEND_MAX);
    check_status("one more is not", NtSuspendThread(thread, &previous),
                 STATUS_SUSPEND_COUNT_EXCEEDED);
    while (times-- > 0)
        (void)NtResumeThread(thread, &previous);
    check_equal("all are taken back", previous, 1);
}

void test_suspend(void)
{
    HANDLE thread = thread_start(count_up, NULL);

    while (!moves())
        continue;
    test_counts(thread);
    test_limit(thread);
    atomic_store(&must_end, 1);
    check_equal("it ends by itself", (ULONGLONG)thread_join(thread), 0);
}
