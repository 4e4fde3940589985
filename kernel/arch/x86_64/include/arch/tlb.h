// SPDX-License-Identifier: MIT
/*
 * Cached translations on all processors. Whoever takes an entry or a right out of page tables notes
 * the pages in a batch, flushes it once, and only then gives the frames away:
 *
 *     tlb_batch_init(&batch, root);
 *     ... change entries, tlb_batch_add(&batch, va) for each that was present ...
 *     tlb_flush(&batch);
 *     ... free frames and tables ...
 *
 * A processor may hold translations of a program's root while its page_table_root is that root, and
 * of the kernel's half at any time. Loading another root drops all but the kernel's. A processor
 * that has a root only for want of another (paging_idle_root) leaves it at the first flush, so that
 * it is interrupted once and not for each.
 *
 * Locks    the caller keeps others from filling the same entries until the flush is done
 * Source   Intel SDM vol. 3A, 4.10.4 (INVLPG also drops what is cached of tables), 4.10.5
 */

#pragma once

#include <kernel/types.h>

// Above this many pages everything is flushed: filling a few more entries again is cheaper.
#define TLB_BATCH_PAGES 32u

struct tlb_batch {
    paddr_t root;   // paging_kernel_root: pages of the kernel's half
    uint32_t count; // of those added, also when that is more than there is room for
    vaddr_t pages[TLB_BATCH_PAGES];
};

// The pages stay uninitialised, as batches live on stacks and in hot paths.
static inline void tlb_batch_init(struct tlb_batch *batch, paddr_t root)
{
    batch->root = root;
    batch->count = 0;
}

// For a table that is to be freed: any page that it could map.
static inline void tlb_batch_add(struct tlb_batch *batch, vaddr_t page)
{
    if (batch->count < TLB_BATCH_PAGES)
        batch->pages[batch->count] = page;
    batch->count++;
}

// Returns when no processor uses an older translation of these pages. Empties the batch.
// Context: as cpus_call.
void tlb_flush(struct tlb_batch *batch);

// Drops what this processor alone has cached of a page.
static inline void tlb_flush_page_here(vaddr_t page)
{
    __asm__ volatile("invlpg (%0)" ::"r"(page) : "memory");
}

// Makes every processor leave a root that is about to be freed. No thread uses it any more.
void tlb_forget_root(paddr_t root);

// Drops everything that this processor has cached, the kernel's half included.
void tlb_flush_all_here(void);
