// SPDX-License-Identifier: MIT
/*
 * Address spaces on the test machine: what space.h promises, one test per promise. Each test ends
 * with every frame, node and charge given back; the frame of the test (`space`) checks that.
 */

#include "machine.h"

#include <kernel/commit.h>
#include <kernel/frames.h>
#include <kernel/heap.h>
#include <kernel/kernel_space.h>
#include <kernel/space.h>
#include <kernel/status.h>

#define RW (RIGHTS_READ | RIGHTS_WRITE)

static struct address_space *space;
static uint64_t free_before;

static int set_up(void **state)
{
    (void)state;
    machine_boot(32 * MIB);
    free_before = frames_stats().free;
    return space_create(&space) == STATUS_SUCCESS ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    machine_entries_left = -1;
    machine_return_frames();
    space_destroy(space);
    assert_int_equal(frames_stats().free, free_before);
    assert_int_equal(machine_entry_count(), 0);
    assert_int_equal(heap_stats().blocks, 0);
    assert_int_equal(commit_stats().committed, 0);
    return 0;
}

static vaddr_t reserve(uint64_t size, bool commit, uint8_t rights)
{
    struct space_reservation what = { .size = size, .commit = commit, .rights = rights };
    vaddr_t start = 0;

    assert_int_equal(space_reserve(space, &what, &start), STATUS_SUCCESS);
    return start;
}

static void check_read(vaddr_t address, uint8_t expected)
{
    uint8_t value = (uint8_t)~expected;

    assert_int_equal(machine_read(space, address, &value), STATUS_SUCCESS);
    assert_int_equal(value, expected);
}

static void check_reads_fail(vaddr_t address, status_t expected)
{
    uint8_t value;

    assert_int_equal(machine_read(space, address, &value), expected);
}

static void check_write(vaddr_t address, uint8_t value)
{
    assert_int_equal(machine_write(space, address, value), STATUS_SUCCESS);
}

static void protect(vaddr_t start, vaddr_t end, uint8_t rights)
{
    uint8_t old;

    assert_int_equal(space_protect(space, start, end, rights, &old), STATUS_SUCCESS);
}

static void pages_cost_a_frame_when_touched(void **state)
{
    (void)state;
    uint64_t before = frames_stats().free;
    vaddr_t start = reserve(4 * MIB, true, RW);
    assert_int_equal(space->committed_pages, 1024);
    check_read(start + 5 * PAGE_SIZE, 0);
    check_write(start + 9 * PAGE_SIZE + 7, 42);
    check_read(start + 9 * PAGE_SIZE + 7, 42);
    assert_int_equal(space->resident_pages, 2);
    // Two pages, and a slab each for the area and its run.
    assert_true(before - frames_stats().free <= 2 + 2 * 2);
    check_reads_fail(start + 4 * MIB, STATUS_ACCESS_VIOLATION);
    check_reads_fail(start - 1, STATUS_ACCESS_VIOLATION);
    check_reads_fail(0, STATUS_ACCESS_VIOLATION);
}

static void a_huge_reservation_costs_what_a_small_one_does(void **state)
{
    (void)state;
    reserve(64 * KIB, false, RW);
    uint64_t before = frames_stats().free;
    vaddr_t start = reserve(64 * GIB, false, RW);
    assert_int_equal(frames_stats().free, before);
    assert_int_equal(space->committed_pages, 0);
    check_reads_fail(start, STATUS_ACCESS_VIOLATION); // reserved is not committed
    assert_int_equal(space_commit(space, start + GIB, start + GIB + PAGE_SIZE, RW), STATUS_SUCCESS);
    check_write(start + GIB, 1);
    check_reads_fail(start + GIB + PAGE_SIZE, STATUS_ACCESS_VIOLATION);
}

