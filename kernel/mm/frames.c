// SPDX-License-Identifier: MIT
/*
 * Frames (frames.h): the buddy system behind a lock, accounting, and poison in debug builds.
 *
 * Most requests are for one frame, and most frees are of one. A short stack of single frames in
 * front of the buddy system serves them without splitting and merging blocks each time; the frame
 * freed last, whose contents the processor's caches may still have, is handed out first.
 */

#include <kernel/frames.h>

#include <kernel/commit.h>
#include <kernel/early_memory.h>
#include <kernel/log.h>
#include <kernel/panic.h>
#include <kernel/spinlock.h>
#include <kernel/string.h>

#include "buddy.h"
#include "mm_private.h"

#define CACHE_ORDER 4u // what is moved between cache and buddy system at once
#define CACHE_BATCH (1u << CACHE_ORDER)
#define CACHE_SIZE  (2 * CACHE_BATCH)

#define POISON_BYTE 0xEF
#define POISON_WORD 0xEFEFEFEFEFEFEFEFull

static struct frame_allocator {
    struct spinlock lock; // guards all below
    struct buddy buddy;
    uint32_t cached;
    struct frame *cache[CACHE_SIZE];
    uint64_t total;
    uint64_t kept_from_users; // a frame for a program must leave this many
    uint64_t used_by[FRAME_TAG_COUNT];
} frames;

struct frame *frame_table;

static uint64_t free_count(void)
{
    return frames.buddy.free_frames + frames.cached;
}

#ifdef PEKOE_DEBUG
static void poison(struct frame *frame, unsigned order)
{
    for (unsigned i = 0; i < 1u << order; i++) {
        memset(frame_address(&frame[i]), POISON_BYTE, PAGE_SIZE);
        frame[i].is_poisoned = true;
    }
}

// Frames that were never freed yet hold anything and are not looked at.
static void check_poison(struct frame *frame, unsigned order)
{
    for (unsigned i = 0; i < 1u << order; i++) {
        const uint64_t *words = frame_address(&frame[i]);
        if (!frame[i].is_poisoned)
            continue;
        frame[i].is_poisoned = false;
        for (unsigned word = 0; word < PAGE_SIZE / sizeof(*words); word++) {
            if (words[word] != POISON_WORD)
                panic("frames: frame %#llx was written after it was freed: %#llx at offset %#zx",
                      (unsigned long long)frame_number(&frame[i]), (unsigned long long)words[word],
                      word * sizeof(*words));
        }
    }
}
#else
static void poison(struct frame *frame, unsigned order)
{
    (void)frame;
    (void)order;
}

static void check_poison(struct frame *frame, unsigned order)
{
    (void)frame;
    (void)order;
}
#endif

// Fills the empty cache with the frames of one block, or with one frame if memory is that short.
// To the buddy system the frames of the block are then blocks of their own.
static void fill_cache(void)
{
    unsigned order = CACHE_ORDER;
    struct frame *block = buddy_alloc(&frames.buddy, order);

    if (unlikely(block == NULL)) {
        order = 0;
        block = buddy_alloc(&frames.buddy, order);
    }
    if (block == NULL)
        return;
    // The highest first, so that addresses are handed out in ascending order.
    frames.cached = 1u << order;
    for (unsigned i = 0; i < frames.cached; i++) {
        struct frame *frame = block + (frames.cached - 1 - i);
        frame->state = FRAME_CACHED;
        frame->order = 0;
        frames.cache[i] = frame;
    }
}

// Gives the buddy system all but the `left` frames that were cached last.
static void drain_cache(uint32_t left)
{
    uint32_t count = frames.cached - left;

    for (uint32_t i = 0; i < count; i++) {
        frames.cache[i]->state = FRAME_USED;
        buddy_free(&frames.buddy, frames.cache[i]);
    }
    memmove(frames.cache, frames.cache + count, left * sizeof(frames.cache[0]));
    frames.cached = left;
}

// Whether a frame for tag may be taken: the last ones are the kernel's.
static bool may_take(enum frame_tag tag)
{
    return tag != FRAME_TAG_USER || free_count() > frames.kept_from_users;
}

struct frame *frame_alloc(enum frame_tag tag)
{
    struct frame *frame = NULL;

    irq_state_t irq = spin_lock(&frames.lock);
    if (unlikely(frames.cached == 0))
        fill_cache();
    if (likely(frames.cached > 0 && may_take(tag))) {
        frame = frames.cache[--frames.cached];
        frame->state = FRAME_USED;
        frame->tag = (uint16_t)tag;
        frames.used_by[tag]++;
    }
    spin_unlock(&frames.lock, irq);
    if (frame != NULL)
        check_poison(frame, 0);
    return frame;
}

struct frame *frames_alloc(unsigned order, enum frame_tag tag)
{
    struct frame *frame = NULL;

