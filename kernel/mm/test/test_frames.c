// SPDX-License-Identifier: MIT
// early.c, ranges.c and frames.c: sanitising the firmware's list, the hand-over, the stack of
// single frames before the buddy system, poison.

#include "machine.h"

#include <kernel/commit.h>
#include <kernel/early_memory.h>
#include <kernel/frames.h>

#include "../mm_private.h"

static void check_range(size_t index, paddr_t start, paddr_t end)
{
    struct memory_range range;

    assert_true(early_memory_range(index, &range));
    assert_int_equal(range.start, start);
    assert_int_equal(range.end, end);
}

static void ranges_are_put_in_order(void **state)
{
    static const struct memory_range messy[] = {
        { 0x500000, 0x600000 },          { 0x100800, 0x200800 }, // partial pages at both ends
        { 0x1FF000, 0x300000 },                                  // overlaps the one before
        { 0x300000, 0x400000 },                                  // touches it
        { 0x700010, 0x700FF0 },                                  // not one whole page
        { 0x900000, 0x800000 },                                  // ends before it starts
        { UINT64_MAX - 10, UINT64_MAX }, { 0x520000, 0x530000 }, { 0, 0x9FC00 },
    };
    struct memory_range range;

    (void)state;
    early_memory_init(messy, ARRAY_SIZE(messy));
    check_range(0, 0, 0x9F000);
    check_range(1, 0x101000, 0x400000);
    check_range(2, 0x500000, 0x600000);
    assert_false(early_memory_range(3, &range));
}

static void early_pieces_are_the_lowest_that_fit(void **state)
{
    static const struct memory_range ram[] = { { 0, 0xA0000 }, { MIB, 16 * MIB } };

    (void)state;
    early_memory_init(ram, ARRAY_SIZE(ram));
    early_memory_reserve(MIB + 1, MIB + 0x3001);
    assert_int_equal(early_memory_alloc(1, PAGE_SIZE), MIB + 0x4000);
    assert_int_equal(early_memory_alloc(PAGE_SIZE, 2 * MIB), 2 * MIB);
    assert_int_equal(early_memory_alloc(PAGE_SIZE, PAGE_SIZE), MIB + 0x5000);
    assert_int_equal(early_memory_alloc(14 * MIB, PAGE_SIZE), 0);
    assert_int_equal(early_memory_alloc(13 * MIB, PAGE_SIZE), 2 * MIB + 0x1000);
    assert_int_equal(early_memory_alloc(0xFFA000, PAGE_SIZE), 0);
    // What does not fit above 1 MiB goes below, but never to the two pages that are kept.
    early_memory_reserve(MIB, 16 * MIB);
    assert_int_equal(early_memory_alloc(7 * PAGE_SIZE, PAGE_SIZE), 0x1000);
    assert_int_equal(early_memory_alloc(PAGE_SIZE, PAGE_SIZE), 0x9000);
}

static void too_many_reservations_are_a_bug(void **state)
{
    (void)state;
    early_memory_init(&(struct memory_range){ 0, 64 * MIB }, 1);
    for (unsigned i = 0; i < RANGES_MAX - 2; i++)
        early_memory_reserve(MIB + i * 0x4000, MIB + i * 0x4000 + 1);
    EXPECT_PANIC(early_memory_reserve(32 * MIB, 33 * MIB), "reserved ranges");
    EXPECT_PANIC(early_memory_init(NULL, 0), "no usable RAM");
}

static void every_frame_is_handed_over(void **state)
{
    static const struct memory_range ram[] = { { 0, 0x9FC00 },
                                               { MIB, 5 * MIB },
                                               { 6 * MIB, 9 * MIB } };

    (void)state;
    free(host_ram);
    host_ram = aligned_alloc(PAGE_SIZE, 9 * MIB);
    early_memory_init(ram, ARRAY_SIZE(ram));
    early_memory_reserve(MIB + 100, MIB + 0x2100);       // three pages
    early_memory_reserve(5 * MIB - 0x1000, 6 * MIB + 1); // one on either side of a hole
    paddr_t table = early_memory_alloc(PAGE_SIZE, PAGE_SIZE);
    frames_init();
    // 9 MiB are 2304 descriptors of 16 bytes: nine pages. Page 0 and that at 0x8000 are kept.
    uint64_t expected = 0x9F + 7 * 256 - 2 - 3 - 2 - 1 - 9;
    assert_int_equal(frames_stats().total, expected);
    assert_int_equal(frames_stats().free, expected);
    assert_int_equal(frames_stats().highest, 2304);
    assert_int_equal(frame_of_paddr(table)->state, FRAME_ABSENT);
    assert_int_equal(frame_of_paddr(table)->next, 0);

    uint64_t count = 0;
    for (struct frame *frame; (frame = frames_alloc(0, FRAME_TAG_DEVICE)) != NULL; count++) {
        paddr_t page = frame_paddr(frame);
        assert_true(page != 0 && page != 0x8000 && page != table);
        assert_false(page >= MIB && page < MIB + 0x3000);
        assert_false(page >= 0x9F000 && page < MIB);
        assert_false(page >= 5 * MIB - 0x1000 && page < 6 * MIB + 0x1000);
        memset(frame_address(frame), 0, PAGE_SIZE);
    }
    assert_int_equal(count, expected);
}

