// SPDX-License-Identifier: MIT
/*
 * Page tables, four levels of 512 entries. The kernel half of every top-level table is the same:
 * its entries are made once, so that a new kernel mapping is seen by all.
 *
 * A table in the user half knows how many of its entries are in use (frame->next of its frame) and
 * how many tables below it are going (frame->prev), so that it can be freed with the last one without
 * being searched.
 *
 * Removing takes two passes over the tables. The first makes entries unusable for the processors,
 * but keeps what they say (ENTRY_GOING), pages and emptied tables alike; then the TLBs are flushed;
 * the second pass gives pages and tables away. So one flush serves a range of any size, without
 * memory to remember it.
 *
 * Source: Intel SDM vol. 3A, 4.5.
 */

#include <arch/paging.h>
#include <arch/tlb.h>

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
static uint64_t entry_bits(vaddr_t va, unsigned rights)
{
    if (unlikely(va < USER_END && !(rights & PAGING_USER)))
        return ENTRY_KEPT | (rights & PAGING_SHARED ? ENTRY_SHARED : 0);
    return bits_of_rights[rights];
}

static bool is_used(uint64_t entry)
{
    return (entry & PAGING_SLOT_USED) != 0;
}

static unsigned rights_of(uint64_t entry)
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

// Whether a processor that has the old entry cached could do what the new one does not allow.
static bool takes_away(uint64_t old, uint64_t new)
{
    const uint64_t same = ENTRY_ADDRESS | ENTRY_UNCACHED | ENTRY_PAT;

    return (old & ENTRY_PRESENT) &&
           ((old & ~new &(ENTRY_PRESENT | ENTRY_WRITE | ENTRY_USER)) != 0 ||
            (~old & new &ENTRY_NX) != 0 || ((old ^ new) & same) != 0);
}

