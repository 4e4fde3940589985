// SPDX-License-Identifier: MIT
// The form of page tables, and what the files that work on them share: paging.c fills and changes
// entries, paging_remove.c takes them out, paging_large.c has pages of 2 MiB, and paging_kernel.c
// builds the kernel's own tables, once.
// Source: Intel SDM vol. 3A, 4.5.

#pragma once

#include <arch/paging.h>

#include <kernel/frames.h>

#define ENTRY_PRESENT  (1ull << 0)
#define ENTRY_WRITE    (1ull << 1)
#define ENTRY_USER     (1ull << 2)
#define ENTRY_UNCACHED (3ull << 3) // PCD and PWT: PAT entry 3, uncacheable
#define ENTRY_ACCESSED (1ull << 5)
#define ENTRY_DIRTY    (1ull << 6)
#define ENTRY_LARGE    (1ull << 7) // in the upper levels
#define ENTRY_PAT      (1ull << 7) // in the lowest: PAT entry 4, made write-combining
#define ENTRY_GLOBAL   (1ull << 8)
#define ENTRY_KEPT     (1ull << 9)  // ours: a program's page that nobody may touch keeps its frame
#define ENTRY_GOING    (1ull << 10) // ours: not present any more, but not given away yet
#define ENTRY_SHARED   (1ull << 11) // ours: PAGING_SHARED
#define ENTRY_NX       (1ull << 63)
#define ENTRY_ADDRESS  0x000FFFFFFFFFF000ull

#define TABLE_ENTRIES 512u
#define TOP_LEVEL     3

static_assert(PAGING_SLOT_USED == (ENTRY_PRESENT | ENTRY_KEPT), "paging.h says it in line");

static inline unsigned index_at(vaddr_t va, int level)
{
    return va >> (PAGE_SHIFT + 9 * level) & (TABLE_ENTRIES - 1);
}

static inline vaddr_t span_of(int level)
{
    return PAGE_SIZE << (9 * level);
}

static inline uint64_t *table_at(paddr_t table)
{
    return direct_map(table);
}

/*
 * What a table of the user half knows of itself stands in its frame, so that it can be freed with
 * its last entry without being searched: in `next` the number of its entries in use, and above that
 * the number of those that are going (paging_remove.c); in `prev` the first of the tables that are
 * kept for taking its large pages apart, one for each (paging_large.c).
 */
#define ONE_USED  1u
#define ONE_GOING 0x10000u

static inline uint32_t *entry_counts(paddr_t table)
{
    return &frame_of_paddr(table)->next;
}

static inline uint32_t used_entries(paddr_t table)
{
    return *entry_counts(table) % ONE_GOING;
}

static inline uint32_t going_entries(paddr_t table)
{
    return *entry_counts(table) / ONE_GOING;
}

static inline bool is_used(uint64_t entry)
{
    return (entry & PAGING_SLOT_USED) != 0;
}

static inline bool is_large(uint64_t entry)
{
    return (entry & (ENTRY_PRESENT | ENTRY_LARGE)) == (ENTRY_PRESENT | ENTRY_LARGE);
}

// The first frame of a large page, whose entry has a bit among those of the address.
static inline paddr_t large_page(uint64_t entry)
{
    return entry & ENTRY_ADDRESS & ~(span_of(1) - 1);
}

// Makes an entry unusable for the processors, but keeps what it says; returns what it was, with
// their last word on it.
static inline uint64_t make_going(uint64_t *entry)
{
    uint64_t old = __atomic_exchange_n(entry, 0, __ATOMIC_RELAXED);

    *entry = (old & ~ENTRY_PRESENT) | ENTRY_GOING;
    return old;
}

// The entry that maps a page of va's at `level`; the tables that lead to it are made, a large page
// in the way is taken apart. NULL: no memory, nothing has changed.
uint64_t *paging_make_entry(paddr_t root, vaddr_t va, int level, uint64_t *tables);

// Frees the empty tables on the way to va, lowest first.
void paging_drop_empty_tables(paddr_t root, vaddr_t va, uint64_t *tables);

/*
 * Turns a large page into a table of small ones with the same frames and rights, all accessed and
 * dirty if it was. Cannot fail: the table has been kept for this. Returns the table.
 */
paddr_t paging_split(paddr_t root, uint64_t *entry, vaddr_t va);

// Takes back the table that was kept for a large page of this table; the page has gone.
void paging_drop_spare(paddr_t table);

// The rights that an entry gives; of a large page, without ENTRY_LARGE.
unsigned paging_rights_of(uint64_t entry);

// The bits of an entry with these rights; va decides what lacking PAGING_USER means.
uint64_t paging_entry_bits(vaddr_t va, unsigned rights);

// The same without regard to that. For faults, paging.c has them in a table, which
// paging_init_rights fills.
uint64_t paging_bits(unsigned rights);
void paging_init_rights(void);
