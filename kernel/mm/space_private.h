// SPDX-License-Identifier: MIT
// What space.c, space_range.c, space_fault.c and space_stack.c share. Every function needs the lock
// of the space.

#pragma once

#include <kernel/space.h>

extern const struct node_allocator space_nodes;

// Charges pages to the machine and to space. Returns false: the limit is reached.
bool space_charge(struct address_space *space, uint64_t pages) MUST_CHECK;

void space_uncharge(struct address_space *space, uint64_t pages);

// Whether the backend lends the frames of area, which are then neither charged nor freed.
static inline bool area_is_shared(const struct area *area)
{
    return area->backend != NULL && area->backend->shared_frame != NULL;
}

// The pages of start..end, part of area, that are charged.
static inline uint64_t charged_pages(struct area *area, vaddr_t start, vaddr_t end)
{
    return area_is_shared(area) ? 0 : area_committed_bytes(area, start, end) >> PAGE_SHIFT;
}

// The MMU's rights for a page of area with these rights; without PAGING_USER the page keeps its
// frame, but every touch faults.
unsigned space_paging_rights(const struct area *area, uint8_t rights);

// Changes the rights of committed pages, in the area and in the entries that exist. Returns false:
// no memory, nothing changed.
bool space_change_rights(struct address_space *space, struct area *area, vaddr_t start, vaddr_t end,
                         uint8_t rights) MUST_CHECK;

// Takes away the entries of start..end, part of area, and the frames that belong to the space.
void space_unmap_pages(struct address_space *space, const struct area *area, vaddr_t start,
                       vaddr_t end);

// Unmaps and uncharges all of an area, tells its backend and removes it.
void space_remove_area(struct address_space *space, struct area *area);

// space_reserve with the lock held.
status_t space_reserve_locked(struct address_space *space, const struct space_reservation *what,
                              struct area **out) MUST_CHECK;

/*
 * A guard page of area was touched; page has the rights `rights`.
 * Returns STATUS_SUCCESS: a stack has grown, and page is an ordinary page of it now. Else as
 * space_fault.
 */
status_t space_touch_guard(struct address_space *space, struct area *area, vaddr_t page,
                           uint8_t rights, struct page_fault *fault) MUST_CHECK;
