// SPDX-License-Identifier: MIT
/*
 * What of the memory manager needs the machine: real frames, page tables and addresses. The host
 * tests beside this file go deeper; here it is shown that the parts fit together. No other thread
 * may allocate meanwhile, as most tests end by comparing the number of free frames.
 */

#include <arch/paging.h>

#include <kernel/commit.h>
#include <kernel/frames.h>
#include <kernel/heap.h>
#include <kernel/kernel_space.h>
#include <kernel/ktest.h>
#include <kernel/space.h>
#include <kernel/status.h>
#include <kernel/string.h>
#include <kernel/user_copy.h>

#define RW (RIGHTS_READ | RIGHTS_WRITE)

// Frames that a test holds, linked through next; 0 ends the list, as frame 0 is never handed out.
struct hoard {
    uint32_t first;
};

// Takes one block. Returns false: there is none of this order.
static bool hoard_take(struct hoard *hoard, unsigned order)
{
    struct frame *frame = frames_alloc(order, FRAME_TAG_DEVICE);

    if (frame == NULL)
        return false;
    frame->next = hoard->first;
    hoard->first = (uint32_t)frame_number(frame);
    return true;
}

static void hoard_return(struct hoard *hoard)
{
    while (hoard->first != 0) {
        struct frame *frame = frame_table + hoard->first;
        hoard->first = frame->next;
        frames_free(frame);
    }
}

static uint64_t free_frames(void)
{
    return frames_stats().free;
}

KTEST(mm, frames_come_back)
{
    struct hoard hoard = { 0 };
    uint64_t before = free_frames();

    for (unsigned order = 0; order <= 8; order++) {
        for (unsigned i = 0; i < 3; i++)
            KTEST_CHECK(hoard_take(&hoard, order));
    }
    KTEST_CHECK(free_frames() == before - 3 * 511);
    hoard_return(&hoard);
    KTEST_CHECK(free_frames() == before);
    return KTEST_PASS;
}

KTEST(mm, every_frame_can_be_had)
{
    struct hoard hoard = { 0 };
    uint64_t before = free_frames();

    for (unsigned order = FRAME_ORDER_MAX + 1; order-- > 0;) {
        while (hoard_take(&hoard, order))
            ;
    }
    uint64_t left = free_frames();
    hoard_return(&hoard);
    KTEST_CHECK(left == 0);
    KTEST_CHECK(free_frames() == before);
    return KTEST_PASS;
}

static const char *use_heap(void)
{
    static void *blocks[300];
    struct heap_stats stats = heap_stats();

    for (size_t i = 0; i < ARRAY_SIZE(blocks); i++) {
        size_t size = 1 + i * 37 % 6000;
        blocks[i] = heap_alloc(size);
        KTEST_CHECK(blocks[i] != NULL && (vaddr_t)blocks[i] % 16 == 0);
        memset(blocks[i], (int)i, size);
    }
    // Large blocks need a few small ones for their bookkeeping.
    KTEST_CHECK(heap_stats().blocks >= stats.blocks + ARRAY_SIZE(blocks));
    for (size_t i = 0; i < ARRAY_SIZE(blocks); i++)
        heap_free(blocks[i * 7 % ARRAY_SIZE(blocks)]);
    KTEST_CHECK(heap_stats().blocks == stats.blocks && heap_stats().bytes == stats.bytes);
    return KTEST_PASS;
}

KTEST(mm, heap_comes_back)
{
    // The first time makes page tables in the kernel's range, which stay.
    const char *failure = use_heap();
    uint64_t before = free_frames();

    if (failure == NULL)
        failure = use_heap();
    KTEST_CHECK(failure != NULL || free_frames() == before);
    return failure;
}

