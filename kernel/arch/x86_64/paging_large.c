// SPDX-License-Identifier: MIT
/*
 * Large pages of programs: 2 MiB in one entry of a level-1 table. A program may unmap or protect
 * any small part of one, which takes it apart, and that must not fail for want of memory: so each
 * large page comes with a table that is kept for this, in a list of its own table's.
 */

#include <arch/tlb.h>

#include <kernel/panic.h>

#include "paging_private.h"

static void keep_spare(paddr_t table, struct frame *spare)
{
    struct frame *frame = frame_of_paddr(table);

    spare->next = frame->prev;
    frame->prev = (uint32_t)frame_number(spare);
}

static struct frame *take_spare(paddr_t table)
{
    struct frame *frame = frame_of_paddr(table);

    assert(frame->prev != 0);
    struct frame *spare = frame_table + frame->prev;
    frame->prev = spare->next;
    return spare;
}

void paging_drop_spare(paddr_t table)
{
    frames_free(take_spare(table));
}

bool paging_map_large(paddr_t root, vaddr_t va, paddr_t page, unsigned rights, uint64_t *tables)
{
    // Their bit for write-combining is in another place.
    assert((rights & (PAGING_USER | PAGING_WRITE_COMBINE)) == PAGING_USER);
    assert(((va | page) & (span_of(1) - 1)) == 0 && va < USER_END);
    uint64_t *entry = paging_make_entry(root, va, 1, tables);
    if (!entry || *entry != 0)
        return false; // an entry means that its table is not empty, so none was made
    struct frame *spare = frame_alloc(FRAME_TAG_TABLE);
    if (!spare) {
        paging_drop_empty_tables(root, va, tables);
        return false;
    }
    ++*tables;
    paddr_t table = frame_paddr(frame_of_address(entry));
    keep_spare(table, spare);
    *entry_counts(table) += ONE_USED;
    *entry = page | paging_entry_bits(va, rights) | ENTRY_LARGE;
    return true;
}

paddr_t paging_split(paddr_t root, uint64_t *entry, vaddr_t va)
{
    struct frame *spare = take_spare(frame_paddr(frame_of_address(entry)));
    uint64_t *small = frame_address(spare);
    struct tlb_batch batch;

    // Nobody may see both sizes at once, or set a bit in the entry that is copied (Intel SDM vol.
    // 3A, 4.10.2.3): whoever uses the page meanwhile faults and waits.
    uint64_t old = __atomic_exchange_n(entry, 0, __ATOMIC_RELAXED);
    tlb_batch_init(&batch, root);
    tlb_batch_add(&batch, va);
    tlb_flush(&batch);

    for (unsigned i = 0; i < TABLE_ENTRIES; i++)
        small[i] = (old & ~(ENTRY_ADDRESS | ENTRY_LARGE)) | (large_page(old) + i * PAGE_SIZE);
    spare->next = TABLE_ENTRIES * ONE_USED;
    spare->prev = 0;
    paddr_t table = frame_paddr(spare);
    *entry = table | ENTRY_PRESENT | ENTRY_WRITE | ENTRY_USER;
    return table;
}
