// SPDX-License-Identifier: MIT
/*
 * Rights, and what is special about views of memory objects and about placeholders (space.h).
 *
 * A view's pages are the object's until they are copied; RIGHTS_OWNED in their run tells which
 * were. So a change of rights means something else to each of the two kinds, and is worked out for
 * both.
 */

#include <arch/paging.h>

#include <kernel/memory_object.h>
#include <kernel/panic.h>
#include <kernel/status.h>

#include "space_private.h"

// Whether a write to pages of an image has to make a copy: nobody writes to the image that all
// share, unless it says so itself.
static bool must_copy(const struct area *area, vaddr_t start, vaddr_t end)
{
    struct memory_object *object = area->object;

    return area->kind == AREA_IMAGE &&
           (object->ops->is_common == NULL ||
            !object->ops->is_common(object, object_page(area, start), object_page(area, end)));
}

status_t space_fit_rights(const struct area *area, vaddr_t start, vaddr_t end, uint8_t rights,
                          struct view_rights *out)
{
    if (area->object == NULL) {
        // Private memory has no original that a write could copy from.
        if ((rights & RIGHTS_COPY) != 0)
            return STATUS_INVALID_PAGE_PROTECTION;
        *out = (struct view_rights){ rights, rights };
        return STATUS_SUCCESS;
    }
    if ((rights & RIGHTS_WRITE) != 0 && must_copy(area, start, end))
        rights |= RIGHTS_COPY;
    uint8_t needed = rights & (RIGHTS_WRITE | RIGHTS_EXECUTE);
    if ((rights & RIGHTS_COPY) != 0)
        needed &= (uint8_t)~RIGHTS_WRITE;
    if ((needed & ~area->limit) != 0)
        return STATUS_SECTION_PROTECTION;
    // What has been copied is not copied again.
    *out = (struct view_rights){ rights, (rights & (uint8_t)~RIGHTS_COPY) | RIGHTS_OWNED };
    return STATUS_SUCCESS;
}

static uint8_t choose_rights(const void *context, uint8_t old)
{
    const struct view_rights *rights = context;

    return (old & RIGHTS_OWNED) != 0 ? rights->owned : rights->shared;
}

static void protect_entries(struct address_space *space, struct area *area, vaddr_t start,
                            vaddr_t end)
{
    if (!area->is_touched)
        return;
    for (const struct page_run *run = area_run_at(area, start); run != NULL && run->start < end;
         run = area_run_next(run))
        paging_protect(space->root, MAX(run->start, start), MIN(run->end, end),
                       space_paging_rights(area, run->rights));
}

status_t space_apply_rights(struct address_space *space, struct area *area, vaddr_t start,
                            vaddr_t end, const struct view_rights *rights)
{
    uint64_t before = 0, after = 0;

    assert(mutex_held(&space->lock));
    if (area->object != NULL) {
        before = space_charged_pages(area, start, end);
        for (const struct page_run *run = area_run_at(area, start); run != NULL && run->start < end;
             run = area_run_next(run))
            if (is_charged(choose_rights(rights, run->rights)))
                after += (MIN(run->end, end) - MAX(run->start, start)) >> PAGE_SHIFT;
        if (after > before && !space_charge(space, after - before))
            return STATUS_COMMITMENT_LIMIT;
    }
    if (!area_change_rights(area, &space_nodes, start, end, choose_rights, rights)) {
        if (after > before)
            space_uncharge(space, after - before);
        return STATUS_NO_MEMORY;
    }
    if (before > after)
        space_uncharge(space, before - after);
    protect_entries(space, area, start, end);
    return STATUS_SUCCESS;
}

static status_t protect_locked(struct address_space *space, vaddr_t start, vaddr_t end,
                               uint8_t rights, uint8_t *old_rights)
{
    struct area *area = area_find(&space->areas, start);
    struct view_rights fitting;

    if (area == NULL || start >= end || end > area->end)
        return STATUS_CONFLICTING_ADDRESSES;
    if (area->is_fixed)
        return STATUS_INVALID_PAGE_PROTECTION;
    status_t status = space_update_view(space, area, start, end);
    if (status != STATUS_SUCCESS)
        return status;
    if (area_committed_bytes(area, start, end) != end - start)
        return STATUS_NOT_COMMITTED;
    status = space_fit_rights(area, start, end, rights, &fitting);
    if (status != STATUS_SUCCESS)
        return status;
    uint8_t first_rights = area_run_at(area, start)->rights;
    status = space_apply_rights(space, area, start, end, &fitting);
    if (status == STATUS_SUCCESS)
        *old_rights = first_rights & (uint8_t)~RIGHTS_OWNED;
    return status;
}