KTEST(mm, kernel_pages_have_guards)
{
    struct paging_entry entry;
    vaddr_t pages = (vaddr_t)kernel_pages_alloc(2);
    vaddr_t stack = (vaddr_t)kernel_stack_alloc();

    KTEST_CHECK(pages != 0 && stack != 0);
    KTEST_CHECK(!paging_lookup(paging_kernel_root, pages - 1, &entry));
    KTEST_CHECK(paging_lookup(paging_kernel_root, pages, &entry));
    KTEST_CHECK(entry.rights == (PAGING_WRITE | PAGING_GLOBAL));
    KTEST_CHECK(!paging_lookup(paging_kernel_root, pages + 2 * PAGE_SIZE, &entry));
    KTEST_CHECK(!paging_lookup(paging_kernel_root, stack - 1, &entry));
    KTEST_CHECK(!paging_lookup(paging_kernel_root, stack + KERNEL_STACK_SIZE, &entry));
    KTEST_CHECK(strcmp(kernel_space_describe(stack - 1), "the guard page of a kernel stack") == 0);
    memset((void *)pages, 1, 2 * PAGE_SIZE);
    memset((void *)stack, 1, KERNEL_STACK_SIZE);
    kernel_pages_free((void *)pages);
    kernel_stack_free((void *)stack);
    KTEST_CHECK(!paging_lookup(paging_kernel_root, pages, &entry));
    return KTEST_PASS;
}

static status_t touch(struct address_space *space, vaddr_t address, bool is_write)
{
    struct page_fault fault = { .address = address, .is_write = is_write };

    return space_fault(space, &fault);
}

KTEST(mm, a_huge_reservation_costs_nothing_until_touched)
{
    uint64_t before = free_frames();
    struct space_reservation what = { .size = 64 * KIB, .rights = RW };
    struct address_space *space;
    struct paging_entry entry;
    vaddr_t start;

    KTEST_CHECK(space_create(&space) == STATUS_SUCCESS);
    KTEST_CHECK(space_reserve(space, &what, &start) == STATUS_SUCCESS);
    uint64_t with_small = free_frames();
    what.size = 64 * GIB;
    KTEST_CHECK(space_reserve(space, &what, &start) == STATUS_SUCCESS);
    KTEST_CHECK(free_frames() == with_small && space->table_frames == 1);

    vaddr_t page = start + 33 * GIB;
    KTEST_CHECK(touch(space, page, false) == STATUS_ACCESS_VIOLATION);
    KTEST_CHECK(space_commit(space, page, page + MIB, RW) == STATUS_SUCCESS);
    KTEST_CHECK(!paging_lookup(space->root, page, &entry));
    KTEST_CHECK(touch(space, page + 5, true) == STATUS_SUCCESS);
    KTEST_CHECK(paging_lookup(space->root, page, &entry));
    KTEST_CHECK(entry.rights == (PAGING_USER | PAGING_WRITE));
    const uint64_t *words = direct_map(entry.page);
    for (unsigned i = 0; i < PAGE_SIZE / sizeof(*words); i++)
        KTEST_CHECK(words[i] == 0);
    KTEST_CHECK(space->resident_pages == 1 && space->table_frames == 4);
    space_destroy(space);
    KTEST_CHECK(free_frames() == before);
    return KTEST_PASS;
}

KTEST(mm, empty_page_tables_are_freed)
{
    struct space_reservation what = { .size = 4 * GIB, .rights = RW };
    struct address_space *space;
    vaddr_t start, from, to;

    KTEST_CHECK(space_create(&space) == STATUS_SUCCESS);
    KTEST_CHECK(space_reserve(space, &what, &start) == STATUS_SUCCESS);
    for (vaddr_t at = start; at < start + what.size; at += GIB) {
        KTEST_CHECK(space_commit(space, at, at + PAGE_SIZE, RW) == STATUS_SUCCESS);
        KTEST_CHECK(touch(space, at, true) == STATUS_SUCCESS);
    }
    KTEST_CHECK(space->table_frames > 4 && space->resident_pages == 4);
    KTEST_CHECK(space_decommit(space, start, start, &from, &to) == STATUS_SUCCESS);
    KTEST_CHECK(space->table_frames == 1 && space->resident_pages == 0);
    space_destroy(space);
    return KTEST_PASS;
}

