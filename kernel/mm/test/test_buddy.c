// SPDX-License-Identifier: MIT
// buddy.c against a model that knows the owner of each frame, over an array with holes.

#include "host.h"

#include "../buddy.h"

#define FRAME_COUNT 5003u // no multiple of any block size
#define BLOCK_COUNT 400u

static struct buddy buddy;
static struct frame table[FRAME_COUNT];
static uint8_t owner[FRAME_COUNT]; // 0: free, 1: taken, 2: a hole
static struct {
    struct frame *frame;
    unsigned order;
} blocks[BLOCK_COUNT];

static void check(void)
{
    const char *wrong = buddy_check(&buddy);

    if (wrong != NULL)
        fail_msg("%s", wrong);
}

static const struct {
    unsigned first, end;
} ram[] = { { 1, 8 }, { 9, 160 }, { 256, 2300 }, { 2301, 4096 }, { 4097, FRAME_COUNT } };

static void set_up(void)
{
    unsigned covered = 0;

    memset(table, 0xAB, sizeof(table)); // the firmware leaves anything
    memset(owner, 2, sizeof(owner));
    memset(blocks, 0, sizeof(blocks));
    buddy_init(&buddy, table, FRAME_COUNT);
    for (size_t i = 0; i < ARRAY_SIZE(ram); i++) {
        buddy_mark_absent(&buddy, covered, ram[i].first);
        buddy_add(&buddy, ram[i].first, ram[i].end);
        memset(owner + ram[i].first, 0, ram[i].end - ram[i].first);
        covered = ram[i].end;
    }
    check();
}

static uint64_t ram_frames(void)
{
    uint64_t count = 0;

    for (size_t i = 0; i < ARRAY_SIZE(ram); i++)
        count += ram[i].end - ram[i].first;
    return count;
}

static void set_owner(struct frame *frame, unsigned order, uint8_t from, uint8_t to)
{
    size_t number = (size_t)(frame - table);

    assert_int_equal(number % (1u << order), 0);
    for (size_t i = number; i < number + (1u << order); i++) {
        assert_int_equal(owner[i], from);
        owner[i] = to;
    }
}

static void free_block(size_t i)
{
    set_owner(blocks[i].frame, blocks[i].order, 1, 0);
    buddy_free(&buddy, blocks[i].frame);
    blocks[i].frame = NULL;
}

static void everything_is_handed_over(void **state)
{
    (void)state;
    set_up();
    assert_int_equal(buddy.free_frames, ram_frames());
}

static void random_use_merges_back(void **state)
{
    uint32_t heads[FRAME_ORDER_MAX + 1];
    unsigned counts[2][FRAME_ORDER_MAX + 1] = { 0 };

    (void)state;
    set_up();
    for (unsigned when = 0; when < 2; when++) {
        memcpy(heads, buddy.first_free, sizeof(heads));
        for (unsigned order = 0; order <= FRAME_ORDER_MAX; order++) {
            for (uint32_t n = heads[order]; n != BUDDY_NONE; n = table[n].next)
                counts[when][order]++;
        }
        for (unsigned round = 0; when == 0 && round < 20000; round++) {
            size_t i = random_below(BLOCK_COUNT);
            if (blocks[i].frame != NULL) {
                free_block(i);
            } else {
                blocks[i].order = (unsigned)random_below(random_below(4) ? 3 : 11);
                blocks[i].frame = buddy_alloc(&buddy, blocks[i].order);
                if (blocks[i].frame != NULL)
                    set_owner(blocks[i].frame, blocks[i].order, 0, 1);
            }
            if (round % 16 == 0)
                check();
        }
        for (size_t i = 0; i < BLOCK_COUNT; i++) {
            if (blocks[i].frame != NULL)
                free_block(i);
        }
        check();
    }
    assert_memory_equal(counts[0], counts[1], sizeof(counts[0]));
    assert_int_equal(buddy.free_frames, ram_frames());
}

static void all_can_be_taken_and_then_nothing(void **state)
{
    uint64_t count = 0;

    (void)state;
    set_up();
    for (struct frame *frame; (frame = buddy_alloc(&buddy, 0)) != NULL; count++)
        set_owner(frame, 0, 0, 1);
    assert_int_equal(count, ram_frames());
    assert_int_equal(buddy.free_frames, 0);
    for (unsigned order = 0; order <= FRAME_ORDER_MAX; order++)
        assert_null(buddy_alloc(&buddy, order));
    check();
}

static void a_range_given_later_merges_with_its_neighbours(void **state)
{
    (void)state;
    buddy_init(&buddy, table, 1024);
    buddy_mark_absent(&buddy, 0, 1024);
    buddy_add(&buddy, 0, 300);
    buddy_add(&buddy, 301, 1024);
    assert_null(buddy_alloc(&buddy, FRAME_ORDER_MAX));
    buddy_add(&buddy, 300, 301);
    check();
    assert_non_null(buddy_alloc(&buddy, FRAME_ORDER_MAX));
}

static void a_second_free_is_noticed(void **state)
{
    (void)state;
    set_up();
    struct frame *frame = buddy_alloc(&buddy, 2);
    EXPECT_PANIC(buddy_free(&buddy, frame + 1), "not in use"); // not the start of the block
    buddy_free(&buddy, frame);
    EXPECT_PANIC(buddy_free(&buddy, frame), "not in use"); // long since merged into a larger one
    EXPECT_PANIC(buddy_free(&buddy, &table[8]), "not in use"); // a hole
    check();
}

static void the_check_sees_damage(void **state)
{
    (void)state;
    set_up();
    table[2000].state = FRAME_USED_TAIL;
    assert_non_null(buddy_check(&buddy));
    set_up();
    buddy.free_frames++;
    assert_non_null(buddy_check(&buddy));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_handed_over),
        cmocka_unit_test(random_use_merges_back),
        cmocka_unit_test(all_can_be_taken_and_then_nothing),
        cmocka_unit_test(a_range_given_later_merges_with_its_neighbours),
        cmocka_unit_test(a_second_free_is_noticed),
        cmocka_unit_test(the_check_sees_damage),
    };

    srand(6);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
