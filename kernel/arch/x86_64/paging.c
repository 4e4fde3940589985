// SPDX-License-Identifier: MIT
/*
 * Page tables, four levels of 512 entries. The kernel half of every top-level table is the same:
 * its entries are made once, so that a new kernel mapping is seen by all.
 *
 * A table in the user half knows how many of its entries are in use (frame->next of its frame), so
 * that it can be freed with the last one without being searched.
 *
 * Source: Intel SDM vol. 3A, 4.5.
 */

#include <arch/paging.h>

#include <kernel/panic.h>
#include <kernel/string.h>

#include "arch_private.h"
#include "paging_private.h"

static uint32_t *used_entries(paddr_t table)
{
    return &frame_of_paddr(table)->next;
}

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
static uint64_t entry_bits(vaddr_t va, unsigned rights)
{
    if (unlikely(va < USER_END && !(rights & PAGING_USER)))
        return ENTRY_KEPT;
    return bits_of_rights[rights];
}

static bool is_used(uint64_t entry)
{
    return (entry & PAGING_SLOT_USED) != 0;
}

static unsigned rights_of(uint64_t entry)
{
    unsigned rights = 0;
    if (entry & ENTRY_KEPT)
        return 0;
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

static void flush_page(vaddr_t va)
{
    __asm__ volatile("invlpg (%0)" ::"r"(va) : "memory");
}

static bool is_current(paddr_t root)
{
    return this_cpu()->page_table_root == root;
}

// Makes a table for entry `index` of `parent`. Returns its address, or 0: no memory.
static paddr_t add_table(paddr_t parent, unsigned index, bool for_user)
{
    struct frame *frame = frame_alloc_zeroed(FRAME_TAG_TABLE);
    if (!frame)
        return 0;
    frame->next = 0;
    paddr_t table = frame_paddr(frame);
    table_at(parent)[index] = table | ENTRY_PRESENT | ENTRY_WRITE | (for_user ? ENTRY_USER : 0);
    ++*used_entries(parent);
    return table;
}

// Frees the empty tables on the way to va, lowest first.
static void drop_empty_tables(paddr_t root, vaddr_t va, uint64_t *tables)
{
    paddr_t path[TOP_LEVEL + 1] = { [TOP_LEVEL] = root };
    int level = TOP_LEVEL;
    for (; level > 0; level--) {
        uint64_t entry = table_at(path[level])[index_at(va, level)];
        if (!(entry & ENTRY_PRESENT))
            break;
        path[level - 1] = entry & ENTRY_ADDRESS;
    }
    for (; level < TOP_LEVEL && *used_entries(path[level]) == 0; level++) {
        table_at(path[level + 1])[index_at(va, level + 1)] = 0;
        --*used_entries(path[level + 1]);
        frames_free(frame_of_paddr(path[level]));
        --*tables;
    }
}

struct paging_slot *paging_find_slot(paddr_t root, vaddr_t va)
{
    paddr_t table = root;
    for (int level = TOP_LEVEL; level > 0; level--) {
        uint64_t entry = table_at(table)[index_at(va, level)];
        if (unlikely(!(entry & ENTRY_PRESENT)))
            return NULL;
        table = entry & ENTRY_ADDRESS;
    }
    return (struct paging_slot *)&table_at(table)[index_at(va, 0)];
}

void paging_fill_slot(struct paging_slot *slot, vaddr_t va, paddr_t page, unsigned rights)
{
    uint64_t old = slot->entry;
    slot->entry = page | entry_bits(va, rights);
    if (old & ENTRY_PRESENT)
        flush_page(va);
    if (!is_used(old))
        frame_of_address(slot)->next++;
}

// Makes the tables that lead to va.
static struct paging_slot *make_slot(paddr_t root, vaddr_t va, uint64_t *tables)
{
    paddr_t table = root;
    for (int level = TOP_LEVEL; level > 0; level--) {
        unsigned index = index_at(va, level);
        uint64_t entry = table_at(table)[index];
        if (entry & ENTRY_PRESENT) {
            table = entry & ENTRY_ADDRESS;
            continue;
        }
        table = add_table(table, index, va < USER_END);
        if (!table) {
            if (va < USER_END) // the kernel's tables stay
                drop_empty_tables(root, va, tables);
            return NULL;
        }
        ++*tables;
    }
    return (struct paging_slot *)&table_at(table)[index_at(va, 0)];
}

bool paging_map(paddr_t root, vaddr_t va, paddr_t page, unsigned rights, uint64_t *tables)
{
    struct paging_slot *slot = make_slot(root, va, tables);
    if (!slot)
        return false;
    paging_fill_slot(slot, va, page, rights);
    return true;
}

// The lowest-level entry of va, or NULL; *skip receives how far the next table is away.
static uint64_t *find_entry(paddr_t root, vaddr_t va, vaddr_t *skip)
{
    paddr_t table = root;
    for (int level = TOP_LEVEL; level > 0; level--) {
        uint64_t entry = table_at(table)[index_at(va, level)];
        if (!(entry & ENTRY_PRESENT) || (entry & ENTRY_LARGE)) {
            *skip = span_of(level) - (va & (span_of(level) - 1));
            return NULL;
        }
        table = entry & ENTRY_ADDRESS;
    }
    *skip = PAGE_SIZE;
    return &table_at(table)[index_at(va, 0)];
}

bool paging_lookup(paddr_t root, vaddr_t va, struct paging_entry *out)
{
    vaddr_t skip;
    uint64_t *entry = find_entry(root, va, &skip);
    if (!entry || !is_used(*entry))
        return false;
    *out = (struct paging_entry){
        .page = *entry & ENTRY_ADDRESS,
        .rights = rights_of(*entry),
        .is_dirty = *entry & ENTRY_DIRTY,
        .is_accessed = *entry & ENTRY_ACCESSED,
    };
    return true;
}

// Takes the entries of one lowest-level table out of start..end. The TLB first, the frames after.
static void unmap_in_table(paddr_t root, vaddr_t start, vaddr_t end, uint64_t *entry,
                           void (*release)(void *, vaddr_t, const struct paging_entry *),
                           void *context)
{
    bool in_tlb = is_current(root) || start >= DIRECT_MAP_BASE;
    uint32_t *used = used_entries(frame_paddr(frame_of_address(entry)));
    for (vaddr_t va = start; va < end; va += PAGE_SIZE, entry++) {
        uint64_t old = *entry;
        if (!is_used(old))
            continue;
        *entry = 0;
        --*used;
        if (in_tlb && (old & ENTRY_ACCESSED))
            flush_page(va);
        struct paging_entry gone = { old & ENTRY_ADDRESS, rights_of(old), old & ENTRY_DIRTY,
                                     old & ENTRY_ACCESSED };
        if (release)
            release(context, va, &gone);
    }
}

void paging_unmap(paddr_t root, vaddr_t start, vaddr_t end,
                  void (*release)(void *context, vaddr_t va, const struct paging_entry *entry),
                  void *context, uint64_t *tables)
{
    for (vaddr_t va = start; va < end;) {
        vaddr_t skip;
        uint64_t *entry = find_entry(root, va, &skip);
        if (!entry) {
            if (skip > end - va)
                break;
            va += skip;
            continue;
        }
        vaddr_t table_end = ROUND_DOWN(va, span_of(1)) + span_of(1);
        vaddr_t stop = MIN(table_end, end);
        unmap_in_table(root, va, stop, entry, release, context);
        if (va < USER_END)
            drop_empty_tables(root, va, tables);
        va = stop;
    }
}

void paging_protect(paddr_t root, vaddr_t start, vaddr_t end, unsigned rights)
{
    bool in_tlb = is_current(root) || start >= DIRECT_MAP_BASE;
    for (vaddr_t va = start; va < end;) {
        vaddr_t skip;
        uint64_t *entry = find_entry(root, va, &skip);
        if (entry && is_used(*entry)) {
            uint64_t old = *entry;
            *entry =
                (old & (ENTRY_ADDRESS | ENTRY_DIRTY | ENTRY_ACCESSED)) | entry_bits(va, rights);
            if (in_tlb && (old & ENTRY_PRESENT))
                flush_page(va);
        }
        if (skip > end - va)
            break;
        va += skip;
    }
}

paddr_t paging_create_root(void)
{
    struct frame *frame = frame_alloc_zeroed(FRAME_TAG_TABLE);
    if (!frame)
        return 0;
    frame->next = 0;
    paddr_t root = frame_paddr(frame);
    memcpy(table_at(root) + TABLE_ENTRIES / 2, table_at(paging_kernel_root) + TABLE_ENTRIES / 2,
           PAGE_SIZE / 2);
    return root;
}

void paging_destroy_root(paddr_t root)
{
    assert(*used_entries(root) == 0);
    assert(!is_current(root));
    frames_free(frame_of_paddr(root));
}

void paging_switch_root(paddr_t root)
{
    if (!root)
        root = paging_kernel_root;
    struct cpu *cpu = this_cpu();
    if (cpu->page_table_root == root)
        return;
    cpu->page_table_root = root;
    cr3_write(root);
}