static void random_use_comes_back(void **state)
{
    static struct frame *blocks[600];

    (void)state;
    machine_boot(32 * MIB);
    uint64_t free_before = frames_stats().free;
    for (unsigned round = 0; round < 20000; round++) {
        struct frame **block = &blocks[random_below(ARRAY_SIZE(blocks))];
        if (*block != NULL) {
            frames_free(*block);
            *block = NULL;
        } else {
            *block = frames_alloc(random_below(4) ? 0 : (unsigned)random_below(7), FRAME_TAG_HEAP);
            if (*block != NULL)
                memset(frame_address(*block), 1, PAGE_SIZE);
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(blocks); i++) {
        if (blocks[i] != NULL)
            frames_free(blocks[i]);
    }
    assert_int_equal(frames_stats().free, free_before);
    assert_int_equal(frames_stats().used_by[FRAME_TAG_HEAP], 0);
}

static void cached_frames_do_not_hide_a_large_block(void **state)
{
    (void)state;
    machine_boot(32 * MIB);
    uint64_t free_before = frames_stats().free;
    machine_take_frames(0);
    assert_null(frames_alloc(0, FRAME_TAG_HEAP));
    machine_return_frames();
    struct frame *block = frames_alloc(FRAME_ORDER_MAX, FRAME_TAG_HEAP);
    assert_non_null(block);
    frames_free(block);
    assert_int_equal(frames_stats().free, free_before);
}

static bool is_to_be_had(enum frame_tag tag)
{
    struct frame *frame = frames_alloc(0, tag);
    if (frame != NULL)
        frames_free(frame);
    return frame != NULL;
}

static void the_last_frames_are_kept_for_who_needs_them_most(void **state)
{
    (void)state;
    machine_boot(32 * MIB);
    uint64_t quarter = commit_kernel_reserve(frames_stats().total) / 4;
    machine_take_frames(2 * quarter + 1);
    assert_true(is_to_be_had(FRAME_TAG_HEAP) && is_to_be_had(FRAME_TAG_STACK));
    machine_take_frames(2 * quarter);
    assert_false(is_to_be_had(FRAME_TAG_HEAP) || is_to_be_had(FRAME_TAG_STACK));
    machine_take_frames(quarter + 1);
    assert_true(is_to_be_had(FRAME_TAG_TABLE) && is_to_be_had(FRAME_TAG_USER));
    machine_take_frames(quarter);
    assert_false(is_to_be_had(FRAME_TAG_TABLE) || is_to_be_had(FRAME_TAG_USER));
    assert_true(is_to_be_had(FRAME_TAG_DEVICE));
    machine_return_frames();
}

static void the_kernel_leaves_programs_what_they_have_committed(void **state)
{
    (void)state;
    machine_boot(32 * MIB);
    uint64_t total = frames_stats().total, quarter = commit_kernel_reserve(total) / 4;
    assert_true(commit_charge(total / 2));
    while (is_to_be_had(FRAME_TAG_HEAP))
        assert_non_null(frames_alloc(0, FRAME_TAG_HEAP));
    assert_int_equal(frames_stats().free, total / 2 + 2 * quarter);
    // What is left of the reserve is not to be committed either.
    assert_false(commit_charge(1));
    // The frames that programs take were theirs before: the kernel has as many as it had.
    for (uint64_t i = 0; i < total / 2; i++)
        assert_non_null(frames_alloc(0, FRAME_TAG_USER));
    assert_false(is_to_be_had(FRAME_TAG_HEAP));
    assert_int_equal(frames_stats().free, 2 * quarter);
    commit_release(total / 2);
}

static void damage_is_noticed(void **state)
{
    (void)state;
    machine_boot(32 * MIB);
    struct frame *frame = frames_alloc(0, FRAME_TAG_HEAP);
    frames_free(frame);
    EXPECT_PANIC(frames_free(frame), "not in use");

    machine_boot(32 * MIB);
    frame = frames_alloc(0, FRAME_TAG_HEAP);
    frames_free(frame);
    ((uint8_t *)frame_address(frame))[4095] = 1;
    EXPECT_PANIC((void)!frames_alloc(0, FRAME_TAG_HEAP), "after it was freed");
}

static void zeroed_frames_are_zero(void **state)
{
    (void)state;
    machine_boot(32 * MIB);
    const uint8_t *bytes = frame_address(frame_alloc_zeroed(FRAME_TAG_TABLE));
    for (unsigned i = 0; i < PAGE_SIZE; i++)
        assert_int_equal(bytes[i], 0);
}

static void commitment_has_a_limit(void **state)
{
    (void)state;
    machine_boot(32 * MIB);
    uint64_t limit = commit_stats().limit;
    assert_int_equal(limit, frames_stats().total - 256);
    assert_false(commit_charge(limit + 1));
    assert_false(commit_charge(UINT64_MAX));
    assert_true(commit_charge(limit));
    assert_false(commit_charge(1));
    assert_true(commit_charge(0));
    commit_release(limit);
    assert_int_equal(commit_stats().committed, 0);
    assert_int_equal(commit_stats().peak, limit);
    EXPECT_PANIC(commit_release(1), "assert");
}

static int clean_up(void **state)
{
    (void)state;
    free(host_ram);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_are_put_in_order),
        cmocka_unit_test(early_pieces_are_the_lowest_that_fit),
        cmocka_unit_test(too_many_reservations_are_a_bug),
        cmocka_unit_test(every_frame_is_handed_over),
        cmocka_unit_test(random_use_comes_back),
        cmocka_unit_test(cached_frames_do_not_hide_a_large_block),
        cmocka_unit_test(the_last_frames_are_kept_for_who_needs_them_most),
        cmocka_unit_test(the_kernel_leaves_programs_what_they_have_committed),
        cmocka_unit_test(damage_is_noticed),
        cmocka_unit_test(zeroed_frames_are_zero),
        cmocka_unit_test(commitment_has_a_limit),
    };

    srand(8);
    return cmocka_run_group_tests(tests, NULL, clean_up);
}
