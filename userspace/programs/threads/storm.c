// SPDX-License-Identifier: MIT
/*
 * Many threads at once that make, stop, continue and end each other. What must hold in the end:
 * every thread can be joined, and each that was not ended by force has done its work.
 */

#include "threads.h"

#define WORKERS 6
#define ROUNDS  150
#define STEPS   2000

static volatile LONG work_done[WORKERS];
static volatile LONG finished;

static NTSTATUS work(void *argument)
{
    volatile LONG *done = argument;

    for (int i = 0; i < STEPS; i++) {
        (void)atomic_add(done, 1);
        if (i % 64 == 0)
            (void)NtYieldExecution();
    }
    (void)atomic_add(&finished, 1);
    return STATUS_SUCCESS;
}

// Suspends and resumes all the others in turn while they work.
static void test_suspend_storm(void)
{
    HANDLE threads[WORKERS];
    unsigned joined = 0;
    bool complete = true;

    for (int i = 0; i < WORKERS; i++)
        threads[i] = thread_start(work, (void *)(ULONG_PTR)&work_done[i]);
    for (int round = 0; round < ROUNDS; round++) {
        HANDLE thread = threads[round % WORKERS];
        if (NtSuspendThread(thread, NULL) == STATUS_SUCCESS)
            (void)NtResumeThread(thread, NULL);
    }
    for (int i = 0; i < WORKERS; i++) {
        joined += thread_join(threads[i]) == STATUS_SUCCESS;
        complete &= atomic_load(&work_done[i]) == STEPS;
    }
    check_equal("all threads of the suspend storm ended", joined, WORKERS);
    check("and none has lost a step", complete && atomic_load(&finished) == WORKERS);
}

__attribute__((noreturn)) static NTSTATUS never_end(void *argument)
{
    volatile LONG *steps = argument;

    for (;;) {
        (void)atomic_add(steps, 1);
        (void)NtYieldExecution();
    }
}

// A maker that is one of several: each makes threads and ends them wherever they are by then.
static NTSTATUS make_and_end(void *argument)
{
    unsigned seed = (unsigned)(ULONG_PTR)argument;
    volatile LONG steps = 0;

    for (int i = 0; i < 40; i++) {
        HANDLE thread = thread_start(never_end, (void *)(ULONG_PTR)&steps);
        seed = seed * 1103515245 + 12345;
        for (unsigned wait = seed >> 16 & 7; wait > 0; wait--)
            (void)NtYieldExecution();
        if (seed & 0x100)
            (void)NtSuspendThread(thread, NULL);
        (void)NtTerminateThread(thread, 9);
        if (thread_join(thread) != 9)
            return STATUS_UNSUCCESSFUL;
    }
    return STATUS_SUCCESS;
}

void test_storm(void)
{
    test_suspend_storm();
    check_equal("four makers each ended 40 threads", threads_run(4, make_and_end, NULL, 1), 0);
}
