// SPDX-License-Identifier: MIT
/*
 * Red-black trees (rbtree.h). The rules: the root is black; a red node has no red child; every way
 * from a node down to a missing child passes the same number of black nodes.
 *
 * A rotation leaves the set of nodes below a place as it was, so it refreshes the summaries of the
 * two nodes that change places and of no other; whoever changes the set refreshes up to the root.
 *
 * Source   Cormen, Leiserson, Rivest, Stein: Introduction to Algorithms, chapter 13
 */

#include <kernel/rbtree.h>

// The lowest bit of parent_and_color; a new node is red.
#define RED   0u
#define BLACK 1u

static unsigned color_of(const struct rb_node *node)
{
    return node == NULL ? BLACK : (unsigned)(node->parent_and_color & 1);
}

static void set_color(struct rb_node *node, unsigned color)
{
    node->parent_and_color = (node->parent_and_color & ~(uintptr_t)1) | color;
}

static void set_parent(struct rb_node *node, struct rb_node *parent)
{
    node->parent_and_color = (uintptr_t)parent | (node->parent_and_color & 1);
}

// Puts replacement (or nothing) where node hangs from its parent; node's own links stay.
static void replace_child(struct rb_tree *tree, struct rb_node *node, struct rb_node *replacement)
{
    struct rb_node *parent = rb_parent(node);

    if (parent == NULL)
        tree->root = replacement;
    else if (parent->left == node)
        parent->left = replacement;
    else
        parent->right = replacement;
    if (replacement != NULL)
        set_parent(replacement, parent);
}

// Turns node and its right (is_left) or left child: the child takes node's place, node becomes its
// left or right child.
static void rotate(struct rb_tree *tree, struct rb_node *node, bool is_left, rb_update_fn update)
{
    struct rb_node *child = is_left ? node->right : node->left;
    struct rb_node *moved = is_left ? child->left : child->right;

    replace_child(tree, node, child);
    if (is_left) {
        node->right = moved;
        child->left = node;
    } else {
        node->left = moved;
        child->right = node;
    }
    set_parent(node, child);
    if (moved != NULL)
        set_parent(moved, node);
    if (update != NULL) {
        update(node);
        update(child);
    }
}

void rb_propagate(struct rb_node *node, rb_update_fn update)
{
    for (; node != NULL && update != NULL; node = rb_parent(node))
        update(node);
}

void rb_insert(struct rb_tree *tree, struct rb_node *node, struct rb_node *parent,
               struct rb_node **link, rb_update_fn update)
{
    node->parent_and_color = (uintptr_t)parent | RED;
    node->left = NULL;
    node->right = NULL;
    *link = node;
    rb_propagate(node, update);

    // Invariant: node is red, and a red parent is the only rule that may be broken.
    while ((parent = rb_parent(node)) != NULL && color_of(parent) == RED) {
        struct rb_node *grandparent = rb_parent(parent); // a red node is not the root
        bool is_left = parent == grandparent->left;
        struct rb_node *uncle = is_left ? grandparent->right : grandparent->left;

        if (color_of(uncle) == RED) {
            set_color(parent, BLACK);
            set_color(uncle, BLACK);
            set_color(grandparent, RED);
            node = grandparent;
            continue;
        }
        if (node == (is_left ? parent->right : parent->left)) {
            rotate(tree, parent, is_left, update);
            parent = node;
        }
        set_color(parent, BLACK);
        set_color(grandparent, RED);
        rotate(tree, grandparent, !is_left, update);
        break;
    }
    set_color(tree->root, BLACK);
}

/*
 * Repairs the tree after a black node was taken away above node (which may be missing) and below
 * parent: ways through node are one black node short.
 */
static void repair_removal(struct rb_tree *tree, struct rb_node *node, struct rb_node *parent,
                           rb_update_fn update)
{
    while (node != tree->root && color_of(node) == BLACK) {
        bool is_left = node == parent->left;
        struct rb_node *sibling = is_left ? parent->right : parent->left;

        if (color_of(sibling) == RED) {
            set_color(sibling, BLACK);
            set_color(parent, RED);
            rotate(tree, parent, is_left, update);
            sibling = is_left ? parent->right : parent->left;
        }
        struct rb_node *near = is_left ? sibling->left : sibling->right;
        struct rb_node *far = is_left ? sibling->right : sibling->left;
        if (color_of(near) == BLACK && color_of(far) == BLACK) {
            set_color(sibling, RED);
            node = parent;
            parent = rb_parent(node);
            continue;
        }
        if (color_of(far) == BLACK) {
            set_color(near, BLACK);
            set_color(sibling, RED);
            rotate(tree, sibling, !is_left, update);
            far = sibling;
            sibling = near;
        }
        set_color(sibling, color_of(parent));
        set_color(parent, BLACK);
        set_color(far, BLACK);
        rotate(tree, parent, is_left, update);
        break;
    }
    // A red node takes on the missing black; a black one got here because all is well.
    if (node != NULL)
        set_color(node, BLACK);
}

