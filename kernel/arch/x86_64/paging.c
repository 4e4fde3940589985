// SPDX-License-Identifier: MIT
/*
 * Page tables, four levels of 512 entries. The kernel half of every top-level table is the same:
 * its entries are made once, so that a new kernel mapping is seen by all.
 *
 * Source: Intel SDM vol. 3A, 4.5.
 */

#include <arch/paging.h>
#include <arch/tlb.h>

#include <kernel/panic.h>
#include <kernel/string.h>

#include "arch_private.h"
#include "paging_private.h"

uint64_t paging_bits(unsigned rights)
{
    uint64_t bits = ENTRY_PRESENT;
    if (rights & PAGING_WRITE)
        bits |= ENTRY_WRITE;
    if (!(rights & PAGING_EXECUTE))
        bits |= ENTRY_NX;
    if (rights & PAGING_USER)
        bits |= ENTRY_USER;
    if (rights & PAGING_GLOBAL)
        bits |= ENTRY_GLOBAL;
    if (rights & PAGING_SHARED)
        bits |= ENTRY_SHARED;
    if (rights & PAGING_UNCACHED)
        bits |= ENTRY_UNCACHED;
    else if (rights & PAGING_WRITE_COMBINE)
        bits |= ENTRY_PAT;
    return bits;
}

// paging_bits of every combination of rights, so that a fault need not work it out.
static uint64_t bits_of_rights[PAGING_RIGHTS_END];

void paging_init_rights(void)
{
    for (unsigned rights = 0; rights < PAGING_RIGHTS_END; rights++)
        bits_of_rights[rights] = paging_bits(rights);
}

// A program's page without PAGING_USER may not even be touched by the kernel's copy functions.
uint64_t paging_entry_bits(vaddr_t va, unsigned rights)
{
    if (unlikely(va < USER_END && !(rights & PAGING_USER)))
        return ENTRY_KEPT | (rights & PAGING_SHARED ? ENTRY_SHARED : 0);
    return bits_of_rights[rights];
}

unsigned paging_rights_of(uint64_t entry)
{
    unsigned rights = entry & ENTRY_SHARED ? PAGING_SHARED : 0;
    if (entry & ENTRY_KEPT)
        return rights;
    if (entry & ENTRY_WRITE)
        rights |= PAGING_WRITE;
    if (!(entry & ENTRY_NX))
        rights |= PAGING_EXECUTE;
    if (entry & ENTRY_USER)
        rights |= PAGING_USER;
    if (entry & ENTRY_GLOBAL)
        rights |= PAGING_GLOBAL;
    if ((entry & ENTRY_UNCACHED) == ENTRY_UNCACHED)
        rights |= PAGING_UNCACHED;
    else if (entry & ENTRY_PAT)
        rights |= PAGING_WRITE_COMBINE;
    return rights;
}

// Whether a processor that has the old entry cached could do what the other does not allow.
static bool takes_away(uint64_t old, uint64_t fresh)
{
    const uint64_t same = ENTRY_ADDRESS | ENTRY_UNCACHED | ENTRY_PAT;
    const uint64_t gives = ENTRY_PRESENT | ENTRY_WRITE | ENTRY_USER;

    if (!(old & ENTRY_PRESENT))
        return false;
    return (old & ~fresh & gives) || (~old & fresh & ENTRY_NX) || ((old ^ fresh) & same);
}

// Makes a table for entry `index` of `parent`. Returns its address, or 0: no memory.
static paddr_t add_table(paddr_t parent, unsigned index, bool for_user)
{
    struct frame *frame = frame_alloc_zeroed(FRAME_TAG_TABLE);
    if (!frame)
        return 0;
    frame->next = frame->prev = 0;
    paddr_t table = frame_paddr(frame);
    table_at(parent)[index] = table | ENTRY_PRESENT | ENTRY_WRITE | (for_user ? ENTRY_USER : 0);
    *entry_counts(parent) += ONE_USED;
    return table;
}

void paging_drop_empty_tables(paddr_t root, vaddr_t va, uint64_t *tables)
{
    paddr_t path[TOP_LEVEL + 1] = { [TOP_LEVEL] = root };
    int level = TOP_LEVEL;
    for (; level > 0; level--) {
        uint64_t entry = table_at(path[level])[index_at(va, level)];
        if (!(entry & ENTRY_PRESENT) || (entry & ENTRY_LARGE))
            break;
        path[level - 1] = entry & ENTRY_ADDRESS;
    }
    for (; level < TOP_LEVEL && used_entries(path[level]) == 0; level++) {
        table_at(path[level + 1])[index_at(va, level + 1)] = 0;
        *entry_counts(path[level + 1]) -= ONE_USED;
        frames_free(frame_of_paddr(path[level]));
        --*tables;
    }
}

