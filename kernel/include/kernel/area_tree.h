// SPDX-License-Identifier: MIT
/*
 * Which address ranges are allocated, and what state their pages are in: the bookkeeping of an
 * address space, without page tables, locks or frames, so that it is tested on the host.
 *
 * An area is one allocation (NT: one AllocationBase): a range of pages that was reserved at once.
 * Inside it, runs say which pages are reserved only and which are committed with which rights; two
 * neighbouring runs always differ. Areas stand in a balanced tree by address that also knows the
 * widest gap below each node, runs in a tree of their area. A reservation costs the same, whatever
 * its size.
 *
 * NT hands out addresses at multiples of 64 KiB. So a gap is measured from such a multiple (the
 * tree's granularity): what is left over behind an area of one page is of no use and must not be
 * tried again for each allocation.
 *
 * Locks    the caller's: every function needs the owner's lock
 */

#pragma once

#include <kernel/rbtree.h>
#include <kernel/types.h>

// Rights of pages. They mirror NT's page protections one to one, without knowing their numbers:
// "execute" and "execute and read" are different to a program that asks, though not to the CPU.
enum page_rights {
    RIGHTS_NONE = 0,
    RIGHTS_READ = 1 << 0,
    RIGHTS_WRITE = 1 << 1,
    RIGHTS_EXECUTE = 1 << 2,
    RIGHTS_COPY = 1 << 3,  // write makes a private copy
    RIGHTS_GUARD = 1 << 4, // the next touch raises, once
    RIGHTS_UNCACHED = 1 << 5,
    RIGHTS_WRITE_COMBINE = 1 << 6,
    RIGHTS_OWNED = 1 << 7, // no program's word: the pages are this space's own copies (space.h)
};

enum page_state {
    PAGES_RESERVED,
    PAGES_COMMITTED
};

// A stretch of pages in one state. Reserved runs have rights RIGHTS_NONE.
struct page_run {
    struct rb_node node;
    vaddr_t start; // first byte
    vaddr_t end;   // first byte after it
    uint8_t state; // enum page_state
    uint8_t rights;
};

struct memory_object;

enum area_kind {
    AREA_PRIVATE,
    AREA_MAPPED,
    AREA_IMAGE
};

struct area {
    struct rb_node node;
    vaddr_t start;
    vaddr_t end;
    vaddr_t gap_below;    // free bytes below start, from the tree's first multiple of granularity
    vaddr_t widest_gap;   // largest gap_below in this node's subtree
    uint8_t kind;         // enum area_kind, or what the tree's owner means by it
    uint8_t first_rights; // those it was allocated with (NT: AllocationProtect)
    // The next six are the address space's (space.h).
    uint8_t limit;       // the rights that pages of a view may have
    bool is_stack;       // grows page by page
    bool is_touched;     // a page of it may have a frame
    bool is_fixed;       // a program may neither protect nor release it
    bool is_placeholder; // waits to be replaced
    bool is_watched;     // somebody asks which pages were written
    bool has_first_run;  // first_run is in use
    struct rb_tree runs;
    struct page_run *last_run;    // the run that was looked up last, or NULL
    struct page_run first_run;    // most areas have one run; it needs no node of its own
    struct memory_object *object; // whose pages they are; NULL: private, demand-zero
    uint64_t first_page;          // the page of object at start
};

struct area_tree {
    struct rb_tree areas;
    vaddr_t lowest; // the range that may be allocated
    vaddr_t end;
    vaddr_t granularity;     // starts that are looked for are multiples of it
    struct area *last_found; // the area that was looked up last, or NULL
    uint64_t area_count;
};

/*
 * What the tree allocates from. alloc returns NULL when there is no memory; every function that
 * needs nodes gets them before it changes anything, so a failure changes nothing.
 */
struct node_allocator {
    void *(*alloc)(size_t size);
    void (*free)(void *node);
};

