// SPDX-License-Identifier: MIT
/*
 * All threads change one range in every way at once, while they read and write it. What a page
 * holds cannot be known, but what it must not: every word written to it says which page it belongs
 * to, so a page may be zero or hold its own words. Another page's, or those of the private memory
 * that each thread has and gives back meanwhile, came from a frame that somebody still had cached.
 */

#include "storm.h"

#define BLOCKS      3u
#define BLOCK_PAGES 528u // 2 MiB and some, so that large pages come and go
#define PAGES       (BLOCKS * BLOCK_PAGES)
#define STEPS       24u
#define OWN_PAGES   16u

#define PAGE_WORD 0x5A000000 // the number of the page is added
#define OWN_WORD  0x0BAD0000 // the number of the thread is added

static struct {
    volatile void *base;
    HANDLE section;
} range;

struct mate {
    ULONG number, random, rounds;
    volatile void *own;
};

static void check_word(LONG value, SIZE_T page)
{
    if (value != 0)
        expect_equal("a word of a page that all use", value, PAGE_WORD + (LONG)page,
                     page_at(range.base, page));
}

static void use_pages(struct mate *mate, SIZE_T first, SIZE_T count)
{
    BOOLEAN is_write = random_below(&mate->random, 2) == 0;

    for (SIZE_T i = first; i < first + count; i++) {
        volatile LONG *at = page_at(range.base, i);
        LONG value = PAGE_WORD + (LONG)i;
        SIZE_T done;
        if (is_write)
            (void)try_write(at, value);
        else if (random_below(&mate->random, 4) != 0
                     ? NT_SUCCESS(try_read(at, &value))
                     : NT_SUCCESS(NtReadVirtualMemory(NtCurrentProcess(), (PVOID)at, &value,
                                                      sizeof(value), &done)))
            check_word(value, i);
    }
}

// In whatever state the block is; most of it fails.
static void change_block(struct mate *mate, SIZE_T block)
{
    SIZE_T first = block * BLOCK_PAGES;
    volatile LONG *at = page_at(range.base, first);

    switch (random_below(&mate->random, 6)) {
    case 0:
        (void)free_pages(at, BLOCK_PAGES, MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER);
        break;
    case 1:
        (void)NtUnmapViewOfSectionEx(NtCurrentProcess(), (PVOID)at, MEM_PRESERVE_PLACEHOLDER);
        break;
    case 2:
        (void)map_view(range.section, at, first, BLOCK_PAGES, PAGE_READWRITE);
        break;
    case 3:
        (void)map_view(range.section, at, first, BLOCK_PAGES, PAGE_WRITECOPY);
        break;
    case 4:
        (void)allocate(at, BLOCK_PAGES, MEM_RESERVE | MEM_COMMIT | MEM_REPLACE_PLACEHOLDER,
                       PAGE_READWRITE);
        break;
    default:
        for (SIZE_T i = first; i < first + BLOCK_PAGES; i++)
            (void)try_write(page_at(range.base, i), PAGE_WORD + (LONG)i);
    }
}

static void change_pages(struct mate *mate, SIZE_T first, SIZE_T count)
{
    static const ULONG choices[] = { PAGE_READWRITE, PAGE_READONLY, PAGE_NOACCESS, PAGE_WRITECOPY,
                                     PAGE_READWRITE | PAGE_GUARD };
    volatile LONG *at = page_at(range.base, first);

    switch (random_below(&mate->random, 4)) {
    case 0:
        (void)free_pages(at, count, MEM_DECOMMIT);
        break;
    case 1:
        (void)allocate(at, count, MEM_COMMIT, PAGE_READWRITE);
        break;
    default:
        (void)protect(at, count, choices[random_below(&mate->random, 5)]);
    }
}

// Takes frames and gives them back, full of words that nobody else may see.
static void use_own(struct mate *mate)
{
    if (mate->own == NULL) {
        PVOID base = NULL;
        SIZE_T size = OWN_PAGES * PAGE;
        expect_status("memory of one's own",
                      NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size,
                                              MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE),
                      STATUS_SUCCESS, NULL);
        mate->own = base;
        for (SIZE_T i = 0; i < OWN_PAGES; i++) {
            expect_equal("a fresh page", *page_at(base, i), 0, page_at(base, i));
            *page_at(base, i) = OWN_WORD + (LONG)mate->number;
        }
        return;
    }
    for (SIZE_T i = 0; i < OWN_PAGES; i++)
        expect_equal("a page of one's own", *page_at(mate->own, i), OWN_WORD + (LONG)mate->number,
                     page_at(mate->own, i));
    expect_status("give it back", free_pages(mate->own, 0, MEM_RELEASE), STATUS_SUCCESS, mate->own);
    mate->own = NULL;
}

static NTSTATUS work(void *argument)
{
    struct mate *mate = argument;

    for (ULONG step = 0; step < mate->rounds * STEPS; step++) {
        SIZE_T first = random_below(&mate->random, PAGES);
        SIZE_T count = 1 + random_below(&mate->random, 12);
        ULONG choice = random_below(&mate->random, 100);
        if (count > PAGES - first)
            count = PAGES - first;
        if (choice < 50)
            use_pages(mate, first, count);
        else if (choice < 80)
            change_pages(mate, first, count);
        else if (choice < 97)
            use_own(mate);
        else
            change_block(mate, first / BLOCK_PAGES);
    }
    if (mate->own != NULL)
        use_own(mate);
    return STATUS_SUCCESS;
}

// Whatever stands there now.
static void end_block(volatile LONG *at)
{
    if (NtUnmapViewOfSection(NtCurrentProcess(), (PVOID)at) != STATUS_SUCCESS)
        expect_status("release a block", free_pages(at, 0, MEM_RELEASE), STATUS_SUCCESS, at);
}

void storm_together(ULONG rounds, ULONG seed)
{
    struct mate mates[THREADS];

    range.base = get_placeholder(PAGES);
    range.section = make_section(PAGES);
    for (SIZE_T block = 0; block < BLOCKS; block++) {
        volatile LONG *at = page_at(range.base, block * BLOCK_PAGES);
        if (block < BLOCKS - 1)
            expect_status("split a placeholder",
                          free_pages(at, BLOCK_PAGES, MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER),
                          STATUS_SUCCESS, at);
    }
    for (unsigned i = 0; i < THREADS; i++)
        mates[i] = (struct mate){ i, seed * 37 + i * 1231, rounds, NULL };
    expect_equal("threads that failed", threads_run(THREADS, work, mates, sizeof(mates[0])), 0,
                 NULL);
    for (SIZE_T block = 0; block < BLOCKS; block++)
        end_block(page_at(range.base, block * BLOCK_PAGES));
    (void)NtClose(range.section);
}
