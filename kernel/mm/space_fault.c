// SPDX-License-Identifier: MIT
/*
 * Page faults of programs (space.h). The common one, the first touch of a demand-zero page, runs
 * straight down: area and run from their caches, a frame, an entry.
 */

#include <arch/paging.h>

#include <kernel/frames.h>
#include <kernel/panic.h>
#include <kernel/status.h>
#include <kernel/string.h>

#include "space_private.h"

static bool allows(const struct area *area, uint8_t rights, const struct page_fault *fault)
{
    if (fault->is_write)
        return (rights & RIGHTS_WRITE) != 0 && !area_is_shared(area);
    if (fault->is_execute)
        return (rights & RIGHTS_EXECUTE) != 0;
    // The processor cannot make a page that may be executed or written, but not read.
    return (rights & (RIGHTS_READ | RIGHTS_WRITE | RIGHTS_EXECUTE)) != 0;
}

// Writes the first contents of a page to a fresh frame.
static status_t fill_frame(struct area *area, vaddr_t page, struct frame *frame)
{
    if (area->backend != NULL && area->backend->fill != NULL)
        return area->backend->fill(area, page, frame_address(frame));
    memset(frame_address(frame), 0, PAGE_SIZE);
    return STATUS_SUCCESS;
}

static status_t map_own_frame(struct address_space *space, struct area *area, vaddr_t page,
                              unsigned paging_rights)
{
    struct frame *frame = frames_alloc(0, FRAME_TAG_USER);

    if (unlikely(frame == NULL))
        return STATUS_NO_MEMORY;
    status_t status = fill_frame(area, page, frame);
    if (likely(status == STATUS_SUCCESS) &&
        unlikely(!paging_map(space->root, page, frame_paddr(frame), paging_rights,
                             &space->table_frames)))
        status = STATUS_NO_MEMORY;
    if (unlikely(status != STATUS_SUCCESS)) {
        frames_free(frame);
        return status;
    }
    space->resident_pages++;
    if (space->resident_pages > space->peak_resident_pages)
        space->peak_resident_pages = space->resident_pages;
    return STATUS_SUCCESS;
}

static status_t map_shared_frame(struct address_space *space, struct area *area, vaddr_t page,
                                 unsigned paging_rights)
{
    paddr_t frame = area->backend->shared_frame(area, page);

    return paging_map(space->root, page, frame, paging_rights, &space->table_frames)
               ? STATUS_SUCCESS
               : STATUS_NO_MEMORY;
}

// Makes sure that page has an entry with the rights that it should have.
static status_t map_page(struct address_space *space, struct area *area, vaddr_t page,
                         uint8_t rights)
{
    unsigned paging_rights = space_paging_rights(area, rights);
    struct paging_entry entry;

    if (paging_lookup(space->root, page, &entry)) {
        // Another thread was faster, or the page was written for the first time.
        if (entry.rights != paging_rights)
            paging_protect(space->root, page, page + PAGE_SIZE, paging_rights);
        return STATUS_SUCCESS;
    }
    if (unlikely(area_is_shared(area)))
        return map_shared_frame(space, area, page, paging_rights);
    return map_own_frame(space, area, page, paging_rights);
}

static status_t fault_locked(struct address_space *space, struct page_fault *fault)
{
    vaddr_t page = ROUND_DOWN(fault->address, PAGE_SIZE);
    struct area *area = area_find(&space->areas, fault->address);

    if (area == NULL)
        return STATUS_ACCESS_VIOLATION;
    const struct page_run *run = area_run_at(area, page);
    uint8_t rights = run->rights;
    if (run->state != PAGES_COMMITTED)
        return STATUS_ACCESS_VIOLATION;
    if (unlikely((rights & RIGHTS_GUARD) != 0)) {
        status_t status = space_touch_guard(space, area, page, rights, fault);
        if (status != STATUS_SUCCESS)
            return status;
        rights &= (uint8_t)~RIGHTS_GUARD;
    }
    if (!allows(area, rights, fault))
        return STATUS_ACCESS_VIOLATION;
    // Every frame belongs to one space, so the copy exists already: from the first write on, the
    // page is an ordinary one.
    if (unlikely(fault->is_write && (rights & RIGHTS_COPY) != 0)) {
        rights &= (uint8_t)~RIGHTS_COPY;
        if (!area_set_pages(area, &space_nodes, page, page + PAGE_SIZE, PAGES_COMMITTED, rights))
            return STATUS_NO_MEMORY;
    }
    return map_page(space, area, page, rights);
}

status_t space_fault(struct address_space *space, struct page_fault *fault)
{
    fault->stack_limit = 0;
    mutex_lock(&space->lock);
    space->fault_count++;
    status_t status = fault_locked(space, fault);
    mutex_unlock(&space->lock);
    return status;
}