// lowest is a multiple of granularity (a power of two, at least PAGE_SIZE), end one of PAGE_SIZE.
void area_tree_init(struct area_tree *tree, vaddr_t lowest, vaddr_t end, vaddr_t granularity);

// The area that contains address, or NULL.
struct area *area_find(struct area_tree *tree, vaddr_t address);

// The first area that ends above address, or NULL.
struct area *area_find_at_or_above(const struct area_tree *tree, vaddr_t address);

// The area after it in address order, or NULL.
struct area *area_next(const struct area *area);

// Whether no area overlaps start..end.
bool area_range_is_free(const struct area_tree *tree, vaddr_t start, vaddr_t end);

struct gap_request {
    vaddr_t size;      // multiple of PAGE_SIZE, not 0
    vaddr_t alignment; // of the start: a power of two, at least the tree's granularity
    vaddr_t lowest;    // lowest start allowed, clipped to the tree's
    vaddr_t end;       // end of the addresses allowed, clipped to the tree's
    bool top_down;     // the highest place that fits instead of the lowest
};

/*
 * Looks for a free range. Only gaps at multiples of the granularity are seen; when alignment is
 * the granularity, the cost is logarithmic.
 * Returns false if there is none; *start is then untouched.
 */
bool area_find_gap(const struct area_tree *tree, const struct gap_request *request,
                   vaddr_t *start) MUST_CHECK;

/*
 * Inserts an area start..end (page multiples, free, inside the tree's range), all of its pages in
 * one state. Returns NULL: no memory.
 */
struct area *area_insert(struct area_tree *tree, const struct node_allocator *nodes, vaddr_t start,
                         vaddr_t end, enum page_state state, uint8_t rights) MUST_CHECK;

// Removes an area and frees its nodes.
void area_remove(struct area_tree *tree, const struct node_allocator *nodes, struct area *area);

/*
 * Takes the pages start..end, a part of area, out of it (NT frees parts of a reservation this way).
 * If they lie in the middle, what is above becomes an area of its own that has everything that the
 * first one has: area_next then returns it.
 * Returns false: no memory, nothing changed.
 */
bool area_cut(struct area_tree *tree, const struct node_allocator *nodes, struct area *area,
              vaddr_t start, vaddr_t end) MUST_CHECK;

/*
 * Makes two areas of one, the second from `at` (a page inside area) on; it gets everything that the
 * first one has, and area_next(area) returns it.
 * Returns false: no memory, nothing changed.
 */
bool area_split(struct area_tree *tree, const struct node_allocator *nodes, struct area *area,
                vaddr_t at) MUST_CHECK;

// Lets area swallow the next one, which begins where it ends: the inverse of area_split, also for
// two areas that are one run each, and the same.
void area_join(struct area_tree *tree, const struct node_allocator *nodes, struct area *area);

// The run that contains address, which lies in area.
struct page_run *area_run_at(struct area *area, vaddr_t address);

// The run after it in the same area, or NULL.
struct page_run *area_run_next(const struct page_run *run);

/*
 * Puts the pages start..end of area into one state. Runs are split and merged as needed.
 * Returns false: no memory, nothing changed.
 */
bool area_set_pages(struct area *area, const struct node_allocator *nodes, vaddr_t start,
                    vaddr_t end, enum page_state state, uint8_t rights) MUST_CHECK;

/*
 * Gives the runs of start..end, all of them committed, new rights: change says which, from the old
 * ones. Returns false: no memory, nothing changed.
 */
bool area_change_rights(struct area *area, const struct node_allocator *nodes, vaddr_t start,
                        vaddr_t end, uint8_t (*change)(const void *context, uint8_t old),
                        const void *context) MUST_CHECK;

// How many bytes of start..end are committed.
uint64_t area_committed_bytes(struct area *area, vaddr_t start, vaddr_t end);

// Checks every rule stated above (order, merging, gaps); for tests. Returns NULL or what is wrong.
const char *area_tree_check(const struct area_tree *tree);