    assert(order <= FRAME_ORDER_MAX);
    if (order == 0)
        return frame_alloc(tag);
    irq_state_t irq = spin_lock(&frames.lock);
    if (may_take(tag))
        frame = buddy_alloc(&frames.buddy, order);
    if (frame == NULL && may_take(tag)) {
        // The missing halves of a block may be among the cached frames.
        drain_cache(0);
        frame = buddy_alloc(&frames.buddy, order);
    }
    if (frame != NULL) {
        frame->tag = (uint16_t)tag;
        frames.used_by[tag] += 1ull << order;
    }
    spin_unlock(&frames.lock, irq);
    if (frame != NULL)
        check_poison(frame, order);
    return frame;
}

struct frame *frame_alloc_zeroed(enum frame_tag tag)
{
    struct frame *frame = frame_alloc(tag);

    if (frame != NULL)
        clear_page(frame_address(frame));
    return frame;
}

void frames_free(struct frame *frame)
{
    irq_state_t irq = spin_lock(&frames.lock);
    unsigned order = frame->order;

    if (unlikely(frame->state != FRAME_USED))
        panic("frames: freeing frame %#llx, which is not in use (state %u)",
              (unsigned long long)frame_number(frame), frame->state);
    poison(frame, order);
    frames.used_by[frame->tag] -= 1ull << order;
    if (order == 0) {
        if (frames.cached == CACHE_SIZE)
            drain_cache(CACHE_BATCH);
        frame->state = FRAME_CACHED;
        frames.cache[frames.cached++] = frame;
    } else {
        buddy_free(&frames.buddy, frame);
    }
    spin_unlock(&frames.lock, irq);
}

struct frame_stats frames_stats(void)
{
    irq_state_t irq = spin_lock(&frames.lock);
    struct frame_stats stats = { .total = frames.total,
                                 .free = free_count(),
                                 .highest = frames.buddy.frame_count };

    memcpy(stats.used_by, frames.used_by, sizeof(stats.used_by));
    spin_unlock(&frames.lock, irq);
    return stats;
}

// Hands over the free parts of one stretch of RAM. Returns how many frames of it were taken.
static uint64_t hand_over(const struct memory_range *ram)
{
    uint64_t taken_frames = 0;

    for (paddr_t at = ram->start; at < ram->end;) {
        const struct memory_range *taken = ranges_find_above(&early_memory.taken, at);
        paddr_t free_end = taken == NULL ? ram->end : MIN(MAX(taken->start, at), ram->end);
        paddr_t taken_end = taken == NULL ? ram->end : MIN(taken->end, ram->end);
        buddy_add(&frames.buddy, at >> PAGE_SHIFT, free_end >> PAGE_SHIFT);
        buddy_mark_absent(&frames.buddy, free_end >> PAGE_SHIFT, taken_end >> PAGE_SHIFT);
        taken_frames += (taken_end - free_end) >> PAGE_SHIFT;
        at = taken_end;
    }
    return taken_frames;
}

void frames_init(void)
{
    const struct ranges *ram = &early_memory.ram;
    uint64_t frame_count = ram->at[ram->count - 1].end >> PAGE_SHIFT;
    uint64_t table_bytes = frame_count * sizeof(struct frame);
    uint64_t early_bytes = early_memory.allocated_bytes;
    uint64_t ram_frames = 0;
    uint64_t taken_frames = 0;
    uint64_t covered = 0;

    paddr_t table = early_memory_alloc(table_bytes, PAGE_SIZE);
    if (table == 0)
        panic("frames: no room for the %llu KiB that describe memory",
              (unsigned long long)(table_bytes / KIB));
    early_memory.is_closed = true;
    frames = (struct frame_allocator){ .lock = SPINLOCK("frames", LOCK_RANK_FRAMES) };
    frame_table = direct_map(table);
    buddy_init(&frames.buddy, frame_table, frame_count);
    for (size_t i = 0; i < ram->count; i++) {
        buddy_mark_absent(&frames.buddy, covered, ram->at[i].start >> PAGE_SHIFT);
        taken_frames += hand_over(&ram->at[i]);
        covered = ram->at[i].end >> PAGE_SHIFT;
        ram_frames += covered - (ram->at[i].start >> PAGE_SHIFT);
    }
    frames.total = frames.buddy.free_frames;
    assert(frames.total + taken_frames == ram_frames);
    commit_init(frames.total);
    frames.kept_from_users = commit_kernel_reserve(frames.total) / 4;

    uint64_t table_frames = ROUND_UP(table_bytes, PAGE_SIZE) >> PAGE_SHIFT;
    uint64_t early_frames = early_bytes >> PAGE_SHIFT;
    log_info("memory", "%llu frames: %llu free, %llu kernel and boot, %llu page tables, %llu array",
             (unsigned long long)ram_frames, (unsigned long long)frames.total,
             (unsigned long long)(taken_frames - early_frames - table_frames),
             (unsigned long long)early_frames, (unsigned long long)table_frames);
}
