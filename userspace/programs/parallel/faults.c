// SPDX-License-Identifier: MIT
// Pages that several threads touch for the first time at the same moment: one frame, no write lost.

#include "parallel.h"

#define ROUNDS 20
#define PAGES  64

static volatile LONG arrived;

// Lets all threads go on at the same moment, for the number-th time.
static void meet(LONG number)
{
    atomic_add(&arrived, 1);
    while (atomic_load(&arrived) < number * THREADS)
        NtYieldExecution();
}

static NTSTATUS touch_all(void *pages)
{
    meet(1);
    for (SIZE_T i = 0; i < PAGES; i++)
        atomic_add((volatile LONG *)((char *)pages + i * PAGE), 1);
    return 0;
}

static LONG wrong_sums(const char *pages)
{
    LONG wrong = 0;

    for (SIZE_T i = 0; i < PAGES; i++)
        wrong += *(const LONG *)(pages + i * PAGE) != THREADS;
    return wrong;
}

static void test_fresh_pages(void)
{
    LONG wrong = 0;
    unsigned failed = 0;

    for (int round = 0; round < ROUNDS; round++) {
        char *pages = get_pages(PAGES);
        PVOID base = pages;
        SIZE_T size = 0;

        arrived = 0;
        failed += threads_run(THREADS, touch_all, pages, 0);
        wrong += wrong_sums(pages);
        failed += !NT_SUCCESS(NtFreeVirtualMemory(NtCurrentProcess(), &base, &size, MEM_RELEASE));
    }
    check_equal("a page touched by all has what all have added", (ULONGLONG)wrong, 0);
    check_equal("no thread failed", failed, 0);
}

// Of the image's data: each page is copied when it is first written.
#define IMAGE_PAGES 16
static volatile LONG written[IMAGE_PAGES][PAGE / sizeof(LONG)] = { { 1 } };

static NTSTATUS write_own_slots(void *slot)
{
    meet(1);
    for (SIZE_T i = 0; i < IMAGE_PAGES; i++)
        written[i][1 + (ULONG_PTR)slot] = (LONG)(i + 1);
    return 0;
}

static void test_copied_pages(void)
{
    LONG lost = 0;

    arrived = 0;
    unsigned failed = threads_run(THREADS, write_own_slots, NULL, 1);
    for (SIZE_T i = 0; i < IMAGE_PAGES; i++)
        for (int slot = 0; slot < THREADS; slot++)
            lost += written[i][1 + slot] != (LONG)(i + 1);
    check_equal("no write to a page of the image is lost", (ULONGLONG)lost, 0);
    check_equal("the image's own contents stay", (ULONGLONG)written[0][0], 1);
    check_equal("no thread failed there", failed, 0);
}

void test_faults(void)
{
    test_fresh_pages();
    test_copied_pages();
}
