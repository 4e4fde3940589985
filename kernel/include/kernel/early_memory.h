// SPDX-License-Identifier: MIT
/*
 * Physical memory before frames exist: the firmware's list of RAM, put in order, from which pieces
 * are reserved and taken; frames_init then hands everything that is left to the frame allocator.
 *
 * Page 0 and PROCESSOR_START_PAGE are never handed out, by this allocator or the next. RAM from
 * EARLY_MEMORY_LIMIT on is not used.
 *
 * Context  boot, one processor, in the order early_memory_init, ..., frames_init; after that only
 *          early_memory_range
 */

#pragma once

#include <kernel/boot.h>
#include <kernel/types.h>

#define EARLY_MEMORY_LIMIT (128 * GIB)

// Where other processors take their first steps, in real mode.
#define PROCESSOR_START_PAGE 0x8000

// Takes the usable RAM: unsorted ranges, which may overlap and need not end at page borders.
void early_memory_init(const struct memory_range *ranges, size_t count);

// The index-th stretch of RAM, in ascending order, none touching another. False: there is none.
bool early_memory_range(size_t index, struct memory_range *out);

// Keeps start..end (the kernel image, modules, boot data) from being handed out. Pages that are
// partly inside are kept whole; what is not RAM does no harm.
void early_memory_reserve(paddr_t start, paddr_t end);

/*
 * Takes size bytes aligned to alignment (a power of two, at least PAGE_SIZE) for good: the lowest
 * place between 1 MiB and 4 GiB, else below 1 MiB. Does not touch the memory. Returns 0: no place.
 */
paddr_t early_memory_alloc(size_t size, size_t alignment) MUST_CHECK;

// Makes the frame allocator (frames.h) from what is left. All RAM is in the direct map.
void frames_init(void);
