// SPDX-License-Identifier: MIT
/*
 * Frames (frames.h): the buddy system behind a lock, accounting, and poison in debug builds.
 *
 * Most requests are for one frame, and most frees are of one. Each processor has a short stack of
 * single frames in front of the buddy system, which serves them without a lock and without
 * splitting and merging blocks each time; the frame freed last, whose contents the processor's
 * caches may still have, is handed out first. When the buddy system has no more, the stacks of all
 * are emptied into it, so no frame is out of anybody's reach.
 */

#include <kernel/frames.h>

#include <kernel/commit.h>
#include <kernel/early_memory.h>
#include <kernel/fail.h>
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
    struct spinlock lock; // guards the buddy system
    struct buddy buddy;
    uint64_t total;   // immutable
    uint64_t quarter; // immutable: of the kernel's reserve
} frames;

// A processor's. Only that processor changes it, with interrupts off.
static struct frame_cache {
    uint32_t count; // atomic
    struct frame *frames[CACHE_SIZE];
    uint64_t used_by[FRAME_TAG_COUNT]; // atomic: frames taken here less those given back here
} ALIGNED(512) caches[CPU_MAX];

struct frame *frame_table;

static struct frame_cache *this_cache(void)
{
    return &caches[this_cpu()->number];
}

static uint64_t free_count(void)
{
    uint64_t count = __atomic_load_n(&frames.buddy.free_frames, __ATOMIC_RELAXED);

    for (unsigned i = 0; i < cpu_count(); i++)
        count += __atomic_load_n(&caches[i].count, __ATOMIC_RELAXED);
    return count;
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

// Fills an empty cache with the frames of one block, or with one frame if memory is that short. To
// the buddy system the frames of the block are then blocks of their own.
static void fill_cache(struct frame_cache *cache)
{
    unsigned order = CACHE_ORDER;
    irq_state_t irq = spin_lock(&frames.lock);
    struct frame *block = buddy_alloc(&frames.buddy, order);

    if (unlikely(block == NULL)) {
        order = 0;
        block = buddy_alloc(&frames.buddy, order);
    }
    spin_unlock(&frames.lock, irq);
    if (block == NULL)
        return;
    // The highest first, so that addresses are handed out in ascending order.
    cache->count = 1u << order;
    for (unsigned i = 0; i < cache->count; i++) {
        struct frame *frame = block + (cache->count - 1 - i);
        frame->state = FRAME_CACHED;
        frame->order = 0;
        cache->frames[i] = frame;
    }
}

// Gives the buddy system all but the `left` frames that were cached last.
static void drain_cache(struct frame_cache *cache, uint32_t left)
{
    irq_state_t irq = spin_lock(&frames.lock);
    uint32_t count = cache->count > left ? cache->count - left : 0;

    for (uint32_t i = 0; i < count; i++) {
        cache->frames[i]->state = FRAME_USED;
        buddy_free(&frames.buddy, cache->frames[i]);
    }
    spin_unlock(&frames.lock, irq);
    cache->count -= count;
    memmove(cache->frames, cache->frames + count, cache->count * sizeof(cache->frames[0]));
}

// What the other processors had cached, by their numbers: frames linked through next, 0 at the end.
struct surrendered {
    uint32_t first[CPU_MAX];
};

// Runs on each of them, perhaps while it waits for frames.lock: fill_cache and drain_cache do not
// look at their cache until they have it, and frame 0 is never handed out.
static void surrender_cache(void *argument)
{
    struct surrendered *surrendered = argument;
    struct frame_cache *cache = this_cache();
    uint32_t *first = &surrendered->first[this_cpu()->number];

    for (; cache->count > 0; cache->count--) {
        struct frame *frame = cache->frames[cache->count - 1];
        frame->next = *first;
        *first = (uint32_t)frame_number(frame);
    }
}

// Gives the buddy system what all processors have cached.
static void drain_all_caches(void)
{
    struct surrendered surrendered = { 0 };

    cpus_call(~0ull, surrender_cache, &surrendered);
    surrender_cache(&surrendered);
    irq_state_t irq = spin_lock(&frames.lock);
    for (unsigned i = 0; i < CPU_MAX; i++) {
        while (surrendered.first[i] != 0) {
            struct frame *frame = frame_table + surrendered.first[i];
            surrendered.first[i] = frame->next;
            frame->state = FRAME_USED;
            buddy_free(&frames.buddy, frame);
        }
    }
    spin_unlock(&frames.lock, irq);
}

/*
 * How many frames there are beside those that the kernel uses itself: for what is committed,
 * whether it has its frames already or not. Counted while others work, so a few more or less.
 */
static uint64_t beside_kernel(void)
{
    uint64_t count = free_count();

    for (unsigned i = 0; i < cpu_count(); i++)
        count += __atomic_load_n(&caches[i].used_by[FRAME_TAG_USER], __ATOMIC_RELAXED);
    return count;
}

// Whether there are `wanted` frames beside the kernel's. Mostly there are that many free ones.
static ALWAYS_INLINE bool has_beside_kernel(uint64_t wanted)
{
    return likely(__atomic_load_n(&frames.buddy.free_frames, __ATOMIC_RELAXED) >= wanted) ||
           beside_kernel() >= wanted;
}

bool frames_can_back(uint64_t pages)
{
    return has_beside_kernel(pages + 3 * frames.quarter);
}

/*
 * Whether count frames for tag may be taken. Programs have been promised what they have committed,
 * so the kernel does not take those frames, however much it is made to keep. Of its reserve, the
 * heap and stacks leave a half, page tables leave a quarter to devices; so do programs.
 */
static ALWAYS_INLINE bool may_take(enum frame_tag tag, uint64_t count)
{
    switch (tag) {
    case FRAME_TAG_USER:
        return likely(__atomic_load_n(&frames.buddy.free_frames, __ATOMIC_RELAXED) >
                      frames.quarter) ||
               free_count() > frames.quarter;
    case FRAME_TAG_TABLE:
        return has_beside_kernel(commit_pages() + frames.quarter + count);
    case FRAME_TAG_HEAP:
    case FRAME_TAG_STACK:
        return has_beside_kernel(commit_pages() + 2 * frames.quarter + count);
    default:
        return true;
    }
}

// Interrupts are off, and the cache is not empty.
static ALWAYS_INLINE struct frame *take_cached(struct frame_cache *cache, enum frame_tag tag)
{
    struct frame *frame = cache->frames[--cache->count];

    frame->state = FRAME_USED;
    frame->tag = (uint16_t)tag;
    cache->used_by[tag]++;
    return frame;
}

static NOINLINE struct frame *alloc_slowly(enum frame_tag tag)
{
    struct frame *frame = NULL;
    irq_state_t irq = irq_disable();
    struct frame_cache *cache = this_cache();

    if (cache->count == 0)
        fill_cache(cache);
    if (cache->count == 0) {
        drain_all_caches();
        fill_cache(cache);
    }
    if (cache->count > 0)
        frame = take_cached(cache, tag);
    irq_restore(irq);
    if (frame != NULL)
        check_poison(frame, 0);
    return frame;
}

struct frame *frame_alloc(enum frame_tag tag)
{
    if (fail_now(FAIL_FRAME) || unlikely(!may_take(tag, 1)))
        return NULL;
    irq_state_t irq = irq_disable();
    struct frame_cache *cache = this_cache();

    if (unlikely(cache->count == 0)) {
        irq_restore(irq);
        return alloc_slowly(tag);
    }
    struct frame *frame = take_cached(cache, tag);
    irq_restore(irq);
    check_poison(frame, 0);
    return frame;
}

static struct frame *alloc_block(unsigned order)
{
    irq_state_t irq = spin_lock(&frames.lock);
    struct frame *frame = buddy_alloc(&frames.buddy, order);

    spin_unlock(&frames.lock, irq);
    return frame;
}

struct frame *frames_alloc(unsigned order, enum frame_tag tag)
{
    assert(order <= FRAME_ORDER_MAX);
    if (order == 0)
        return frame_alloc(tag);
    if (fail_now(FAIL_FRAME) || !may_take(tag, 1ull << order))
        return NULL;
    irq_state_t irq = irq_disable();
    struct frame *frame = alloc_block(order);
    if (frame == NULL) {
        // The missing halves of a block may be among the cached frames.
        drain_all_caches();
        frame = alloc_block(order);
    }
    if (frame != NULL) {
        frame->tag = (uint16_t)tag;
        this_cache()->used_by[tag] += 1ull << order;
    }
    irq_restore(irq);
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

static NOINLINE void free_slowly(struct frame *frame)
{
    irq_state_t irq = irq_disable();
    struct frame_cache *cache = this_cache();

    if (frame->order == 0) {
        drain_cache(cache, CACHE_BATCH);
        frame->state = FRAME_CACHED;
        cache->frames[cache->count++] = frame;
    } else {
        spin_lock(&frames.lock);
        buddy_free(&frames.buddy, frame);
        spin_unlock(&frames.lock, 0);
    }
    irq_restore(irq);
}

void frames_free(struct frame *frame)
{
    if (unlikely(frame->state != FRAME_USED))
        panic("frames: freeing frame %#llx, which is not in use (state %u)",
              (unsigned long long)frame_number(frame), frame->state);
    poison(frame, frame->order);
    irq_state_t irq = irq_disable();
    struct frame_cache *cache = this_cache();
    cache->used_by[frame->tag] -= 1ull << frame->order;
    if (unlikely(frame->order != 0 || cache->count == CACHE_SIZE)) {
        irq_restore(irq);
        free_slowly(frame);
        return;
    }
    frame->state = FRAME_CACHED;
    cache->frames[cache->count++] = frame;
    irq_restore(irq);
}

void frames_split(struct frame *block)
{
    unsigned order = block->order;

    assert(block->state == FRAME_USED);
    // As in fill_cache: the buddy system merges what comes back one by one.
    for (unsigned i = 0; i < 1u << order; i++) {
        block[i].state = FRAME_USED;
        block[i].order = 0;
        block[i].tag = block->tag;
    }
}

struct frame_stats frames_stats(void)
{
    struct frame_stats stats = { .total = frames.total,
                                 .free = free_count(),
                                 .highest = frames.buddy.frame_count };

    for (unsigned i = 0; i < cpu_count(); i++)
        for (unsigned tag = 0; tag < FRAME_TAG_COUNT; tag++)
            stats.used_by[tag] += __atomic_load_n(&caches[i].used_by[tag], __ATOMIC_RELAXED);
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
    memset(caches, 0, sizeof(caches));
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
    frames.quarter = commit_kernel_reserve(frames.total) / 4;

    uint64_t table_frames = ROUND_UP(table_bytes, PAGE_SIZE) >> PAGE_SHIFT;
    uint64_t early_frames = early_bytes >> PAGE_SHIFT;
    log_info("memory", "%llu frames: %llu free, %llu kernel and boot, %llu page tables, %llu array",
             (unsigned long long)ram_frames, (unsigned long long)frames.total,
             (unsigned long long)(taken_frames - early_frames - table_frames),
             (unsigned long long)early_frames, (unsigned long long)table_frames);
}
