// SPDX-License-Identifier: MIT
// Sorted lists of ranges (ranges.h); at most a few dozen entries, so every search is a walk.

#include "ranges.h"

#include <kernel/string.h>

bool ranges_add(struct ranges *ranges, paddr_t start, paddr_t end)
{
    size_t first = 0;

    if (start >= end)
        return true;
    while (first < ranges->count && ranges->at[first].end < start)
        first++;
    // first..after are the entries that the new range swallows.
    size_t after = first;
    for (; after < ranges->count && ranges->at[after].start <= end; after++) {
        start = MIN(start, ranges->at[after].start);
        end = MAX(end, ranges->at[after].end);
    }
    if (after == first && ranges->count == RANGES_MAX)
        return false;
    memmove(&ranges->at[first + 1], &ranges->at[after],
            (ranges->count - after) * sizeof(ranges->at[0]));
    ranges->at[first] = (struct memory_range){ start, end };
    ranges->count = ranges->count + 1 - (after - first);
    return true;
}

const struct memory_range *ranges_find_above(const struct ranges *ranges, paddr_t address)
{
    for (size_t i = 0; i < ranges->count; i++) {
        if (ranges->at[i].end > address)
            return &ranges->at[i];
    }
    return NULL;
}

// The lowest place inside one range, start..end, or false.
static bool find_in_range(const struct ranges *outside, uint64_t size, uint64_t alignment,
                          paddr_t start, paddr_t end, paddr_t *found)
{
    while (start < end && start <= UINT64_MAX - (alignment - 1)) {
        start = ROUND_UP(start, alignment);
        if (start >= end || size > end - start)
            return false;
        const struct memory_range *obstacle = ranges_find_above(outside, start);
        if (obstacle == NULL || obstacle->start >= start + size) {
            *found = start;
            return true;
        }
        start = obstacle->end;
    }
    return false;
}

bool ranges_find_gap(const struct ranges *inside, const struct ranges *outside, uint64_t size,
                     uint64_t alignment, paddr_t lowest, paddr_t end, paddr_t *start)
{
    for (size_t i = 0; i < inside->count; i++) {
        if (find_in_range(outside, size, alignment, MAX(inside->at[i].start, lowest),
                          MIN(inside->at[i].end, end), start))
            return true;
    }
    return false;
}