static void reservations_refuse_what_nt_refuses(void **state)
{
    struct space_reservation what = { .address = 0x500000, .size = 4 * PAGE_SIZE };
    vaddr_t start = 0;

    (void)state;
    assert_int_equal(space_reserve(space, &what, &start), STATUS_SUCCESS);
    assert_int_equal(start, 0x500000);
    what.address += 3 * PAGE_SIZE;
    assert_int_equal(space_reserve(space, &what, &start), STATUS_CONFLICTING_ADDRESSES);
    what.address = USER_END - PAGE_SIZE;
    assert_int_equal(space_reserve(space, &what, &start), STATUS_INVALID_PARAMETER);
    what.address = PAGE_SIZE;
    assert_int_equal(space_reserve(space, &what, &start), STATUS_INVALID_PARAMETER);
    what = (struct space_reservation){ .size = 0 };
    assert_int_equal(space_reserve(space, &what, &start), STATUS_INVALID_PARAMETER);
    what.size = 1ull << 47;
    assert_int_equal(space_reserve(space, &what, &start), STATUS_NO_MEMORY);
    what = (struct space_reservation){ .size = PAGE_SIZE, .top_down = true };
    assert_int_equal(space_reserve(space, &what, &start), STATUS_SUCCESS);
    assert_int_equal(start, USER_END - 64 * KIB);
    what.highest = 0x7FFFFFFF;
    assert_int_equal(space_reserve(space, &what, &start), STATUS_SUCCESS);
    assert_int_equal(start, 0x7FFF0000);
    what = (struct space_reservation){ .size = PAGE_SIZE, .alignment = 2 * MIB };
    assert_int_equal(space_reserve(space, &what, &start), STATUS_SUCCESS);
    assert_int_equal(start, 2 * MIB);
}

static void rights_may_differ_inside_an_area(void **state)
{
    struct space_region region;
    uint8_t old = 0;

    (void)state;
    vaddr_t start = reserve(8 * PAGE_SIZE, true, RW);
    for (unsigned page = 0; page < 8; page++)
        check_write(start + page * PAGE_SIZE, (uint8_t)page);
    assert_int_equal(
        space_protect(space, start + 2 * PAGE_SIZE, start + 4 * PAGE_SIZE, RIGHTS_READ, &old),
        STATUS_SUCCESS);
    assert_int_equal(old, RW);
    check_read(start + 2 * PAGE_SIZE, 2);
    assert_int_equal(machine_write(space, start + 3 * PAGE_SIZE, 1), STATUS_ACCESS_VIOLATION);
    check_write(start + 4 * PAGE_SIZE, 44);

    space_query(space, start + PAGE_SIZE + 5, &region);
    assert_int_equal(region.start, start + PAGE_SIZE);
    assert_int_equal(region.end, start + 2 * PAGE_SIZE);
    assert_int_equal(region.area_start, start);
    assert_int_equal(region.rights, RW);
    space_query(space, start + 2 * PAGE_SIZE, &region);
    assert_int_equal(region.end, start + 4 * PAGE_SIZE);
    assert_int_equal(region.rights, RIGHTS_READ);
    assert_int_equal(region.first_rights, RW);
    space_query(space, start + 8 * PAGE_SIZE, &region);
    assert_true(region.is_free && region.end == USER_END);
    space_query(space, 5, &region);
    assert_true(region.is_free && region.start == 0 && region.end == start);

    assert_int_equal(space_protect(space, start, start + 9 * PAGE_SIZE, RW, &old),
                     STATUS_CONFLICTING_ADDRESSES);
    vaddr_t reserved = reserve(PAGE_SIZE, false, RW);
    assert_int_equal(space_protect(space, reserved, reserved + PAGE_SIZE, RW, &old),
                     STATUS_NOT_COMMITTED);
}

static void pages_without_access_keep_their_contents(void **state)
{
    (void)state;
    vaddr_t start = reserve(2 * PAGE_SIZE, true, RW);
    check_write(start, 77);
    protect(start, start + 2 * PAGE_SIZE, RIGHTS_NONE);
    check_reads_fail(start, STATUS_ACCESS_VIOLATION);
    check_reads_fail(start + PAGE_SIZE, STATUS_ACCESS_VIOLATION);
    protect(start, start + 2 * PAGE_SIZE, RIGHTS_READ);
    check_read(start, 77);
    check_read(start + PAGE_SIZE, 0);
    assert_int_equal(space->resident_pages, 2);
}

