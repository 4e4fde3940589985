// SPDX-License-Identifier: MIT
/*
 * Ending processes: by themselves, by others, with threads at work.
 *
 * Expectations: learn.microsoft.com TerminateProcess, ExitProcess
 */

#include "processes.h"

static void end_one(const char *name, const char *role, bool is_started)
{
    struct child child;
    NTSTATUS status =
        child_start(role, 0, is_started ? 0 : THREAD_CREATE_FLAGS_CREATE_SUSPENDED, &child);

    if (!check_status(name, status, STATUS_SUCCESS))
        return;
    for (int i = 0; i < 50; i++)
        (void)NtYieldExecution();
    check_status("it can be ended", NtTerminateProcess(child.process, 0x4321), STATUS_SUCCESS);
    check_status("it is over", NtWaitForSingleObject(child.process, FALSE, NULL), STATUS_SUCCESS);
    check_status("a second time is too late", NtTerminateProcess(child.process, 1),
                 STATUS_PROCESS_IS_TERMINATING);
    check_status("its thread is over, too", NtWaitForSingleObject(child.thread, FALSE, NULL),
                 STATUS_SUCCESS);
    check_equal("the exit status is what was said", (ULONGLONG)child_join(&child), 0x4321);
}

static NTSTATUS spin(void *argument)
{
    volatile LONG *running = argument;

    atomic_store(running, 1);
    for (volatile unsigned i = 0;; i++)
        continue;
    return STATUS_SUCCESS;
}

static void test_alone(void)
{
    volatile LONG running = 0;
    HANDLE thread = thread_start(spin, (void *)(ULONG_PTR)&running);

    while (atomic_load(&running) == 0)
        (void)NtYieldExecution();
    check_status("end all other threads", NtTerminateProcess(NULL, 0x99), STATUS_SUCCESS);
    check_equal("when it returns they have ended", (ULONGLONG)thread_join(thread), 0x99);
}

void test_end(void)
{
    end_one("a child that computes", "spin", true);
    end_one("a child that waits", "wait", true);
    end_one("a child that has not begun", "exit 1", false);
    check_equal("a child with busy threads ends as a whole", (ULONGLONG)child_run("threads"), 9);
    check_equal("a crash is an exit status", (ULONG)child_run("crash"),
                (ULONG)STATUS_ACCESS_VIOLATION);
    test_alone();
}
