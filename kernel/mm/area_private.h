// SPDX-License-Identifier: MIT
// What area_tree.c, area_gap.c and area_runs.c share.

#pragma once

#include <kernel/area_tree.h>

static inline struct area *area_of(const struct rb_node *node)
{
    return node == NULL ? NULL : container_of((struct rb_node *)node, struct area, node);
}

static inline struct page_run *run_of(const struct rb_node *node)
{
    return node == NULL ? NULL : container_of((struct rb_node *)node, struct page_run, node);
}

static inline vaddr_t widest_gap_of(const struct rb_node *node)
{
    return node == NULL ? 0 : area_of(node)->widest_gap;
}

static inline struct area *area_previous(const struct area *area)
{
    return area_of(rb_previous(&area->node));
}

// Where the gap behind area begins; NULL: the gap at the bottom of the tree. May lie above its end.
static inline vaddr_t gap_start_after(const struct area_tree *tree, const struct area *area)
{
    return area == NULL ? tree->lowest : ROUND_UP(area->end, tree->granularity);
}

// Makes the one run of a new area.
void runs_init(struct area *area, enum page_state state, uint8_t rights);

void runs_free(struct area *area, const struct node_allocator *nodes);

/*
 * Takes the runs of start..end out of area, and moves those above it to `above` (NULL: there are
 * none). Returns false: no memory, nothing changed.
 */
bool runs_cut(struct area *area, const struct node_allocator *nodes, vaddr_t start, vaddr_t end,
              struct area *above) MUST_CHECK;

// Moves the runs from `at` on to `above`. Returns false: no memory, nothing changed.
bool runs_split(struct area *area, const struct node_allocator *nodes, vaddr_t at,
                struct area *above) MUST_CHECK;

// The inverse, also for two areas that are one run each, and the same.
void runs_join(struct area *area, const struct node_allocator *nodes, struct area *above);

// Checks the runs of one area; for area_tree_check.
const char *runs_check(const struct area *area);