static void a_guard_page_raises_once(void **state)
{
    (void)state;
    vaddr_t start = reserve(2 * PAGE_SIZE, true, RW);
    check_write(start, 55);
    protect(start, start + 2 * PAGE_SIZE, RW | RIGHTS_GUARD);
    check_reads_fail(start, STATUS_GUARD_PAGE_VIOLATION);
    check_read(start, 55);
    assert_int_equal(machine_write(space, start + PAGE_SIZE, 1), STATUS_GUARD_PAGE_VIOLATION);
    check_write(start + PAGE_SIZE, 1);
    assert_int_equal(machine_stack_limit, 0);
}

static void a_stack_grows_to_its_reserve_and_overflows_once(void **state)
{
    vaddr_t start;
    struct space_region region;

    (void)state;
    assert_int_equal(space_reserve_stack(space, 200 * KIB, 5000, &start), STATUS_SUCCESS);
    vaddr_t top = start + 256 * KIB;
    space_query(space, start, &region);
    assert_int_equal(region.state, PAGES_RESERVED);
    assert_int_equal(region.end, top - 3 * PAGE_SIZE);
    space_query(space, region.end, &region);
    assert_int_equal(region.rights, RW | RIGHTS_GUARD);
    assert_int_equal(region.end, top - 2 * PAGE_SIZE);
    assert_int_equal(space->committed_pages, 3);

    check_reads_fail(top - 4 * PAGE_SIZE, STATUS_ACCESS_VIOLATION); // below the guard
    vaddr_t page = top;
    while (page > start + 3 * PAGE_SIZE) {
        page -= PAGE_SIZE;
        check_write(page + 8, 9);
        if (page < top - 2 * PAGE_SIZE)
            assert_int_equal(machine_stack_limit, page);
    }
    assert_int_equal(machine_write(space, page - 8, 1), STATUS_STACK_OVERFLOW);
    assert_int_equal(machine_stack_limit, start + PAGE_SIZE);
    // The handler has two pages now, and not one more.
    check_write(start + 2 * PAGE_SIZE, 1);
    check_write(start + PAGE_SIZE, 1);
    assert_int_equal(machine_write(space, start + PAGE_SIZE - 1, 1), STATUS_ACCESS_VIOLATION);
    assert_int_equal(space->committed_pages, 63);
    machine_stack_limit = 0;
}

static void odd_stacks_still_end_in_an_overflow(void **state)
{
    vaddr_t start;

    (void)state;
    // More to commit than to reserve: one guard page and the lowest page stay.
    assert_int_equal(space_reserve_stack(space, 0, 10 * MIB, &start), STATUS_SUCCESS);
    check_write(start + 2 * PAGE_SIZE, 1);
    assert_int_equal(machine_write(space, start + PAGE_SIZE, 1), STATUS_STACK_OVERFLOW);
    check_write(start + PAGE_SIZE, 1);
    assert_int_equal(machine_write(space, start, 1), STATUS_ACCESS_VIOLATION);
    assert_int_equal(space_reserve_stack(space, UINT64_MAX, 0, &start), STATUS_NO_MEMORY);
    assert_int_equal(space_reserve_stack(space, MIB, UINT64_MAX, &start), STATUS_NO_MEMORY);
    assert_int_equal(space_reserve_stack(space, GIB, GIB, &start), STATUS_COMMITMENT_LIMIT);
    // A stack that cannot be charged for its next guard page overflows early.
    assert_int_equal(space_reserve_stack(space, MIB, 0, &start), STATUS_SUCCESS);
    uint64_t rest = commit_stats().limit - commit_stats().committed;
    assert_true(commit_charge(rest));
    assert_int_equal(machine_write(space, start + MIB - 2 * PAGE_SIZE, 1), STATUS_STACK_OVERFLOW);
    check_write(start + MIB - 2 * PAGE_SIZE, 1);
    commit_release(rest);

    // Neither can one whose last pages cannot be charged: it gets the page of the guard alone.
    assert_int_equal(space_reserve_stack(space, 64 * KIB, 64 * KIB - 3 * PAGE_SIZE, &start),
                     STATUS_SUCCESS);
    rest = commit_stats().limit - commit_stats().committed;
    assert_true(commit_charge(rest));
    assert_int_equal(machine_write(space, start + 2 * PAGE_SIZE, 1), STATUS_STACK_OVERFLOW);
    assert_int_equal(machine_stack_limit, start + 2 * PAGE_SIZE);
    check_write(start + 2 * PAGE_SIZE, 1);
    assert_int_equal(machine_write(space, start + PAGE_SIZE, 1), STATUS_ACCESS_VIOLATION);
    commit_release(rest);
    machine_stack_limit = 0;
}