// Makes a table for entry `index` of `parent`. Returns its address, or 0: no memory.
static paddr_t add_table(paddr_t parent, unsigned index, bool for_user)
{
    struct frame *frame = frame_alloc_zeroed(FRAME_TAG_TABLE);
    if (!frame)
        return 0;
    frame->next = 0; // entries in use
    frame->prev = 0; // and going
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

// Puts another entry in the place of one that may be in use.
static void replace_entry(paddr_t root, uint64_t *entry, vaddr_t va, uint64_t new)
{
    uint64_t old = __atomic_exchange_n(entry, new, __ATOMIC_RELAXED);
    struct tlb_batch batch;

    tlb_flush_page_here(va);
    if (!takes_away(old, new))
        return;
    tlb_batch_init(&batch, root);
    tlb_batch_add(&batch, va);
    tlb_flush(&batch);
}

void paging_fill_slot(paddr_t root, struct paging_slot *slot, vaddr_t va, paddr_t page,
                      unsigned rights)
{
    uint64_t old = slot->entry;
    uint64_t new = page | entry_bits(va, rights);

    if (unlikely(old & ENTRY_PRESENT))
        replace_entry(root, &slot->entry, va, new);
    else
        slot->entry = new;
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
    paging_fill_slot(root, slot, va, page, rights);
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

// What paging_unmap is about, for both of its passes.
struct removal {
    paddr_t root;
    void (*release)(void *context, vaddr_t va, const struct paging_entry *entry);
    void *context;
    uint64_t *tables;
    bool found_any;
    struct tlb_batch batch;
};

// The tables on the way to a page, lowest first.
struct path {
    paddr_t tables[TOP_LEVEL + 1];
};

// Finds the tables that lead to va, those that are going included. false: there are none for the
// next *skip bytes.
static ALWAYS_INLINE bool find_path(paddr_t root, vaddr_t va, struct path *path, vaddr_t *skip)
{
    path->tables[TOP_LEVEL] = root;
    for (int level = TOP_LEVEL; level > 0; level--) {
        uint64_t entry = table_at(path->tables[level])[index_at(va, level)];
        if (!(entry & (ENTRY_PRESENT | ENTRY_GOING)) || (entry & ENTRY_LARGE)) {
            *skip = span_of(level) - (va & (span_of(level) - 1));
            return false;
        }
        path->tables[level - 1] = entry & ENTRY_ADDRESS;
    }
    return true;
}

// Calls visit for each lowest-level table that there is between start and end, with its part of the
// range.
static ALWAYS_INLINE void visit_tables(struct removal *removal, vaddr_t start, vaddr_t end,
                                       void (*visit)(struct removal *removal,
                                                     const struct path *path, vaddr_t start,
                                                     vaddr_t end))
{
    for (vaddr_t va = start; va < end;) {
        struct path path;
        vaddr_t skip;
        if (!find_path(removal->root, va, &path, &skip)) {
            if (skip > end - va)
                return;
            va += skip;
            continue;
        }
        vaddr_t stop = MIN(ROUND_DOWN(va, span_of(1)) + span_of(1), end);
        visit(removal, &path, va, stop);
        va = stop;
    }
}

// Makes an entry unusable; returns what it was, with the processors' last word on it.
static uint64_t make_going(uint64_t *entry)
{
    uint64_t old = __atomic_exchange_n(entry, 0, __ATOMIC_RELAXED);

    *entry = (old & ~ENTRY_PRESENT) | ENTRY_GOING;
    return old;
}

// How many of a table's entries are tables that are going.
static uint32_t *going_tables(paddr_t table)
{
    return &frame_of_paddr(table)->prev;
}

// The first pass.
static void detach(struct removal *removal, const struct path *path, vaddr_t start, vaddr_t end)
{
    uint64_t *entry = &table_at(path->tables[0])[index_at(start, 0)];
    uint32_t *used = used_entries(path->tables[0]);

    for (vaddr_t va = start; va < end; va += PAGE_SIZE, entry++) {
        if (!is_used(*entry))
            continue;
        uint64_t old = make_going(entry);
        removal->found_any = true;
        --*used;
        // What was never accessed was never cached.
        if ((old & (ENTRY_PRESENT | ENTRY_ACCESSED)) == (ENTRY_PRESENT | ENTRY_ACCESSED))
            tlb_batch_add(&removal->batch, va);
    }
    if (start >= USER_END)
        return; // the kernel's tables stay
    for (int level = 0; level < TOP_LEVEL && *used_entries(path->tables[level]) == 0; level++) {
        paddr_t upper = path->tables[level + 1];
        make_going(&table_at(upper)[index_at(start, level + 1)]);
        --*used_entries(upper);
        ++*going_tables(upper);
        tlb_batch_add(&removal->batch, start);
    }
}

// The second pass. A table goes when the last table that it leads to has gone.
static void give_away(struct removal *removal, const struct path *path, vaddr_t start, vaddr_t end)
{
    uint64_t *entry = &table_at(path->tables[0])[index_at(start, 0)];

    for (vaddr_t va = start; va < end; va += PAGE_SIZE, entry++) {
        uint64_t old = *entry;
        if (!(old & ENTRY_GOING))
            continue;
        *entry = 0;
        struct paging_entry gone = { old & ENTRY_ADDRESS, rights_of(old), old & ENTRY_DIRTY,
                                     old & ENTRY_ACCESSED };
        if (removal->release)
            removal->release(removal->context, va, &gone);
    }
    for (int level = 0; level < TOP_LEVEL; level++) {
        paddr_t upper = path->tables[level + 1];
        uint64_t *to_this = &table_at(upper)[index_at(start, level + 1)];
        if (!(*to_this & ENTRY_GOING) || (level > 0 && *going_tables(path->tables[level]) > 0))
            break;
        *to_this = 0;
        --*going_tables(upper);
        frames_free(frame_of_paddr(path->tables[level]));
        --*removal->tables;
    }
}

void paging_unmap(paddr_t root, vaddr_t start, vaddr_t end,
                  void (*release)(void *context, vaddr_t va, const struct paging_entry *entry),
                  void *context, uint64_t *tables)
{
    struct removal removal;

    removal.root = root;
    removal.release = release;
    removal.context = context;
    removal.tables = tables;
    removal.found_any = false;
    tlb_batch_init(&removal.batch, root);
    visit_tables(&removal, start, end, detach);
    if (!removal.found_any)
        return;
    tlb_flush(&removal.batch);
    visit_tables(&removal, start, end, give_away);
}

// Gives an entry that is in use other rights. Returns what it was.
static uint64_t change_rights(uint64_t *entry, uint64_t bits)
{
    const uint64_t kept = ENTRY_ADDRESS | ENTRY_DIRTY | ENTRY_ACCESSED | ENTRY_SHARED;
    uint64_t old = *entry;

    // The processors set dirty and accessed at any moment.
    while (!__atomic_compare_exchange_n(entry, &old, (old & kept) | bits, false, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED)) {
    }
    return old;
}

void paging_protect(paddr_t root, vaddr_t start, vaddr_t end, unsigned rights)
{
    struct tlb_batch batch;

    tlb_batch_init(&batch, root);
    for (vaddr_t va = start; va < end;) {
        vaddr_t skip;
        uint64_t *entry = find_entry(root, va, &skip);
        if (entry && is_used(*entry)) {
            uint64_t bits = entry_bits(va, rights);
            uint64_t old = change_rights(entry, bits);
            if (takes_away(old, (old & ENTRY_ADDRESS) | bits))
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

paddr_t paging_create_root(void)
{
    struct frame *frame = frame_alloc_zeroed(FRAME_TAG_TABLE);
    if (!frame)
        return 0;
    frame->next = 0;
    frame->prev = 0;
    paddr_t root = frame_paddr(frame);
    memcpy(table_at(root) + TABLE_ENTRIES / 2, table_at(paging_kernel_root) + TABLE_ENTRIES / 2,
           PAGE_SIZE / 2);
    return root;
}

void paging_destroy_root(paddr_t root)
{
    assert(*used_entries(root) == 0);
    tlb_forget_root(root);
    frames_free(frame_of_paddr(root));
}