static struct rb_node *leftmost(struct rb_node *node)
{
    while (node->left != NULL)
        node = node->left;
    return node;
}

static struct rb_node *rightmost(struct rb_node *node)
{
    while (node->right != NULL)
        node = node->right;
    return node;
}

// Takes out a node with two children: its successor, which has no left child, gets its place,
// children and colour, and leaves its own place to its right child.
static void remove_inner(struct rb_tree *tree, struct rb_node *node, rb_update_fn update)
{
    struct rb_node *heir = leftmost(node->right);
    struct rb_node *moved = heir->right;
    struct rb_node *parent = rb_parent(heir); // of the place that heir leaves
    unsigned lost = color_of(heir);

    if (parent == node) {
        parent = heir;
    } else {
        replace_child(tree, heir, moved);
        heir->right = node->right;
        set_parent(heir->right, heir);
    }
    heir->left = node->left;
    set_parent(heir->left, heir);
    replace_child(tree, node, heir);
    set_color(heir, color_of(node));
    rb_propagate(parent, update);
    if (lost == BLACK)
        repair_removal(tree, moved, parent, update);
}

void rb_remove(struct rb_tree *tree, struct rb_node *node, rb_update_fn update)
{
    if (node->left != NULL && node->right != NULL) {
        remove_inner(tree, node, update);
        return;
    }
    struct rb_node *child = node->left != NULL ? node->left : node->right;
    struct rb_node *parent = rb_parent(node);

    replace_child(tree, node, child);
    rb_propagate(parent, update);
    if (color_of(node) == BLACK)
        repair_removal(tree, child, parent, update);
}

struct rb_node *rb_first(const struct rb_tree *tree)
{
    return tree->root == NULL ? NULL : leftmost(tree->root);
}

struct rb_node *rb_last(const struct rb_tree *tree)
{
    return tree->root == NULL ? NULL : rightmost(tree->root);
}

struct rb_node *rb_next(const struct rb_node *node)
{
    if (node->right != NULL)
        return leftmost(node->right);
    struct rb_node *parent = rb_parent(node);
    while (parent != NULL && node == parent->right) {
        node = parent;
        parent = rb_parent(node);
    }
    return parent;
}

struct rb_node *rb_previous(const struct rb_node *node)
{
    if (node->left != NULL)
        return rightmost(node->left);
    struct rb_node *parent = rb_parent(node);
    while (parent != NULL && node == parent->left) {
        node = parent;
        parent = rb_parent(node);
    }
    return parent;
}

// The black nodes on the way from node up to the root, node included.
static unsigned black_depth(const struct rb_node *node)
{
    unsigned depth = 0;

    for (; node != NULL; node = rb_parent(node))
        depth += color_of(node) == BLACK;
    return depth;
}

static bool is_node_sound(const struct rb_node *node, unsigned expected_depth)
{
    const struct rb_node *children[] = { node->left, node->right };

    for (unsigned i = 0; i < ARRAY_SIZE(children); i++) {
        if (children[i] == NULL) {
            if (black_depth(node) != expected_depth)
                return false;
        } else if (rb_parent(children[i]) != node ||
                   (color_of(node) == RED && color_of(children[i]) == RED)) {
            return false;
        }
    }
    return true;
}

bool rb_is_balanced(const struct rb_tree *tree)
{
    const struct rb_node *node = rb_first(tree);

    if (node == NULL)
        return true;
    if (color_of(tree->root) != BLACK || rb_parent(tree->root) != NULL)
        return false;
    // The first node has no left child, so its depth is what all others must have.
    unsigned depth = black_depth(node);
    for (; node != NULL; node = rb_next(node)) {
        if (!is_node_sound(node, depth))
            return false;
    }
    return true;
}
