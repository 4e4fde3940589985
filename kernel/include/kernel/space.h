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
 * An area is private memory, or a view of a memory object (memory_object.h). The frames of private
 * memory belong to the space; those of a view belong to the object, and their entries say
 * PAGING_SHARED. The first write to a page with RIGHTS_COPY makes a copy that belongs to the space;
 * from then on the page has RIGHTS_OWNED instead, and stays a copy whatever its rights become.
 *
 * Commitment (commit.h) is charged for every committed page that would get a frame of its own:
 * private ones, and those of views that are or may become copies.
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
    bool is_busy;                  // atomic: threads meet at the lock; a hint for faults
    struct area_tree areas;        // [lock]
    paddr_t root;                  // immutable: physical address of the top-level page table
    uint64_t table_frames;         // [lock] page-table frames
    uint64_t resident_pages;       // [lock] pages that have a frame of their own
    uint64_t peak_resident_pages;  // [lock]
    uint64_t shared_pages;         // [lock] pages that have the frame of a memory object
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
    vaddr_t lowest;     // lowest start allowed when address is 0
    vaddr_t highest;    // last byte allowed, 0: USER_HIGHEST
    bool top_down;
    bool commit;               // commit everything at once
    bool is_fixed;             // a program may neither protect nor release it
    bool is_placeholder;       // only to be replaced; not with commit or object
    bool replaces_placeholder; // address and size are those of a placeholder, whose place it takes
    bool is_watched;           // space_find_written will ask for the written pages
    uint8_t rights;            // of committed pages
    uint8_t first_rights;      // what space_query shows as such; 0: rights
    uint8_t kind;              // enum area_kind
    // A view: pages from first_page on, as far as they are committed. The area takes a reference.
    struct memory_object *object;
    uint64_t first_page;
    uint8_t limit; // rights that space_protect may give; RIGHTS_COPY is free to those who may read
};

/*
 * Reserves a range. *address receives where.
 * Fails    STATUS_CONFLICTING_ADDRESSES: address given and not free, or not exactly a placeholder
 *          STATUS_INVALID_PARAMETER: size 0, or outside the user's range
 *          STATUS_INVALID_PAGE_PROTECTION: RIGHTS_COPY for private memory
 *          STATUS_NO_MEMORY: no gap is wide enough, or no memory for the bookkeeping
 *          STATUS_COMMITMENT_LIMIT: commit asked for more than the machine has
 */
status_t space_reserve(struct address_space *space, const struct space_reservation *what,
                       vaddr_t *address) MUST_CHECK;

/*
 * Commits start..end, which must lie in one private area, or one view of a memory object that was
 * made reserved; pages already committed keep their contents and get the new rights.
 * Fails    STATUS_CONFLICTING_ADDRESSES: not all in one area, or a placeholder
 *          STATUS_ALREADY_COMMITTED: a view that is committed as it is
 *          STATUS_INVALID_PAGE_PROTECTION: RIGHTS_COPY for private memory
 *          STATUS_SECTION_PROTECTION: the view's limit does not allow the rights
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
 *          STATUS_CONFLICTING_ADDRESSES: a placeholder has nothing to decommit
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
 *          STATUS_INVALID_PAGE_PROTECTION: the area is_fixed, or RIGHTS_COPY for private memory
 *          STATUS_SECTION_PROTECTION: the view's limit does not allow it
 *          STATUS_COMMITMENT_LIMIT: no room for the copies that could be made; nothing has changed
 *          STATUS_NO_MEMORY: nothing has changed
 */
status_t space_protect(struct address_space *space, vaddr_t start, vaddr_t end, uint8_t rights,
                       uint8_t *old_rights) MUST_CHECK;

/*
 * Turns start..end (chosen as space_release does) of a placeholder or of private memory into a
 * placeholder of its own. What is left of the area at either side stays what it was.
 * Fails    STATUS_MEMORY_NOT_ALLOCATED, STATUS_UNABLE_TO_FREE_VM, STATUS_UNABLE_TO_DELETE_SECTION:
 *          as space_release
 *          STATUS_NO_MEMORY: nothing has changed
 */
status_t space_split_placeholder(struct address_space *space, vaddr_t start, vaddr_t end,
                                 vaddr_t *range_start, vaddr_t *range_end) MUST_CHECK;

// Makes one placeholder of those that fill start..end exactly. STATUS_CONFLICTING_ADDRESSES: they
// do not.
status_t space_join_placeholders(struct address_space *space, vaddr_t start,
                                 vaddr_t end) MUST_CHECK;

// Releases the whole view that contains address; keep_placeholder: a placeholder takes its place.
// STATUS_NOT_MAPPED_VIEW: there is none. STATUS_NO_MEMORY.
status_t space_unmap(struct address_space *space, vaddr_t address,
                     bool keep_placeholder) MUST_CHECK;

struct space_region {
    vaddr_t start; // the page that was asked about
    vaddr_t end;   // where state or rights change, or the area ends
    bool is_free;
    vaddr_t area_start; // valid unless is_free, as are all below
    uint8_t kind;
    uint8_t first_rights;
    uint8_t state;
    uint8_t rights;
    bool is_placeholder;
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

/*
 * Copies size bytes from or to a space that need not be the running one, as its own threads could:
 * a page that they could not touch, or a guard page, ends the copy with the status of that fault.
 * *done: bytes copied up to there.
 */
status_t space_read(struct address_space *space, vaddr_t address, void *to, size_t size,
                    size_t *done) MUST_CHECK;
status_t space_write(struct address_space *space, vaddr_t address, const void *from, size_t size,
                     size_t *done) MUST_CHECK;

// Gives each page of start..end its frame, as reading it would. Fails as space_read.
status_t space_touch(struct address_space *space, vaddr_t start, vaddr_t end) MUST_CHECK;

/*
 * Takes the frames of private pages in start..end back; they stay committed, and read as zeroes
 * when they are touched next. For memory whose contents are zeroes anyhow, or not wanted any more.
 */
void space_discard(struct address_space *space, vaddr_t start, vaddr_t end);

// What stands at an address.
struct space_view {
    vaddr_t area_start;
    vaddr_t area_end;
    uint8_t kind;
    uint8_t first_rights;
    bool is_placeholder;
    uint64_t committed_bytes;
    struct memory_object *object; // of a view, a reference for the caller; else NULL
};

// Returns false: nothing.
bool space_find_view(struct address_space *space, vaddr_t address,
                     struct space_view *out) MUST_CHECK;

// A page that has a frame.
struct space_page {
    vaddr_t address;
    uint8_t rights;
    bool is_shared; // the frame of a memory object
};

// Lists such pages of start..end in ascending order, at most room. Returns how many.
size_t space_list_resident(struct address_space *space, vaddr_t start, vaddr_t end,
                           struct space_page *pages, size_t room);

/*
 * Lists the pages of start..end, which lie in one area that is_watched, that were written since
 * they were committed, or since a call that said `clear` listed them. At most room; *next receives
 * where the search ended: end, or a page that is not yet decided. *count: how many.
 * Fails    STATUS_INVALID_PARAMETER: not all in one such area
 */
status_t space_take_written(struct address_space *space, vaddr_t start, vaddr_t end, bool clear,
                            vaddr_t *pages, size_t room, size_t *count, vaddr_t *next) MUST_CHECK;
