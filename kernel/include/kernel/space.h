// SPDX-License-Identifier: MIT
/*
 * Address spaces of programs: areas (area_tree.h), the page tables that follow them lazily, and the
 * faults that fill them. The functions are NT's memory services without NT's encodings: ranges have
 * been rounded to pages by the caller.
 *
 * A committed page gets its frame when it is first touched; a page table exists as long as it has
 * an entry. What a page may do follows from its run, so a change of rights only has to change the
 * entries that exist. A page that may not be touched now (no access, or guard) but has a frame
 * keeps it, with its contents, in an entry without PAGING_USER.
 *
 * Commitment (commit.h) is charged for every committed page that would get a frame of its own.
 *
 * Locks    each function takes space->lock itself
 * Context  thread; may sleep (on space->lock)
 */

#pragma once

#include <kernel/area_tree.h>
#include <kernel/mutex.h>
#include <kernel/types.h>

// Where reservations may start: at multiples of this, as on NT.
#define ALLOCATION_GRANULARITY (64 * KIB)

struct address_space {
    struct mutex lock;
    struct area_tree areas;        // [lock]
    paddr_t root;                  // immutable: physical address of the top-level page table
    uint64_t table_frames;         // [lock] page-table frames
    uint64_t resident_pages;       // [lock] pages that have a frame
    uint64_t peak_resident_pages;  // [lock]
    uint64_t committed_pages;      // [lock]
    uint64_t peak_committed_pages; // [lock]
    uint64_t fault_count;          // [lock]
};

struct page_fault {
    vaddr_t address;
    bool is_write;
    bool is_execute;
    vaddr_t stack_limit; // out: 0, or the new lowest usable byte of the stack that the fault was in
};

/*
 * Answers the faults of one kind of area. fill gives the contents of one page that has no frame
 * yet; it is called with space->lock held.
 */
struct area_backend {
    const char *name;
    // Writes the contents of the page at address to all of page, a fresh frame. NULL: zeroes.
    // Fails: STATUS_IN_PAGE_ERROR.
    status_t (*fill)(struct area *area, vaddr_t address, void *page);
    // The frame behind address, which the backend keeps and other spaces may share: it is mapped
    // with the page's rights (but never to be written), not charged, not counted as resident, and
    // not freed with the space. Given: fill is not used.
    paddr_t (*shared_frame)(struct area *area, vaddr_t address);
    // A program may neither protect, decommit nor release such an area.
    bool is_fixed;
    // The area is going away; backend_data may be freed. May be NULL.
    void (*release)(struct area *area);
    // area was split: copy's backend_data still equals area's. May be NULL.
    void (*split)(struct area *area, struct area *copy);
};

// Makes an empty address space. STATUS_NO_MEMORY.
status_t space_create(struct address_space **out) MUST_CHECK;

// Gives back every frame, table and node. No thread may be using the space, and no processor may
// have it loaded (space_switch).
void space_destroy(struct address_space *space);

// Makes space the one that user addresses mean on this processor; NULL: none.
void space_switch(struct address_space *space);

struct space_reservation {
    vaddr_t address;    // 0: anywhere; else a multiple of PAGE_SIZE
    uint64_t size;      // bytes, multiple of PAGE_SIZE
    uint64_t alignment; // of the start when address is 0; power of two, 0: 64 KiB, the least
    vaddr_t highest;    // last byte allowed, 0: USER_HIGHEST
    bool top_down;
    bool commit;                        // commit everything at once
    uint8_t rights;                     // of committed pages, and the area's first_rights
    uint8_t kind;                       // enum area_kind
    const struct area_backend *backend; // NULL: demand-zero
    void *backend_data;
};

/*
 * Reserves a range. *address receives where. After a failure backend_data is still the caller's.
 * Fails    STATUS_CONFLICTING_ADDRESSES: address given and not free
 *          STATUS_INVALID_PARAMETER: size 0, or outside the user's range
 *          STATUS_NO_MEMORY: no gap is wide enough, or no memory for the bookkeeping
 *          STATUS_COMMITMENT_LIMIT: commit asked for more than the machine has
 */
status_t space_reserve(struct address_space *space, const struct space_reservation *what,
                       vaddr_t *address) MUST_CHECK;

