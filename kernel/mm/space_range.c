// SPDX-License-Identifier: MIT
/*
 * What programs do to ranges of their address space: reserve, commit, decommit, release
 * (space.h). Each function refuses first, then changes the area's record, which is the last
 * thing that can fail, then the page tables.
 */

#include <arch/paging.h>

#include <kernel/memory_object.h>
#include <kernel/panic.h>
#include <kernel/status.h>

#include "space_private.h"

// The placeholder that a reservation replaces, or NULL.
static struct area *find_placeholder(struct address_space *space,
                                     const struct space_reservation *what)
{
    struct area *area = area_find(&space->areas, what->address);

    if (area == NULL || !area->is_placeholder || area->start != what->address ||
        area->end - area->start != what->size)
        return NULL;
    return area;
}

// Finds where a reservation goes.
static status_t find_place(struct address_space *space, const struct space_reservation *what,
                           vaddr_t *start)
{
    struct gap_request request = {
        .size = what->size,
        .alignment = MAX(what->alignment, ALLOCATION_GRANULARITY),
        .lowest = MAX(what->lowest, USER_LOWEST),
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

// Makes the area of a reservation, or takes the placeholder's. Its pages are in one state.
static status_t make_area(struct address_space *space, const struct space_reservation *what,
                          enum page_state state, struct area **out)
{
    struct area *area = NULL;
    vaddr_t start;

    if (!what->replaces_placeholder) {
        status_t status = find_place(space, what, &start);
        if (status != STATUS_SUCCESS)
            return status;
        area = area_insert(&space->areas, &space_nodes, start, start + what->size, state,
                           what->rights);
        *out = area;
        return area != NULL ? STATUS_SUCCESS : STATUS_NO_MEMORY;
    }
    area = find_placeholder(space, what);
    if (area == NULL)
        return STATUS_CONFLICTING_ADDRESSES;
    bool is_set = area_set_pages(area, &space_nodes, area->start, area->end, state, what->rights);
    assert(is_set); // one run for the whole area takes no node
    area->is_placeholder = false;
    area->first_rights = what->rights;
    *out = area;
    return STATUS_SUCCESS;
}

status_t space_reserve_locked(struct address_space *space, const struct space_reservation *what,
                              struct area **out)
{
    struct memory_object *object = what->object;
    bool is_committed = what->commit && (object == NULL || object->commit_map == NULL);
    bool needs_charge = is_committed && (object == NULL || is_charged(what->rights));
    uint64_t charge = needs_charge ? what->size >> PAGE_SHIFT : 0;
    struct area *area;

    assert(mutex_held(&space->lock));
    if (object == NULL && is_charged(what->rights))
        return STATUS_INVALID_PAGE_PROTECTION;
    if (!space_charge(space, charge))
        return STATUS_COMMITMENT_LIMIT;
    status_t status =
        make_area(space, what, is_committed ? PAGES_COMMITTED : PAGES_RESERVED, &area);
    if (status != STATUS_SUCCESS) {
        space_uncharge(space, charge);
        return status;
    }
    if (object != NULL)
        memory_object_get(object);
    area->kind = what->kind;
    if (what->first_rights != 0)
        area->first_rights = what->first_rights;
    area->object = object;
    area->first_page = what->first_page;
    area->limit = what->limit;
    area->is_fixed = what->is_fixed;
    area->is_placeholder = what->is_placeholder;
    area->is_watched = what->is_watched;
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

static status_t commit_private(struct address_space *space, struct area *area, vaddr_t start,
                               vaddr_t end, uint8_t rights)
{
    uint64_t committed = area_committed_bytes(area, start, end);
    uint64_t charge = (end - start - committed) >> PAGE_SHIFT;

    if (is_charged(rights))
        return STATUS_INVALID_PAGE_PROTECTION;
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

static status_t commit_view(struct address_space *space, struct area *area, vaddr_t start,
                            vaddr_t end, uint8_t rights)
{
    struct memory_object *object = area->object;
    struct view_rights fitting;

    // Only what the memory manager made up by itself can lack pages.
    if (!memory_object_is_zeroed(object))
        return STATUS_ALREADY_COMMITTED;
    status_t status = space_fit_rights(area, start, end, rights, &fitting);
    if (status == STATUS_SUCCESS && object->commit_map != NULL) {
        status = memory_object_commit(object, object_page(area, start), object_page(area, end));
        if (status == STATUS_SUCCESS)
            status = space_update_view(space, area, start, end);
    }
    if (status == STATUS_SUCCESS)
        status = space_apply_rights(space, area, start, end, &fitting);
    return status;
}

static status_t commit_locked(struct address_space *space, vaddr_t start, vaddr_t end,
                              uint8_t rights)
{
    struct area *area = area_around(space, start, end);

    if (area == NULL || area->is_fixed || area->is_placeholder)
        return STATUS_CONFLICTING_ADDRESSES;
    return area->kind == AREA_PRIVATE ? commit_private(space, area, start, end, rights)
                                      : commit_view(space, area, start, end, rights);
}

status_t space_commit(struct address_space *space, vaddr_t start, vaddr_t end, uint8_t rights)
{
    mutex_lock(&space->lock);
    status_t status = commit_locked(space, start, end, rights);
    mutex_unlock(&space->lock);
    return status;
}

status_t space_find_private(struct address_space *space, vaddr_t start, vaddr_t *end,
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
    if (*end < start || *end > area->end || area->is_fixed)
        return STATUS_UNABLE_TO_FREE_VM;
    if (area->kind != AREA_PRIVATE)
        return STATUS_UNABLE_TO_DELETE_SECTION;
    *out = area;
    return STATUS_SUCCESS;
}

static status_t decommit_locked(struct address_space *space, vaddr_t start, vaddr_t *end)
{
    struct area *area;

    status_t status = space_find_private(space, start, end, &area);
    if (status != STATUS_SUCCESS)
        return status;
    if (area->is_placeholder)
        return STATUS_CONFLICTING_ADDRESSES;
    uint64_t charged = space_charged_pages(area, start, *end);
    if (!area_set_pages(area, &space_nodes, start, *end, PAGES_RESERVED, RIGHTS_NONE))
        return STATUS_NO_MEMORY;
    space_unmap_pages(space, area, start, *end);
    space_uncharge(space, charged);
    return STATUS_SUCCESS;
}

static status_t release_locked(struct address_space *space, vaddr_t start, vaddr_t *end)
{
    struct area *area;

    status_t status = space_find_private(space, start, end, &area);
    if (status != STATUS_SUCCESS)
        return status;
    if (start == area->start && *end == area->end) {
        space_remove_area(space, area);
        return STATUS_SUCCESS;
    }
    uint64_t charged = space_charged_pages(area, start, *end);
    if (!area_cut(&space->areas, &space_nodes, area, start, *end))
        return STATUS_NO_MEMORY;
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

void space_discard(struct address_space *space, vaddr_t start, vaddr_t end)
{
    mutex_lock(&space->lock);
    for (vaddr_t at = start; at < end;) {
        struct area *area = area_find_at_or_above(&space->areas, at);
        if (area == NULL || area->start >= end)
            break;
        at = MAX(at, area->start);
        if (area->object == NULL)
            space_unmap_pages(space, area, at, MIN(area->end, end));
        at = area->end;
    }
    mutex_unlock(&space->lock);
}
