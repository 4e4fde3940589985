// SPDX-License-Identifier: MIT
// Exceptions of several threads at once, and of threads that are being ended.

#include "exceptions.h"

#include <user/thread.h>

#define THREADS    6u
#define EXCEPTIONS 2000u
#define ENDED      100u

static volatile LONG handled, is_open;

static LONG count_and_skip(EXCEPTION_RECORD *record, CONTEXT *context)
{
    if (record->ExceptionCode != STATUS_ILLEGAL_INSTRUCTION)
        return EXCEPTION_CONTINUE_SEARCH;
    atomic_add(&handled, 1);
    context->Rip += 2;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static NTSTATUS fail_often(void *argument)
{
    for (unsigned i = 0; i < EXCEPTIONS; i++)
        __asm__ volatile("ud2" : : : "memory");
    return argument == NULL ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

static NTSTATUS fail_for_ever(void *argument)
{
    while (argument == NULL) { // always
        atomic_store(&is_open, 1);
        __asm__ volatile("ud2" : : : "memory");
    }
    return STATUS_SUCCESS;
}

void test_threads(void)
{
    unsigned failed = 0;

    set_exception_handler(count_and_skip);
    check_equal("threads that fail at once all go on", threads_run(THREADS, fail_often, NULL, 0),
                0);
    check_equal("each exception had its handler", (ULONGLONG)handled, THREADS * EXCEPTIONS);
    for (unsigned i = 0; i < ENDED; i++) {
        is_open = 0;
        HANDLE thread = thread_start(fail_for_ever, NULL);
        while (i % 2 == 0 && !atomic_load(&is_open))
            (void)NtYieldExecution();
        (void)NtTerminateThread(thread, 0x42);
        failed += thread_join(thread) != 0x42;
    }
    set_exception_handler(NULL);
    check_equal("threads that are ended among their exceptions", failed, 0);
}

// All threads fail, one of them ends the process.
int end_among_exceptions(void)
{
    LARGE_INTEGER moment = { .QuadPart = -200000 };

    set_exception_handler(count_and_skip);
    print("exceptions: ending among them\n");
    for (unsigned i = 0; i < THREADS; i++)
        (void)thread_start(fail_for_ever, NULL);
    (void)NtDelayExecution(FALSE, &moment);
    exit_process(33);
}

static NTSTATUS crash(void *argument)
{
    (void)argument;
    while (!atomic_load(&is_open))
        (void)NtYieldExecution();
    write_to(0x99);
    return STATUS_SUCCESS;
}

// All threads crash at the same time: one report.
int end_all_at_once(void)
{
    print("exceptions: all at once\n");
    for (unsigned i = 0; i < THREADS; i++)
        (void)thread_start(crash, NULL);
    atomic_store(&is_open, 1);
    (void)crash(NULL);
    return 1;
}
