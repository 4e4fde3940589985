// SPDX-License-Identifier: MIT
/*
 * An intrusive red-black tree. The caller walks down from the root to find a place, and rb_insert
 * links the node there and balances; so comparing stays the caller's, inline. A tree may keep a
 * summary of each subtree in its nodes ("augment"): update is then called bottom-up for every node
 * whose subtree changed.
 */

#pragma once

#include <kernel/compiler.h>

struct rb_node {
    uintptr_t parent_and_color;
    struct rb_node *left;
    struct rb_node *right;
};

struct rb_tree {
    struct rb_node *root;
};

// Recomputes node's summary from its own values and its children's. NULL: the tree has none.
typedef void (*rb_update_fn)(struct rb_node *node);

static inline struct rb_node *rb_parent(const struct rb_node *node)
{
    return (struct rb_node *)(node->parent_and_color & ~(uintptr_t)1);
}

/*
 * Links node as the child of parent at *link (NULL until now; &tree->root when parent is NULL) and
 * rebalances.
 */
void rb_insert(struct rb_tree *tree, struct rb_node *node, struct rb_node *parent,
               struct rb_node **link, rb_update_fn update);

void rb_remove(struct rb_tree *tree, struct rb_node *node, rb_update_fn update);

// Calls update for node and all of its ancestors, after a value of node changed.
void rb_propagate(struct rb_node *node, rb_update_fn update);

struct rb_node *rb_first(const struct rb_tree *tree);
struct rb_node *rb_last(const struct rb_tree *tree);
struct rb_node *rb_next(const struct rb_node *node);
struct rb_node *rb_previous(const struct rb_node *node);

// Checks colours and heights; for tests.
bool rb_is_balanced(const struct rb_tree *tree);
