// SPDX-License-Identifier: MIT
/*
 * Huge ranges with a page here and there. A service that went through such a range page by page, or
 * table by table, would keep the program's memory locked for minutes.
 */

#include "storm.h"

#define TIB   (1ull << 40)
#define SIZE  (32 * TIB)
#define ROOM  8u
#define LIMIT 20000000ll // 100 ns: 2 s

static const ULONGLONG touched[] = { 0, 3 * TIB + 5 * PAGE, SIZE - PAGE };
#define TOUCHED (sizeof(touched) / sizeof(touched[0]))

static LONGLONG now(void)
{
    LARGE_INTEGER time;

    (void)NtQuerySystemTime(&time);
    return time.QuadPart;
}

static void expect_quick(const char *what, LONGLONG since)
{
    expect(what, now() - since < LIMIT, NULL);
}

static char *reserve_watched(void)
{
    PVOID base = NULL;
    SIZE_T size = SIZE;

    expect_status("reserve 32 TiB",
                  NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size,
                                          MEM_RESERVE | MEM_WRITE_WATCH, PAGE_READWRITE),
                  STATUS_SUCCESS, NULL);
    for (unsigned i = 0; i < TOUCHED; i++) {
        volatile LONG *at = (volatile LONG *)((char *)base + touched[i]);
        expect_status("commit a page", allocate(at, 1, MEM_COMMIT, PAGE_READWRITE), STATUS_SUCCESS,
                      at);
        *at = 1;
    }
    return base;
}

static void list_written(char *base)
{
    PVOID told[ROOM];
    ULONG_PTR count = ROOM;
    ULONG granularity;
    LONGLONG begun = now();

    expect_status("list the written pages",
                  NtGetWriteWatch(NtCurrentProcess(), WRITE_WATCH_FLAG_RESET, base, SIZE, told,
                                  &count, &granularity),
                  STATUS_SUCCESS, base);
    expect_equal("how many", (LONGLONG)count, TOUCHED, base);
    for (unsigned i = 0; i < TOUCHED; i++)
        expect("which", told[i] == base + touched[i], told[i]);
    expect_status("forget them", NtResetWriteWatch(NtCurrentProcess(), base, SIZE), STATUS_SUCCESS,
                  base);
    expect_quick("the written pages are found at once", begun);
}

// Of what is in order of address, the touched pages are the last but for what lies above.
static void list_resident(const char *base)
{
    static ULONG_PTR list[4096];
    LONGLONG begun = now();
    unsigned found = 0;

    expect_status("list the working set",
                  NtQueryVirtualMemory(NtCurrentProcess(), NULL, MemoryWorkingSetInformation, list,
                                       sizeof(list), NULL),
                  STATUS_SUCCESS, NULL);
    for (ULONG_PTR i = 1; i <= list[0]; i++)
        for (unsigned k = 0; k < TOUCHED; k++)
            found += (list[i] & ~(PAGE - 1)) == (ULONG_PTR)base + touched[k];
    expect_equal("the touched pages are in it", found, TOUCHED, NULL);
    expect_quick("the working set is found at once", begun);
}

void storm_sparse(void)
{
    char *base = reserve_watched();

    list_written(base);
    list_resident(base);
    LONGLONG begun = now();
    expect_status("not all of it is committed", protect(base, SIZE / PAGE, PAGE_READONLY),
                  STATUS_NOT_COMMITTED, base);
    expect_status("decommit all of it", free_pages(base, SIZE / PAGE, MEM_DECOMMIT), STATUS_SUCCESS,
                  base);
    expect_status("give it back", free_pages(base, 0, MEM_RELEASE), STATUS_SUCCESS, base);
    expect_quick("changing it is done at once", begun);
}
