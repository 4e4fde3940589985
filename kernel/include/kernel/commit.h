// SPDX-License-Identifier: MIT
/*
 * Commitment: programs may commit no more pages than there are frames, so that a page that was
 * committed finds a frame when it is touched. A part of the frames, the kernel's reserve, cannot be
 * committed: page tables, heap and stacks of the kernel come out of it.
 *
 * Context  any but NMI; no function sleeps or takes a lock
 */

#pragma once

#include <kernel/types.h>

// The frames set apart for the kernel, out of total.
static inline uint64_t commit_kernel_reserve(uint64_t total)
{
    return MAX(total / 64, 256ull);
}

// Charges pages. Returns false: that would pass the limit; nothing is charged.
bool commit_charge(uint64_t pages) MUST_CHECK;

void commit_release(uint64_t pages);

struct commit_stats {
    uint64_t limit; // in pages, as are all
    uint64_t committed;
    uint64_t peak;
};

struct commit_stats commit_stats(void);

// Sets the limit; called once, by frames_init.
void commit_init(uint64_t total_frames);
