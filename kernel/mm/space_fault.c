// SPDX-License-Identifier: MIT
/*
 * Page faults of programs (space.h). The common one, the first touch of a demand-zero page, runs
 * straight down: area and run from their caches, a frame, an entry.
 */

#include <arch/paging.h>

#include <kernel/frames.h>
#include <kernel/memory_object.h>
#include <kernel/panic.h>
#include <kernel/status.h>
#include <kernel/string.h>

#include "space_private.h"

// A page of a view that is mapped brings its neighbours with it, up to so many: 64 KiB in one
// piece.
#define AROUND_PAGES 16u

static bool allows(uint8_t rights, const struct page_fault *fault)
{
    if (fault->is_write)
        return (rights & RIGHTS_WRITE) != 0;
    if (fault->is_execute)
        return (rights & RIGHTS_EXECUTE) != 0;
    // The processor cannot make a page that may be executed or written, but not read.
    return (rights & (RIGHTS_READ | RIGHTS_WRITE | RIGHTS_EXECUTE)) != 0;
}

// Makes the entry of page, in its slot if the tables that lead to it exist.
static ALWAYS_INLINE status_t make_entry(struct address_space *space, struct paging_slot *slot,
                                         vaddr_t page, paddr_t frame, unsigned paging_rights)
{
    if (likely(slot != NULL)) {
        paging_fill_slot(space->root, slot, page, frame, paging_rights);
        return STATUS_SUCCESS;
    }
    return paging_map(space->root, page, frame, paging_rights, &space->table_frames)
               ? STATUS_SUCCESS
               : STATUS_NO_MEMORY;
}

static ALWAYS_INLINE status_t map_zeroes(struct address_space *space, struct paging_slot *slot,
                                         vaddr_t page, unsigned paging_rights)
{
    struct frame *frame = frame_alloc(FRAME_TAG_USER);

    if (unlikely(frame == NULL))
        return STATUS_NO_MEMORY;
    paddr_t paddr = frame_paddr(frame);
    clear_page(direct_map(paddr));
    status_t status = make_entry(space, slot, page, paddr, paging_rights);
    if (unlikely(status != STATUS_SUCCESS)) {
        frames_free(frame);
        return status;
    }
    space_count_own_pages(space, 1);
    return STATUS_SUCCESS;
}

// The pages around one that was just mapped, which a program is likely to touch next and which cost
// nothing but their entries: those that the object has in memory.
static void map_around(struct address_space *space, struct area *area, vaddr_t page,
                       unsigned paging_rights)
{
    const struct page_run *run = area_run_at(area, page);
    vaddr_t window = ROUND_DOWN(page, AROUND_PAGES * PAGE_SIZE);
    vaddr_t start = MAX(window, run->start);
    vaddr_t end = MIN(window + AROUND_PAGES * PAGE_SIZE, run->end);
    paddr_t frames[AROUND_PAGES];

    // A window never leaves the table that the page's entry is in.
    struct paging_slot *slot = paging_find_slot(space->root, start);
    memory_object_peek(area->object, object_page(area, start),
                       (unsigned)((end - start) >> PAGE_SHIFT), frames);
    for (unsigned i = 0; start < end; start += PAGE_SIZE, slot++, i++) {
        if (frames[i] == 0 || paging_slot_is_used(slot))
            continue;
        paging_fill_slot(space->root, slot, start, frames[i], paging_rights);
        space->shared_pages++;
    }
}

// Maps a page of a view as its object has it.
static status_t map_shared(struct address_space *space, struct area *area, vaddr_t page,
                           uint8_t rights, const struct page_fault *fault)
{
    struct memory_object *object = area->object;
    struct paging_slot *slot = paging_find_slot(space->root, page);
    unsigned paging_rights = space_paging_rights(area, rights) | PAGING_SHARED;
    uint64_t index = object_page(area, page);
    paddr_t paddr;

    status_t status = memory_object_page(object, index, &paddr);
    if (status != STATUS_SUCCESS)
        return status;
    area->is_touched = true;
    unsigned rights_of_this = paging_rights;
    if (fault->is_write && object->ops->mark_dirty != NULL) {
        object->ops->mark_dirty(object, index);
        rights_of_this |= PAGING_WRITE;
    }
    bool is_new = slot == NULL || !paging_slot_is_used(slot);
    status = make_entry(space, slot, page, paddr, rights_of_this);
    if (status != STATUS_SUCCESS || !is_new)
        return status;
    space->shared_pages++;
    map_around(space, area, page, paging_rights);
    return STATUS_SUCCESS;
}