/*
 * Commits start..end, which must lie in one private area; pages already committed keep their
 * contents and get the new rights.
 * Fails    STATUS_CONFLICTING_ADDRESSES: not all in one area, or not a private one
 *          STATUS_NO_MEMORY, STATUS_COMMITMENT_LIMIT: nothing has changed
 */
status_t space_commit(struct address_space *space, vaddr_t start, vaddr_t end,
                      uint8_t rights) MUST_CHECK;

/*
 * Takes the frames of start..end away; the range stays reserved. start == end: the whole area that
 * begins at start. *range_start, *range_end receive what was meant.
 * Fails    STATUS_MEMORY_NOT_ALLOCATED: nothing is reserved there
 *          STATUS_UNABLE_TO_FREE_VM: the range leaves the area
 *          STATUS_FREE_VM_NOT_AT_BASE: start == end, and not the area's start
 *          STATUS_UNABLE_TO_DELETE_SECTION: the area is not a private one
 *          STATUS_NO_MEMORY: no node for a split; nothing has changed
 */
status_t space_decommit(struct address_space *space, vaddr_t start, vaddr_t end,
                        vaddr_t *range_start, vaddr_t *range_end) MUST_CHECK;

// Releases start..end of a private area, or with start == end the whole area that begins there.
// Fails as space_decommit does; is_fixed: STATUS_UNABLE_TO_FREE_VM, as there.
status_t space_release(struct address_space *space, vaddr_t start, vaddr_t end,
                       vaddr_t *range_start, vaddr_t *range_end) MUST_CHECK;

/*
 * Gives the committed pages start..end new rights; *old_rights receives the first page's.
 * Fails    STATUS_CONFLICTING_ADDRESSES: not all in one area
 *          STATUS_NOT_COMMITTED: a page is not committed
 *          STATUS_INVALID_PAGE_PROTECTION: the area is_fixed
 *          STATUS_NO_MEMORY: nothing has changed
 */
status_t space_protect(struct address_space *space, vaddr_t start, vaddr_t end, uint8_t rights,
                       uint8_t *old_rights) MUST_CHECK;

// Releases the whole mapped or image area that contains address. STATUS_NOT_MAPPED_VIEW: none does.
status_t space_unmap(struct address_space *space, vaddr_t address) MUST_CHECK;

struct space_region {
    vaddr_t start; // the page that was asked about
    vaddr_t end;   // where state or rights change, or the area ends
    bool is_free;
    vaddr_t area_start; // valid unless is_free, as are all below
    uint8_t kind;
    uint8_t first_rights;
    uint8_t state;
    uint8_t rights;
};

// Describes the pages from address (any below USER_END) on.
void space_query(struct address_space *space, vaddr_t address, struct space_region *out);

/*
 * Reserves a stack: size bytes (rounded up to 64 KiB) whose topmost commit_size bytes are
 * committed, as far as there is room, a guard page below them. When the guard page is touched, it
 * becomes an ordinary page and the guard moves down. The lowest page of the reserve is never given
 * out, and the STACK_HANDLER_PAGES above it only with STATUS_STACK_OVERFLOW, for whoever handles
 * that; so does a stack end that cannot grow because nothing is left to commit.
 * Fails    as space_reserve
 * Source   learn.microsoft.com "Thread Stack Size", "SetThreadStackGuarantee" (two pages)
 */
#define STACK_HANDLER_PAGES 2u
status_t space_reserve_stack(struct address_space *space, uint64_t size, uint64_t commit_size,
                             vaddr_t *start) MUST_CHECK;

/*
 * Tries to make an access possible.
 * Returns  STATUS_SUCCESS: try again
 *          STATUS_ACCESS_VIOLATION: nothing there, or no such right
 *          STATUS_GUARD_PAGE_VIOLATION: it was a guard page; now it is an ordinary one
 *          STATUS_STACK_OVERFLOW: the stack's reserve is used up, or it cannot grow
 *          STATUS_NO_MEMORY: no frame. STATUS_IN_PAGE_ERROR: the backend failed
 */
status_t space_fault(struct address_space *space, struct page_fault *fault) MUST_CHECK;
