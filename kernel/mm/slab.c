// SPDX-License-Identifier: MIT
/*
 * Slabs (slab.h). A slab begins with its header; then come its blocks, one stride apart:
 *
 *   plain     | block, rounded up to the class |                    the link of a free block is in it
 *   checked   | guard | block as asked for | red zone to the end |  the guard holds state, size, link
 *
 * The red zone of a checked block starts at the byte behind what was asked for, so even an overrun
 * that stays inside of the size class is noticed.
 */

#include "slab.h"

#include <kernel/panic.h>
#include <kernel/string.h>

#define SLAB_MAGIC    0x51AB51ABu
#define RED_ZONE      16u // least number of bytes behind a checked block
#define RED_ZONE_BYTE 0xBD
#define FREE_BYTE     0xFE // fills free blocks
#define FRESH_BYTE    0xA5 // fills blocks that are handed out: nobody relies on zeroes

struct slab {
    uint32_t magic;
    uint16_t size_class;
    uint16_t capacity;
    uint16_t used;  // blocks handed out
    uint16_t fresh; // blocks from here on were never used
    uint32_t stride;
    void *first_free;             // block, or NULL
    struct slab *next, *previous; // in the heap's list of its class, while it has a block to give
};

#define HEADER_SIZE ROUND_UP(sizeof(struct slab), 16)

// What stands before a checked block.
struct guard {
    uint32_t state;
    uint32_t size; // as asked for
    void *next_free;
};

enum {
    GUARD_FREE = 0xF4EEB10Cu,
    GUARD_USED = 0x05EDB10Cu
};

static_assert(sizeof(struct guard) == 16, "it must keep blocks aligned");

static const uint16_t class_sizes[SLAB_CLASS_COUNT] = { 16,  32,  48,  64,  96,   128,  192,
                                                        256, 384, 512, 768, 1024, 1344, 2048 };

// The smallest class for a size, by its number of 16-byte units.
static const uint8_t class_of_units[SLAB_BLOCK_MAX / 16 + 1] = {
    [0 ... 1] = 0,    [2] = 1,          [3] = 2,          [4] = 3,          [5 ... 6] = 4,
    [7 ... 8] = 5,    [9 ... 12] = 6,   [13 ... 16] = 7,  [17 ... 24] = 8,  [25 ... 32] = 9,
    [33 ... 48] = 10, [49 ... 64] = 11, [65 ... 84] = 12, [85 ... 128] = 13
};

static unsigned class_of(size_t size)
{
    return class_of_units[(size + 15) / 16];
}

static struct guard *guard_of(void *block)
{
    return (struct guard *)block - 1;
}

static void **link_of(const struct slab_heap *heap, void *block)
{
    return heap->checked ? &guard_of(block)->next_free : block;
}

static void list_push(struct slab_heap *heap, struct slab *slab)
{
    struct slab *first = heap->open[slab->size_class];

    slab->previous = NULL;
    slab->next = first;
    if (first != NULL)
        first->previous = slab;
    heap->open[slab->size_class] = slab;
}

static void list_take_out(struct slab_heap *heap, struct slab *slab)
{
    if (slab->previous != NULL)
        slab->previous->next = slab->next;
    else
        heap->open[slab->size_class] = slab->next;
    if (slab->next != NULL)
        slab->next->previous = slab->previous;
}

static struct slab *add_slab(struct slab_heap *heap, unsigned size_class)
{
    struct slab *slab = heap->source->alloc();

    if (slab == NULL)
        return NULL;
    uint32_t stride = class_sizes[size_class];
    if (heap->checked)
        stride += sizeof(struct guard) + RED_ZONE;
    *slab = (struct slab){ .magic = SLAB_MAGIC,
                           .size_class = (uint16_t)size_class,
                           .capacity = (uint16_t)((SLAB_SIZE - HEADER_SIZE) / stride),
                           .stride = stride };
    list_push(heap, slab);
    return slab;
}

// The panic names the block's size, which tells a reader of the kernel most of what it is.
NORETURN static void damaged(const void *block, size_t size, const char *what)
{
    panic("heap: %s, block %p of %zu bytes", what, block, size);
}

