// SPDX-License-Identifier: MIT
/*
 * The kernel heap (heap.h): slabs under a lock for what is small, ranges of whole pages for the
 * rest. Slabs lie in the direct map and pages in the kernel's own range, so an address alone says
 * which of the two a block is.
 */

#include <kernel/heap.h>

#include <kernel/fail.h>
#include <kernel/frames.h>
#include <kernel/kernel_space.h>
#include <kernel/spinlock.h>
#include <kernel/string.h>

#include "slab.h"

#define SLAB_ORDER 1u

static_assert(SLAB_SIZE == PAGE_SIZE << SLAB_ORDER, "a slab is a block of frames");
static_assert(SLAB_BLOCK_MAX == HEAP_SLAB_MAX, "heap.h promises this size");

#ifdef PEKOE_DEBUG
#define IS_CHECKED true
#else
#define IS_CHECKED false
#endif

static void *slab_pages_alloc(void)
{
    struct frame *frame = frames_alloc(SLAB_ORDER, FRAME_TAG_HEAP);

    return frame == NULL ? NULL : frame_address(frame);
}

static void slab_pages_free(void *slab)
{
    frames_free(frame_of_address(slab));
}

static const struct slab_source slab_pages = { slab_pages_alloc, slab_pages_free };

static struct {
    struct spinlock lock;
    struct slab_heap slabs; // [lock]
} heap = {
    .lock = SPINLOCK("heap", LOCK_RANK_HEAP),
    .slabs = { .source = &slab_pages, .checked = IS_CHECKED },
};

// Large blocks, for heap_stats. Atomic.
static struct {
    uint64_t blocks;
    uint64_t pages;
} large;

static void *large_alloc(size_t size)
{
    // Not even all of memory can be had for a size whose rounding wraps around.
    if (size > KERNEL_VA_END - KERNEL_VA_BASE)
        return NULL;
    size_t pages = ROUND_UP(size, PAGE_SIZE) >> PAGE_SHIFT;
    void *block = kernel_pages_alloc(pages);
    if (block != NULL) {
        __atomic_fetch_add(&large.blocks, 1, __ATOMIC_RELAXED);
        __atomic_fetch_add(&large.pages, pages, __ATOMIC_RELAXED);
    }
    return block;
}

static void large_free(void *block)
{
    size_t pages = kernel_pages_free(block);

    __atomic_fetch_sub(&large.blocks, 1, __ATOMIC_RELAXED);
    __atomic_fetch_sub(&large.pages, pages, __ATOMIC_RELAXED);
}

void *heap_alloc(size_t size)
{
    if (fail_now(FAIL_HEAP))
        return NULL;
    if (unlikely(size > HEAP_SLAB_MAX))
        return large_alloc(size);
    irq_state_t irq = spin_lock(&heap.lock);
    void *block = slab_alloc(&heap.slabs, size);
    spin_unlock(&heap.lock, irq);
    return block;
}

void *heap_alloc_zeroed(size_t size)
{
    void *block = heap_alloc(size);

    if (block != NULL)
        memset(block, 0, size);
    return block;
}

void heap_free(void *block)
{
    if (block == NULL)
        return;
    if (unlikely((vaddr_t)block - KERNEL_VA_BASE < KERNEL_VA_END - KERNEL_VA_BASE)) {
        large_free(block);
        return;
    }
    irq_state_t irq = spin_lock(&heap.lock);
    slab_free(&heap.slabs, block);
    spin_unlock(&heap.lock, irq);
}

struct heap_stats heap_stats(void)
{
    irq_state_t irq = spin_lock(&heap.lock);
    struct heap_stats stats = { heap.slabs.blocks, heap.slabs.bytes };

    spin_unlock(&heap.lock, irq);
    stats.blocks += __atomic_load_n(&large.blocks, __ATOMIC_RELAXED);
    stats.bytes += __atomic_load_n(&large.pages, __ATOMIC_RELAXED) * PAGE_SIZE;
    return stats;
}
