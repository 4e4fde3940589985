// SPDX-License-Identifier: MIT
/*
 * Write watch while others write. Each write makes its page's word larger. A page whose word has
 * grown between what was read after one call and before the next must be told by the next: no write
 * gets lost. One whose word is the same before the one and after the next was not written, and must
 * not be told.
 * Source: learn.microsoft.com, GetWriteWatch
 */

#include "storm.h"

#define PAGES   96u
#define WRITERS (THREADS - 1)

static struct {
    volatile void *base;
    volatile LONG is_over;
} watched;

// The words as they were at four moments.
static struct {
    LONG before_last[PAGES], after_last[PAGES];
    LONG before[PAGES], after[PAGES];
    BOOLEAN is_told[PAGES];
} seen;

static NTSTATUS write_pages(void *argument)
{
    ULONG random = (ULONG)(ULONG_PTR)argument;

    while (!atomic_load(&watched.is_over)) {
        volatile LONG *at = page_at(watched.base, random_below(&random, PAGES));
        LONG value = 1;
        SIZE_T done;
        if (random_below(&random, 8) != 0)
            (void)atomic_add(at, 1);
        else // by the kernel, in a word that nobody reads
            (void)NtWriteVirtualMemory(NtCurrentProcess(), (PVOID)(at + 1), &value, sizeof(value),
                                       &done);
        if (random_below(&random, 16) == 0)
            (void)NtYieldExecution();
    }
    return STATUS_SUCCESS;
}

static void read_all(LONG *to)
{
    for (SIZE_T i = 0; i < PAGES; i++)
        to[i] = *page_at(watched.base, i);
}

static void take(void)
{
    PVOID told[PAGES];
    ULONG_PTR count = PAGES;
    ULONG granularity = 0;

    expect_status("get the written pages",
                  NtGetWriteWatch(NtCurrentProcess(), WRITE_WATCH_FLAG_RESET, (PVOID)watched.base,
                                  PAGES * PAGE, told, &count, &granularity),
                  STATUS_SUCCESS, watched.base);
    expect_equal("the granularity", granularity, (LONGLONG)PAGE, watched.base);
    for (SIZE_T i = 0; i < PAGES; i++)
        seen.is_told[i] = FALSE;
    for (ULONG_PTR i = 0; i < count; i++) {
        SIZE_T page = ((ULONG_PTR)told[i] - (ULONG_PTR)watched.base) / PAGE;
        expect("a page that was told is in the range, and once",
               page < PAGES && !seen.is_told[page], told[i]);
        seen.is_told[page] = TRUE;
    }
}

static void watch_once(BOOLEAN is_first, BOOLEAN is_exact)
{
    for (SIZE_T i = 0; i < PAGES; i++) {
        seen.before_last[i] = seen.before[i];
        seen.after_last[i] = seen.after[i];
    }
    read_all(seen.before);
    take();
    read_all(seen.after);
    for (SIZE_T i = 0; i < PAGES && !is_first; i++) {
        if (seen.before[i] != seen.after_last[i])
            expect("a written page is told", seen.is_told[i], page_at(watched.base, i));
        if (is_exact && seen.before_last[i] == seen.after[i])
            expect("a page that was not written is not told", !seen.is_told[i],
                   page_at(watched.base, i));
    }
}

// A few pages at a time, and nobody else: then every page is known.
static void watch_alone(ULONG rounds, ULONG seed)
{
    take();
    for (ULONG round = 0; round < rounds; round++) {
        BOOLEAN is_written[PAGES] = { FALSE };
        for (ULONG i = random_below(&seed, 20); i > 0; i--) {
            SIZE_T page = random_below(&seed, PAGES);
            is_written[page] = TRUE;
            ++*page_at(watched.base, page);
        }
        take();
        for (SIZE_T i = 0; i < PAGES; i++)
            expect_equal("exactly the written pages are told", seen.is_told[i], is_written[i],
                         page_at(watched.base, i));
    }
}

void storm_watch(ULONG rounds, ULONG seed)
{
    HANDLE writers[WRITERS];
    PVOID base = NULL;
    SIZE_T size = PAGES * PAGE;

    expect_status("watched memory",
                  NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size,
                                          MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH,
                                          PAGE_READWRITE),
                  STATUS_SUCCESS, NULL);
    watched.base = base;
    watch_alone(rounds, seed);
    watched.is_over = 0;
    for (ULONG_PTR i = 0; i < WRITERS; i++)
        writers[i] = thread_start(write_pages, (void *)(seed * 41 + i * 517));
    for (ULONG round = 0; round < rounds * 8; round++)
        // The kernel's writes leave the first word as it is.
        watch_once(round == 0, FALSE);
    atomic_store(&watched.is_over, 1);
    for (unsigned i = 0; i < WRITERS; i++)
        expect_status("a writer's end", thread_join(writers[i]), STATUS_SUCCESS, NULL);
    watch_once(FALSE, FALSE);
    watch_once(FALSE, FALSE);
    watch_once(FALSE, TRUE);
    expect_status("give it back", free_pages(base, 0, MEM_RELEASE), STATUS_SUCCESS, base);
}
