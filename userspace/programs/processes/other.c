// SPDX-License-Identifier: MIT
/*
 * Finding other processes, stopping them, and threads in them.
 *
 * Expectations: learn.microsoft.com OpenProcess, CreateRemoteThread
 */

#include "processes.h"

static void test_open(const struct child *child)
{
    OBJECT_ATTRIBUTES attributes = { .Length = sizeof(attributes) };
    CLIENT_ID id = { child->id.UniqueProcess, NULL };
    HANDLE process = NULL;

    check_status("open it by its id",
                 NtOpenProcess(&process, PROCESS_QUERY_INFORMATION, &attributes, &id),
                 STATUS_SUCCESS);
    check("it is the same", basic_of(process).UniqueProcessId == (ULONG_PTR)id.UniqueProcess);
    check_status("the handle does not allow more than was asked for",
                 NtTerminateProcess(process, 1), STATUS_ACCESS_DENIED);
    (void)NtClose(process);
    id = child->id;
    check_status("by its thread's id as well",
                 NtOpenProcess(&process, PROCESS_QUERY_INFORMATION, &attributes, &id),
                 STATUS_SUCCESS);
    (void)NtClose(process);
    id.UniqueProcess = (HANDLE)0xFFFFFFF8;
    id.UniqueThread = NULL;
    check_status("an id of none", NtOpenProcess(&process, PROCESS_ALL_ACCESS, &attributes, &id),
                 STATUS_INVALID_CID);
}

static void test_next(const struct child *child)
{
    HANDLE process = NULL, next = NULL;
    bool found = false;
    NTSTATUS status;

    while ((status = NtGetNextProcess(process, PROCESS_QUERY_INFORMATION, 0, 0, &next)) ==
           STATUS_SUCCESS) {
        if (process != NULL)
            (void)NtClose(process);
        process = next;
        found |= basic_of(process).UniqueProcessId == (ULONG_PTR)child->id.UniqueProcess;
    }
    (void)NtClose(process);
    check("it is one of all processes", found && status == STATUS_NO_MORE_ENTRIES);
}

static ULONGLONG time_of(const struct child *child)
{
    KERNEL_USER_TIMES times = { 0 };

    (void)NtQueryInformationProcess(child->process, ProcessTimes, &times, sizeof(times), NULL);
    return (ULONGLONG)times.UserTime.QuadPart;
}

#define ROUNDS_TO_STOP 500u // a second in all

static void test_suspend(const struct child *child)
{
    LARGE_INTEGER moment = { .QuadPart = -20000 };

    check_status("suspend all of it", NtSuspendProcess(child->process), STATUS_SUCCESS);
    // A processor that the host does not run stops it when it runs again.
    ULONGLONG before, after = time_of(child);
    unsigned rounds = 0;
    do {
        before = after;
        (void)NtDelayExecution(FALSE, &moment);
        after = time_of(child);
    } while (after > before && ++rounds < ROUNDS_TO_STOP);
    check_equal("it uses no time", after, before);
    check_status("resume all of it", NtResumeProcess(child->process), STATUS_SUCCESS);
    while (time_of(child) == before)
        (void)NtDelayExecution(FALSE, &moment);
    check("it goes on", true);
}

static void test_remote_thread(const struct child *child)
{
    // The images of both lie at the same address: what is a function here is one there.
    HANDLE thread = NULL;
    NTSTATUS status = NtCreateThreadEx(&thread, THREAD_ALL_ACCESS, NULL, child->process,
                                       (PVOID)(ULONG_PTR)thread_end, (PVOID)0x55, 0, 0, 0, 0, NULL);
    THREAD_BASIC_INFORMATION basic = { 0 };

    if (!check_status("a thread in the other process", status, STATUS_SUCCESS))
        return;
    (void)NtQueryInformationThread(thread, ThreadBasicInformation, &basic, sizeof(basic), NULL);
    check("belongs to that process", basic.ClientId.UniqueProcess == child->id.UniqueProcess);
    check_equal("and runs there", (ULONGLONG)thread_join(thread), 0x55);
}

void test_other(void)
{
    struct child child;

    if (!check_status("a child to look at", child_start("spin", 0, 0, &child), STATUS_SUCCESS))
        return;
    test_open(&child);
    test_next(&child);
    test_suspend(&child);
    test_remote_thread(&child);
    (void)NtTerminateProcess(child.process, 3);
    check_equal("end it", (ULONGLONG)child_join(&child), 3);
}
