// SPDX-License-Identifier: MIT
/*
 * Questions about an address space (space.h): what stands where, which pages have frames, which
 * were written.
 */

#include <arch/paging.h>

#include <kernel/memory_object.h>
#include <kernel/panic.h>
#include <kernel/status.h>

#include "space_private.h"

// Where the pages that look like run's to a program end.
static vaddr_t end_of_likes(const struct page_run *run)
{
    const struct page_run *next = area_run_next(run);

    while (next != NULL && next->state == run->state &&
           ((next->rights ^ run->rights) & ~RIGHTS_OWNED) == 0) {
        run = next;
        next = area_run_next(run);
    }
    return run->end;
}

static void describe(struct area *area, vaddr_t page, struct space_region *out)
{
    const struct page_run *run = area_run_at(area, page);

    *out = (struct space_region){ .start = page,
                                  .end = end_of_likes(run),
                                  .area_start = area->start,
                                  .kind = area->kind,
                                  .first_rights = area->first_rights,
                                  .state = run->state,
                                  .rights = run->rights & (uint8_t)~RIGHTS_OWNED,
                                  .is_placeholder = area->is_placeholder };
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
        // Without memory for that, the answer is as old as the view's last fault.
        status_t lost = space_update_view(space, area, page, area->end);
        (void)lost;
        describe(area, page, out);
    }
    mutex_unlock(&space->lock);
}

bool space_find_view(struct address_space *space, vaddr_t address, struct space_view *out)
{
    mutex_lock(&space->lock);
    struct area *area = area_find(&space->areas, address);
    if (area != NULL) {
        *out = (struct space_view){ .area_start = area->start,
                                    .area_end = area->end,
                                    .kind = area->kind,
                                    .first_rights = area->first_rights,
                                    .is_placeholder = area->is_placeholder,
                                    .object = area->kind == AREA_PRIVATE ? NULL : area->object };
        out->committed_bytes = area_committed_bytes(area, area->start, area->end);
        if (out->object != NULL)
            memory_object_get(out->object);
    }
    mutex_unlock(&space->lock);
    return area != NULL;
}

size_t space_list_resident(struct address_space *space, vaddr_t start, vaddr_t end,
                           struct space_page *pages, size_t room)
{
    struct paging_entry entry;
    size_t count = 0;

    // By the page tables and not by areas, which may be huge, or many, without a page.
    mutex_lock(&space->lock);
    for (vaddr_t page = start; count < room && paging_find(space->root, &page, end, &entry);
         page += PAGE_SIZE) {
        struct area *area = area_find(&space->areas, page);
        assert(area != NULL);
        pages[count++] = (struct space_page){
            .address = page,
            .rights = area_run_at(area, page)->rights & (uint8_t)~RIGHTS_OWNED,
            .is_shared = (entry.rights & PAGING_SHARED) != 0,
        };
    }
    mutex_unlock(&space->lock);
    return count;
}

status_t space_take_written(struct address_space *space, vaddr_t start, vaddr_t end, bool clear,
                            vaddr_t *pages, size_t room, size_t *count, vaddr_t *next)
{
    status_t status = STATUS_INVALID_PARAMETER;

    *count = 0;
    *next = start;
    mutex_lock(&space->lock);
    struct area *area = area_find(&space->areas, start);
    if (area != NULL && area->is_watched && start < end && end <= area->end) {
        status = STATUS_SUCCESS;
        *next = paging_take_dirty(space->root, start, end, pages, room, count, clear);
    }
    mutex_unlock(&space->lock);
    return status;
}
