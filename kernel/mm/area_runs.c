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

// Gets room for a run: the one inside the area if it is not in use, else a node. NULL: no memory.
static struct page_run *get_run(struct area *area, const struct node_allocator *nodes)
{
    if (area->has_first_run)
        return nodes->alloc(sizeof(struct page_run));
    area->has_first_run = true;
    return &area->first_run;
}

static void put_run(struct area *area, const struct node_allocator *nodes, struct page_run *run)
{
    if (run == &area->first_run)
        area->has_first_run = false;
    else
        nodes->free(run);
}

static void remove_run(struct area *area, const struct node_allocator *nodes, struct page_run *run)
{
    unlink_run(area, run);
    put_run(area, nodes, run);
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

void runs_init(struct area *area, enum page_state state, uint8_t rights)
{
    area->first_run = (struct page_run){ .start = area->start,
                                         .end = area->end,
                                         .state = (uint8_t)state,
                                         .rights = state == PAGES_RESERVED ? RIGHTS_NONE : rights };
    area->has_first_run = true;
    link_run(area, &area->first_run);
    area->last_run = &area->first_run;
}

void runs_free(struct area *area, const struct node_allocator *nodes)
{
    // Leaf by leaf, with no care for the balance of what is going away.
    for (struct rb_node *node = area->runs.root; node != NULL;) {
        struct rb_node **child = node->left != NULL ? &node->left : &node->right;
        struct rb_node *next = *child;
        if (next != NULL) {
            *child = NULL;
        } else {
            next = rb_parent(node);
            put_run(area, nodes, run_of(node));
        }
        node = next;
    }
    area->runs.root = NULL;
}

// Runs got in advance for splits.
struct spares {
    struct page_run *runs[2];
    unsigned count;
};

static bool get_spares(struct area *area, const struct node_allocator *nodes, unsigned count,
                       struct spares *spares)
{
    spares->count = 0;
    while (spares->count < count) {
        struct page_run *run = get_run(area, nodes);
        if (run == NULL)
            break;
        spares->runs[spares->count++] = run;
    }
    if (spares->count == count)
        return true;
    while (spares->count > 0)
        put_run(area, nodes, spares->runs[--spares->count]);
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
    struct page_run *upper = spares->runs[--spares->count];
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

    if (!get_spares(area, nodes, (unsigned)cuts_run(area, start) + cuts_run(area, end), &spares))
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

// Hands a run that is in no tree over to another area, which has none inside itself yet.
static void move_run(struct area *from, struct area *to, struct page_run *run)
{
    if (run == &from->first_run) {
        assert(!to->has_first_run);
        to->first_run = *run;
        to->has_first_run = true;
        from->has_first_run = false;
        run = &to->first_run;
    }
    link_run(to, run);
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
            put_run(area, nodes, run);
        else
            move_run(area, above, run);
        run = next;
    }
    return true;
}

bool runs_split(struct area *area, const struct node_allocator *nodes, vaddr_t at,
                struct area *above)
{
    struct spares spares;

    if (!get_spares(area, nodes, cuts_run(area, at), &spares))
        return false;
    split_run(area, at, &spares);
    for (struct page_run *next, *run = area_run_at(area, at); run != NULL; run = next) {
        next = area_run_next(run);
        unlink_run(area, run);
        move_run(area, above, run);
    }
    return true;
}

void runs_join(struct area *area, const struct node_allocator *nodes, struct area *above)
{
    struct page_run *last = run_of(rb_last(&area->runs));
    struct page_run *run = run_of(rb_first(&above->runs));

    if (has_state(run, last->state, last->rights)) {
        last->end = run->end;
        remove_run(above, nodes, run);
    }
    while ((run = run_of(rb_first(&above->runs))) != NULL) {
        unlink_run(above, run);
        move_run(above, area, run);
    }
}

bool area_change_rights(struct area *area, const struct node_allocator *nodes, vaddr_t start,
                        vaddr_t end, uint8_t (*change)(const void *context, uint8_t old),
                        const void *context)
{
    struct page_run *run = area_run_at(area, start);

    // One run is the usual case, and its border can often just be moved.
    if (end <= run->end)
        return area_set_pages(area, nodes, start, end, PAGES_COMMITTED,
                              change(context, run->rights));
    if (!split_at_both(area, nodes, start, end))
        return false;
    for (run = area_run_at(area, start); run != NULL && run->start < end;
         run = area_run_next(run)) {
        struct page_run *below = run_previous(run);
        run->rights = change(context, run->rights);
        if (has_state(below, run->state, run->rights)) {
            below->end = run->end;
            remove_run(area, nodes, run);
            run = below;
        }
    }
    merge(area, nodes, area_run_at(area, end - PAGE_SIZE));
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
    bool has_first_run = false;

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
        has_first_run |= run == &area->first_run;
    }
    if (has_first_run != area->has_first_run)
        return "the run inside an area is lost";
    return expected == area->end ? NULL : "the runs do not cover their area";
}
