// SPDX-License-Identifier: MIT
/*
 * What programs do to ranges of their address space: reserve, commit, decommit, release, protect,
 * query (space.h). Each function refuses first, then changes the area's record, which is the last
 * thing that can fail, then the page tables.
 */

#include <arch/paging.h>

#include <kernel/panic.h>
#include <kernel/status.h>

#include "space_private.h"

// Finds where a reservation goes.
static status_t find_place(struct address_space *space, const struct space_reservation *what,
                           vaddr_t *start)
{
    struct gap_request request = {
        .size = what->size,
        .alignment = MAX(what->alignment, ALLOCATION_GRANULARITY),
        .lowest = USER_LOWEST,
        .end = what->highest == 0 || what->highest >= USER_HIGHEST ? USER_END : what->highest + 1,
        .top_down = what->top_down,
    };

    if (what->size == 0)
        return STATUS_INVALID_PARAMETER;
    if (what->address == 0)
        return area_find_gap(&space->areas, &request, start) ? STATUS_SUCCESS : STATUS_NO_MEMORY;
    if (what->address < USER_LOWEST || what->address >= USER_END ||
        what->size > USER_END - what->address)
        return STATUS_INVALID_PARAMETER;
    if (!area_range_is_free(&space->areas, what->address, what->address + what->size))
        return STATUS_CONFLICTING_ADDRESSES;
    *start = what->address;
    return STATUS_SUCCESS;
}

status_t space_reserve_locked(struct address_space *space, const struct space_reservation *what,
                              struct area **out)
{
    bool is_shared = what->backend != NULL && what->backend->shared_frame != NULL;
    uint64_t charge = what->commit && !is_shared ? what->size >> PAGE_SHIFT : 0;
    vaddr_t start;

    assert(mutex_held(&space->lock));
    status_t status = find_place(space, what, &start);
    if (status != STATUS_SUCCESS)
        return status;
    if (!space_charge(space, charge))
        return STATUS_COMMITMENT_LIMIT;
    struct area *area = area_insert(&space->areas, &space_nodes, start, start + what->size,
                                    what->commit ? PAGES_COMMITTED : PAGES_RESERVED, what->rights);
    if (area == NULL) {
        space_uncharge(space, charge);
        return STATUS_NO_MEMORY;
    }
    area->kind = what->kind;
    area->backend = what->backend;
    area->backend_data = what->backend_data;
    *out = area;
    return STATUS_SUCCESS;
}

status_t space_reserve(struct address_space *space, const struct space_reservation *what,
                       vaddr_t *address)
{
    struct area *area;

    mutex_lock(&space->lock);
    status_t status = space_reserve_locked(space, what, &area);
    if (status == STATUS_SUCCESS)
        *address = area->start;
    mutex_unlock(&space->lock);
    return status;
}

// The area that holds all of start..end, or NULL.
static struct area *area_around(struct address_space *space, vaddr_t start, vaddr_t end)
{
    struct area *area = area_find(&space->areas, start);

    return area != NULL && start < end && end <= area->end ? area : NULL;
}

static bool is_fixed(const struct area *area)
{
    return area->backend != NULL && area->backend->is_fixed;
}

static status_t commit_locked(struct address_space *space, vaddr_t start, vaddr_t end,
                              uint8_t rights)
{
    struct area *area = area_around(space, start, end);

    if (area == NULL || area->kind != AREA_PRIVATE || is_fixed(area))
        return STATUS_CONFLICTING_ADDRESSES;
    uint64_t committed = area_committed_bytes(area, start, end);
    uint64_t charge = area_is_shared(area) ? 0 : (end - start - committed) >> PAGE_SHIFT;
    if (!space_charge(space, charge))
        return STATUS_COMMITMENT_LIMIT;
    if (!area_set_pages(area, &space_nodes, start, end, PAGES_COMMITTED, rights)) {
        space_uncharge(space, charge);
        return STATUS_NO_MEMORY;
    }
    if (committed > 0 && area->is_touched)
        paging_protect(space->root, start, end, space_paging_rights(area, rights));
    return STATUS_SUCCESS;
}

status_t space_commit(struct address_space *space, vaddr_t start, vaddr_t end, uint8_t rights)
{
    mutex_lock(&space->lock);
    status_t status = commit_locked(space, start, end, rights);
    mutex_unlock(&space->lock);
    return status;
}

// Finds what decommit and release are about; *end becomes the area's if it was equal to start.
static status_t find_private_range(struct address_space *space, vaddr_t start, vaddr_t *end,
                                   struct area **out)
{
    struct area *area = area_find(&space->areas, start);

