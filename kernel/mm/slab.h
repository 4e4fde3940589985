// SPDX-License-Identifier: MIT
/*
 * Small blocks cut from slabs: the logic of heap.c without locks and without knowing where memory
 * comes from, so that it is tested on the host.
 *
 * A slab is SLAB_SIZE bytes, aligned to that, and holds blocks of one size class; so the slab of a
 * block is found by clearing address bits. Blocks that were never used yet are not in the list of
 * free ones: making a slab costs nothing per block. A slab that becomes empty goes back at once.
 *
 * With `checked` (debug builds) each block has a red zone before and behind it and free blocks are
 * filled with a pattern; damage panics when the block is freed or handed out.
 */

#pragma once

#include <kernel/types.h>

#define SLAB_SIZE        (8 * KIB)
#define SLAB_BLOCK_MAX   2048u
#define SLAB_CLASS_COUNT 14u

struct slab;

// Where slabs come from. alloc returns SLAB_SIZE bytes aligned to that, contents unspecified, or
// NULL.
struct slab_source {
    void *(*alloc)(void);
    void (*free)(void *slab);
};

// All zero but for the first two members is a heap without slabs.
struct slab_heap {
    const struct slab_source *source;
    bool checked;
    struct slab *open[SLAB_CLASS_COUNT]; // per class, the slabs that have a block to give
    uint64_t blocks;                     // handed out
    uint64_t bytes;                      // their sizes, rounded up to the class
};

// Returns size bytes (1..SLAB_BLOCK_MAX) aligned to 16, or NULL.
void *slab_alloc(struct slab_heap *heap, size_t size) MUST_CHECK;

// Gives back what slab_alloc returned.
void slab_free(struct slab_heap *heap, void *block);
