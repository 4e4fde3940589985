// SPDX-License-Identifier: MIT
/*
 * The runs of an area (area_tree.h). They cover it without a gap, and neighbours differ.
 *
 * A change of start..end first makes both borders fall between runs, which takes at most two new
 * nodes, got before anything is touched; then it works on whole runs only. The frequent changes,
 * where a run grows at its neighbour's cost (a heap that is committed piece by piece, a stack's
 * guard page that moves down), just move the border and need no node.
 */

#include <kernel/panic.h>

#include "area_private.h"

static void link_run(struct area *area, struct page_run *run)
{
    struct rb_node **link = &area->runs.root;
    struct rb_node *parent = NULL;

    while (*link != NULL) {
        parent = *link;
        link = run->start < run_of(parent)->start ? &parent->left : &parent->right;
    }
    rb_insert(&area->runs, &run->node, parent, link, NULL);
}

static void unlink_run(struct area *area, struct page_run *run)
{
    rb_remove(&area->runs, &run->node, NULL);
    if (area->last_run == run)
        area->last_run = NULL;
}

static void remove_run(struct area *area, const struct node_allocator *nodes, struct page_run *run)
{
    unlink_run(area, run);
    nodes->free(run);
}

static bool has_state(const struct page_run *run, enum page_state state, uint8_t rights)
{
    return run != NULL && run->state == state && run->rights == rights;
}

static struct page_run *run_previous(const struct page_run *run)
{
    return run_of(rb_previous(&run->node));
}

struct page_run *area_run_next(const struct page_run *run)
{
    return run_of(rb_next(&run->node));
}

struct page_run *area_run_at(struct area *area, vaddr_t address)
{
    struct page_run *run = area->last_run;

    assert(address >= area->start && address < area->end);
    if (run != NULL && address >= run->start && address < run->end)
        return run;
    for (struct rb_node *node = area->runs.root;;) {
        run = run_of(node);
        if (address < run->start)
            node = node->left;
        else if (address >= run->end)
            node = node->right;
        else
            break;
    }
    area->last_run = run;
    return run;
}

bool runs_init(struct area *area, const struct node_allocator *nodes, enum page_state state,
               uint8_t rights)
{
    struct page_run *run = nodes->alloc(sizeof(*run));

    if (run == NULL)
        return false;
    *run = (struct page_run){ .start = area->start,
                              .end = area->end,
                              .state = (uint8_t)state,
                              .rights = state == PAGES_RESERVED ? RIGHTS_NONE : rights };
    link_run(area, run);
    return true;
}

void runs_free(struct area *area, const struct node_allocator *nodes)
{
    while (area->runs.root != NULL)
        remove_run(area, nodes, run_of(area->runs.root));
}

// Nodes got in advance for splits.
struct spares {
    struct page_run *nodes[2];
    unsigned count;
};

static bool get_spares(const struct node_allocator *nodes, unsigned count, struct spares *spares)
{
    spares->count = 0;
    while (spares->count < count) {
        struct page_run *node = nodes->alloc(sizeof(*node));
        if (node == NULL)
            break;
        spares->nodes[spares->count++] = node;
    }
    if (spares->count == count)
        return true;
    while (spares->count > 0)
        nodes->free(spares->nodes[--spares->count]);
    return false;
}

// Whether a border at address would cut a run in two.
static bool cuts_run(struct area *area, vaddr_t address)
{
    return address > area->start && address < area->end &&
           area_run_at(area, address)->start != address;
}

// Makes two runs of the one around address, unless a run starts there or the area ends.
static void split_run(struct area *area, vaddr_t address, struct spares *spares)
{
    if (!cuts_run(area, address))
        return;
    struct page_run *run = area_run_at(area, address);
    struct page_run *upper = spares->nodes[--spares->count];
    *upper = *run;
    upper->start = address;
    run->end = address;
    link_run(area, upper);
}

