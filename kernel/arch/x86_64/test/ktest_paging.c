// SPDX-License-Identifier: MIT
// Page tables of a program, large pages above all: what is mapped, reached and given back.

#include <arch/paging.h>
#include <arch/user.h>

#include <kernel/frames.h>
#include <kernel/ktest.h>
#include <kernel/types.h>

#define LARGE (2 * MIB)
#define PLACE (64 * GIB) // where the large page of a test lies
#define RW    (PAGING_USER | PAGING_WRITE)

// The page tables of one test.
static struct {
    uint64_t free_before;
    paddr_t root;
    uint64_t tables;
    struct frame *block; // of the large page
    uint64_t released;
    bool is_wrong; // a page was released that is not where it should be
} pages;

static const char *set_up(void)
{
    pages.free_before = frames_stats().free;
    pages.tables = pages.released = 0;
    pages.is_wrong = false;
    pages.root = paging_create_root();
    KTEST_CHECK(pages.root != 0);
    pages.block = frames_alloc(9, FRAME_TAG_USER);
    KTEST_CHECK(pages.block != NULL);
    frames_split(pages.block);
    KTEST_CHECK(paging_map_large(pages.root, PLACE, frame_paddr(pages.block), RW, &pages.tables));
    KTEST_CHECK(pages.tables == 3); // levels 2 and 1, and one in reserve
    paging_switch_root(pages.root);
    return KTEST_PASS;
}

static void release(void *unused, vaddr_t va, const struct paging_entry *entry)
{
    (void)unused;
    if (entry->page != frame_paddr(pages.block) + (va - PLACE))
        pages.is_wrong = true;
    frames_free(frame_of_paddr(entry->page));
    pages.released++;
}

static void unmap(vaddr_t start, vaddr_t end)
{
    paging_unmap(pages.root, start, end, release, NULL, &pages.tables);
}

static const char *tear_down(void)
{
    unmap(PLACE, PLACE + LARGE);
    KTEST_CHECK(pages.released == 512 && !pages.is_wrong);
    KTEST_CHECK(pages.tables == 0);
    paging_destroy_root(pages.root);
    KTEST_CHECK(frames_stats().free == pages.free_before);
    return KTEST_PASS;
}

static bool write_byte(vaddr_t va, uint8_t value)
{
    return arch_copy_user((void *)va, &value, 1);
}

static bool reads(vaddr_t va, uint8_t value)
{
    uint8_t found;
    return arch_copy_user(&found, (const void *)va, 1) && found == value;
}

#define CHECK_ALL(function)                                                                        \
    do {                                                                                           \
        const char *problem = function;                                                            \
        KTEST_CHECK(problem == NULL);                                                              \
    } while (0)

KTEST(arch, a_large_page_is_like_512_small_ones)
{
    struct paging_entry entry;
    CHECK_ALL(set_up());
    KTEST_CHECK(paging_find_slot(pages.root, PLACE) == NULL);
    KTEST_CHECK(paging_lookup(pages.root, PLACE + 0x5678, &entry));
    KTEST_CHECK(entry.page == frame_paddr(pages.block) + 0x5000 && entry.rights == RW);
    KTEST_CHECK(!entry.is_dirty);
    KTEST_CHECK(write_byte(PLACE + LARGE - 1, 77) && reads(PLACE + LARGE - 1, 77));
    KTEST_CHECK(!write_byte(PLACE + LARGE, 77));
    KTEST_CHECK(paging_lookup(pages.root, PLACE, &entry) && entry.is_dirty);
    uint64_t tables = pages.tables;
    KTEST_CHECK(!paging_map_large(pages.root, PLACE, 0, RW, &tables) && tables == pages.tables);
    return tear_down();
}

KTEST(arch, parts_of_a_large_page_can_go_and_change)
{
    CHECK_ALL(set_up());
    vaddr_t gone = PLACE + 100 * PAGE_SIZE;
    KTEST_CHECK(write_byte(gone, 1) && write_byte(gone + PAGE_SIZE, 2));
    unmap(gone, gone + PAGE_SIZE);
    KTEST_CHECK(pages.released == 1 && pages.tables == 3);
    KTEST_CHECK(!reads(gone, 1) && reads(gone + PAGE_SIZE, 2));
    paging_protect(pages.root, PLACE, gone, PAGING_USER);
    KTEST_CHECK(!write_byte(gone - 1, 3) && write_byte(gone + LARGE / 2, 3));
    return tear_down();
}

