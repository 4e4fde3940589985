// SPDX-License-Identifier: MIT
// The form of page tables, for the two files that build them: paging.c for everyone, at run time,
// and paging_kernel.c for the kernel, once.
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

// The bits of an entry with these rights. For faults, paging.c has them in a table, which
// paging_init_rights fills.
uint64_t paging_bits(unsigned rights);
void paging_init_rights(void);
