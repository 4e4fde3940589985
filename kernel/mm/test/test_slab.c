// SPDX-License-Identifier: MIT
// slab.c with and without red zones: random use, and every kind of damage that the checked form
// promises to notice.

#include "host.h"

#include "../slab.h"

#define BLOCK_COUNT 1500u

static long slabs_in_use;
static long slabs_left = -1; // counts down to a failure; negative: never fail

static void *get_slab(void)
{
    if (slabs_left == 0)
        return NULL;
    if (slabs_left > 0)
        slabs_left--;
    slabs_in_use++;
    return aligned_alloc(SLAB_SIZE, SLAB_SIZE);
}

static void put_slab(void *slab)
{
    slabs_in_use--;
    free(slab);
}

static const struct slab_source source = { get_slab, put_slab };

// One slab whose memory stays after it was given back, as it does in the kernel.
static _Alignas(SLAB_SIZE) uint8_t arena[SLAB_SIZE];

static void *get_arena(void)
{
    return arena;
}

static void keep_arena(void *slab)
{
    assert_ptr_equal(slab, arena);
}

static const struct slab_source one_slab = { get_arena, keep_arena };

static struct {
    uint8_t *bytes;
    size_t size;
    uint8_t fill;
} blocks[BLOCK_COUNT];

static void free_block(struct slab_heap *heap, size_t i)
{
    for (size_t at = 0; at < blocks[i].size; at++)
        assert_int_equal(blocks[i].bytes[at], blocks[i].fill);
    slab_free(heap, blocks[i].bytes);
    blocks[i].bytes = NULL;
}

static void alloc_block(struct slab_heap *heap, size_t i)
{
    blocks[i].size = 1 + random_below(random_below(2) ? SLAB_BLOCK_MAX : 200);
    blocks[i].fill = (uint8_t)rand();
    blocks[i].bytes = slab_alloc(heap, blocks[i].size);
    assert_non_null(blocks[i].bytes);
    assert_int_equal((uintptr_t)blocks[i].bytes % 16, 0);
    memset(blocks[i].bytes, blocks[i].fill, blocks[i].size);
}

static void use_at_random(bool checked)
{
    struct slab_heap heap = { .source = &source, .checked = checked };
    uint64_t count = 0;

    for (unsigned round = 0; round < 60000; round++) {
        size_t i = random_below(BLOCK_COUNT);
        if (blocks[i].bytes != NULL) {
            free_block(&heap, i);
            count--;
        } else if (round / 5000 % 2 == 0 || random_below(4) == 0) {
            alloc_block(&heap, i);
            count++;
        }
        assert_int_equal(heap.blocks, count);
    }
    for (size_t i = 0; i < BLOCK_COUNT; i++) {
        if (blocks[i].bytes != NULL)
            free_block(&heap, i);
    }
    assert_int_equal(heap.blocks, 0);
    assert_int_equal(heap.bytes, 0);
    assert_int_equal(slabs_in_use, 0);
}

static void blocks_keep_their_contents(void **state)
{
    (void)state;
    use_at_random(false);
    use_at_random(true);
}

static void every_size_fits_its_class(void **state)
{
    struct slab_heap heap = { .source = &source };

    (void)state;
    for (size_t size = 1; size <= SLAB_BLOCK_MAX; size++) {
        void *block = slab_alloc(&heap, size);
        assert_true(heap.bytes >= size && heap.bytes <= MAX(2 * size, 16));
        slab_free(&heap, block);
    }
}

static void no_memory_is_an_ordinary_answer(void **state)
{
    struct slab_heap heap = { .source = &source };
    void *taken[100];
    unsigned count = 0;

    (void)state;
    slabs_left = 1;
    while ((taken[count] = slab_alloc(&heap, 1024)) != NULL)
        count++;
    slabs_left = -1;
    assert_int_equal(count, 7);
    while (count > 0)
        slab_free(&heap, taken[--count]);
    assert_int_equal(slabs_in_use, 0);
}

// A heap with a few blocks of the same class, so that the slab stays when one is freed.
static struct slab_heap damaged_heap;

static uint8_t *block_of(size_t size)
{
    damaged_heap = (struct slab_heap){ .source = &one_slab, .checked = true };
    assert_non_null(slab_alloc(&damaged_heap, size));
    return slab_alloc(&damaged_heap, size);
}

static void damage_around(size_t size)
{
    uint8_t *block = block_of(size);
    block[size] ^= 1; // the very next byte, though the class may be larger
    EXPECT_PANIC(slab_free(&damaged_heap, block), "behind a block");

    block = block_of(size);
    block[size + 15] ^= 1;
    EXPECT_PANIC(slab_free(&damaged_heap, block), "behind a block");

    block = block_of(size);
    block[-16] ^= 1;
    EXPECT_PANIC(slab_free(&damaged_heap, block), "before a block");
}

static void damage_after_free(size_t size)
{
    uint8_t *block = block_of(size);

    slab_free(&damaged_heap, block);
    block[size - 1] = 0;
    EXPECT_PANIC((void)!slab_alloc(&damaged_heap, size), "after it was freed");
}

static void overruns_are_noticed(void **state)
{
    (void)state;
    for (size_t size = 1; size <= SLAB_BLOCK_MAX; size += size < 70 ? 1 : 97)
        damage_around(size);
}

static void use_after_free_is_noticed(void **state)
{
    (void)state;
    for (size_t size = 1; size <= SLAB_BLOCK_MAX; size += 61)
        damage_after_free(size);
}

static void wrong_frees_are_noticed(void **state)
{
    uint8_t *block = block_of(100);

    (void)state;
    EXPECT_PANIC(slab_free(&damaged_heap, block + 16), "not the start");
    EXPECT_PANIC(slab_free(&damaged_heap, block + 16 * 100), "not the start");
    slab_free(&damaged_heap, block);
    EXPECT_PANIC(slab_free(&damaged_heap, block), "freed twice");

    // The slab was given back with its only block; its memory still is what a late free looks at.
    damaged_heap = (struct slab_heap){ .source = &one_slab };
    block = slab_alloc(&damaged_heap, 100);
    slab_free(&damaged_heap, block);
    EXPECT_PANIC(slab_free(&damaged_heap, block), "in no slab");

    memset(arena, 0, SLAB_SIZE);
    EXPECT_PANIC(slab_free(&damaged_heap, arena + 64), "in no slab");
    EXPECT_PANIC((void)!slab_alloc(&damaged_heap, SLAB_BLOCK_MAX + 1), "assert");
    EXPECT_PANIC((void)!slab_alloc(&damaged_heap, 0), "assert");
}

static void fresh_blocks_are_not_zero(void **state)
{
    uint8_t *block = block_of(40);

    (void)state;
    assert_int_equal(block[0], 0xA5);
    assert_int_equal(block[39], 0xA5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_keep_their_contents),
        cmocka_unit_test(every_size_fits_its_class),
        cmocka_unit_test(no_memory_is_an_ordinary_answer),
        cmocka_unit_test(overruns_are_noticed),
        cmocka_unit_test(use_after_free_is_noticed),
        cmocka_unit_test(wrong_frees_are_noticed),
        cmocka_unit_test(fresh_blocks_are_not_zero),
    };

    srand(7);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