struct paging_slot *paging_find_slot(paddr_t root, vaddr_t va)
{
    paddr_t table = root;
    for (int level = TOP_LEVEL; level > 0; level--) {
        uint64_t entry = table_at(table)[index_at(va, level)];
        if (unlikely((entry & (ENTRY_PRESENT | ENTRY_LARGE)) != ENTRY_PRESENT))
            return NULL;
        table = entry & ENTRY_ADDRESS;
    }
    return (struct paging_slot *)&table_at(table)[index_at(va, 0)];
}

// Puts another entry in the place of one that may be in use.
static NOINLINE void replace_entry(paddr_t root, uint64_t *entry, vaddr_t va, uint64_t fresh)
{
    uint64_t old = __atomic_exchange_n(entry, fresh, __ATOMIC_RELAXED);
    struct tlb_batch batch;

    // The same page may stay in other processors' caches, and paging_unmap has to know that.
    if (((old ^ fresh) & ENTRY_ADDRESS) == 0)
        __atomic_fetch_or(entry, old & (ENTRY_ACCESSED | ENTRY_DIRTY), __ATOMIC_RELAXED);
    tlb_flush_page_here(va);
    if (!takes_away(old, fresh))
        return;
    tlb_batch_init(&batch, root);
    tlb_batch_add(&batch, va);
    tlb_flush(&batch);
}

void paging_fill_slot(paddr_t root, struct paging_slot *slot, vaddr_t va, paddr_t page,
                      unsigned rights)
{
    uint64_t old = slot->entry;
    uint64_t fresh = page | paging_entry_bits(va, rights);

    if (unlikely(old & ENTRY_PRESENT)) {
        replace_entry(root, &slot->entry, va, fresh);
        return;
    }
    slot->entry = fresh;
    if (likely(!is_used(old)))
        frame_of_address(slot)->next += ONE_USED;
}

uint64_t *paging_make_entry(paddr_t root, vaddr_t va, int level, uint64_t *tables)
{
    paddr_t table = root;
    for (int at = TOP_LEVEL; at > level; at--) {
        uint64_t *entry = &table_at(table)[index_at(va, at)];
        if (unlikely(is_large(*entry))) {
            table = paging_split(root, entry, va);
            continue;
        }
        if (*entry & ENTRY_PRESENT) {
            table = *entry & ENTRY_ADDRESS;
            continue;
        }
        table = add_table(table, index_at(va, at), va < USER_END);
        if (!table) {
            if (va < USER_END) // the kernel's tables stay
                paging_drop_empty_tables(root, va, tables);
            return NULL;
        }
        ++*tables;
    }
    return &table_at(table)[index_at(va, level)];
}

bool paging_map(paddr_t root, vaddr_t va, paddr_t page, unsigned rights, uint64_t *tables)
{
    uint64_t *entry = paging_make_entry(root, va, 0, tables);
    if (!entry)
        return false;
    paging_fill_slot(root, (struct paging_slot *)entry, va, page, rights);
    return true;
}

// The entry that maps va, at *level (1: a large page of a program), or NULL. *skip receives how far
// the next entry is away.
static uint64_t *find_entry(paddr_t root, vaddr_t va, int *level, vaddr_t *skip)
{
    paddr_t table = root;
    for (*level = TOP_LEVEL; *level > 0; --*level) {
        uint64_t *entry = &table_at(table)[index_at(va, *level)];
        if (!(*entry & ENTRY_PRESENT) || (*entry & ENTRY_LARGE)) {
            *skip = span_of(*level) - (va & (span_of(*level) - 1));
            return is_large(*entry) && va < USER_END ? entry : NULL;
        }
        table = *entry & ENTRY_ADDRESS;
    }
    *skip = PAGE_SIZE;
    return &table_at(table)[index_at(va, 0)];
}

bool paging_lookup(paddr_t root, vaddr_t va, struct paging_entry *out)
{
    vaddr_t skip;
    int level;
    const uint64_t *found = find_entry(root, va, &level, &skip);
    if (!found || !is_used(*found))
        return false;
    uint64_t entry = *found;
    *out = (struct paging_entry){
        .page = level ? large_page(entry) + (va & (span_of(1) - 1) & ~PAGE_MASK)
                      : entry & ENTRY_ADDRESS,
        .rights = paging_rights_of(level ? entry & ~ENTRY_LARGE : entry),
        .is_dirty = entry & ENTRY_DIRTY,
        .is_accessed = entry & ENTRY_ACCESSED,
    };
    return true;
}

