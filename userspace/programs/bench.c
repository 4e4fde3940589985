// SPDX-License-Identifier: MIT
/*
 * What basic operations cost, one line each: `bench NAME VALUE`.
 *
 * VALUE is time-stamp ticks per operation, without the loop's own cost. QEMU's `-icount shift=0`
 * makes a tick one instruction and the figures repeatable; elsewhere they are cycles or so. Of
 * several batches the cheapest counts, so that a timer interrupt in one of them does not matter.
 *
 * `boot-to-user` is the time stamp at the start of main: ticks since the processor's reset.
 *
 * The null service is NtYieldExecution with no other thread: it has no arguments, copies nothing
 * and only looks at the run queue. `unknown-service` is the floor: entry, bound check, exit.
 */

#include "bench.h"

#include <user/call.h>
#include <user/exception.h>
#include <user/memory.h>
#include <user/print.h>
#include <user/services.h>
#include <user/start.h>

#define ITERATIONS 2000

uint64_t ticks(void)
{
    uint32_t low, high;

    __asm__ volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

// The cheapest batch's ticks for all its iterations.
static uint64_t cheapest(operation run, void *context, unsigned iterations)
{
    uint64_t best = UINT64_MAX;

    for (unsigned batch = 0; batch < BATCHES; batch++) {
        uint64_t start = ticks();
        for (unsigned i = 0; i < iterations; i++)
            run(context);
        uint64_t taken = ticks() - start;
        if (taken < best)
            best = taken;
    }
    return best;
}

static void do_nothing(void *context)
{
    __asm__ volatile("" : : "r"(context) : "memory");
}

void report(const char *name, uint64_t total, uint64_t overhead, unsigned operations)
{
    uint64_t cost = total > overhead ? total - overhead : 0;

    print("bench %s %llu\n", name, (cost + operations / 2) / operations);
}

void measure(const char *name, operation run, void *context)
{
    uint64_t overhead = cheapest(do_nothing, context, ITERATIONS);

    report(name, cheapest(run, context, ITERATIONS), overhead, ITERATIONS);
}

// The two entries, with the same few instructions around them.
static void null_by_syscall(void *context)
{
    unsigned long long number = *(const ULONG *)context;

    __asm__ volatile("syscall" : "+a"(number) : : "rcx", "rdx", "r8", "r9", "r10", "r11", "memory");
}

static void null_by_int2e(void *context)
{
    unsigned long long number = *(const ULONG *)context;

    __asm__ volatile("int $0x2E"
                     : "+a"(number)
                     :
                     : "rcx", "rdx", "r8", "r9", "r10", "r11", "memory");
}

static void query_counter(void *context)
{
    (void)NtQueryPerformanceCounter(context, NULL);
}

static void close_nothing(void *context)
{
    (void)context;
    (void)NtClose(NULL);
}

static void allocate_and_free(void *context)
{
    PVOID base = NULL;
    SIZE_T size = 0x10000;

    (void)context;
    (void)NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size, MEM_RESERVE | MEM_COMMIT,
                                  PAGE_READWRITE);
    size = 0;
    (void)NtFreeVirtualMemory(NtCurrentProcess(), &base, &size, MEM_RELEASE);
}

static void compare_handles(void *context)
{
    (void)NtCompareObjects(*(HANDLE *)context, *(HANDLE *)context);
}

static void duplicate_and_close(void *context)
{
    HANDLE copy;

    (void)NtDuplicateObject(NtCurrentProcess(), *(HANDLE *)context, NtCurrentProcess(), &copy, 0, 0,
                            DUPLICATE_SAME_ACCESS);
    (void)NtClose(copy);
}

static void open_and_close(void *context)
{
    HANDLE handle;

    (void)NtOpenDirectoryObject(&handle, DIRECTORY_QUERY, context);
    (void)NtClose(handle);
}

// Objects behind handles and names, with the directory that most named objects lie in.
static NTSTATUS measure_objects(void)
{
    static WCHAR text[] = u"\\Sessions\\1\\BaseNamedObjects";
    UNICODE_STRING name = { sizeof(text) - sizeof(WCHAR), sizeof(text), text };
    OBJECT_ATTRIBUTES attributes = { .Length = sizeof(attributes), .ObjectName = &name };
    HANDLE directory;
    NTSTATUS status = NtOpenDirectoryObject(&directory, DIRECTORY_QUERY, &attributes);

    if (!NT_SUCCESS(status))
        return status;
    measure("compare-handles", compare_handles, &directory);
    measure("duplicate-close", duplicate_and_close, &directory);
    measure("open-close", open_and_close, &attributes);
    return NtClose(directory);
}

// An exception and back: the handler is asked at once and goes on behind the two bytes of UD2.
static void raise_and_continue(void *context)
{
    (void)context;
    __asm__ volatile("ud2" : : : "memory");
}

static LONG go_on(EXCEPTION_RECORD *record, CONTEXT *context)
{
    (void)record;
    context->Rip += 2;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void do_nothing_in_apc(PVOID a, PVOID b, PVOID c)
{
    (void)a;
    (void)b;
    (void)c;
}

static void queue_and_run_apc(void *context)
{
    (void)context;
    (void)NtQueueApcThread(NtCurrentThread(), (PVOID)do_nothing_in_apc, NULL, NULL, NULL);
    (void)NtTestAlert();
}

int main(int argc, char **argv)
{
    static ULONG yield = NUMBER_NtYieldExecution;
    static ULONG unknown = NUMBER_LIMIT;
    LARGE_INTEGER counter;
    uint64_t start = ticks();

    (void)argc;
    if (strcmp(argv[0], "child") == 0)
        return 0;
    report("boot-to-user", start, 0, 1);
    measure("null-syscall", null_by_syscall, &yield);
    measure("null-int2e", null_by_int2e, &yield);
    measure("unknown-service", null_by_syscall, &unknown);
    measure("close-null", close_nothing, NULL);
    measure("query-counter", query_counter, &counter);
    measure("allocate-free", allocate_and_free, NULL);
    set_exception_handler(go_on);
    measure("exception", raise_and_continue, NULL);
    set_exception_handler(NULL);
    measure("apc", queue_and_run_apc, NULL);
    measure_threads();
    NTSTATUS status = measure_objects();
    if (status == 0)
        status = measure_waits();
    return status != 0 ? status : measure_memory();
}
