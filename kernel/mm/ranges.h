// SPDX-License-Identifier: MIT
// A short sorted list of address ranges that never touch each other: what early.c keeps its books
// in. Fixed size, because it is needed before anything can be allocated.

#pragma once

#include <kernel/boot.h>
#include <kernel/types.h>

#define RANGES_MAX 96u

struct ranges {
    size_t count;
    struct memory_range at[RANGES_MAX];
};

// Adds start..end, merging it with what it overlaps or touches. An empty range adds nothing.
// Returns false: the list is full and nothing has changed.
bool ranges_add(struct ranges *ranges, paddr_t start, paddr_t end) MUST_CHECK;

// The first range that ends above address, or NULL.
const struct memory_range *ranges_find_above(const struct ranges *ranges, paddr_t address);

/*
 * Looks for size bytes inside `inside`, at a multiple of alignment (a power of two), from lowest on
 * and below end, that touch nothing in `outside`: the lowest such place.
 */
bool ranges_find_gap(const struct ranges *inside, const struct ranges *outside, uint64_t size,
                     uint64_t alignment, paddr_t lowest, paddr_t end, paddr_t *start) MUST_CHECK;
