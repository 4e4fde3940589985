// SPDX-License-Identifier: MIT
/*
 * Memory before frames (early_memory.h): one list says where RAM is, another what of it is taken.
 * What is in the first and not in the second goes to the frame allocator, so nothing can get lost
 * between them.
 */

#include <kernel/early_memory.h>

#include <kernel/log.h>
#include <kernel/panic.h>

#include "mm_private.h"

struct early_memory early_memory;

void early_memory_init(const struct memory_range *ranges, size_t count)
{
    early_memory = (struct early_memory){ 0 };
    for (size_t i = 0; i < count; i++) {
        paddr_t end = ROUND_DOWN(MIN(ranges[i].end, EARLY_MEMORY_LIMIT), PAGE_SIZE);
        if (ranges[i].start > end)
            continue;
        if (!ranges_add(&early_memory.ram, ROUND_UP(ranges[i].start, PAGE_SIZE), end))
            log_warn("memory", "too many ranges; not using %#llx..%#llx",
                     (unsigned long long)ranges[i].start, (unsigned long long)ranges[i].end);
    }
    if (early_memory.ram.count == 0)
        panic("memory: the boot loader named no usable RAM");
    early_memory_reserve(0, PAGE_SIZE);
    early_memory_reserve(PROCESSOR_START_PAGE, PROCESSOR_START_PAGE + PAGE_SIZE);
}

bool early_memory_range(size_t index, struct memory_range *out)
{
    if (index >= early_memory.ram.count)
        return false;
    *out = early_memory.ram.at[index];
    return true;
}

void early_memory_reserve(paddr_t start, paddr_t end)
{
    assert(!early_memory.is_closed);
    if (start >= end || start >= EARLY_MEMORY_LIMIT)
        return;
    end = ROUND_UP(MIN(end, EARLY_MEMORY_LIMIT), PAGE_SIZE);
    if (!ranges_add(&early_memory.taken, ROUND_DOWN(start, PAGE_SIZE), end))
        panic("memory: more than %u reserved ranges", RANGES_MAX);
}

paddr_t early_memory_alloc(size_t size, size_t alignment)
{
    paddr_t start;

    assert(!early_memory.is_closed && size > 0 && alignment >= PAGE_SIZE);
    if (size > EARLY_MEMORY_LIMIT)
        return 0;
    size = ROUND_UP(size, PAGE_SIZE);
    if (!ranges_find_gap(&early_memory.ram, &early_memory.taken, size, alignment, MIB, 4 * GIB,
                         &start) &&
        !ranges_find_gap(&early_memory.ram, &early_memory.taken, size, alignment, 0, MIB, &start))
        return 0;
    early_memory_reserve(start, start + size);
    early_memory.allocated_bytes += size;
    return start;
}
