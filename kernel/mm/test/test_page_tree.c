// SPDX-License-Identifier: MIT
// The map from pages to frames, against an array, with failing allocations.

#include "host.h"

#include <kernel/area_tree.h>
#include <kernel/heap.h>
#include <kernel/page_tree.h>

#define PAGES 600u

static long drops;

void *heap_alloc_zeroed(size_t size)
{
    void *block = host_nodes.alloc(size);

    return block == NULL ? NULL : memset(block, 0, size);
}

void heap_free(void *block)
{
    host_nodes.free(block);
}

static void count_drop(void *value)
{
    assert_non_null(value);
    drops++;
}

// Pages spread over all magnitudes.
static uint64_t page_of(unsigned i)
{
    return i < 100 ? i : (uint64_t)i << (i % 55);
}

static void what_goes_in_comes_out(void **state)
{
    struct page_tree tree = { 0 };
    char value[PAGES];
    long count = 0;

    (void)state;
    for (unsigned i = 0; i < PAGES; i++) {
        if (page_tree_get(&tree, page_of(i)) != NULL)
            continue; // two of them may be the same page
        assert_true(page_tree_insert(&tree, page_of(i), &value[i]));
        assert_ptr_equal(page_tree_get(&tree, page_of(i)), &value[i]);
        count++;
    }
    for (unsigned i = 0; i < 100; i++)
        assert_ptr_equal(page_tree_get(&tree, i), &value[i]);
    assert_null(page_tree_get(&tree, 100));
    assert_null(page_tree_get(&tree, UINT64_MAX));
    drops = 0;
    page_tree_destroy(&tree, count_drop);
    assert_int_equal(drops, count);
    assert_int_equal(host_nodes_in_use, 0);
}

static void a_failed_insertion_is_not_seen(void **state)
{
    struct page_tree tree = { 0 };
    char value;

    (void)state;
    assert_true(page_tree_insert(&tree, 3, &value));
    for (long left = 0;; left++) {
        host_nodes_left = left;
        bool is_in = page_tree_insert(&tree, 1ull << 40, &value);
        host_nodes_left = -1;
        assert_ptr_equal(page_tree_get(&tree, 3), &value);
        assert_ptr_equal(page_tree_get(&tree, 1ull << 40), is_in ? &value : NULL);
        if (is_in)
            break;
    }
    drops = 0;
    page_tree_destroy(&tree, count_drop);
    assert_int_equal(drops, 2);
    assert_int_equal(host_nodes_in_use, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_in_comes_out),
        cmocka_unit_test(a_failed_insertion_is_not_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