/*
 * The first write to a page of a view that is to be copied. The copy was charged together with the
 * right to make it. The frame that the entry had, if any, stays the object's.
 */
static status_t map_copy(struct address_space *space, struct area *area, vaddr_t page,
                         uint8_t rights)
{
    struct paging_slot *slot = paging_find_slot(space->root, page);
    bool was_shared = slot != NULL && paging_slot_is_used(slot);
    struct frame *frame = frame_alloc(FRAME_TAG_USER);

    if (frame == NULL)
        return STATUS_NO_MEMORY;
    status_t status =
        memory_object_read(area->object, object_page(area, page), frame_address(frame));
    rights = (rights & (uint8_t)~RIGHTS_COPY) | RIGHTS_OWNED;
    if (status == STATUS_SUCCESS && slot == NULL)
        // Made now, so that nothing can fail once the run has changed.
        status = make_entry(space, NULL, page, frame_paddr(frame), 0);
    if (status == STATUS_SUCCESS &&
        !area_set_pages(area, &space_nodes, page, page + PAGE_SIZE, PAGES_COMMITTED, rights)) {
        status = STATUS_NO_MEMORY;
        if (slot == NULL)
            paging_unmap(space->root, page, page + PAGE_SIZE, NULL, NULL, &space->table_frames);
    }
    if (status != STATUS_SUCCESS) {
        frames_free(frame);
        return status;
    }
    area->is_touched = true;
    if (slot == NULL)
        slot = paging_find_slot(space->root, page);
    paging_fill_slot(space->root, slot, page, frame_paddr(frame),
                     space_paging_rights(area, rights));
    if (was_shared)
        space->shared_pages--;
    space_count_own_pages(space, 1);
    return STATUS_SUCCESS;
}

// As map_own, where the page is mapped already or its table does not exist.
static NOINLINE status_t map_own_slowly(struct address_space *space, struct area *area,
                                        struct paging_slot *slot, vaddr_t page,
                                        unsigned paging_rights)
{
    struct paging_entry entry;

    if (slot != NULL || paging_lookup(space->root, page, &entry)) {
        // Another thread was faster, or a guard was touched.
        paging_protect(space->root, page, page + PAGE_SIZE, paging_rights);
        return STATUS_SUCCESS;
    }
    // The first page under a table that does not exist yet may be the first of many.
    if (space_map_large(space, area, area_run_at(area, page), page, paging_rights))
        return STATUS_SUCCESS;
    return map_zeroes(space, NULL, page, paging_rights);
}

// Makes sure that a page of the space's own has an entry with the rights that it should have.
static ALWAYS_INLINE status_t map_own(struct address_space *space, struct area *area, vaddr_t page,
                                      unsigned paging_rights)
{
    struct paging_slot *slot = paging_find_slot(space->root, page);

    area->is_touched = true;
    if (unlikely(slot == NULL || paging_slot_is_used(slot)))
        return map_own_slowly(space, area, slot, page, paging_rights);
    return map_zeroes(space, slot, page, paging_rights);
}

// The run of a reserved page of a view that has been committed by way of another view, or NULL.
static const struct page_run *find_committed(struct address_space *space, struct area *area,
                                             vaddr_t page)
{
    if (space_update_view(space, area, page, page + PAGE_SIZE) != STATUS_SUCCESS)
        return NULL;
    const struct page_run *run = area_run_at(area, page);
    return run->state == PAGES_COMMITTED ? run : NULL;
}

