// SPDX-License-Identifier: MIT
// What threads and processes cost from their making to the moment when their maker knows that they
// have ended.

#include "bench.h"

#include <user/process.h>
#include <user/services.h>
#include <user/thread.h>

#define THREADS_PER_BATCH   50u
#define PROCESSES_PER_BATCH 10u

__attribute__((noreturn)) static void end_at_once(void *argument)
{
    (void)argument;
    thread_end(0);
}

static void create_and_join(void)
{
    HANDLE thread;

    (void)NtCreateThreadEx(&thread, THREAD_ALL_ACCESS, NULL, NtCurrentProcess(),
                           (PVOID)(ULONG_PTR)end_at_once, NULL, 0, 0, 0, 0, NULL);
    (void)NtWaitForSingleObject(thread, FALSE, NULL);
    (void)NtClose(thread);
}

static void start_and_join(void)
{
    (void)child_run("");
}

static void measure_batches(const char *name, void (*run)(void), unsigned count)
{
    uint64_t best = UINT64_MAX;

    for (unsigned batch = 0; batch < BATCHES; batch++) {
        uint64_t start = ticks();
        for (unsigned i = 0; i < count; i++)
            run();
        uint64_t taken = ticks() - start;
        best = taken < best ? taken : best;
    }
    report(name, best, 0, count);
}

void measure_threads(void)
{
    measure_batches("thread-create-join", create_and_join, THREADS_PER_BATCH);
    measure_batches("process-create-exit", start_and_join, PROCESSES_PER_BATCH);
}
