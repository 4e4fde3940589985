// SPDX-License-Identifier: MIT
/*
 * Ending threads: wherever one is, it can be ended, and it gives back its stack and TEB.
 *
 * Expectations: learn.microsoft.com TerminateThread, ExitThread; observed on Wine 8
 */

#include "threads.h"

static volatile LONG is_running;

__attribute__((noreturn)) static NTSTATUS spin(void *argument)
{
    (void)argument;
    atomic_store(&is_running, 1);
    for (;;)
        __asm__ volatile("pause");
}

__attribute__((noreturn)) static NTSTATUS sleep_for_ever(void *argument)
{
    LARGE_INTEGER for_ever = { .QuadPart = INT64_MIN };

    (void)argument;
    atomic_store(&is_running, 1);
    for (;;)
        (void)NtDelayExecution(FALSE, &for_ever);
}

static NTSTATUS suspend_self(void *argument)
{
    (void)argument;
    atomic_store(&is_running, 1);
    (void)NtSuspendThread(NtCurrentThread(), NULL);
    return 1;
}

static void end_one(const char *name, thread_function function)
{
    atomic_store(&is_running, 0);
    HANDLE thread = thread_start(function, NULL);
    while (atomic_load(&is_running) == 0)
        (void)NtYieldExecution();
    check_status(name, NtTerminateThread(thread, 0x1234), STATUS_SUCCESS);
    check_equal("and it has that exit status", (ULONGLONG)thread_join(thread), 0x1234);
}

static ULONG_PTR committed_pages(void)
{
    SYSTEM_PERFORMANCE_INFORMATION performance = { 0 };

    (void)NtQuerySystemInformation(SystemPerformanceInformation, &performance, sizeof(performance),
                                   NULL);
    return performance.CommittedPages;
}

static NTSTATUS return_ok(void *argument)
{
    (void)argument;
    return STATUS_SUCCESS;
}

static volatile LONG present;

// All of them are there before the first one ends.
static NTSTATUS meet(void *argument)
{
    LONG number = (LONG)(ULONG_PTR)argument;

    (void)atomic_add(&present, 1);
    while (atomic_load(&present) < number)
        (void)NtYieldExecution();
    return STATUS_SUCCESS;
}

static void test_memory(void)
{
    enum {
        AT_ONCE = 8,
        ROUNDS = 25
    };
    (void)threads_run(AT_ONCE, meet, (void *)AT_ONCE, 0); // the TEBs that stay
    ULONG_PTR before = committed_pages();

    for (int i = 0; i < ROUNDS; i++)
        (void)threads_run(AT_ONCE, return_ok, NULL, 0);
    check_equal("200 threads have given their memory back", committed_pages(), before);
}

void test_end(void)
{
    HANDLE thread = thread_start_suspended(return_ok, NULL);

    end_one("end a thread that computes", spin);
    end_one("end a thread that sleeps", sleep_for_ever);
    end_one("end a thread that has suspended itself", suspend_self);
    check_status("end a thread that has not begun", NtTerminateThread(thread, 3), STATUS_SUCCESS);
    check_equal("and it has that exit status, too", (ULONGLONG)thread_join(thread), 3);
    check_status("the only thread does not end by no handle", NtTerminateThread(NULL, 4),
                 STATUS_CANT_TERMINATE_SELF);
    check_status("a handle of nothing", NtTerminateThread(BAD_HANDLE, 4), STATUS_INVALID_HANDLE);
    test_memory();
}
