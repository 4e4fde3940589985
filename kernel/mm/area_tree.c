// SPDX-License-Identifier: MIT
// The tree of areas (area_tree.h). The runs inside an area are in area_runs.c, the search for free
// addresses in area_gap.c.

#include <kernel/area_tree.h>

#include <kernel/panic.h>

#include "area_private.h"

static void update_widest_gap(struct rb_node *node)
{
    struct area *area = area_of(node);
    vaddr_t below = MAX(widest_gap_of(node->left), widest_gap_of(node->right));

    area->widest_gap = MAX(area->gap_below, below);
}

void area_tree_init(struct area_tree *tree, vaddr_t lowest, vaddr_t end, vaddr_t granularity)
{
    assert(lowest < end && lowest % granularity == 0 && end % PAGE_SIZE == 0);
    *tree = (struct area_tree){ .lowest = lowest, .end = end, .granularity = granularity };
}

struct area *area_find(struct area_tree *tree, vaddr_t address)
{
    struct area *area = tree->last_found;

    if (area != NULL && address >= area->start && address < area->end)
        return area;
    area = area_find_at_or_above(tree, address);
    if (area == NULL || address < area->start)
        return NULL;
    tree->last_found = area;
    return area;
}

struct area *area_find_at_or_above(const struct area_tree *tree, vaddr_t address)
{
    struct area *best = NULL;

    for (struct rb_node *node = tree->areas.root; node != NULL;) {
        struct area *area = area_of(node);
        if (area->end <= address) {
            node = node->right;
            continue;
        }
        best = area;
        if (area->start <= address)
            break;
        node = node->left;
    }
    return best;
}

struct area *area_next(const struct area *area)
{
    return area_of(rb_next(&area->node));
}

bool area_range_is_free(const struct area_tree *tree, vaddr_t start, vaddr_t end)
{
    const struct area *area = area_find_at_or_above(tree, start);

    return area == NULL || area->start >= end;
}

// Measures the gap between two neighbours; below may be NULL.
static void measure_gap(const struct area_tree *tree, const struct area *below, struct area *area)
{
    vaddr_t start = gap_start_after(tree, below);

    area->gap_below = area->start > start ? area->start - start : 0;
}

// Measures the gap below area (NULL: nothing to do) anew, after its lower neighbour has changed.
static void refresh_gap(const struct area_tree *tree, const struct area *below, struct area *area)
{
    if (area == NULL)
        return;
    measure_gap(tree, below, area);
    rb_propagate(&area->node, update_widest_gap);
}

static void link_area(struct area_tree *tree, struct area *area)
{
    struct rb_node **link = &tree->areas.root;
    struct rb_node *parent = NULL;
    struct area *below = NULL;
    struct area *above = NULL;

    while (*link != NULL) {
        parent = *link;
        if (area->start < area_of(parent)->start) {
            above = area_of(parent);
            link = &parent->left;
        } else {
            below = area_of(parent);
            link = &parent->right;
        }
    }
    measure_gap(tree, below, area);
    // The area above is an ancestor of the new leaf, so the insertion's pass to the root sees it.
    if (above != NULL)
        measure_gap(tree, area, above);
    rb_insert(&tree->areas, &area->node, parent, link, update_widest_gap);
    tree->area_count++;
}

struct area *area_insert(struct area_tree *tree, const struct node_allocator *nodes, vaddr_t start,
                         vaddr_t end, enum page_state state, uint8_t rights)
{
    assert(start < end && start >= tree->lowest && end <= tree->end);
    assert(((start | end) & PAGE_MASK) == 0 && area_range_is_free(tree, start, end));

    struct area *area = nodes->alloc(sizeof(*area));
    if (area == NULL)
        return NULL;
    *area = (struct area){ .start = start, .end = end, .first_rights = rights };
    runs_init(area, state, rights);
    link_area(tree, area);
    return area;
}

void area_remove(struct area_tree *tree, const struct node_allocator *nodes, struct area *area)
{
    struct area *below = area_previous(area);
    struct area *above = area_next(area);

    rb_remove(&tree->areas, &area->node, update_widest_gap);
    refresh_gap(tree, below, above);
    tree->area_count--;
    if (tree->last_found == area)
        tree->last_found = NULL;
    runs_free(area, nodes);
    nodes->free(area);
}

// A copy of area, without its runs, that is to hold the pages from `start` on. NULL: no memory.
static struct area *make_upper(const struct node_allocator *nodes, const struct area *area,
                               vaddr_t start)
{
    struct area *upper = nodes->alloc(sizeof(*upper));

    if (upper != NULL) {
        *upper = *area;
        upper->start = start;
        upper->runs.root = NULL;
        upper->last_run = NULL;
        upper->has_first_run = false;
    }
    return upper;
}

bool area_cut(struct area_tree *tree, const struct node_allocator *nodes, struct area *area,
              vaddr_t start, vaddr_t end)
{
    struct area *above = NULL;

    assert(start < end && area->start <= start && end <= area->end);
    assert(start > area->start || end < area->end);
    if (start > area->start && end < area->end) {
        above = make_upper(nodes, area, end);
        if (above == NULL)
            return false;
    }
    if (!runs_cut(area, nodes, start, end, above)) {
        if (above != NULL)
            nodes->free(above);
        return false;
    }
    if (start == area->start)
        area->start = end;
    else
        area->end = start;
    refresh_gap(tree, area_previous(area), area);
    if (above != NULL)
        link_area(tree, above);
    else
        refresh_gap(tree, area, area_next(area));
    return true;
}

bool area_split(struct area_tree *tree, const struct node_allocator *nodes, struct area *area,
                vaddr_t at)
{
    assert(at > area->start && at < area->end && (at & PAGE_MASK) == 0);
    struct area *above = make_upper(nodes, area, at);
    if (above == NULL)
        return false;
    if (!runs_split(area, nodes, at, above)) {
        nodes->free(above);
        return false;
    }
    area->end = at;
    link_area(tree, above);
    return true;
}

void area_join(struct area_tree *tree, const struct node_allocator *nodes, struct area *area)
{
    struct area *above = area_next(area);
    vaddr_t end = above->end;

    assert(above->start == area->end);
    runs_join(area, nodes, above);
    area_remove(tree, nodes, above);
    area->end = end;
    refresh_gap(tree, area, area_next(area));
}

static const char *check_area(const struct area_tree *tree, const struct area *area)
{
    const struct area *below = area_previous(area);
    vaddr_t gap_start = gap_start_after(tree, below);
    vaddr_t widest = MAX(widest_gap_of(area->node.left), widest_gap_of(area->node.right));

    if (area->start >= area->end || ((area->start | area->end) & PAGE_MASK) != 0)
        return "an area is empty or not made of pages";
    if (area->start < tree->lowest || area->end > tree->end)
        return "an area leaves the tree's range";
    if (below != NULL && below->end > area->start)
        return "areas overlap or are out of order";
    if (area->gap_below != (area->start > gap_start ? area->start - gap_start : 0))
        return "a gap is measured wrongly";
    if (area->widest_gap != MAX(area->gap_below, widest))
        return "a widest gap is wrong";
    return runs_check(area);
}

const char *area_tree_check(const struct area_tree *tree)
{
    uint64_t count = 0;

    if (!rb_is_balanced(&tree->areas))
        return "the tree of areas is out of balance";
    for (const struct area *area = area_of(rb_first(&tree->areas)); area != NULL;
         area = area_next(area)) {
        const char *wrong = check_area(tree, area);
        if (wrong != NULL)
            return wrong;
        count++;
    }
    return count == tree->area_count ? NULL : "the count of areas is wrong";
}
