// SPDX-License-Identifier: MIT
/*
 * What the memory manager needs of the MMU: page tables as a map from pages to frames and rights.
 * Tables are made when an entry needs them and freed with their last entry.
 *
 * Every processor caches translations. A function that takes something away (an entry, a right, the
 * frame behind a page) returns when no processor has it cached any more (arch/tlb.h). What only
 * gives is not told to the others: they fault once more, and space_fault finds nothing left to do.
 *
 * Locks    the caller keeps two changes of the same tables apart
 * Source   Intel SDM vol. 3A, 4.5 (4-level paging), 4.10 (TLB)
 */

#pragma once

#include <kernel/types.h>

// Rights as the MMU has them. Readable is implied; no entry is writable and executable at once
// unless the program asked for just that. A user address mapped without PAGING_USER keeps its page,
// but every access faults, the kernel's included.
enum paging_rights {
    PAGING_WRITE = 1 << 0,
    PAGING_EXECUTE = 1 << 1,
    PAGING_USER = 1 << 2,
    PAGING_UNCACHED = 1 << 3,
    PAGING_WRITE_COMBINE = 1 << 4,
    PAGING_GLOBAL = 1 << 5,
    PAGING_SHARED = 1 << 6, // no right but a note: the page is not the address space's own
    PAGING_RIGHTS_END = 1 << 7,
};

// The top-level table of the kernel alone.
extern paddr_t paging_kernel_root;

// Makes a top-level table whose kernel half is the kernel's. Returns 0: no memory.
paddr_t paging_create_root(void) MUST_CHECK;

// Frees a top-level table whose user half is empty. Processors that still have it loaded for want
// of another leave it.
void paging_destroy_root(paddr_t root);

// Makes root this processor's (0: the kernel's). Does nothing if it is already.
void paging_switch_root(paddr_t root);

// This processor keeps its root only for want of a better one: nobody here uses user addresses
// until the next paging_switch_root.
void paging_idle_root(void);

/*
 * Maps one 4 KiB page. An entry that exists already is replaced.
 * tables   is increased by the number of table frames that were made
 * Returns  false: no memory for a table; nothing has changed
 */
bool paging_map(paddr_t root, vaddr_t va, paddr_t page, unsigned rights,
                uint64_t *tables) MUST_CHECK;

/*
 * Maps a page of 2 MiB for a program. The other functions see it as 512 pages, and take it apart
 * when only some of them are meant; that cannot fail.
 * va, page  multiples of 2 MiB; the frames have one owner each (frames_split)
 * rights    with PAGING_USER, without PAGING_WRITE_COMBINE
 * tables    is increased as by paging_map, and by one table that is kept for taking the page apart
 * Returns   false: an entry exists in that range, or no memory; nothing has changed
 */
bool paging_map_large(paddr_t root, vaddr_t va, paddr_t page, unsigned rights,
                      uint64_t *tables) MUST_CHECK;

// The place in the tables where the entry of one page stands: found once, then looked at and
// filled, which is what a page fault does.
struct paging_slot {
    uint64_t entry; // paging.c's; 0 means: nothing
};
#define PAGING_SLOT_USED 0x201ull // present, or kept without being accessible

// The slot of va, or NULL if there are no tables that lead to it (paging_map makes them) or it lies
// in a large page (paging_lookup finds it).
struct paging_slot *paging_find_slot(paddr_t root, vaddr_t va);
static inline bool paging_slot_is_used(const struct paging_slot *slot)
{
    return (slot->entry & PAGING_SLOT_USED) != 0;
}
void paging_fill_slot(paddr_t root, struct paging_slot *slot, vaddr_t va, paddr_t page,
                      unsigned rights);

struct paging_entry {
    paddr_t page;
    unsigned rights;
    bool is_dirty;
    bool is_accessed;
};

// What is mapped at va; false: nothing.
bool paging_lookup(paddr_t root, vaddr_t va, struct paging_entry *out);

// Finds the first page from *va on, below end, that is mapped; *va becomes it. false: none. Skips
// what is not mapped a table at a time. Both are in the user's half and multiples of PAGE_SIZE.
bool paging_find(paddr_t root, vaddr_t *va, vaddr_t end, struct paging_entry *out);

/*
 * Removes the entries of start..end, calling release for each (NULL: nothing to do), and frees the
 * tables that become empty. Skips what is not mapped a table at a time, so its cost follows what
 * is there. All processors' translations are gone, in one round for the whole range, before the
 * first release is called. is_dirty is final then.
 * tables   is decreased by the number of table frames that were freed
 */
void paging_unmap(paddr_t root, vaddr_t start, vaddr_t end,
                  void (*release)(void *context, vaddr_t va, const struct paging_entry *entry),
                  void *context, uint64_t *tables);

// Gives the entries that exist in start..end new rights; PAGING_SHARED stays as it is.
void paging_protect(paddr_t root, vaddr_t start, vaddr_t end, unsigned rights);

/*
 * Lists the pages of start..end that were written since they were mapped, or taken by the last call
 * that said `clear`, which makes them count as not written. At most room, 1 or more; *count: how
 * many. Skips what is not mapped a table at a time.
 * Returns  where it ended: end, or a page that was not looked at
 */
vaddr_t paging_take_dirty(paddr_t root, vaddr_t start, vaddr_t end, vaddr_t *pages, size_t room,
                          size_t *count, bool clear);

// Notes that the page at va, which is mapped, was written by other ways than through its mapping.
void paging_mark_dirty(paddr_t root, vaddr_t va);
