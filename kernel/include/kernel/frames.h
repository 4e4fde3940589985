// SPDX-License-Identifier: MIT
/*
 * Physical memory in frames of 4 KiB: one descriptor each, handed out by a buddy allocator.
 *
 * A frame is free, or it has exactly one owner who gives it back; nothing here counts references.
 * The descriptors lie in one array in the order of the frames, so a descriptor, a frame number and
 * an address are one computation apart. All RAM is in the direct map (frame_address).
 *
 * Context  any but NMI, unless said otherwise; no function sleeps
 */

#pragma once

#include <kernel/types.h>

enum frame_state {
    FRAME_ABSENT = 0, // a hole, the firmware's, or the kernel image: never handed out
    FRAME_FREE,       // first frame of a free block of 2^order frames
    FRAME_FREE_TAIL,  // inside a free block
    FRAME_USED,       // first frame of an allocated block
    FRAME_USED_TAIL,  // inside an allocated block
    FRAME_CACHED,     // free, but held back for the next allocation of a single frame
};

#define FRAME_ORDER_MAX 10u // the largest block: 4 MiB

struct frame {
    uint32_t next;        // free: list links, as frame numbers. used: the owner's
    uint32_t prev;        // (page tables keep their count of used entries in next)
    uint8_t state;        // enum frame_state
    uint8_t order;        // of a block's first frame
    uint16_t tag;         // enum frame_tag: who has it, for accounting and dumps
    uint32_t is_poisoned; // debug builds: the frame is free and filled with the poison pattern
};

static_assert(sizeof(struct frame) == 16, "64 GiB of RAM have 16 million of them");

enum frame_tag {
    FRAME_TAG_NONE,
    FRAME_TAG_TABLE,
    FRAME_TAG_HEAP,
    FRAME_TAG_USER, // pages of programs, which have been committed
    FRAME_TAG_STACK,
    FRAME_TAG_DEVICE,
    FRAME_TAG_COUNT
};

struct frame_stats {
    uint64_t total; // frames that can be handed out at all
    uint64_t free;
    uint64_t used_by[FRAME_TAG_COUNT];
    uint64_t highest; // number of the highest frame that exists, plus one
};

// Returns 2^order frames with unspecified contents, aligned to their size, or NULL. Its next and
// prev are the owner's until it is freed.
struct frame *frames_alloc(unsigned order, enum frame_tag tag) MUST_CHECK;

// The same for one frame: the fast way.
struct frame *frame_alloc(enum frame_tag tag) MUST_CHECK;

// Returns one frame filled with zeroes, or NULL.
struct frame *frame_alloc_zeroed(enum frame_tag tag) MUST_CHECK;

// Gives back what frames_alloc returned; the order is remembered. A second free of the same block
// panics.
void frames_free(struct frame *frame);

// Makes a block of 2^order frames that many blocks of one, each to be freed by itself.
void frames_split(struct frame *block);

struct frame_stats frames_stats(void);

// Whether pages can be committed in all, beside what the kernel uses for itself now.
bool frames_can_back(uint64_t pages);

// The array of descriptors; set once, before level 30_HEAP.
extern struct frame *frame_table;

static inline uint64_t frame_number(const struct frame *frame)
{
    return (uint64_t)(frame - frame_table);
}

static inline paddr_t frame_paddr(const struct frame *frame)
{
    return frame_number(frame) << PAGE_SHIFT;
}

// The descriptor of the frame that holds paddr, which must be RAM.
static inline struct frame *frame_of_paddr(paddr_t paddr)
{
    return frame_table + (paddr >> PAGE_SHIFT);
}

#ifdef PEKOE_HOST_TEST
extern uint8_t *host_ram; // host tests have an array for RAM
#define DIRECT_MAP_START ((vaddr_t)host_ram)
#else
#define DIRECT_MAP_START DIRECT_MAP_BASE
#endif

// Where RAM can be read and written through the direct map.
static inline void *direct_map(paddr_t paddr)
{
    return (void *)(DIRECT_MAP_START + paddr);
}

// The inverse: where an address of the direct map lies in RAM.
static inline paddr_t paddr_of_direct_map(const void *address)
{
    return (vaddr_t)address - DIRECT_MAP_START;
}

static inline void *frame_address(const struct frame *frame)
{
    return direct_map(frame_paddr(frame));
}

// The frame behind an address of the direct map.
static inline struct frame *frame_of_address(const void *address)
{
    return frame_of_paddr(paddr_of_direct_map(address));
}