KTEST(arch, a_large_page_changes_its_rights_as_a_whole)
{
    struct paging_entry entry;
    CHECK_ALL(set_up());
    KTEST_CHECK(write_byte(PLACE, 4));
    paging_protect(pages.root, PLACE, PLACE + LARGE, PAGING_USER);
    KTEST_CHECK(!write_byte(PLACE, 5) && reads(PLACE, 4));
    KTEST_CHECK(paging_find_slot(pages.root, PLACE) == NULL); // still in one piece
    paging_protect(pages.root, PLACE, PLACE + LARGE, 0);
    KTEST_CHECK(!reads(PLACE, 4) && paging_lookup(pages.root, PLACE, &entry));
    paging_protect(pages.root, PLACE, PLACE + LARGE, RW);
    KTEST_CHECK(reads(PLACE, 4) && write_byte(PLACE, 5));
    return tear_down();
}

// How many pages are told, in pieces of less than a large page.
static uint64_t take_dirty(vaddr_t start, vaddr_t end, bool clear)
{
    static vaddr_t told[100];
    uint64_t total = 0;
    size_t count;

    for (vaddr_t last = start; start < end; total += count) {
        start = paging_take_dirty(pages.root, start, end, told, ARRAY_SIZE(told), &count, clear);
        for (size_t i = 0; i < count; last = told[i++] + PAGE_SIZE)
            if (told[i] < last || told[i] >= start)
                return 0; // out of order, or outside of what was looked at
    }
    return total;
}

KTEST(arch, written_pages_are_told_once_and_again_when_written_again)
{
    vaddr_t end = PLACE + LARGE;
    CHECK_ALL(set_up());
    KTEST_CHECK(take_dirty(PLACE, end, true) == 0);
    KTEST_CHECK(write_byte(PLACE, 1));
    KTEST_CHECK(take_dirty(PLACE, end, false) == 512);
    KTEST_CHECK(take_dirty(PLACE, end, true) == 512 && take_dirty(PLACE, end, true) == 0);
    unmap(PLACE, PLACE + PAGE_SIZE); // from here on the pages are small
    KTEST_CHECK(write_byte(PLACE + PAGE_SIZE, 1) && write_byte(end - 1, 1));
    KTEST_CHECK(take_dirty(PLACE, end, true) == 2);
    KTEST_CHECK(write_byte(end - 1, 2));
    KTEST_CHECK(take_dirty(PLACE, end - PAGE_SIZE, true) == 0 && take_dirty(PLACE, end, true) == 1);
    return tear_down();
}

// A processor that has a page cached is only asked to drop it if the entry says that it was
// accessed.
KTEST(arch, an_entry_that_is_made_again_was_accessed_all_the_same)
{
    struct paging_entry entry;
    CHECK_ALL(set_up());
    unmap(PLACE, PLACE + PAGE_SIZE); // from here on the pages are small
    vaddr_t va = PLACE + PAGE_SIZE;
    struct paging_slot *slot = paging_find_slot(pages.root, va);
    KTEST_CHECK(slot != NULL && write_byte(va, 6));
    paging_fill_slot(pages.root, slot, va, frame_paddr(pages.block) + PAGE_SIZE, RW);
    KTEST_CHECK(paging_lookup(pages.root, va, &entry));
    KTEST_CHECK(entry.is_accessed && entry.is_dirty && entry.rights == RW);
    return tear_down();
}

KTEST(arch, what_is_mapped_is_found_across_what_is_not)
{
    struct paging_entry entry;
    CHECK_ALL(set_up());
    vaddr_t va = USER_LOWEST;
    KTEST_CHECK(paging_find(pages.root, &va, USER_END, &entry) && va == PLACE);
    unmap(PLACE, PLACE + LARGE - PAGE_SIZE);
    KTEST_CHECK(paging_find(pages.root, &va, USER_END, &entry) && va == PLACE + LARGE - PAGE_SIZE);
    KTEST_CHECK(entry.page == frame_paddr(pages.block) + LARGE - PAGE_SIZE);
    va += PAGE_SIZE;
    KTEST_CHECK(!paging_find(pages.root, &va, USER_END, &entry));
    return tear_down();
}

KTEST(arch, a_large_page_that_becomes_write_combining_is_taken_apart)
{
    struct paging_entry entry;
    CHECK_ALL(set_up());
    paging_protect(pages.root, PLACE, PLACE + LARGE, RW | PAGING_WRITE_COMBINE);
    KTEST_CHECK(paging_lookup(pages.root, PLACE, &entry));
    KTEST_CHECK(entry.rights == (RW | PAGING_WRITE_COMBINE));
    return tear_down();
}