// The same for a change of the pages from va to end. A large page that reaches out of them is taken
// apart first, or any with must_split.
static uint64_t *find_entry_within(paddr_t root, vaddr_t va, vaddr_t end, bool must_split,
                                   int *level, vaddr_t *skip)
{
    uint64_t *entry = find_entry(root, va, level, skip);
    if (likely(!entry || *level == 0) ||
        (!must_split && *skip == span_of(1) && span_of(1) <= end - va))
        return entry;
    paddr_t table = paging_split(root, entry, va);
    *level = 0;
    *skip = PAGE_SIZE;
    return &table_at(table)[index_at(va, 0)];
}

// Gives an entry that is in use other rights. Returns what it was.
static uint64_t change_rights(uint64_t *entry, uint64_t bits, uint64_t kept)
{
    uint64_t old = *entry;

    // The processors set dirty and accessed at any moment.
    while (!__atomic_compare_exchange_n(entry, &old, (old & kept) | bits, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED)) {
    }
    return old;
}

void paging_protect(paddr_t root, vaddr_t start, vaddr_t end, unsigned rights)
{
    const uint64_t kept = ENTRY_ADDRESS | ENTRY_DIRTY | ENTRY_ACCESSED | ENTRY_SHARED;
    struct tlb_batch batch;

    tlb_batch_init(&batch, root);
    for (vaddr_t va = start; va < end;) {
        uint64_t bits = paging_entry_bits(va, rights);
        vaddr_t skip;
        int level;
        // Only small pages can be there without being accessible, or write-combining.
        bool must_split = !(bits & ENTRY_PRESENT) || (bits & ENTRY_PAT);
        uint64_t *entry = find_entry_within(root, va, end, must_split, &level, &skip);
        if (entry && is_used(*entry)) {
            uint64_t keeps = level ? kept | ENTRY_LARGE : kept;
            uint64_t old = change_rights(entry, bits, keeps);
            if (takes_away(old, (old & keeps) | bits))
                tlb_batch_add(&batch, va);
            else if (old & ENTRY_PRESENT)
                tlb_flush_page_here(va);
        }
        if (skip > end - va)
            break;
        va += skip;
    }
    tlb_flush(&batch);
}

bool paging_find(paddr_t root, vaddr_t *va, vaddr_t end, struct paging_entry *out)
{
    while (*va < end) {
        vaddr_t skip;
        int level;
        const uint64_t *entry = find_entry(root, *va, &level, &skip);
        if (entry && is_used(*entry))
            return paging_lookup(root, *va, out);
        *va = skip > end - *va ? end : *va + skip;
    }
    return false;
}

vaddr_t paging_take_dirty(paddr_t root, vaddr_t start, vaddr_t end, vaddr_t *pages, size_t room,
                          size_t *count, bool clear)
{
    struct tlb_batch batch;
    vaddr_t va = start;

    *count = 0;
    tlb_batch_init(&batch, root);
    while (va < end && *count < room) {
        vaddr_t skip;
        int level;
        uint64_t *entry = find_entry(root, va, &level, &skip);
        vaddr_t stop = skip > end - va ? end : va + skip;
        if (!entry || !is_used(*entry) || !(*entry & ENTRY_DIRTY)) {
            va = stop;
            continue;
        }
        stop = va + MIN((stop - va) >> PAGE_SHIFT, room - *count) * PAGE_SIZE;
        if (clear) {
            // Of a large page, only what is told.
            entry = find_entry_within(root, va, stop, false, &level, &skip);
            stop = MIN(stop, va + skip);
            __atomic_fetch_and(entry, ~ENTRY_DIRTY, __ATOMIC_RELAXED);
            tlb_batch_add(&batch, va);
        }
        for (; va < stop; va += PAGE_SIZE)
            pages[(*count)++] = va;
    }
    tlb_flush(&batch);
    return va;
}

void paging_mark_dirty(paddr_t root, vaddr_t va)
{
    vaddr_t skip;
    int level;
    uint64_t *entry = find_entry(root, va, &level, &skip);

    if (entry && is_used(*entry))
        __atomic_fetch_or(entry, ENTRY_DIRTY, __ATOMIC_RELAXED);
}

paddr_t paging_create_root(void)
{
    struct frame *frame = frame_alloc_zeroed(FRAME_TAG_TABLE);
    if (!frame)
        return 0;
    frame->next = frame->prev = 0;
    paddr_t root = frame_paddr(frame);
    memcpy(table_at(root) + TABLE_ENTRIES / 2, table_at(paging_kernel_root) + TABLE_ENTRIES / 2,
           PAGE_SIZE / 2);
    return root;
}

void paging_destroy_root(paddr_t root)
{
    assert(used_entries(root) == 0);
    tlb_forget_root(root);
    frames_free(frame_of_paddr(root));
}
