// SPDX-License-Identifier: MIT
/*
 * The search for free addresses (area_tree.h): a walk over the areas in order of address, forwards
 * or backwards, which leaves out every subtree whose widest gap is too small.
 */

#include <kernel/panic.h>

#include "area_private.h"

// The first area in node's subtree whose gap is wide enough; there is one.
static struct area *first_wide(struct rb_node *node, vaddr_t size)
{
    for (;;) {
        if (widest_gap_of(node->left) >= size)
            node = node->left;
        else if (area_of(node)->gap_below >= size)
            return area_of(node);
        else
            node = node->right;
    }
}

static struct area *last_wide(struct rb_node *node, vaddr_t size)
{
    for (;;) {
        if (widest_gap_of(node->right) >= size)
            node = node->right;
        else if (area_of(node)->gap_below >= size)
            return area_of(node);
        else
            node = node->left;
    }
}

// The next area above with a gap that is wide enough, or NULL.
static struct area *next_wide(struct area *area, vaddr_t size)
{
    struct rb_node *node = &area->node;

    if (widest_gap_of(node->right) >= size)
        return first_wide(node->right, size);
    for (struct rb_node *parent; (parent = rb_parent(node)) != NULL; node = parent) {
        if (node == parent->right)
            continue;
        if (area_of(parent)->gap_below >= size)
            return area_of(parent);
        if (widest_gap_of(parent->right) >= size)
            return first_wide(parent->right, size);
    }
    return NULL;
}

static struct area *previous_wide(struct area *area, vaddr_t size)
{
    struct rb_node *node = &area->node;

    if (widest_gap_of(node->left) >= size)
        return last_wide(node->left, size);
    for (struct rb_node *parent; (parent = rb_parent(node)) != NULL; node = parent) {
        if (node == parent->left)
            continue;
        if (area_of(parent)->gap_below >= size)
            return area_of(parent);
        if (widest_gap_of(parent->left) >= size)
            return last_wide(parent->left, size);
    }
    return NULL;
}

// Whether the gap start..end has a place for the request, and where.
static bool fits(const struct gap_request *request, vaddr_t start, vaddr_t end, vaddr_t *found)
{
    start = MAX(start, request->lowest);
    end = MIN(end, request->end);
    if (start > end || start > UINT64_MAX - (request->alignment - 1))
        return false;
    start = ROUND_UP(start, request->alignment);
    if (start > end || request->size > end - start)
        return false;
    *found = request->top_down ? ROUND_DOWN(end - request->size, request->alignment) : start;
    return true;
}

static bool fits_below(const struct area *area, const struct gap_request *request, vaddr_t *found)
{
    return fits(request, area->start - area->gap_below, area->start, found);
}

// The gap above the last area, which no node stands for.
static bool fits_at_top(const struct area_tree *tree, const struct gap_request *request,
                        vaddr_t *found)
{
    return fits(request, gap_start_after(tree, area_of(rb_last(&tree->areas))), tree->end, found);
}

static bool find_lowest(const struct area_tree *tree, const struct gap_request *request,
                        vaddr_t *found)
{
    struct area *area = area_find_at_or_above(tree, request->lowest);

    for (; area != NULL; area = next_wide(area, request->size)) {
        if (fits_below(area, request, found))
            return true;
        if (area->start >= request->end)
            return false;
    }
    return fits_at_top(tree, request, found);
}

static bool find_highest(const struct area_tree *tree, const struct gap_request *request,
                         vaddr_t *found)
{
    struct area *area = area_find_at_or_above(tree, request->end - 1);

    if (area == NULL) {
        if (fits_at_top(tree, request, found))
            return true;
        area = area_of(rb_last(&tree->areas));
    }
    for (; area != NULL; area = previous_wide(area, request->size)) {
        if (fits_below(area, request, found))
            return true;
        if (area->start <= request->lowest)
            return false;
    }
    return false;
}

bool area_find_gap(const struct area_tree *tree, const struct gap_request *request, vaddr_t *start)
{
    struct gap_request clipped = *request;

    assert(clipped.size > 0 && clipped.alignment >= tree->granularity);
    clipped.lowest = MAX(clipped.lowest, tree->lowest);
    clipped.end = MIN(clipped.end, tree->end);
    if (clipped.lowest >= clipped.end)
        return false;
    return clipped.top_down ? find_highest(tree, &clipped, start)
                            : find_lowest(tree, &clipped, start);
}