static void decommitted_pages_lose_frames_and_contents(void **state)
{
    vaddr_t from, to;

    (void)state;
    vaddr_t start = reserve(8 * PAGE_SIZE, true, RW);
    uint64_t before = frames_stats().free;
    for (unsigned page = 0; page < 8; page++)
        check_write(start + page * PAGE_SIZE, 1);
    assert_int_equal(space_decommit(space, start + PAGE_SIZE, start + 3 * PAGE_SIZE, &from, &to),
                     STATUS_SUCCESS);
    assert_int_equal(space->resident_pages, 6);
    assert_int_equal(space->committed_pages, 6);
    check_reads_fail(start + PAGE_SIZE, STATUS_ACCESS_VIOLATION);
    assert_int_equal(space_commit(space, start, start + 8 * PAGE_SIZE, RW), STATUS_SUCCESS);
    assert_int_equal(space->committed_pages, 8);
    check_read(start, 1);
    check_read(start + PAGE_SIZE, 0);
    assert_int_equal(space_decommit(space, start, start, &from, &to), STATUS_SUCCESS);
    assert_true(from == start && to == start + 8 * PAGE_SIZE);
    assert_int_equal(frames_stats().free, before);

    assert_int_equal(space_decommit(space, start - PAGE_SIZE, start, &from, &to),
                     STATUS_MEMORY_NOT_ALLOCATED);
    assert_int_equal(space_decommit(space, start, start + 9 * PAGE_SIZE, &from, &to),
                     STATUS_UNABLE_TO_FREE_VM);
    assert_int_equal(space_decommit(space, start + PAGE_SIZE, start + PAGE_SIZE, &from, &to),
                     STATUS_FREE_VM_NOT_AT_BASE);
}

static void parts_of_a_reservation_can_be_released(void **state)
{
    struct space_region region;
    vaddr_t from, to;

    (void)state;
    vaddr_t start = reserve(8 * PAGE_SIZE, true, RW);
    check_write(start + 4 * PAGE_SIZE, 4);
    check_write(start + 6 * PAGE_SIZE, 6);
    assert_int_equal(space_release(space, start + 3 * PAGE_SIZE, start + 5 * PAGE_SIZE, &from, &to),
                     STATUS_SUCCESS);
    check_reads_fail(start + 4 * PAGE_SIZE, STATUS_ACCESS_VIOLATION);
    check_read(start + 6 * PAGE_SIZE, 6);
    space_query(space, start + 6 * PAGE_SIZE, &region);
    assert_int_equal(region.area_start, start + 5 * PAGE_SIZE);
    assert_int_equal(space->committed_pages, 6);
    assert_int_equal(space->resident_pages, 1);
    assert_int_equal(space_release(space, start + 6 * PAGE_SIZE, start + 6 * PAGE_SIZE, &from, &to),
                     STATUS_FREE_VM_NOT_AT_BASE);
    assert_int_equal(space_release(space, start + 5 * PAGE_SIZE, start + 5 * PAGE_SIZE, &from, &to),
                     STATUS_SUCCESS);
    assert_int_equal(to, start + 8 * PAGE_SIZE);
    assert_int_equal(space_release(space, start, start, &from, &to), STATUS_SUCCESS);
    assert_int_equal(space_release(space, start, start, &from, &to), STATUS_MEMORY_NOT_ALLOCATED);
}

