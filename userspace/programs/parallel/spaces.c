// SPDX-License-Identifier: MIT
// All threads reserve, commit, write, decommit and release at once: nobody finds another's words in
// a page that is his.

#include "parallel.h"

#define ROUNDS  200
#define REGIONS 8
#define PAGES   4

// A thread's own numbers; no two threads have the same.
static ULONG next_random(ULONG *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

static LONG check_and_free(char *region, LONG owner)
{
    LONG wrong = 0;
    PVOID base = region;
    SIZE_T size = 0;

    for (SIZE_T i = 0; i < PAGES; i++)
        wrong += *(LONG *)(region + i * PAGE) != owner + (LONG)i;
    return wrong + !NT_SUCCESS(NtFreeVirtualMemory(NtCurrentProcess(), &base, &size, MEM_RELEASE));
}

// The last page of each region is given back and had again, and must have lost its contents.
static LONG fill(char *region, LONG owner)
{
    volatile LONG *last = (volatile LONG *)(region + (PAGES - 1) * PAGE);
    PVOID base = (PVOID)last;
    SIZE_T size = PAGE;
    LONG wrong = 0;

    for (SIZE_T i = 0; i < PAGES; i++)
        *(volatile LONG *)(region + i * PAGE) = owner + (LONG)i;
    wrong += !NT_SUCCESS(NtFreeVirtualMemory(NtCurrentProcess(), &base, &size, MEM_DECOMMIT));
    wrong += !NT_SUCCESS(
        NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size, MEM_COMMIT, PAGE_READWRITE));
    wrong += *last != 0;
    *last = owner + PAGES - 1;
    return wrong;
}

static NTSTATUS allocate_and_release(void *number)
{
    LONG owner = (LONG)((ULONG_PTR)number + 1) * 1000;
    ULONG random = (ULONG)owner;
    char *regions[REGIONS] = { NULL };
    LONG wrong = 0;

    for (int round = 0; round < ROUNDS; round++) {
        ULONG i = next_random(&random) % REGIONS;
        if (regions[i]) {
            wrong += check_and_free(regions[i], owner);
            regions[i] = NULL;
        } else {
            regions[i] = get_pages(PAGES);
            wrong += fill(regions[i], owner);
        }
    }
    for (int i = 0; i < REGIONS; i++)
        if (regions[i])
            wrong += check_and_free(regions[i], owner);
    return wrong;
}

void test_spaces(void)
{
    check_equal("each thread's pages hold what it wrote",
                threads_run(THREADS, allocate_and_release, NULL, 1), 0);
}
