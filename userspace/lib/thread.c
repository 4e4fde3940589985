// SPDX-License-Identifier: MIT
// Threads for test programs, see thread.h.

#include <user/thread.h>

#include <nt/create.h>
#include <nt/status.h>
#include <user/print.h>
#include <user/services.h>
#include <user/start.h>

#define THREADS_MAX 64u

void thread_end(NTSTATUS status)
{
    for (;;)
        (void)NtTerminateThread(NtCurrentThread(), status);
}

// A thread begins here: without an ntdll nobody else calls its function and ends it. Its maker has
// left the function in the TEB, where nobody else looks.
static void run(void *argument)
{
    thread_function function =
        (thread_function)(ULONG_PTR)current_teb()->NtTib.ArbitraryUserPointer;

    thread_end(function(argument));
}

HANDLE thread_start_suspended(thread_function function, void *argument)
{
    HANDLE thread = NULL;
    TEB *teb = NULL;
    struct {
        SIZE_T length;
        PS_ATTRIBUTE attribute;
    } list = { sizeof(list),
               { PS_ATTRIBUTE_TEB_ADDRESS, sizeof(teb), { .ValuePtr = &teb }, NULL } };
    NTSTATUS status = NtCreateThreadEx(&thread, THREAD_ALL_ACCESS, NULL, NtCurrentProcess(),
                                       (PVOID)(ULONG_PTR)run, argument,
                                       THREAD_CREATE_FLAGS_CREATE_SUSPENDED, 0, 0, 0, &list);

    if (!NT_SUCCESS(status)) {
        print("a thread cannot be started: %s\n", status_text(status));
        exit_process(status);
    }
    teb->NtTib.ArbitraryUserPointer = (PVOID)(ULONG_PTR)function;
    return thread;
}

HANDLE thread_start(thread_function function, void *argument)
{
    HANDLE thread = thread_start_suspended(function, argument);

    (void)NtResumeThread(thread, NULL);
    return thread;
}

NTSTATUS thread_join(HANDLE thread)
{
    THREAD_BASIC_INFORMATION basic;
    NTSTATUS status = NtWaitForSingleObject(thread, FALSE, NULL);

    if (status == STATUS_SUCCESS)
        status =
            NtQueryInformationThread(thread, ThreadBasicInformation, &basic, sizeof(basic), NULL);
    (void)NtClose(thread);
    return NT_SUCCESS(status) ? basic.ExitStatus : status;
}

unsigned threads_run(unsigned count, thread_function function, void *argument, size_t stride)
{
    HANDLE threads[THREADS_MAX];
    unsigned failed = 0;

    for (unsigned i = 0; i < count; i++)
        threads[i] = thread_start(function, (char *)argument + i * stride);
    for (unsigned i = 0; i < count; i++)
        failed += thread_join(threads[i]) != STATUS_SUCCESS;
    return failed;
}