// Takes every block that the heap can still give, so that the next one needs a frame.
static size_t exhaust_heap(void **blocks, size_t room)
{
    static const size_t sizes[] = { 16,  32,  48,  64,  96,   128,  192,
                                    256, 384, 512, 768, 1024, 1344, 2048 };
    size_t count = 0;

    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        for (void *block; (block = heap_alloc(sizes[i])) != NULL; blocks[count++] = block)
            assert_true(count < room);
    }
    return count;
}

static void no_memory_is_a_status(void **state)
{
    struct space_reservation huge = { .size = 64 * MIB, .commit = true, .rights = RW };
    struct space_reservation small = { .size = PAGE_SIZE };
    vaddr_t start = reserve(16 * PAGE_SIZE, true, RW), other = 5, end;
    vaddr_t part = start + PAGE_SIZE, part_end = start + 2 * PAGE_SIZE;
    struct address_space *second;
    void *blocks[500];
    uint8_t old;

    (void)state;
    assert_int_equal(space_reserve(space, &huge, &other), STATUS_COMMITMENT_LIMIT);
    machine_entries_left = 0; // no page table
    assert_int_equal(machine_write(space, start, 1), STATUS_NO_MEMORY);
    machine_entries_left = -1;
    check_write(start, 1);

    machine_take_frames(0);
    assert_int_equal(machine_write(space, part, 1), STATUS_NO_MEMORY);
    size_t count = exhaust_heap(blocks, ARRAY_SIZE(blocks));
    assert_int_equal(space_reserve(space, &small, &other), STATUS_NO_MEMORY);
    assert_int_equal(space_protect(space, part, part_end, 0, &old), STATUS_NO_MEMORY);
    assert_int_equal(space_decommit(space, part, part_end, &other, &end), STATUS_NO_MEMORY);
    assert_int_equal(space_release(space, part, part_end, &other, &end), STATUS_NO_MEMORY);
    assert_int_equal(space_reserve_stack(space, MIB, 0, &other), STATUS_NO_MEMORY);
    assert_int_equal(space_create(&second), STATUS_NO_MEMORY);
    assert_null(kernel_pages_alloc(1));
    assert_null(heap_alloc(100 * KIB));
    assert_int_equal(other, 5);
    assert_int_equal(space->committed_pages, 16);
    check_write(start, 2);
    while (count > 0)
        heap_free(blocks[--count]);
    machine_return_frames();
    check_write(part, 1);
}

static void kernel_blocks_come_back(void **state)
{
    (void)state;
    machine_boot(32 * MIB);
    free_before = frames_stats().free;
    void *block = kernel_pages_alloc(3);
    void *large = heap_alloc(10 * KIB);
    assert_int_equal(machine_entry_count(), 3 + 3);
    assert_int_equal(kernel_pages_free(block), 3);
    heap_free(large);
    heap_free(NULL);
    assert_null(kernel_pages_alloc(SIZE_MAX / PAGE_SIZE));
    assert_null(heap_alloc(SIZE_MAX));
    machine_entries_left = 2;
    assert_null(kernel_pages_alloc(3));
    machine_entries_left = 1;
    assert_null(kernel_map_device(0xFEE00000, 0x3000));
    machine_entries_left = -1;
    assert_null(kernel_map_device(UINT64_MAX - 5, 100));
    assert_int_equal(machine_entry_count(), 0);
    assert_int_equal(heap_stats().blocks, 0);
    assert_int_equal(frames_stats().free, free_before);
}

