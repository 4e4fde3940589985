// SPDX-License-Identifier: MIT
// The radix tree of memory objects (page_tree.h).

#include <kernel/page_tree.h>

#include <kernel/heap.h>

#define NODE_BITS 6u
#define NODE_SIZE (1u << NODE_BITS)
#define NODE_MASK (NODE_SIZE - 1)

// More levels than a 64-bit page number can need.
#define HEIGHT_MAX 11u

static void **new_node(void)
{
    return heap_alloc_zeroed(NODE_SIZE * sizeof(void *));
}

// How many pages a tree of this height can hold minus one, so that it never overflows.
static uint64_t highest_page(unsigned height)
{
    unsigned bits = height * NODE_BITS;
    return bits >= 64 ? UINT64_MAX : (1ull << bits) - 1;
}

// The place of page's value, or NULL if the tree does not reach it.
static void **find_place(const struct page_tree *tree, uint64_t page)
{
    void **node = tree->root;

    if (node == NULL || page > highest_page(tree->height))
        return NULL;
    for (unsigned level = tree->height - 1; level > 0; level--) {
        node = node[page >> (level * NODE_BITS) & NODE_MASK];
        if (node == NULL)
            return NULL;
    }
    return &node[page & NODE_MASK];
}

void *page_tree_get(const struct page_tree *tree, uint64_t page)
{
    void **place = find_place(tree, page);

    return place == NULL ? NULL : *place;
}

// Makes the tree high enough for page.
static bool grow(struct page_tree *tree, uint64_t page)
{
    while (tree->root == NULL || page > highest_page(tree->height)) {
        void **node = new_node();
        if (node == NULL)
            return false;
        node[0] = tree->root;
        tree->root = node;
        tree->height++;
    }
    return true;
}

bool page_tree_insert(struct page_tree *tree, uint64_t page, void *value)
{
    if (!grow(tree, page))
        return false;
    void **node = tree->root;
    for (unsigned level = tree->height - 1; level > 0; level--) {
        void **place = &node[page >> (level * NODE_BITS) & NODE_MASK];
        if (*place == NULL)
            *place = new_node();
        if (*place == NULL)
            return false; // an empty node more or less is not seen
        node = *place;
    }
    node[page & NODE_MASK] = value;
    return true;
}

void page_tree_destroy(struct page_tree *tree, void (*drop)(void *value))
{
    void **path[HEIGHT_MAX];
    unsigned index[HEIGHT_MAX];
    unsigned level = 0; // 0 is the root here

    if (tree->root == NULL)
        return;
    path[0] = tree->root;
    index[0] = 0;
    for (;;) {
        if (index[level] == NODE_SIZE) {
            heap_free(path[level]);
            if (level == 0)
                break;
            level--;
            continue;
        }
        void *entry = path[level][index[level]++];
        if (entry == NULL)
            continue;
        if (level == tree->height - 1u) {
            drop(entry);
        } else {
            level++;
            path[level] = entry;
            index[level] = 0;
        }
    }
    *tree = (struct page_tree){ 0 };
}