// Makes runs begin and end at start and end. Returns false: no memory, nothing changed.
static bool split_at_both(struct area *area, const struct node_allocator *nodes, vaddr_t start,
                          vaddr_t end)
{
    struct spares spares;

    if (!get_spares(nodes, (unsigned)cuts_run(area, start) + cuts_run(area, end), &spares))
        return false;
    split_run(area, start, &spares);
    split_run(area, end, &spares);
    return true;
}

// The changes that only move the border between run, which holds start..end, and a neighbour that
// already is in the new state.
static bool move_border(struct page_run *run, vaddr_t start, vaddr_t end, enum page_state state,
                        uint8_t rights)
{
    if (start == run->start && end < run->end) {
        struct page_run *below = run_previous(run);
        if (!has_state(below, state, rights))
            return false;
        below->end = end;
        run->start = end;
        return true;
    }
    if (start > run->start && end == run->end) {
        struct page_run *above = area_run_next(run);
        if (!has_state(above, state, rights))
            return false;
        above->start = start;
        run->end = start;
        return true;
    }
    return false;
}

// Lets run swallow its neighbours that are in the same state.
static void merge(struct area *area, const struct node_allocator *nodes, struct page_run *run)
{
    struct page_run *below = run_previous(run);
    struct page_run *above = area_run_next(run);

    if (has_state(below, run->state, run->rights)) {
        run->start = below->start;
        remove_run(area, nodes, below);
    }
    if (has_state(above, run->state, run->rights)) {
        run->end = above->end;
        remove_run(area, nodes, above);
    }
}

bool area_set_pages(struct area *area, const struct node_allocator *nodes, vaddr_t start,
                    vaddr_t end, enum page_state state, uint8_t rights)
{
    assert(start < end && area->start <= start && end <= area->end);
    assert(((start | end) & PAGE_MASK) == 0);
    if (state == PAGES_RESERVED)
        rights = RIGHTS_NONE;

    struct page_run *run = area_run_at(area, start);
    if (end <= run->end) {
        if (has_state(run, state, rights) || move_border(run, start, end, state, rights))
            return true;
    }
    if (!split_at_both(area, nodes, start, end))
        return false;
    run = area_run_at(area, start);
    while (run->end < end) {
        struct page_run *next = area_run_next(run);
        run->end = next->end;
        remove_run(area, nodes, next);
    }
    run->state = (uint8_t)state;
    run->rights = rights;
    merge(area, nodes, run);
    return true;
}

bool runs_cut(struct area *area, const struct node_allocator *nodes, vaddr_t start, vaddr_t end,
              struct area *above)
{
    if (!split_at_both(area, nodes, start, end))
        return false;
    struct page_run *run = area_run_at(area, start);
    while (run != NULL && (run->start < end || above != NULL)) {
        struct page_run *next = area_run_next(run);
        unlink_run(area, run);
        if (run->start < end)
            nodes->free(run);
        else
            link_run(above, run);
        run = next;
    }
    return true;
}

uint64_t area_committed_bytes(struct area *area, vaddr_t start, vaddr_t end)
{
    uint64_t bytes = 0;

    for (const struct page_run *run = area_run_at(area, start); run != NULL && run->start < end;
         run = area_run_next(run)) {
        if (run->state == PAGES_COMMITTED)
            bytes += MIN(run->end, end) - MAX(run->start, start);
    }
    return bytes;
}

const char *runs_check(const struct area *area)
{
    vaddr_t expected = area->start;
    const struct page_run *previous = NULL;

    if (!rb_is_balanced(&area->runs))
        return "a tree of runs is out of balance";
    for (const struct page_run *run = run_of(rb_first(&area->runs)); run != NULL;
         run = area_run_next(run)) {
        if (run->start != expected || run->end <= run->start)
            return "runs leave a gap, overlap or are empty";
        if (previous != NULL && has_state(previous, run->state, run->rights))
            return "neighbouring runs are equal";
        if (run->state == PAGES_RESERVED && run->rights != RIGHTS_NONE)
            return "reserved pages have rights";
        expected = run->end;
        previous = run;
    }
    return expected == area->end ? NULL : "the runs do not cover their area";
}