// The last test: what it makes stays, and its panic leaves a lock held.
static void kernel_blocks_stand_between_guards(void **state)
{
    (void)state;
    machine_boot(32 * MIB);
    vaddr_t block = (vaddr_t)kernel_pages_alloc(3);
    vaddr_t stack = (vaddr_t)kernel_stack_alloc();
    kernel_stack_free((void *)stack);
    assert_int_equal((vaddr_t)kernel_stack_alloc(), stack); // one that was freed is kept mapped
    vaddr_t device = (vaddr_t)kernel_map_device(0xFEE00FF0, 0x20);
    assert_int_equal(device & PAGE_MASK, 0xFF0); // two pages, as it crosses a border
    assert_int_equal(machine_entry_count(), 3 + KERNEL_STACK_SIZE / PAGE_SIZE + 2);
    assert_string_equal(kernel_space_describe(block), "a block of kernel pages");
    assert_string_equal(kernel_space_describe(block - 1),
                        "the guard page of a block of kernel pages");
    assert_string_equal(kernel_space_describe(block + 3 * PAGE_SIZE),
                        "the guard page of a block of kernel pages");
    assert_string_equal(kernel_space_describe(stack), "a kernel stack");
    assert_string_equal(kernel_space_describe(stack - 1), "the guard page of a kernel stack");
    assert_string_equal(kernel_space_describe(device), "device memory");
    assert_string_equal(kernel_space_describe(KERNEL_VA_END - 1),
                        "an unused address of the kernel's range");
    assert_null(kernel_space_describe(KERNEL_VA_END));
    assert_null(kernel_space_describe(USER_LOWEST));
    EXPECT_PANIC(kernel_pages_free((void *)(block + PAGE_SIZE)), "not the start");
}

// Random services and touches in few areas, with memory failing now and then; what is left over at
// the end is found by tear_down.
static void random_use_leaves_nothing_behind(void **state)
{
    static const uint8_t rights[] = {
        RIGHTS_NONE,     RIGHTS_READ, RW, RW | RIGHTS_GUARD, RIGHTS_READ | RIGHTS_EXECUTE,
        RW | RIGHTS_COPY
    };
    vaddr_t base = 0x100000;

    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        vaddr_t start = base + random_below(80) * PAGE_SIZE;
        vaddr_t end = start + (1 + random_below(20)) * PAGE_SIZE;
        uint8_t right = rights[random_below(ARRAY_SIZE(rights))];
        struct space_reservation what = {
            .address = start, .size = end - start, .commit = random_below(2), .rights = right
        };
        status_t status = 0;
        uint8_t value;
        vaddr_t at;

        machine_entries_left = random_below(10) ? -1 : 0;
        switch (random_below(8)) {
        case 0:
            status = space_reserve(space, &what, &at);
            break;
        case 1:
            status = space_commit(space, start, end, right);
            break;
        case 2:
            status = space_decommit(space, start, end, &at, &at);
            break;
        case 3:
            status = space_release(space, start, random_below(2) ? start : end, &at, &at);
            break;
        case 4:
            status = space_protect(space, start, end, right, &value);
            break;
        default:
            status = random_below(2) ? machine_read(space, start, &value)
                                     : machine_write(space, start, 1);
            break;
        }
        (void)status;
        const char *wrong = area_tree_check(&space->areas);
        if (wrong != NULL)
            fail_msg("%s", wrong);
        assert_int_equal(machine_entry_count(), space->resident_pages);
        assert_int_equal(commit_stats().committed, space->committed_pages);
        assert_true(space->resident_pages <= space->committed_pages);
    }
}

static int clean_up(void **state)
{
    (void)state;
    free(host_ram);
    return 0;
}

#define SPACE_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SPACE_TEST(pages_cost_a_frame_when_touched),
        SPACE_TEST(a_huge_reservation_costs_what_a_small_one_does),
        SPACE_TEST(reservations_refuse_what_nt_refuses),
        SPACE_TEST(rights_may_differ_inside_an_area),
        SPACE_TEST(pages_without_access_keep_their_contents),
        SPACE_TEST(a_guard_page_raises_once),
        SPACE_TEST(a_stack_grows_to_its_reserve_and_overflows_once),
        SPACE_TEST(odd_stacks_still_end_in_an_overflow),
        SPACE_TEST(decommitted_pages_lose_frames_and_contents),
        SPACE_TEST(parts_of_a_reservation_can_be_released),
        SPACE_TEST(no_memory_is_a_status),
        SPACE_TEST(random_use_leaves_nothing_behind),
        cmocka_unit_test(kernel_blocks_come_back),
        cmocka_unit_test(kernel_blocks_stand_between_guards),
    };

    srand(9);
    return cmocka_run_group_tests(tests, NULL, clean_up);
}
