// SPDX-License-Identifier: MIT
// rbtree.c: random insertions and removals, checked after each for order, balance and a summary
// (the sum of all keys below) that every rotation has to keep right.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <kernel/rbtree.h>

#define ITEM_COUNT 300

struct item {
    struct rb_node node;
    unsigned key;
    unsigned sum; // of the keys of its subtree
    bool is_inside;
};

static struct item items[ITEM_COUNT];
static struct rb_tree tree;
static unsigned count_inside;

static struct item *item_of(struct rb_node *node)
{
    return container_of(node, struct item, node);
}

static unsigned sum_of(struct rb_node *node)
{
    return node == NULL ? 0 : item_of(node)->sum;
}

static void update(struct rb_node *node)
{
    item_of(node)->sum = item_of(node)->key + sum_of(node->left) + sum_of(node->right);
}

static void insert(struct item *item, rb_update_fn how)
{
    struct rb_node **link = &tree.root;
    struct rb_node *parent = NULL;

    while (*link != NULL) {
        parent = *link;
        link = item->key < item_of(parent)->key ? &parent->left : &parent->right;
    }
    rb_insert(&tree, &item->node, parent, link, how);
    item->is_inside = true;
    count_inside++;
}

static void take_out(struct item *item, rb_update_fn how)
{
    rb_remove(&tree, &item->node, how);
    item->is_inside = false;
    count_inside--;
}

static void check_order(void)
{
    struct rb_node *previous = NULL;
    unsigned seen = 0;

    for (struct rb_node *node = rb_first(&tree); node != NULL; node = rb_next(node)) {
        assert_true(item_of(node)->is_inside);
        assert_ptr_equal(rb_previous(node), previous);
        if (previous != NULL)
            assert_true(item_of(previous)->key <= item_of(node)->key);
        previous = node;
        seen++;
    }
    assert_ptr_equal(rb_last(&tree), previous);
    assert_int_equal(seen, count_inside);
}

static void check_sums(void)
{
    for (struct rb_node *node = rb_first(&tree); node != NULL; node = rb_next(node)) {
        struct item *item = item_of(node);
        assert_int_equal(item->sum, item->key + sum_of(node->left) + sum_of(node->right));
    }
}

static void random_changes_keep_all_rules(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ITEM_COUNT; i++)
        items[i] = (struct item){ .key = (unsigned)rand() % 100 };
    for (unsigned round = 0; round < 20000; round++) {
        struct item *item = &items[rand() % ITEM_COUNT];
        if (item->is_inside)
            take_out(item, update);
        else if (round / 2000 % 2 == 0 || rand() % 4 == 0) // phases of growing and of shrinking
            insert(item, update);
        assert_true(rb_is_balanced(&tree));
        check_order();
        check_sums();
    }
    for (unsigned i = 0; i < ITEM_COUNT; i++) {
        if (items[i].is_inside)
            take_out(&items[i], update);
    }
    assert_null(tree.root);
    assert_null(rb_first(&tree));
    assert_null(rb_last(&tree));
}

static void a_changed_value_reaches_the_root(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 50; i++) {
        items[i] = (struct item){ .key = i };
        insert(&items[i], update);
    }
    items[30].key += 1000; // no longer in order, which this test does not need
    rb_propagate(&items[30].node, update);
    check_sums();
    assert_int_equal(sum_of(tree.root), 49 * 50 / 2 + 1000);
    tree.root = NULL;
    count_inside = 0;
}

static void sorted_input_stays_shallow(void **state)
{
    unsigned depth = 0;

    (void)state;
    for (unsigned i = 0; i < ITEM_COUNT; i++) {
        items[i] = (struct item){ .key = i };
        insert(&items[i], NULL);
    }
    for (struct rb_node *node = &items[ITEM_COUNT - 1].node; node != NULL; node = rb_parent(node))
        depth++;
    assert_true(depth <= 18); // 2 * log2(n + 1)
    assert_true(rb_is_balanced(&tree));
}

static void the_check_sees_a_wrong_colour(void **state)
{
    struct rb_node *leaf = rb_last(&tree);

    (void)state;
    leaf->parent_and_color ^= 1;
    assert_false(rb_is_balanced(&tree));
    leaf->parent_and_color ^= 1;
    assert_true(rb_is_balanced(&tree));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_changes_keep_all_rules),
        cmocka_unit_test(a_changed_value_reaches_the_root),
        cmocka_unit_test(sorted_input_stays_shallow),
        cmocka_unit_test(the_check_sees_a_wrong_colour),
    };

    srand(3);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
