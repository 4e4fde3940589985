// SPDX-License-Identifier: MIT
/*
 * The buddy system (buddy.h).
 *
 * One invariant makes a wrong free harmless to detect: FRAME_FREE and FRAME_USED stand only in the
 * first descriptor of a block. A block that was freed and has become part of a larger one no longer
 * says FRAME_USED, so freeing it again is noticed however much has happened in between.
 */

#include "buddy.h"

#include <kernel/panic.h>

void buddy_init(struct buddy *buddy, struct frame *frames, uint64_t frame_count)
{
    assert(frame_count < BUDDY_NONE);
    buddy->frames = frames;
    buddy->frame_count = frame_count;
    buddy->free_frames = 0;
    for (unsigned order = 0; order <= FRAME_ORDER_MAX; order++)
        buddy->first_free[order] = BUDDY_NONE;
}

static void list_push(struct buddy *buddy, uint32_t number, unsigned order)
{
    struct frame *frame = &buddy->frames[number];
    uint32_t first = buddy->first_free[order];

    frame->state = FRAME_FREE;
    frame->order = (uint8_t)order;
    frame->prev = BUDDY_NONE;
    frame->next = first;
    if (first != BUDDY_NONE)
        buddy->frames[first].prev = number;
    buddy->first_free[order] = number;
}

static void list_take_out(struct buddy *buddy, const struct frame *frame)
{
    if (frame->prev != BUDDY_NONE)
        buddy->frames[frame->prev].next = frame->next;
    else
        buddy->first_free[frame->order] = frame->next;
    if (frame->next != BUDDY_NONE)
        buddy->frames[frame->next].prev = frame->prev;
}

// Writes whole descriptors, as they may never have been written before.
static void set_states(struct buddy *buddy, uint64_t first, uint64_t end, enum frame_state state)
{
    const struct frame blank = { .state = (uint8_t)state };

    for (struct frame *frame = buddy->frames + first; frame < buddy->frames + end; frame++)
        *frame = blank;
}

void buddy_mark_absent(struct buddy *buddy, uint64_t first, uint64_t end)
{
    assert(first <= end && end <= buddy->frame_count);
    set_states(buddy, first, end, FRAME_ABSENT);
}

void buddy_add(struct buddy *buddy, uint64_t first, uint64_t end)
{
    assert(first <= end && end <= buddy->frame_count);
    set_states(buddy, first, end, FRAME_FREE_TAIL);
    // The largest block that starts aligned and does not pass the end, again and again. Giving them
    // back as if they had been in use merges them with free neighbours.
    while (first < end) {
        unsigned order = 0;
        while (order < FRAME_ORDER_MAX && first % (2ull << order) == 0 &&
               end - first >= 2ull << order)
            order++;
        struct frame *frame = &buddy->frames[first];
        frame->state = FRAME_USED;
        frame->order = (uint8_t)order;
        buddy_free(buddy, frame);
        first += 1ull << order;
    }
}

struct frame *buddy_alloc(struct buddy *buddy, unsigned order)
{
    unsigned found = order;

    while (found <= FRAME_ORDER_MAX && buddy->first_free[found] == BUDDY_NONE)
        found++;
    if (found > FRAME_ORDER_MAX)
        return NULL;

    uint32_t number = buddy->first_free[found];
    struct frame *frame = &buddy->frames[number];
    list_take_out(buddy, frame);
    while (found > order) {
        found--;
        list_push(buddy, number + (1u << found), found);
    }
    frame->state = FRAME_USED;
    frame->order = (uint8_t)order;
    for (unsigned i = 1; i < 1u << order; i++)
        frame[i].state = FRAME_USED_TAIL;
    buddy->free_frames -= 1ull << order;
    return frame;
}

// The free block that, with the block at number, makes a block of the next order; or NULL.
static struct frame *free_buddy(struct buddy *buddy, uint64_t number, unsigned order)
{
    uint64_t other = number ^ 1ull << order;

    if (order == FRAME_ORDER_MAX || other >= buddy->frame_count)
        return NULL;
    struct frame *frame = &buddy->frames[other];
    return frame->state == FRAME_FREE && frame->order == order ? frame : NULL;
}

void buddy_free(struct buddy *buddy, struct frame *frame)
{
    uint64_t number = (uint64_t)(frame - buddy->frames);
    unsigned order = frame->order;
    struct frame *other;

    if (number >= buddy->frame_count || frame->state != FRAME_USED)
        panic("frames: freeing frame %#llx, which is not in use (state %u)",
              (unsigned long long)number, frame->state);
    for (unsigned i = 0; i < 1u << order; i++)
        frame[i].state = FRAME_FREE_TAIL;
    buddy->free_frames += 1ull << order;
    while ((other = free_buddy(buddy, number, order)) != NULL) {
        list_take_out(buddy, other);
        other->state = FRAME_FREE_TAIL;
        number &= ~(1ull << order);
        order++;
    }
    list_push(buddy, (uint32_t)number, order);
}

static const char *check_block(const struct buddy *buddy, uint64_t number, unsigned order,
                               enum frame_state tail)
{
    if (number % (1ull << order) != 0 || number + (1ull << order) > buddy->frame_count)
        return "a block is misaligned or passes the end";
    for (uint64_t i = 1; i < 1ull << order; i++) {
        if (buddy->frames[number + i].state != tail)
            return "a block holds frames of another state";
    }
    return NULL;
}

// Walks the list of one order; *blocks is increased by its length.
static const char *check_list(const struct buddy *buddy, unsigned order, uint64_t *blocks)
{
    uint32_t previous = BUDDY_NONE;

    for (uint32_t number = buddy->first_free[order]; number != BUDDY_NONE;) {
        const struct frame *frame = &buddy->frames[number];
        uint64_t other = number ^ 1ull << order;
        if (frame->state != FRAME_FREE || frame->order != order || frame->prev != previous)
            return "a list holds a block that does not belong there";
        if (order < FRAME_ORDER_MAX && other < buddy->frame_count &&
            buddy->frames[other].state == FRAME_FREE && buddy->frames[other].order == order)
            return "two free buddies were not merged";
        ++*blocks;
        previous = number;
        number = frame->next;
    }
    return NULL;
}

const char *buddy_check(const struct buddy *buddy)
{
    uint64_t listed = 0;
    uint64_t found = 0;
    uint64_t free_frames = 0;
    const char *wrong = NULL;

    for (unsigned order = 0; order <= FRAME_ORDER_MAX && wrong == NULL; order++)
        wrong = check_list(buddy, order, &listed);
    for (uint64_t number = 0; number < buddy->frame_count && wrong == NULL;) {
        const struct frame *frame = &buddy->frames[number];
        uint64_t size = 1;
        if (frame->state == FRAME_FREE || frame->state == FRAME_USED) {
            bool is_free = frame->state == FRAME_FREE;
            size = 1ull << frame->order;
            found += is_free;
            free_frames += is_free ? size : 0;
            wrong = check_block(buddy, number, frame->order,
                                is_free ? FRAME_FREE_TAIL : FRAME_USED_TAIL);
        } else if (frame->state != FRAME_ABSENT && frame->state != FRAME_CACHED) {
            wrong = "a frame belongs to no block";
        }
        number += size;
    }
    if (wrong != NULL)
        return wrong;
    if (found != listed)
        return "a free block is in no list";
    return free_frames == buddy->free_frames ? NULL : "the count of free frames is wrong";
}
