// SPDX-License-Identifier: MIT
// What the space*.c share. Every function needs the lock of the space.

#pragma once

#include <kernel/space.h>

extern const struct node_allocator space_nodes;

// Charges pages to the machine and to space. Returns false: the limit is reached.
bool space_charge(struct address_space *space, uint64_t pages) MUST_CHECK;

void space_uncharge(struct address_space *space, uint64_t pages);

// Whether a page of a view with these rights has, or may get, a frame of the space's own.
static inline bool is_charged(uint8_t rights)
{
    return (rights & (RIGHTS_COPY | RIGHTS_OWNED)) != 0;
}

// The pages of start..end, part of area, that are charged to the space.
uint64_t space_charged_pages(struct area *area, vaddr_t start, vaddr_t end);

// The page of area's object that stands at address.
static inline uint64_t object_page(const struct area *area, vaddr_t address)
{
    return area->first_page + ((address - area->start) >> PAGE_SHIFT);
}

// The MMU's rights for an entry of a page of area with these rights that has not just been written;
// without PAGING_USER the page keeps its frame, but every touch faults.
unsigned space_paging_rights(const struct area *area, uint8_t rights);

// Changes the rights of committed pages, in the area and in the entries that exist. Returns false:
// no memory, nothing changed.
bool space_change_rights(struct address_space *space, struct area *area, vaddr_t start, vaddr_t end,
                         uint8_t rights) MUST_CHECK;

// Works out what a request for rights means to pages start..end of area: those of its object, and
// the space's own copies. Fails as space_protect does.
struct view_rights {
    uint8_t shared;
    uint8_t owned;
};
status_t space_fit_rights(const struct area *area, vaddr_t start, vaddr_t end, uint8_t rights,
                          struct view_rights *out) MUST_CHECK;

// Gives the committed pages start..end of area new rights, and charges what that takes. Fails as
// space_protect does; nothing has changed.
status_t space_apply_rights(struct address_space *space, struct area *area, vaddr_t start,
                            vaddr_t end, const struct view_rights *rights) MUST_CHECK;

// Commits those pages of start..end, part of a view, that the view's object has had committed since
// the view saw it last. Fails: STATUS_NO_MEMORY, STATUS_COMMITMENT_LIMIT.
status_t space_update_view(struct address_space *space, struct area *area, vaddr_t start,
                           vaddr_t end) MUST_CHECK;

// Takes away the entries of start..end, part of area, and the frames that belong to the space.
void space_unmap_pages(struct address_space *space, const struct area *area, vaddr_t start,
                       vaddr_t end);

// Unmaps and uncharges all of an area, puts its object and removes it.
void space_remove_area(struct address_space *space, struct area *area);

// Empties an area, which stays as a placeholder.
void space_make_placeholder(struct address_space *space, struct area *area);

// The private area that holds start..*end, for space_release and its kin, which fail as it does.
// *end == start: the whole area; *end becomes its end.
status_t space_find_private(struct address_space *space, vaddr_t start, vaddr_t *end,
                            struct area **out) MUST_CHECK;

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

// space_fault with the lock held; stack_limit is the caller's to clear.
status_t space_fault_locked(struct address_space *space, struct page_fault *fault) MUST_CHECK;

// Counts pages that have got frames of their own.
static inline void space_count_own_pages(struct address_space *space, uint64_t count)
{
    space->resident_pages += count;
    if (space->resident_pages > space->peak_resident_pages)
        space->peak_resident_pages = space->resident_pages;
}

/*
 * Maps 2 MiB of zeroes at page, the first page of a private area's run that was touched there, if
 * that is a good place for it. false: it is not, or there is no memory.
 */
bool space_map_large(struct address_space *space, const struct area *area,
                     const struct page_run *run, vaddr_t page, unsigned paging_rights) MUST_CHECK;
