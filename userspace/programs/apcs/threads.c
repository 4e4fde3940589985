// SPDX-License-Identifier: MIT
// APCs from thread to thread: in waits, in the middle of computing, in storms, and at the end.

#include "apcs.h"

#include <user/registers.h>
#include <user/thread.h>

#define STORM_THREADS 4u
#define STORM_APCS    500u

static volatile LONG runs, ready, stop;

static void count_run(PVOID a, PVOID b, PVOID c, CONTEXT *context)
{
    (void)a;
    (void)b;
    (void)c;
    (void)context;
    atomic_add(&runs, 1);
}

static NTSTATUS wait_alertably(void *argument)
{
    LARGE_INTEGER hour = { .QuadPart = -36000000000 };

    (void)argument;
    atomic_store(&ready, 1);
    return NtDelayExecution(TRUE, &hour);
}

static NTSTATUS queue_to(HANDLE thread, apc_routine routine)
{
    return NtQueueApcThread(thread, (PVOID)routine, NULL, NULL, NULL);
}

static void test_waiting(void)
{
    HANDLE thread = thread_start(wait_alertably, NULL);

    check_status("an APC for another thread", queue_to(thread, count_run), STATUS_SUCCESS);
    check_status("it ends that thread's wait", thread_join(thread), STATUS_USER_APC);
    check_equal("and has run", (ULONGLONG)runs, 1);

    thread = thread_start_suspended(wait_alertably, NULL);
    (void)queue_to(thread, count_run);
    (void)queue_to(thread, count_run);
    (void)NtResumeThread(thread, NULL);
    check_status("APCs for a thread that has not run yet", thread_join(thread), STATUS_USER_APC);
    check_equal("have run", (ULONGLONG)runs, 3);
}

static NTSTATUS return_at_once(void *argument)
{
    (void)argument;
    return 0x77;
}

// An ended thread takes none; what it had not run is given back with it.
static void test_ended(void)
{
    LARGE_INTEGER second = { .QuadPart = -10000000 };
    HANDLE thread = thread_start_suspended(wait_alertably, NULL);

    for (unsigned i = 0; i < 100; i++)
        (void)queue_to(thread, count_run);
    check_status("ending a thread with 100 APCs", NtTerminateThread(thread, 0x99), STATUS_SUCCESS);
    (void)NtResumeThread(thread, NULL);
    (void)NtWaitForSingleObject(thread, FALSE, &second);
    check_status("an ended thread takes none", queue_to(thread, count_run), STATUS_UNSUCCESSFUL);
    check_status("its exit status", thread_join(thread), 0x99);
    check_equal("none of them ran", (ULONGLONG)runs, 3);
    check_status("one that ends by itself", thread_join(thread_start(return_at_once, NULL)), 0x77);
}

static struct {
    struct registers from, to;
} spinner;

static NTSTATUS spin(void *argument)
{
    (void)argument;
    exchange_registers(&spinner.from, &spinner.to, registers_spin, has_ymm());
    return STATUS_SUCCESS;
}

// Changes what it may, and ends the loop.
static void spoil_and_stop(PVOID a, PVOID b, PVOID c, CONTEXT *context)
{
    count_run(a, b, c, context);
    if (has_ymm())
        __asm__ volatile("vpcmpeqd %%xmm0, %%xmm0, %%xmm0\n\tvinsertf128 $1, %%xmm0, %%ymm0, "
                         "%%ymm0\n\tvmovaps %%ymm0, %%ymm1\n\tvmovaps %%ymm0, %%ymm5\n\t"
                         "vmovaps %%ymm0, %%ymm15"
                         :
                         :
                         : "xmm0", "xmm1", "xmm5", "xmm15");
    if (a != NULL)
        registers_spin_flag = 0;
}

// A special APC comes anywhere; the thread does not notice.
static void test_special(void)
{
    bool are_kept = true;

    runs = 0;
    for (ULONG seed = 1; seed <= 10; seed++) {
        fill_registers(&spinner.from, seed);
        registers_spin_flag = 1;
        HANDLE thread = thread_start(spin, NULL);
        for (ULONG i = 0; i < 4; i++) {
            (void)NtYieldExecution();
            if (NtQueueApcThreadEx(thread, (HANDLE)QUEUE_USER_APC_FLAGS_SPECIAL_USER_APC,
                                   (PVOID)spoil_and_stop, (PVOID)(ULONGLONG)(i == 3), NULL,
                                   NULL) != STATUS_SUCCESS)
                exit_process(1);
        }
        (void)thread_join(thread);
        spinner.to.flags = spinner.from.flags;
        are_kept &= same_registers(&spinner.to, &spinner.from);
    }
    check("special APCs change no register of what they interrupt", are_kept);
    check_equal("each has run", (ULONGLONG)runs, 40);
}

static HANDLE storm[STORM_THREADS];

// Queues to all, its own thread included, and runs what the others queue, until all is said.
static NTSTATUS take_part(void *argument)
{
    LARGE_INTEGER moment = { .QuadPart = -10000 };
    NTSTATUS failed = STATUS_SUCCESS;

    (void)argument;
    for (unsigned i = 0; i < STORM_APCS; i++) {
        NTSTATUS status = queue_to(storm[i % STORM_THREADS], count_run);
        if (status != STATUS_SUCCESS)
            failed = status;
        if (i % 8 == 0)
            (void)NtTestAlert();
        if (i % 32 == 0)
            __asm__ volatile("ud2" : : : "memory");
    }
    atomic_add(&stop, 1);
    while (atomic_load(&stop) < (LONG)STORM_THREADS)
        (void)NtDelayExecution(TRUE, &moment);
    (void)NtTestAlert();
    return failed;
}

static LONG skip(EXCEPTION_RECORD *record, CONTEXT *context)
{
    if (record->ExceptionCode != STATUS_ILLEGAL_INSTRUCTION)
        return EXCEPTION_CONTINUE_SEARCH;
    context->Rip += 2;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void test_storm(void)
{
    unsigned failed = 0;

    runs = 0;
    set_exception_handler(skip);
    for (unsigned i = 0; i < STORM_THREADS; i++)
        storm[i] = thread_start_suspended(take_part, NULL);
    for (unsigned i = 0; i < STORM_THREADS; i++)
        (void)NtResumeThread(storm[i], NULL);
    for (unsigned i = 0; i < STORM_THREADS; i++)
        failed += thread_join(storm[i]) != STATUS_SUCCESS;
    set_exception_handler(NULL);
    check_equal("a storm of APCs: all could be queued", failed, 0);
    check_equal("all have run, once", (ULONGLONG)runs, STORM_THREADS * STORM_APCS);
}

void test_threads(void)
{
    test_waiting();
    test_ended();
    test_special();
    test_storm();
}