KTEST(mm, a_guard_page_raises_once_and_keeps_its_page)
{
    uint64_t before = free_frames();
    struct space_reservation what = { .size = PAGE_SIZE, .commit = true, .rights = RW };
    struct address_space *space;
    struct paging_entry entry;
    vaddr_t start;
    uint8_t old;

    KTEST_CHECK(space_create(&space) == STATUS_SUCCESS);
    KTEST_CHECK(space_reserve(space, &what, &start) == STATUS_SUCCESS);
    KTEST_CHECK(touch(space, start, true) == STATUS_SUCCESS);
    KTEST_CHECK(paging_lookup(space->root, start, &entry));
    paddr_t page = entry.page;
    KTEST_CHECK(space_protect(space, start, start + PAGE_SIZE, RW | RIGHTS_GUARD, &old) ==
                STATUS_SUCCESS);
    KTEST_CHECK(paging_lookup(space->root, start, &entry) && entry.page == page);
    KTEST_CHECK((entry.rights & PAGING_USER) == 0);
    KTEST_CHECK(touch(space, start, false) == STATUS_GUARD_PAGE_VIOLATION);
    KTEST_CHECK(touch(space, start, false) == STATUS_SUCCESS);
    KTEST_CHECK(paging_lookup(space->root, start, &entry) && entry.page == page);
    KTEST_CHECK(entry.rights == (PAGING_USER | PAGING_WRITE));
    space_destroy(space);
    KTEST_CHECK(free_frames() == before);
    return KTEST_PASS;
}

// A page without access keeps its frame, but nobody reaches it: a copy by the kernel on a program's
// behalf must fail as the program's own access does.
static const char *copy_from_page(struct address_space *space, vaddr_t page)
{
    uint8_t byte = 1, old;

    KTEST_CHECK(touch(space, page, true) == STATUS_SUCCESS);
    KTEST_CHECK(copy_from_user(&byte, (const void *)page, 1) == STATUS_SUCCESS && byte == 0);
    KTEST_CHECK(space_protect(space, page, page + PAGE_SIZE, RIGHTS_NONE, &old) == STATUS_SUCCESS);
    KTEST_CHECK(copy_from_user(&byte, (const void *)page, 1) == STATUS_ACCESS_VIOLATION);
    KTEST_CHECK(space_protect(space, page, page + PAGE_SIZE, RIGHTS_READ, &old) == STATUS_SUCCESS);
    KTEST_CHECK(copy_from_user(&byte, (const void *)page, 1) == STATUS_SUCCESS);
    KTEST_CHECK(copy_to_user((void *)page, &byte, 1) == STATUS_ACCESS_VIOLATION);
    return KTEST_PASS;
}

KTEST(mm, the_kernel_reaches_no_more_than_the_program)
{
    struct space_reservation what = { .size = PAGE_SIZE, .commit = true, .rights = RW };
    struct address_space *space;
    vaddr_t start;

    KTEST_CHECK(space_create(&space) == STATUS_SUCCESS);
    KTEST_CHECK(space_reserve(space, &what, &start) == STATUS_SUCCESS);
    space_switch(space);
    const char *failure = copy_from_page(space, start);
    space_switch(NULL);
    space_destroy(space);
    return failure;
}

KTEST(mm, a_stack_grows_down_to_an_overflow)
{
    uint64_t before = free_frames();
    struct address_space *space;
    vaddr_t start;

    KTEST_CHECK(space_create(&space) == STATUS_SUCCESS);
    KTEST_CHECK(space_reserve_stack(space, MIB, PAGE_SIZE, &start) == STATUS_SUCCESS);
    vaddr_t page = start + MIB;
    while (page > start + (1 + STACK_HANDLER_PAGES) * PAGE_SIZE) {
        page -= PAGE_SIZE;
        KTEST_CHECK(touch(space, page, true) == STATUS_SUCCESS);
    }
    KTEST_CHECK(touch(space, page - 1, true) == STATUS_STACK_OVERFLOW);
    KTEST_CHECK(touch(space, start + PAGE_SIZE, true) == STATUS_SUCCESS);
    KTEST_CHECK(touch(space, start, true) == STATUS_ACCESS_VIOLATION);
    space_destroy(space);
    KTEST_CHECK(free_frames() == before);
    return KTEST_PASS;
}

