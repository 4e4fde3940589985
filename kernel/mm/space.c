// SPDX-License-Identifier: MIT
/*
 * Address spaces (space.h): their life, and what the other space_*.c do in common. An area's record
 * and the page tables are always changed under the same hold of the lock, the record first: it is
 * what can fail for want of memory.
 */

#include <kernel/space.h>

#include <arch/paging.h>

#include <kernel/commit.h>
#include <kernel/frames.h>
#include <kernel/heap.h>
#include <kernel/memory_object.h>
#include <kernel/panic.h>
#include <kernel/status.h>

#include "space_private.h"

const struct node_allocator space_nodes = { heap_alloc, heap_free };

status_t space_create(struct address_space **out)
{
    struct address_space *space = heap_alloc_zeroed(sizeof(*space));

    if (space == NULL)
        return STATUS_NO_MEMORY;
    space->root = paging_create_root();
    if (space->root == 0) {
        heap_free(space);
        return STATUS_NO_MEMORY;
    }
    space->table_frames = 1;
    mutex_init(&space->lock, "address space", LOCK_RANK_SPACE);
    area_tree_init(&space->areas, USER_LOWEST, USER_END, ALLOCATION_GRANULARITY);
    *out = space;
    return STATUS_SUCCESS;
}

void space_destroy(struct address_space *space)
{
    struct area *area;

    mutex_lock(&space->lock);
    while ((area = area_find_at_or_above(&space->areas, 0)) != NULL)
        space_remove_area(space, area);
    mutex_unlock(&space->lock);
    assert(space->resident_pages == 0 && space->shared_pages == 0);
    assert(space->committed_pages == 0 && space->table_frames == 1);
    paging_destroy_root(space->root);
    heap_free(space);
}

void space_switch(struct address_space *space)
{
    paging_switch_root(space == NULL ? 0 : space->root);
}

bool space_charge(struct address_space *space, uint64_t pages)
{
    if (!commit_charge(pages))
        return false;
    space->committed_pages += pages;
    space->peak_committed_pages = MAX(space->peak_committed_pages, space->committed_pages);
    return true;
}

void space_uncharge(struct address_space *space, uint64_t pages)
{
    assert(space->committed_pages >= pages);
    space->committed_pages -= pages;
    commit_release(pages);
}

// Whether the first write to a page has to fault: it is copied then, or its object wants to know.
static bool must_see_write(const struct area *area, uint8_t rights)
{
    if ((rights & RIGHTS_OWNED) != 0)
        return false;
    return (rights & RIGHTS_COPY) != 0 ||
           (area->object != NULL && area->object->ops->mark_dirty != NULL);
}

unsigned space_paging_rights(const struct area *area, uint8_t rights)
{
    const uint8_t any = RIGHTS_READ | RIGHTS_WRITE | RIGHTS_EXECUTE;
    unsigned result = PAGING_USER;

    if (likely(rights == (RIGHTS_READ | RIGHTS_WRITE) && area->object == NULL))
        return PAGING_USER | PAGING_WRITE;
    if ((rights & RIGHTS_GUARD) != 0 || (rights & any) == 0)
        return 0;
    if ((rights & RIGHTS_WRITE) != 0 && !must_see_write(area, rights))
        result |= PAGING_WRITE;
    if ((rights & RIGHTS_EXECUTE) != 0)
        result |= PAGING_EXECUTE;
    if ((rights & RIGHTS_UNCACHED) != 0)
        result |= PAGING_UNCACHED;
    if ((rights & RIGHTS_WRITE_COMBINE) != 0)
        result |= PAGING_WRITE_COMBINE;
    return result;
}

bool space_change_rights(struct address_space *space, struct area *area, vaddr_t start, vaddr_t end,
                         uint8_t rights)
{
    assert(mutex_held(&space->lock));
    if (!area_set_pages(area, &space_nodes, start, end, PAGES_COMMITTED, rights))
        return false;
    if (area->is_touched)
        paging_protect(space->root, start, end, space_paging_rights(area, rights));
    return true;
}

static void release_page(void *context, vaddr_t va, const struct paging_entry *entry)
{
    struct address_space *space = context;

    (void)va;
    if ((entry->rights & PAGING_SHARED) != 0) {
        space->shared_pages--;
        return;
    }
    frames_free(frame_of_paddr(entry->page));
    space->resident_pages--;
}

void space_unmap_pages(struct address_space *space, const struct area *area, vaddr_t start,
                       vaddr_t end)
{
    if (area->is_touched)
        paging_unmap(space->root, start, end, release_page, space, &space->table_frames);
}

uint64_t space_charged_pages(struct area *area, vaddr_t start, vaddr_t end)
{
    uint64_t bytes = 0;

    if (area->object == NULL)
        return area_committed_bytes(area, start, end) >> PAGE_SHIFT;
    for (const struct page_run *run = area_run_at(area, start); run != NULL && run->start < end;
         run = area_run_next(run)) {
        if (is_charged(run->rights))
            bytes += MIN(run->end, end) - MAX(run->start, start);
    }
    return bytes >> PAGE_SHIFT;
}

// Takes everything out of an area but its record.
static void empty_area(struct address_space *space, struct area *area)
{
    assert(mutex_held(&space->lock));
    space_unmap_pages(space, area, area->start, area->end);
    space_uncharge(space, space_charged_pages(area, area->start, area->end));
    if (area->object != NULL)
        memory_object_put(area->object);
}

void space_remove_area(struct address_space *space, struct area *area)
{
    empty_area(space, area);
    area_remove(&space->areas, &space_nodes, area);
}

void space_make_placeholder(struct address_space *space, struct area *area)
{
    empty_area(space, area);
    // One run for the whole area takes no node.
    bool is_set = area_set_pages(area, &space_nodes, area->start, area->end, PAGES_RESERVED, 0);
    assert(is_set);
    area->object = NULL;
    area->kind = AREA_PRIVATE;
    area->first_rights = RIGHTS_NONE;
    area->is_placeholder = true;
    area->is_stack = area->is_touched = area->is_watched = false;
}
