// SPDX-License-Identifier: MIT
/*
 * Commitment: programs may commit no more pages than there are frames, so that a page that was
 * committed finds a frame when it is touched. A part of the frames, the kernel's reserve, cannot be
 * committed: page tables, heap and stacks of the kernel come out of it. Where they need more,
 * because programs make the kernel keep much for them, there is as much less to commit; what is
 * committed already they leave alone (frames.c), so that nobody pays for what another program's
 * objects take.
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

// Charges pages. Returns false: that would pass the limit, or what the kernel has left of it;
// nothing is charged.
bool commit_charge(uint64_t pages) MUST_CHECK;

void commit_release(uint64_t pages);

// What is charged now.
uint64_t commit_pages(void);

struct commit_stats {
    uint64_t limit; // in pages, as are all
    uint64_t committed;
    uint64_t peak;
};

struct commit_stats commit_stats(void);

// Sets the limit; called once, by frames_init.
void commit_init(uint64_t total_frames);
