// SPDX-License-Identifier: MIT
/*
 * The area tree against a naive model: an array with one entry per page. Random operations are done
 * to both; after each the tree's own rules and its agreement with the model are checked. Every
 * operation is first tried with too few nodes, which must change nothing.
 */

#include "host.h"

#include <kernel/area_tree.h>

#define PAGES       640u
#define GRANULE     16u // pages
#define LOWEST      0x10000ull
#define ADDRESS(p)  (LOWEST + (vaddr_t)(p)*PAGE_SIZE)
#define PAGE_NUM(a) ((unsigned)(((a)-LOWEST) / PAGE_SIZE))

struct model_page {
    unsigned area; // 0: free
    uint8_t state;
    uint8_t rights;
};

static struct area_tree tree;
static struct model_page model[PAGES];
static unsigned last_area_number;

static void reset(void)
{
    while (tree.areas.root != NULL)
        area_remove(&tree, &host_nodes, area_find_at_or_above(&tree, 0));
    assert_int_equal(host_nodes_in_use, 0);
    area_tree_init(&tree, LOWEST, ADDRESS(PAGES), GRANULE * PAGE_SIZE);
    memset(model, 0, sizeof(model));
}

// Compares what the tree says of each page with the model.
static void check_model(void)
{
    const char *wrong = area_tree_check(&tree);

    if (wrong != NULL)
        fail_msg("%s", wrong);
    for (unsigned page = 0; page < PAGES; page++) {
        struct area *area = area_find(&tree, ADDRESS(page) + random_below(PAGE_SIZE));
        assert_int_equal(area != NULL, model[page].area != 0);
        if (area == NULL)
            continue;
        const struct page_run *run = area_run_at(area, ADDRESS(page));
        assert_int_equal(run->state, model[page].state);
        assert_int_equal(run->rights, model[page].rights);
        bool starts = page == 0 || model[page - 1].area != model[page].area;
        assert_int_equal(starts, area->start == ADDRESS(page));
    }
}

// Tries operation with 0, 1, 2 ... nodes until it succeeds; each failure must change nothing.
#define SUCCEED_AT_LAST(operation)                                                                 \
    for (long nodes_ = 0;; nodes_++) {                                                             \
        long in_use_ = host_nodes_in_use;                                                          \
        host_nodes_left = nodes_;                                                                  \
        bool is_done_ = (operation);                                                               \
        host_nodes_left = -1;                                                                      \
        if (is_done_)                                                                              \
            break;                                                                                 \
        assert_int_equal(host_nodes_in_use, in_use_);                                              \
        check_model();                                                                             \
        assert_true(nodes_ < 5);                                                                   \
    }

static void set_model(unsigned first, unsigned end, unsigned area, uint8_t state, uint8_t rights)
{
    for (unsigned page = first; page < end; page++)
        model[page] = (struct model_page){ area, state, rights };
}

static bool model_is_free(unsigned first, unsigned end)
{
    for (unsigned page = first; page < end; page++) {
        if (page >= PAGES || model[page].area != 0)
            return false;
    }
    return true;
}

// The first page of a place for size pages, by trying all; PAGES if there is none.
static unsigned model_find(unsigned size, unsigned alignment, unsigned lowest, unsigned end,
                           bool top_down)
{
    unsigned found = PAGES;

    for (unsigned page = 0; page < PAGES; page++) {
        bool is_aligned = ADDRESS(page) % ((vaddr_t)alignment * PAGE_SIZE) == 0;
        if (page < lowest || page + size > end || !is_aligned || !model_is_free(page, page + size))
            continue;
        found = page;
        if (!top_down)
            break;
    }
    return found;
}

static void insert_at(unsigned first, unsigned end)
{
    uint8_t state = random_below(2) ? PAGES_COMMITTED : PAGES_RESERVED;
    uint8_t rights = (uint8_t)(1 + random_below(3));

    SUCCEED_AT_LAST(area_insert(&tree, &host_nodes, ADDRESS(first), ADDRESS(end), state, rights) !=
                    NULL);
    set_model(first, end, ++last_area_number, state, state == PAGES_RESERVED ? 0 : rights);
}

static void insert_somewhere(void)
{
    unsigned size = 1 + (unsigned)random_below(random_below(3) ? 20 : 120);
    unsigned alignment = GRANULE << random_below(3);
    unsigned lowest = random_below(3) ? 0 : (unsigned)random_below(PAGES);
    unsigned end = random_below(3) ? PAGES : (unsigned)random_below(PAGES + 1);
    struct gap_request request = { size * PAGE_SIZE, alignment * PAGE_SIZE, ADDRESS(lowest),
                                   ADDRESS(end), random_below(2) };
    vaddr_t start = 1;

    bool is_found = area_find_gap(&tree, &request, &start);
    unsigned expected = model_find(size, alignment, lowest, end, request.top_down);
    assert_int_equal(is_found, expected < PAGES);
    assert_int_equal(start, is_found ? ADDRESS(expected) : 1);
    if (is_found)
        insert_at(expected, expected + size);
}

static void insert_at_given_place(void)
{
    unsigned first = (unsigned)random_below(PAGES);
    unsigned end = first + 1 + (unsigned)random_below(MIN(PAGES - first, 24));
    bool is_free = model_is_free(first, end);

    assert_int_equal(area_range_is_free(&tree, ADDRESS(first), ADDRESS(end)), is_free);
    if (is_free)
        insert_at(first, end);
}

// Picks a part of an area that has pages; returns NULL if the page picked is free.
static struct area *pick_part(unsigned *first, unsigned *end)
{
    struct area *area = area_find(&tree, ADDRESS(random_below(PAGES)));

