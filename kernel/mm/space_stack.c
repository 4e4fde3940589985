// SPDX-License-Identifier: MIT
/*
 * Stacks that grow page by page, and guard pages (space.h). From the top of a stack's area down:
 *
 *   committed pages | one guard page | reserved pages | the lowest page, never given out
 *
 * Growing moves two borders between runs and so needs no memory for bookkeeping (area_runs.c).
 */

#include <kernel/panic.h>
#include <kernel/status.h>

#include "space_private.h"

#define STACK_RIGHTS (RIGHTS_READ | RIGHTS_WRITE)

// Commits the top of a fresh stack and the guard page below it.
static status_t commit_top(struct address_space *space, struct area *area, uint64_t commit_size)
{
    vaddr_t limit = area->end - commit_size;
    vaddr_t guard = limit - PAGE_SIZE;
    uint64_t pages = (area->end - guard) >> PAGE_SHIFT;

    if (!space_charge(space, pages))
        return STATUS_COMMITMENT_LIMIT;
    // The guard first: if the second step fails, the area's removal uncharges what is committed.
    if (!area_set_pages(area, &space_nodes, guard, area->end, PAGES_COMMITTED,
                        STACK_RIGHTS | RIGHTS_GUARD)) {
        space_uncharge(space, pages);
        return STATUS_NO_MEMORY;
    }
    if (!area_set_pages(area, &space_nodes, limit, area->end, PAGES_COMMITTED, STACK_RIGHTS))
        return STATUS_NO_MEMORY;
    return STATUS_SUCCESS;
}

status_t space_reserve_stack(struct address_space *space, uint64_t size, uint64_t commit_size,
                             vaddr_t *start)
{
    struct space_reservation what = { .rights = STACK_RIGHTS, .kind = AREA_PRIVATE };
    struct area *area;

    if (size > USER_END || commit_size > USER_END)
        return STATUS_NO_MEMORY;
    what.size = ROUND_UP(MAX(size, 1ull), ALLOCATION_GRANULARITY);
    // Below the committed part there is room for the guard and the page that is never given out.
    commit_size = MAX(ROUND_UP(commit_size, PAGE_SIZE), PAGE_SIZE);
    commit_size = MIN(commit_size, what.size - 2 * PAGE_SIZE);

    mutex_lock(&space->lock);
    status_t status = space_reserve_locked(space, &what, &area);
    if (status == STATUS_SUCCESS) {
        area->is_stack = true;
        status = commit_top(space, area, commit_size);
        if (status == STATUS_SUCCESS)
            *start = area->start;
        else
            space_remove_area(space, area);
    }
    mutex_unlock(&space->lock);
    return status;
}

// Ends the growth of a stack: the pages from `from` (guards among them) up to page become ordinary.
static status_t overflow(struct address_space *space, struct area *area, vaddr_t from, vaddr_t page,
                         uint8_t rights, struct page_fault *fault)
{
    uint64_t charge = ((page + PAGE_SIZE - from) >> PAGE_SHIFT) -
                      space_charged_pages(area, from, page + PAGE_SIZE);

    if (!space_charge(space, charge)) {
        // The guard page itself has been paid for.
        from = page;
        charge = 0;
    }
    if (!space_change_rights(space, area, from, page + PAGE_SIZE, rights)) {
        space_uncharge(space, charge);
        return STATUS_NO_MEMORY;
    }
    fault->stack_limit = from;
    return STATUS_STACK_OVERFLOW;
}

static status_t grow(struct address_space *space, struct area *area, vaddr_t page, uint8_t rights,
                     struct page_fault *fault)
{
    vaddr_t lowest = MIN(area->start + PAGE_SIZE, page);
    vaddr_t below = page - PAGE_SIZE;
    uint8_t ordinary = rights & (uint8_t)~RIGHTS_GUARD;

    if (page < lowest + STACK_HANDLER_PAGES * PAGE_SIZE)
        return overflow(space, area, lowest, page, ordinary, fault);
    // A program may have committed the page below by itself; then it stays as it is.
    if (area_run_at(area, below)->state == PAGES_RESERVED) {
        if (!space_charge(space, 1))
            return overflow(space, area, page, page, ordinary, fault);
        if (!area_set_pages(area, &space_nodes, below, page, PAGES_COMMITTED, rights)) {
            space_uncharge(space, 1);
            return STATUS_NO_MEMORY;
        }
    }
    if (!space_change_rights(space, area, page, page + PAGE_SIZE, ordinary))
        return STATUS_NO_MEMORY;
    fault->stack_limit = page;
    return STATUS_SUCCESS;
}

status_t space_touch_guard(struct address_space *space, struct area *area, vaddr_t page,
                           uint8_t rights, struct page_fault *fault)
{
    assert(mutex_held(&space->lock));
    if (area->is_stack)
        return grow(space, area, page, rights, fault);
    if (!space_change_rights(space, area, page, page + PAGE_SIZE, rights & (uint8_t)~RIGHTS_GUARD))
        return STATUS_NO_MEMORY;
    return STATUS_GUARD_PAGE_VIOLATION;
}
