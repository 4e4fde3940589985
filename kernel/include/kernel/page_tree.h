// SPDX-License-Identifier: MIT
/*
 * A map from page numbers to frames, for memory objects: a radix tree of 64-way nodes that is as
 * deep as its highest page needs. An object of one page has one node; a hole of gigabytes costs
 * nothing.
 *
 * Locks    the caller's
 */

#pragma once

#include <kernel/types.h>

struct page_tree {
    void **root;    // NULL: empty
    uint8_t height; // levels of nodes below and including root
};

// The value stored for page, or NULL.
void *page_tree_get(const struct page_tree *tree, uint64_t page);

// Stores value (not NULL) for a page that has none. Returns false: no memory, nothing changed that
// could be seen.
bool page_tree_insert(struct page_tree *tree, uint64_t page, void *value) MUST_CHECK;

// Calls drop for every value and frees the nodes.
void page_tree_destroy(struct page_tree *tree, void (*drop)(void *value));