    if (area == NULL)
        return NULL;
    unsigned start = PAGE_NUM(area->start);
    unsigned size = PAGE_NUM(area->end) - start;
    *first = start + (unsigned)random_below(size);
    *end = *first + 1 + (unsigned)random_below(start + size - *first);
    return area;
}

static void set_some_pages(void)
{
    unsigned first, end;
    struct area *area = pick_part(&first, &end);
    uint8_t state = random_below(2) ? PAGES_COMMITTED : PAGES_RESERVED;
    uint8_t rights = state == PAGES_RESERVED ? 0 : (uint8_t)(1 + random_below(3));

    if (area == NULL)
        return;
    SUCCEED_AT_LAST(area_set_pages(area, &host_nodes, ADDRESS(first), ADDRESS(end), state, rights));
    set_model(first, end, model[first].area, state, rights);
}

static void cut_some_pages(void)
{
    unsigned first, end;
    struct area *area = pick_part(&first, &end);

    if (area == NULL)
        return;
    if (ADDRESS(first) == area->start && ADDRESS(end) == area->end) {
        area_remove(&tree, &host_nodes, area);
    } else {
        SUCCEED_AT_LAST(area_cut(&tree, &host_nodes, area, ADDRESS(first), ADDRESS(end)));
        last_area_number++;
        for (unsigned page = end; page < PAGES && model[page].area == model[first].area; page++)
            model[page].area = last_area_number;
    }
    set_model(first, end, 0, 0, 0);
}

static void count_committed(void)
{
    unsigned first, end;
    struct area *area = pick_part(&first, &end);
    uint64_t expected = 0;

    if (area == NULL)
        return;
    for (unsigned page = first; page < end; page++)
        expected += model[page].state == PAGES_COMMITTED ? PAGE_SIZE : 0;
    assert_int_equal(area_committed_bytes(area, ADDRESS(first), ADDRESS(end)), expected);
}

static void random_operations_agree_with_the_model(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 10000; round++) {
        // Phases: mostly filling, then mostly emptying.
        unsigned choice = (unsigned)random_below(10);
        if (choice < 4)
            set_some_pages();
        else if (choice < 5)
            count_committed();
        else if (round / 500 % 2 == 0 ? choice < 9 : choice < 6)
            random_below(3) ? insert_somewhere() : insert_at_given_place();
        else
            cut_some_pages();
        check_model();
    }
    reset();
}

static void a_huge_area_costs_one_node(void **state)
{
    (void)state;
    area_tree_init(&tree, LOWEST, 1ull << 46, GRANULE * PAGE_SIZE);
    struct gap_request request = { 64 * GIB, 64 * KIB, 0, 1ull << 46, false };
    vaddr_t start;
    assert_true(area_find_gap(&tree, &request, &start));
    assert_non_null(
        area_insert(&tree, &host_nodes, start, start + 64 * GIB, PAGES_RESERVED, RIGHTS_READ));
    assert_int_equal(host_nodes_in_use, 1);
    reset();
}

// What makes a stack grow without memory: a border that moves takes no node.
static void moving_a_border_needs_no_node(void **state)
{
    (void)state;
    struct area *area = area_insert(&tree, &host_nodes, ADDRESS(0), ADDRESS(64), PAGES_RESERVED, 0);
    assert_true(
        area_set_pages(area, &host_nodes, ADDRESS(62), ADDRESS(64), PAGES_COMMITTED, RIGHTS_READ));
    assert_true(area_set_pages(area, &host_nodes, ADDRESS(61), ADDRESS(62), PAGES_COMMITTED,
                               RIGHTS_READ | RIGHTS_GUARD));
    host_nodes_left = 0;
    for (unsigned page = 61; page > 1; page--) {
        assert_true(area_set_pages(area, &host_nodes, ADDRESS(page - 1), ADDRESS(page),
                                   PAGES_COMMITTED, RIGHTS_READ | RIGHTS_GUARD));
        assert_true(area_set_pages(area, &host_nodes, ADDRESS(page), ADDRESS(page + 1),
                                   PAGES_COMMITTED, RIGHTS_READ));
    }
    host_nodes_left = -1;
    assert_null(area_tree_check(&tree));
    assert_int_equal(area_run_at(area, ADDRESS(2))->end, ADDRESS(64));
    reset();
}

static void requests_outside_the_range_find_nothing(void **state)
{
    struct gap_request all = { PAGE_SIZE, GRANULE * PAGE_SIZE, 0, UINT64_MAX, true };
    struct gap_request too_large = { PAGES * PAGE_SIZE + PAGE_SIZE, GRANULE * PAGE_SIZE, 0,
                                     UINT64_MAX, false };
    struct gap_request above = { PAGE_SIZE, GRANULE * PAGE_SIZE, UINT64_MAX - 10, UINT64_MAX,
                                 false };
    struct gap_request empty = { PAGE_SIZE, GRANULE * PAGE_SIZE, ADDRESS(9), ADDRESS(9), false };
    struct gap_request enormous = { UINT64_MAX & ~PAGE_MASK, 1ull << 63, 0, UINT64_MAX, true };
    vaddr_t start = 5;

    (void)state;
    assert_false(area_find_gap(&tree, &too_large, &start));
    assert_false(area_find_gap(&tree, &above, &start));
    assert_false(area_find_gap(&tree, &empty, &start));
    assert_false(area_find_gap(&tree, &enormous, &start));
    assert_int_equal(start, 5);
    assert_true(area_find_gap(&tree, &all, &start));
    assert_int_equal(start, ADDRESS(PAGES - GRANULE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_operations_agree_with_the_model),
        cmocka_unit_test(a_huge_area_costs_one_node),
        cmocka_unit_test(moving_a_border_needs_no_node),
        cmocka_unit_test(requests_outside_the_range_find_nothing),
    };

    srand(5);
    reset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