static void check_bytes(const void *block, size_t size, const uint8_t *at, const uint8_t *end,
                        uint8_t expected, const char *what)
{
    for (; at < end; at++) {
        if (*at != expected)
            damaged(block, size, what);
    }
}

static uint8_t *red_zone_end(const struct slab *slab, void *block)
{
    return (uint8_t *)block + class_sizes[slab->size_class] + RED_ZONE;
}

static void check_free_block(const struct slab *slab, void *block)
{
    size_t size = class_sizes[slab->size_class];

    if (guard_of(block)->state != GUARD_FREE)
        damaged(block, size, "the bytes before a free block were overwritten");
    check_bytes(block, size, block, red_zone_end(slab, block), FREE_BYTE,
                "a block was written after it was freed");
}

static void mark_used(const struct slab *slab, void *block, size_t size)
{
    *guard_of(block) = (struct guard){ .state = GUARD_USED, .size = (uint32_t)size };
    memset(block, FRESH_BYTE, size);
    memset((uint8_t *)block + size, RED_ZONE_BYTE,
           (size_t)(red_zone_end(slab, block) - (uint8_t *)block) - size);
}

static void mark_free(const struct slab *slab, void *block)
{
    struct guard *guard = guard_of(block);
    uint8_t *end = red_zone_end(slab, block);

    if (guard->state == GUARD_FREE)
        damaged(block, class_sizes[slab->size_class], "freed twice");
    if (guard->state != GUARD_USED || guard->size > class_sizes[slab->size_class])
        damaged(block, class_sizes[slab->size_class], "the bytes before a block were overwritten");
    check_bytes(block, guard->size, (uint8_t *)block + guard->size, end, RED_ZONE_BYTE,
                "the bytes behind a block were overwritten");
    guard->state = GUARD_FREE;
    memset(block, FREE_BYTE, (size_t)(end - (uint8_t *)block));
}

// Takes a block out of a slab that has one.
static void *take_block(struct slab_heap *heap, struct slab *slab)
{
    void *block = slab->first_free;

    slab->used++;
    if (block != NULL) {
        if (heap->checked)
            check_free_block(slab, block);
        slab->first_free = *link_of(heap, block);
        return block;
    }
    block = (uint8_t *)slab + HEADER_SIZE + (size_t)slab->fresh++ * slab->stride;
    return heap->checked ? (struct guard *)block + 1 : block;
}

void *slab_alloc(struct slab_heap *heap, size_t size)
{
    assert(size > 0 && size <= SLAB_BLOCK_MAX);
    unsigned size_class = class_of(size);
    struct slab *slab = heap->open[size_class];

    if (slab == NULL)
        slab = add_slab(heap, size_class);
    if (slab == NULL)
        return NULL;
    void *block = take_block(heap, slab);
    if (slab->used == slab->capacity)
        list_take_out(heap, slab);
    if (heap->checked)
        mark_used(slab, block, size);
    heap->blocks++;
    heap->bytes += class_sizes[size_class];
    return block;
}

// The slab of a block, after a look at whether it can be one.
static struct slab *slab_of(const struct slab_heap *heap, void *block)
{
    struct slab *slab = (struct slab *)((uintptr_t)block & ~(uintptr_t)(SLAB_SIZE - 1));
    size_t first = HEADER_SIZE + (heap->checked ? sizeof(struct guard) : 0);
    size_t offset = (size_t)((uint8_t *)block - (uint8_t *)slab);

    if (slab->magic != SLAB_MAGIC)
        panic("heap: freeing %p, which is in no slab", block);
    if (heap->checked && (offset < first || (offset - first) % slab->stride != 0 ||
                          (offset - first) / slab->stride >= slab->fresh))
        panic("heap: freeing %p, which is not the start of a block", block);
    return slab;
}

void slab_free(struct slab_heap *heap, void *block)
{
    struct slab *slab = slab_of(heap, block);

    if (heap->checked)
        mark_free(slab, block);
    heap->blocks--;
    heap->bytes -= class_sizes[slab->size_class];
    *link_of(heap, block) = slab->first_free;
    slab->first_free = block;
    if (slab->used == slab->capacity)
        list_push(heap, slab);
    slab->used--;
    if (slab->used == 0) {
        list_take_out(heap, slab);
        slab->magic = 0; // a late free of one of its blocks is then noticed
        heap->source->free(slab);
    }
}
