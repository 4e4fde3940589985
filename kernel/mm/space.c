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
    assert(space->resident_pages == 0 && space->committed_pages == 0 && space->table_frames == 1);
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

unsigned space_paging_rights(const struct area *area, uint8_t rights)
{
    const uint8_t any = RIGHTS_READ | RIGHTS_WRITE | RIGHTS_EXECUTE;
    unsigned result = PAGING_USER;

    if (likely(rights == (RIGHTS_READ | RIGHTS_WRITE) && area->backend == NULL))
        return PAGING_USER | PAGING_WRITE;
    if ((rights & RIGHTS_GUARD) != 0 || (rights & any) == 0)
        return 0;
    // A page that is copied by the first write has to fault at it.
    if ((rights & RIGHTS_WRITE) != 0 && (rights & RIGHTS_COPY) == 0 && !area_is_shared(area))
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

static void free_page(void *context, vaddr_t va, const struct paging_entry *entry)
{
    struct address_space *space = context;

    (void)va;
    frames_free(frame_of_paddr(entry->page));
    space->resident_pages--;
}

void space_unmap_pages(struct address_space *space, const struct area *area, vaddr_t start,
                       vaddr_t end)
{
    if (area->is_touched)
        paging_unmap(space->root, start, end, area_is_shared(area) ? NULL : free_page, space,
                     &space->table_frames);
}

void space_remove_area(struct address_space *space, struct area *area)
{
    assert(mutex_held(&space->lock));
    space_unmap_pages(space, area, area->start, area->end);
    space_uncharge(space, charged_pages(area, area->start, area->end));
    if (area->backend != NULL && area->backend->release != NULL)
        area->backend->release(area);
    area_remove(&space->areas, &space_nodes, area);
}