KTEST(mm, protecting_splits_what_a_query_shows)
{
    struct space_reservation what = { .size = 8 * PAGE_SIZE, .commit = true, .rights = RW };
    struct address_space *space;
    struct space_region region;
    struct paging_entry entry;
    vaddr_t start;
    uint8_t old;

    KTEST_CHECK(space_create(&space) == STATUS_SUCCESS);
    KTEST_CHECK(space_reserve(space, &what, &start) == STATUS_SUCCESS);
    vaddr_t middle = start + 3 * PAGE_SIZE;
    KTEST_CHECK(touch(space, middle, true) == STATUS_SUCCESS);
    KTEST_CHECK(space_protect(space, middle, middle + PAGE_SIZE, RIGHTS_READ | RIGHTS_EXECUTE,
                              &old) == STATUS_SUCCESS);
    KTEST_CHECK(old == RW);
    KTEST_CHECK(paging_lookup(space->root, middle, &entry));
    KTEST_CHECK(entry.rights == (PAGING_USER | PAGING_EXECUTE));
    KTEST_CHECK(touch(space, middle, true) == STATUS_ACCESS_VIOLATION);
    space_query(space, start, &region);
    KTEST_CHECK(region.end == middle && region.rights == RW);
    space_query(space, middle, &region);
    KTEST_CHECK(region.end == middle + PAGE_SIZE && region.area_start == start);
    KTEST_CHECK(region.rights == (RIGHTS_READ | RIGHTS_EXECUTE));
    space_destroy(space);
    return KTEST_PASS;
}

// Runs with not one frame left; its checks must not return before the frames are given back.
static const char *use_without_memory(struct address_space *space, vaddr_t start)
{
    struct address_space *second;
    uint8_t old;

    KTEST_CHECK(touch(space, start + PAGE_SIZE, true) == STATUS_NO_MEMORY);
    KTEST_CHECK(touch(space, start, true) == STATUS_SUCCESS);
    KTEST_CHECK(space_protect(space, start, start + MIB, RIGHTS_READ, &old) == STATUS_SUCCESS);
    KTEST_CHECK(space_create(&second) == STATUS_NO_MEMORY);
    KTEST_CHECK(kernel_pages_alloc(1) == NULL);
    KTEST_CHECK(heap_alloc(64 * KIB) == NULL);
    return KTEST_PASS;
}

KTEST(mm, out_of_memory_is_a_status)
{
    uint64_t before = free_frames();
    struct space_reservation what = { .size = MIB, .commit = true, .rights = RW };
    struct hoard hoard = { 0 };
    struct address_space *space;
    vaddr_t start;

    KTEST_CHECK(space_create(&space) == STATUS_SUCCESS);
    KTEST_CHECK(space_reserve(space, &what, &start) == STATUS_SUCCESS);
    KTEST_CHECK(touch(space, start, true) == STATUS_SUCCESS);
    what.size = (commit_stats().limit + 1) * PAGE_SIZE;
    KTEST_CHECK(space_reserve(space, &what, &start) == STATUS_COMMITMENT_LIMIT);
    for (unsigned order = FRAME_ORDER_MAX + 1; order-- > 0;) {
        while (hoard_take(&hoard, order))
            ;
    }
    const char *failure = use_without_memory(space, start);
    hoard_return(&hoard);
    space_destroy(space);
    KTEST_CHECK(free_frames() >= before); // threads of other tests may still give theirs back
    return failure;
}
