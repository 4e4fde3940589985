// SPDX-License-Identifier: MIT
/*
 * The kernel heap: slabs of fixed size classes up to 2 KiB over the frame allocator, and larger
 * blocks in the kernel's address range, each between unmapped guard pages.
 *
 * Debug builds put red zones around each block, fill what is freed and look at both again when the
 * block is freed or handed out: overrun, use after free and double free panic with the block's
 * size.
 *
 * Context  any but NMI; no function sleeps. Blocks above 2 KiB: not from interrupts
 */

#pragma once

#include <kernel/types.h>

#define HEAP_SLAB_MAX 2048u

// Returns size bytes aligned to 16, contents unspecified, or NULL. size 0 is a bug of the caller.
void *heap_alloc(size_t size) MUST_CHECK;

// The same, filled with zeroes.
void *heap_alloc_zeroed(size_t size) MUST_CHECK;

// Gives back what the functions above returned; NULL is allowed.
void heap_free(void *block);

struct heap_stats {
    uint64_t blocks; // blocks handed out
    uint64_t bytes;  // their sizes as asked for, rounded up to the size class
};

struct heap_stats heap_stats(void);
