// SPDX-License-Identifier: MIT
/*
 * What a second processor brings: `bench NAME PERCENT` for `scons bench`. Two threads do twice what
 * one does; 200 means that it takes them no longer. One thread and two take turns, and of both the
 * fastest turn counts, as the host may have been busy in the others.
 */

#include <nt/memory.h>
#include <nt/status.h>
#include <user/print.h>
#include <user/services.h>
#include <user/start.h>
#include <user/thread.h>

#define TURNS      9
#define ITERATIONS 40000000u
#define AREAS      24u
#define AREA_BYTES 0x100000u
#define PAGE       0x1000u

// Nothing but computing: no memory, no service.
static NTSTATUS compute(void *unused)
{
    ULONGLONG value = 1;

    (void)unused;
    for (unsigned i = 0; i < ITERATIONS; i++)
        __asm__ volatile("imulq $0x5851F42D, %0, %0\n\taddq $11, %0" : "+r"(value));
    return STATUS_SUCCESS;
}

// First touches of pages, in areas too small for large ones, all in one address space. What is
// given back is given back at the end: until then no processor waits for another to flush
// something.
static NTSTATUS touch_pages(void *unused)
{
    PVOID bases[AREAS];

    (void)unused;
    for (unsigned i = 0; i < AREAS; i++) {
        SIZE_T size = AREA_BYTES;
        bases[i] = NULL;
        NTSTATUS status = NtAllocateVirtualMemory(NtCurrentProcess(), &bases[i], 0, &size,
                                                  MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        if (!NT_SUCCESS(status))
            return status;
        for (SIZE_T at = 0; at < AREA_BYTES; at += PAGE)
            *((volatile char *)bases[i] + at) = 1;
    }
    for (unsigned i = 0; i < AREAS; i++) {
        SIZE_T size = 0;
        NTSTATUS status = NtFreeVirtualMemory(NtCurrentProcess(), &bases[i], &size, MEM_RELEASE);
        if (!NT_SUCCESS(status))
            return status;
    }
    return STATUS_SUCCESS;
}

static LONGLONG now(void)
{
    LARGE_INTEGER count;

    (void)NtQueryPerformanceCounter(&count, NULL);
    return count.QuadPart;
}

static LONGLONG time_of(unsigned threads, thread_function function)
{
    LONGLONG begin = now();

    if (threads_run(threads, function, NULL, 0) != 0) {
        print_error("scaling: a thread failed\n");
        exit_process(1);
    }
    return now() - begin;
}

static void measure(const char *name, thread_function function)
{
    LONGLONG one = INT64_MAX, two = INT64_MAX;

    for (unsigned i = 0; i < TURNS; i++) {
        LONGLONG time = time_of(1, function);
        one = time < one ? time : one;
        time = time_of(2, function);
        two = time < two ? time : two;
    }
    print("bench %s %lld\n", name, 200 * one / two);
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    measure("two-compute", compute);
    measure("two-fault", touch_pages);
    return 0;
}