status_t space_protect(struct address_space *space, vaddr_t start, vaddr_t end, uint8_t rights,
                       uint8_t *old_rights)
{
    mutex_lock(&space->lock);
    status_t status = protect_locked(space, start, end, rights, old_rights);
    mutex_unlock(&space->lock);
    return status;
}

// Commits the pages of start..end that are still reserved in the view.
static status_t commit_stretch(struct address_space *space, struct area *area, vaddr_t start,
                               vaddr_t end)
{
    for (vaddr_t at = start; at < end;) {
        const struct page_run *run = area_run_at(area, at);
        vaddr_t stop = MIN(run->end, end);
        if (run->state == PAGES_RESERVED) {
            uint64_t charge = is_charged(area->first_rights) ? (stop - at) >> PAGE_SHIFT : 0;
            if (!space_charge(space, charge))
                return STATUS_COMMITMENT_LIMIT;
            if (!area_set_pages(area, &space_nodes, at, stop, PAGES_COMMITTED,
                                area->first_rights)) {
                space_uncharge(space, charge);
                return STATUS_NO_MEMORY;
            }
        }
        at = stop;
    }
    return STATUS_SUCCESS;
}

status_t space_update_view(struct address_space *space, struct area *area, vaddr_t start,
                           vaddr_t end)
{
    struct memory_object *object = area->object;

    if (object == NULL || object->commit_map == NULL)
        return STATUS_SUCCESS;
    uint64_t page = object_page(area, start), last = object_page(area, end);
    while (page < last) {
        uint64_t stretch_end = last;
        if (!memory_object_find_committed(object, &page, &stretch_end))
            break;
        vaddr_t from = area->start + ((page - area->first_page) << PAGE_SHIFT);
        vaddr_t to = area->start + ((stretch_end - area->first_page) << PAGE_SHIFT);
        status_t status = commit_stretch(space, area, from, to);
        if (status != STATUS_SUCCESS)
            return status;
        page = stretch_end;
    }
    return STATUS_SUCCESS;
}

status_t space_unmap(struct address_space *space, vaddr_t address, bool keep_placeholder)
{
    status_t status = STATUS_NOT_MAPPED_VIEW;

    mutex_lock(&space->lock);
    struct area *area = area_find(&space->areas, address);
    if (area != NULL && area->kind != AREA_PRIVATE) {
        if (keep_placeholder)
            space_make_placeholder(space, area);
        else
            space_remove_area(space, area);
        status = STATUS_SUCCESS;
    }
    mutex_unlock(&space->lock);
    return status;
}

static status_t split_locked(struct address_space *space, vaddr_t start, vaddr_t *end)
{
    struct area *area;

    status_t status = space_find_private(space, start, end, &area);
    if (status != STATUS_SUCCESS)
        return status;
    bool has_upper = *end < area->end;
    if (has_upper && !area_split(&space->areas, &space_nodes, area, *end))
        return STATUS_NO_MEMORY;
    if (start > area->start) {
        if (!area_split(&space->areas, &space_nodes, area, start)) {
            if (has_upper)
                area_join(&space->areas, &space_nodes, area);
            return STATUS_NO_MEMORY;
        }
        area = area_next(area);
    }
    space_make_placeholder(space, area);
    return STATUS_SUCCESS;
}

status_t space_split_placeholder(struct address_space *space, vaddr_t start, vaddr_t end,
                                 vaddr_t *range_start, vaddr_t *range_end)
{
    mutex_lock(&space->lock);
    status_t status = split_locked(space, start, &end);
    mutex_unlock(&space->lock);
    if (status == STATUS_SUCCESS) {
        *range_start = start;
        *range_end = end;
    }
    return status;
}

static status_t join_locked(struct address_space *space, vaddr_t start, vaddr_t end)
{
    struct area *first = area_find(&space->areas, start);
    const struct area *area = first;
    vaddr_t reached = start;

    for (; area != NULL && area->start == reached && area->is_placeholder; area = area_next(area)) {
        reached = area->end;
        if (reached >= end)
            break;
    }
    // Joining one placeholder with nothing is refused, too, as is nothing at all.
    if (start == end || reached != end || first == NULL || first->end == end)
        return STATUS_CONFLICTING_ADDRESSES;
    while (first->end < end)
        area_join(&space->areas, &space_nodes, first);
    return STATUS_SUCCESS;
}

status_t space_join_placeholders(struct address_space *space, vaddr_t start, vaddr_t end)
{
    mutex_lock(&space->lock);
    status_t status = join_locked(space, start, end);
    mutex_unlock(&space->lock);
    return status;
}