    if (area == NULL)
        return STATUS_MEMORY_NOT_ALLOCATED;
    if (*end == start) {
        if (area->start != start)
            return STATUS_FREE_VM_NOT_AT_BASE;
        *end = area->end;
    }
    if (*end < start || *end > area->end || is_fixed(area))
        return STATUS_UNABLE_TO_FREE_VM;
    if (area->kind != AREA_PRIVATE)
        return STATUS_UNABLE_TO_DELETE_SECTION;
    *out = area;
    return STATUS_SUCCESS;
}

static status_t decommit_locked(struct address_space *space, vaddr_t start, vaddr_t *end)
{
    struct area *area;

    status_t status = find_private_range(space, start, end, &area);
    if (status != STATUS_SUCCESS)
        return status;
    uint64_t charged = charged_pages(area, start, *end);
    if (!area_set_pages(area, &space_nodes, start, *end, PAGES_RESERVED, RIGHTS_NONE))
        return STATUS_NO_MEMORY;
    space_unmap_pages(space, area, start, *end);
    space_uncharge(space, charged);
    return STATUS_SUCCESS;
}

static status_t release_locked(struct address_space *space, vaddr_t start, vaddr_t *end)
{
    struct area *area;

    status_t status = find_private_range(space, start, end, &area);
    if (status != STATUS_SUCCESS)
        return status;
    if (start == area->start && *end == area->end) {
        space_remove_area(space, area);
        return STATUS_SUCCESS;
    }
    bool makes_two = start > area->start && *end < area->end;
    uint64_t charged = charged_pages(area, start, *end);
    if (!area_cut(&space->areas, &space_nodes, area, start, *end))
        return STATUS_NO_MEMORY;
    if (makes_two && area->backend != NULL && area->backend->split != NULL)
        area->backend->split(area, area_next(area));
    space_unmap_pages(space, area, start, *end);
    space_uncharge(space, charged);
    return STATUS_SUCCESS;
}

status_t space_decommit(struct address_space *space, vaddr_t start, vaddr_t end,
                        vaddr_t *range_start, vaddr_t *range_end)
{
    mutex_lock(&space->lock);
    status_t status = decommit_locked(space, start, &end);
    mutex_unlock(&space->lock);
    if (status == STATUS_SUCCESS) {
        *range_start = start;
        *range_end = end;
    }
    return status;
}

status_t space_release(struct address_space *space, vaddr_t start, vaddr_t end,
                       vaddr_t *range_start, vaddr_t *range_end)
{
    mutex_lock(&space->lock);
    status_t status = release_locked(space, start, &end);
    mutex_unlock(&space->lock);
    if (status == STATUS_SUCCESS) {
        *range_start = start;
        *range_end = end;
    }
    return status;
}

status_t space_unmap(struct address_space *space, vaddr_t address)
{
    status_t status = STATUS_NOT_MAPPED_VIEW;

    mutex_lock(&space->lock);
    struct area *area = area_find(&space->areas, address);
    if (area != NULL && area->kind != AREA_PRIVATE) {
        space_remove_area(space, area);
        status = STATUS_SUCCESS;
    }
    mutex_unlock(&space->lock);
    return status;
}

static status_t protect_locked(struct address_space *space, vaddr_t start, vaddr_t end,
                               uint8_t rights, uint8_t *old_rights)
{
    struct area *area = area_around(space, start, end);

    if (area == NULL)
        return STATUS_CONFLICTING_ADDRESSES;
    if (is_fixed(area))
        return STATUS_INVALID_PAGE_PROTECTION;
    if (area_committed_bytes(area, start, end) != end - start)
        return STATUS_NOT_COMMITTED;
    uint8_t first_rights = area_run_at(area, start)->rights;
    if (!space_change_rights(space, area, start, end, rights))
        return STATUS_NO_MEMORY;
    *old_rights = first_rights;
    return STATUS_SUCCESS;
}

status_t space_protect(struct address_space *space, vaddr_t start, vaddr_t end, uint8_t rights,
                       uint8_t *old_rights)
{
    mutex_lock(&space->lock);
    status_t status = protect_locked(space, start, end, rights, old_rights);
    mutex_unlock(&space->lock);
    return status;
}

void space_query(struct address_space *space, vaddr_t address, struct space_region *out)
{
    vaddr_t page = ROUND_DOWN(address, PAGE_SIZE);

    mutex_lock(&space->lock);
    struct area *area = area_find_at_or_above(&space->areas, page);
    if (area == NULL || page < area->start) {
        *out = (struct space_region){ .start = page,
                                      .end = area == NULL ? USER_END : area->start,
                                      .is_free = true };
    } else {
        const struct page_run *run = area_run_at(area, page);
        *out = (struct space_region){ .start = page,
                                      .end = run->end,
                                      .area_start = area->start,
                                      .kind = area->kind,
                                      .first_rights = area->first_rights,
                                      .state = run->state,
                                      .rights = run->rights };
    }
    mutex_unlock(&space->lock);
}
