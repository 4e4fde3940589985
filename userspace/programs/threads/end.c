// SPDX-License-Identifier: MIT
/*
 * Ending threads: wherever one is, it can be ended, and it gives back its stack and TEB.
 *
 * Expectations: learn.microsoft.com TerminateThread, ExitThread
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

// ---- waits without end ------------------------------------------------------------------------

static HANDLE object; // that is never signalled

static NTSTATUS wait_for_one(void *argument)
{
    (void)argument;
    atomic_store(&is_running, 1);
    return NtWaitForSingleObject(object, FALSE, NULL);
}

static NTSTATUS wait_for_all(void *argument)
{
    HANDLE both[] = { object, NtCurrentThread() };

    (void)argument;
    atomic_store(&is_running, 1);
    return NtWaitForMultipleObjects(2, both, WaitAll, TRUE, NULL);
}

static NTSTATUS wait_for_packet(void *argument)
{
    PVOID key, context;
    IO_STATUS_BLOCK block;

    (void)argument;
    atomic_store(&is_running, 1);
    return NtRemoveIoCompletion(object, &key, &context, &block, NULL);
}

static NTSTATUS wait_for_alert(void *argument)
{
    (void)argument;
    atomic_store(&is_running, 1);
    return NtWaitForAlertByThreadId(NULL, NULL);
}

static NTSTATUS wait_for_key(void *argument)
{
    static LONG key[2];

    (void)argument;
    atomic_store(&is_running, 1);
    return NtWaitForKeyedEvent(object, key, FALSE, NULL);
}

static void end_one(const char *name, thread_function function)
{
    atomic_store(&is_running, 0);
    HANDLE thread = thread_start(function, NULL);
    while (atomic_load(&is_running) == 0)
        (void)NtYieldExecution();
    for (int i = 0; i < 20; i++) // until it is where it says, most likely
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
    // What the kernel has for a thread goes a moment after its last handle.
    for (int i = 0; i < 1000 && committed_pages() != before; i++)
        (void)NtYieldExecution();
    check_equal("200 threads have given their memory back", committed_pages(), before);
}

void test_end(void)
{
    HANDLE thread = thread_start_suspended(return_ok, NULL);

    end_one("end a thread that computes", spin);
    end_one("end a thread that sleeps", sleep_for_ever);
    end_one("end a thread that has suspended itself", suspend_self);
    end_one("end a thread that waits for an alert", wait_for_alert);
    (void)NtCreateEvent(&object, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    end_one("end a thread that waits for an event", wait_for_one);
    end_one("end a thread that waits for two things", wait_for_all);
    (void)NtClose(object);
    (void)NtCreateIoCompletion(&object, IO_COMPLETION_ALL_ACCESS, NULL, 1);
    end_one("end a thread that waits for a packet", wait_for_packet);
    (void)NtClose(object);
    (void)NtCreateKeyedEvent(&object, KEYEDEVENT_ALL_ACCESS, NULL, 0);
    end_one("end a thread that waits for a key", wait_for_key);
    (void)NtClose(object);
    check_status("end a thread that has not begun", NtTerminateThread(thread, 3), STATUS_SUCCESS);
    check_equal("and it has that exit status, too", (ULONGLONG)thread_join(thread), 3);
    check_status("the only thread does not end by no handle", NtTerminateThread(NULL, 4),
                 STATUS_CANT_TERMINATE_SELF);
    check_status("a handle of nothing", NtTerminateThread(BAD_HANDLE, 4), STATUS_INVALID_HANDLE);
    test_memory();
}
