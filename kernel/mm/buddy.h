// SPDX-License-Identifier: MIT
/*
 * The buddy system over an array of frame descriptors: the logic of frames.c without locks, poison
 * or RAM, so that it is tested on the host.
 *
 * Free memory lies in blocks of 2^order frames, each aligned to its size. A block's buddy is the
 * other half of the next larger block; two free buddies are always one free block. The free blocks
 * of an order form a list through their first descriptors.
 */

#pragma once

#include <kernel/frames.h>

#define BUDDY_NONE UINT32_MAX // the end of a list

struct buddy {
    struct frame *frames;
    uint64_t frame_count;
    uint64_t free_frames;
    uint32_t first_free[FRAME_ORDER_MAX + 1]; // heads of the lists, as frame numbers
};

// Starts with no frame free. The descriptors are not touched: each has to be covered by one of the
// next two functions before the first block is asked for.
void buddy_init(struct buddy *buddy, struct frame *frames, uint64_t frame_count);

// Marks first..end as frames that are never handed out.
void buddy_mark_absent(struct buddy *buddy, uint64_t first, uint64_t end);

// Hands the frames first..end over to the allocator; they were absent or not covered yet.
void buddy_add(struct buddy *buddy, uint64_t first, uint64_t end);

// Returns the first descriptor of a block of 2^order frames, or NULL.
struct frame *buddy_alloc(struct buddy *buddy, unsigned order) MUST_CHECK;

// Takes back what buddy_alloc returned; panics if it is not in use.
void buddy_free(struct buddy *buddy, struct frame *frame);

// Checks every rule stated above; for tests. Returns NULL or what is wrong.
const char *buddy_check(const struct buddy *buddy);