// A fault at a page of area that is not simply ordinary memory.
static NOINLINE status_t fault_in_area(struct address_space *space, struct area *area, vaddr_t page,
                                       struct page_fault *fault)
{
    const struct page_run *run = area_run_at(area, page);

    if (run->state != PAGES_COMMITTED)
        run = find_committed(space, area, page);
    if (run == NULL)
        return STATUS_ACCESS_VIOLATION;
    uint8_t rights = run->rights;
    if ((rights & RIGHTS_GUARD) != 0) {
        status_t status = space_touch_guard(space, area, page, rights, fault);
        if (status != STATUS_SUCCESS)
            return status;
        rights &= (uint8_t)~RIGHTS_GUARD;
    }
    if (!allows(rights, fault))
        return STATUS_ACCESS_VIOLATION;
    if (fault->is_write && (rights & RIGHTS_COPY) != 0)
        return map_copy(space, area, page, rights);
    if (area->object != NULL && (rights & RIGHTS_OWNED) == 0)
        return map_shared(space, area, page, rights, fault);
    return map_own(space, area, page, space_paging_rights(area, rights));
}

static ALWAYS_INLINE status_t fault_locked(struct address_space *space, struct page_fault *fault)
{
    vaddr_t page = ROUND_DOWN(fault->address, PAGE_SIZE);
    struct area *area = area_find(&space->areas, fault->address);

    space->fault_count++;
    if (unlikely(area == NULL))
        return STATUS_ACCESS_VIOLATION;
    // Ordinary memory goes the short way; reserved pages have no rights.
    if (likely(area_run_at(area, page)->rights == (RIGHTS_READ | RIGHTS_WRITE) &&
               area->object == NULL && !fault->is_execute))
        return map_own(space, area, page, PAGING_USER | PAGING_WRITE);
    return fault_in_area(space, area, page, fault);
}

status_t space_fault_locked(struct address_space *space, struct page_fault *fault)
{
    return fault_locked(space, fault);
}

// Puts a frame of zeroes at a page that is nothing but private, ordinary memory. Returns whether it
// was.
static bool place_zeroes(struct address_space *space, vaddr_t page, struct frame *frame)
{
    struct area *area = area_find(&space->areas, page);
    struct paging_slot *slot = paging_find_slot(space->root, page);

    if (area == NULL || area->object != NULL || slot == NULL || paging_slot_is_used(slot) ||
        area_run_at(area, page)->rights != (RIGHTS_READ | RIGHTS_WRITE))
        return false;
    paging_fill_slot(space->root, slot, page, frame_paddr(frame),
                     space_paging_rights(area, RIGHTS_READ | RIGHTS_WRITE));
    area->is_touched = true;
    space->fault_count++;
    space_count_own_pages(space, 1);
    return true;
}

/*
 * A fault while other threads have theirs: most of it is the clearing of a page, which needs no
 * lock. So the page is cleared before it is known whether one is wanted. If not, the next fault
 * waits to see somebody at the lock again before it tries that.
 */
static NOINLINE status_t fault_while_busy(struct address_space *space, struct page_fault *fault)
{
    struct frame *frame = frame_alloc_zeroed(FRAME_TAG_USER);
    status_t status = STATUS_SUCCESS;

    fault->stack_limit = 0;
    mutex_lock(&space->lock);
    bool is_placed =
        frame != NULL && place_zeroes(space, ROUND_DOWN(fault->address, PAGE_SIZE), frame);
    if (!is_placed)
        status = space_fault_locked(space, fault);
    space->is_busy = is_placed;
    mutex_unlock(&space->lock);
    if (frame != NULL && !is_placed)
        frames_free(frame);
    return status;
}

status_t space_fault(struct address_space *space, struct page_fault *fault)
{
    if (unlikely(space->is_busy || mutex_is_taken(&space->lock)))
        return fault_while_busy(space, fault);
    fault->stack_limit = 0;
    mutex_lock(&space->lock);
    status_t status = fault_locked(space, fault);
    mutex_unlock(&space->lock);
    return status;
}
