// SPDX-License-Identifier: MIT
/*
 * Taking entries out of page tables, in two passes. The first makes entries unusable for the
 * processors, but keeps what they say (ENTRY_GOING), pages and emptied tables alike; then the TLBs
 * are flushed; the second pass gives pages and tables away. So one flush serves a range of any
 * size, without memory to remember it.
 */

#include <arch/tlb.h>

#include "paging_private.h"

#define NOTHING (-1) // find_path: there is no entry

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

static uint64_t *entry_in_path(const struct path *path, int level, vaddr_t va)
{
    return &table_at(path->tables[level])[index_at(va, level)];
}

// Finds the tables that lead to va, those that are going included. Returns the level of the entries
// there: 0, 1 for a large page, or NOTHING for the next *skip bytes.
static ALWAYS_INLINE int find_path(paddr_t root, vaddr_t va, struct path *path, vaddr_t *skip)
{
    path->tables[TOP_LEVEL] = root;
    for (int level = TOP_LEVEL; level > 0; level--) {
        uint64_t entry = *entry_in_path(path, level, va);
        bool is_there = entry & (ENTRY_PRESENT | ENTRY_GOING);
        if (unlikely(!is_there || (entry & ENTRY_LARGE))) {
            if (is_there && va < USER_END)
                return level;
            *skip = span_of(level) - (va & (span_of(level) - 1));
            return NOTHING;
        }
        path->tables[level - 1] = entry & ENTRY_ADDRESS;
    }
    return 0;
}

// Calls visit for each lowest-level table and each large page that there is between start and end,
// with its part of the range.
static ALWAYS_INLINE void visit_tables(struct removal *removal, vaddr_t start, vaddr_t end,
                                       void (*visit)(struct removal *removal, struct path *path,
                                                     int level, vaddr_t start, vaddr_t end))
{
    for (vaddr_t va = start; va < end;) {
        struct path path;
        vaddr_t skip;
        int level = find_path(removal->root, va, &path, &skip);
        if (level == NOTHING) {
            if (skip > end - va)
                return;
            va += skip;
            continue;
        }
        vaddr_t stop = MIN(ROUND_DOWN(va, span_of(1)) + span_of(1), end);
        visit(removal, &path, level, va, stop);
        va = stop;
    }
}

#define LINE_ENTRIES 8 // of one cache line

// The first entry from `entry` on that is not zero, or end. Most of a large range is often nothing.
static ALWAYS_INLINE uint64_t *skip_zero(uint64_t *entry, uint64_t *end)
{
    while (entry < end && !*entry) {
        bool is_empty_line =
            (vaddr_t)entry % (LINE_ENTRIES * sizeof(*entry)) == 0 && end - entry >= LINE_ENTRIES &&
            !(entry[1] | entry[2] | entry[3] | entry[4] | entry[5] | entry[6] | entry[7]);
        entry += is_empty_line ? LINE_ENTRIES : 1;
    }
    return entry;
}

static void detach_pages(struct removal *removal, paddr_t table, vaddr_t start, vaddr_t end)
{
    uint64_t *first = &table_at(table)[index_at(start, 0)];
    uint64_t *last = first + ((end - start) >> PAGE_SHIFT);
    uint32_t *counts = entry_counts(table);

    for (uint64_t *entry = first; (entry = skip_zero(entry, last)) < last; entry++) {
        vaddr_t va = start + ((vaddr_t)(entry - first) << PAGE_SHIFT);
        if (!is_used(*entry))
            continue;
        uint64_t old = make_going(entry);
        removal->found_any = true;
        *counts -= ONE_USED;
        // What was never accessed was never cached.
        if ((old & (ENTRY_PRESENT | ENTRY_ACCESSED)) == (ENTRY_PRESENT | ENTRY_ACCESSED))
            tlb_batch_add(&removal->batch, va);
    }
}

// Makes an entry for a table or a large page go.
static void detach_upper(struct removal *removal, const struct path *path, int level, vaddr_t va)
{
    make_going(entry_in_path(path, level, va));
    *entry_counts(path->tables[level]) += ONE_GOING - ONE_USED;
    removal->found_any = true;
    tlb_batch_add(&removal->batch, va);
}

// The first pass.
static void detach(struct removal *removal, struct path *path, int level, vaddr_t start,
                   vaddr_t end)
{
    if (unlikely(level == 1)) {
        if (end - start == span_of(1)) {
            detach_upper(removal, path, 1, start);
        } else {
            path->tables[0] = paging_split(removal->root, entry_in_path(path, 1, start), start);
            level = 0;
        }
    }
    if (level == 0)
        detach_pages(removal, path->tables[0], start, end);
    if (start >= USER_END)
        return; // the kernel's tables stay
    for (; level < TOP_LEVEL && used_entries(path->tables[level]) == 0; level++)
        detach_upper(removal, path, level + 1, start);
}

static void release_page(struct removal *removal, uint64_t entry, paddr_t page, vaddr_t va)
{
    struct paging_entry gone = { page, paging_rights_of(entry), entry & ENTRY_DIRTY,
                                 entry & ENTRY_ACCESSED };

    removal->release(removal->context, va, &gone);
}

static void give_away_pages(struct removal *removal, paddr_t table, vaddr_t start, vaddr_t end)
{
    uint64_t *first = &table_at(table)[index_at(start, 0)];
    uint64_t *last = first + ((end - start) >> PAGE_SHIFT);

    for (uint64_t *entry = first; (entry = skip_zero(entry, last)) < last; entry++) {
        vaddr_t va = start + ((vaddr_t)(entry - first) << PAGE_SHIFT);
        uint64_t old = *entry;
        if (!(old & ENTRY_GOING))
            continue;
        *entry = 0;
        if (removal->release)
            release_page(removal, old, old & ENTRY_ADDRESS, va);
    }
}

static void give_away_large(struct removal *removal, paddr_t table, vaddr_t start)
{
    uint64_t *entry = &table_at(table)[index_at(start, 1)];
    uint64_t old = *entry;

    *entry = 0;
    *entry_counts(table) -= ONE_GOING;
    paging_drop_spare(table);
    --*removal->tables;
    for (vaddr_t offset = 0; removal->release && offset < span_of(1); offset += PAGE_SIZE)
        release_page(removal, old & ~ENTRY_LARGE, large_page(old) + offset, start + offset);
}

// The second pass. A table goes when the last entry of it has gone.
static void give_away(struct removal *removal, struct path *path, int level, vaddr_t start,
                      vaddr_t end)
{
    if (level == 0)
        give_away_pages(removal, path->tables[0], start, end);
    else
        give_away_large(removal, path->tables[1], start);
    for (; level < TOP_LEVEL; level++) {
        uint64_t *to_this = entry_in_path(path, level + 1, start);
        if (!(*to_this & ENTRY_GOING) || going_entries(path->tables[level]) > 0)
            break;
        *to_this = 0;
        *entry_counts(path->tables[level + 1]) -= ONE_GOING;
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
