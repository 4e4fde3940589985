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
static status_t fill_frame(struct area *area, vaddr_t page, paddr_t frame)
{
    if (area->backend != NULL && area->backend->fill != NULL)
        return area->backend->fill(area, page, direct_map(frame));
    clear_page(direct_map(frame));
    return STATUS_SUCCESS;
}

// Makes the entry of page, in its slot if the tables that lead to it exist.
static status_t make_entry(struct address_space *space, struct paging_slot *slot, vaddr_t page,
                           paddr_t frame, unsigned paging_rights)
{
    if (likely(slot != NULL)) {
        paging_fill_slot(space->root, slot, page, frame, paging_rights);
        return STATUS_SUCCESS;
    }
    return paging_map(space->root, page, frame, paging_rights, &space->table_frames)
               ? STATUS_SUCCESS
               : STATUS_NO_MEMORY;
}

static status_t map_own_frame(struct address_space *space, struct area *area,
                              struct paging_slot *slot, vaddr_t page, unsigned paging_rights)
{
    struct frame *frame = frame_alloc(FRAME_TAG_USER);

    if (unlikely(frame == NULL))
        return STATUS_NO_MEMORY;
    paddr_t paddr = frame_paddr(frame);
    status_t status = fill_frame(area, page, paddr);
    if (likely(status == STATUS_SUCCESS))
        status = make_entry(space, slot, page, paddr, paging_rights);
    if (unlikely(status != STATUS_SUCCESS)) {
        frames_free(frame);
        return status;
    }
    space->resident_pages++;
    if (space->resident_pages > space->peak_resident_pages)
        space->peak_resident_pages = space->resident_pages;
    return STATUS_SUCCESS;
}

// Makes sure that page has an entry with the rights that it should have.
static status_t map_page(struct address_space *space, struct area *area, vaddr_t page,
                         uint8_t rights)
{
    unsigned paging_rights = space_paging_rights(area, rights);
    struct paging_slot *slot = paging_find_slot(space->root, page);

    if (unlikely(slot != NULL && paging_slot_is_used(slot))) {
        // Another thread was faster, or the page was written for the first time.
        paging_protect(space->root, page, page + PAGE_SIZE, paging_rights);
        return STATUS_SUCCESS;
    }
    area->is_touched = true;
    if (unlikely(area_is_shared(area)))
        return make_entry(space, slot, page, area->backend->shared_frame(area, page),
                          paging_rights);
    return map_own_frame(space, area, slot, page, paging_rights);
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
