// SPDX-License-Identifier: MIT
// What the driver calls of the kernel. RAM is an array of pages.

#include <stdarg.h>
#include <stdlib.h>

#include <kernel/chardev.h>
#include <kernel/clock.h>
#include <kernel/frames.h>
#include <kernel/heap.h>
#include <kernel/log.h>
#include <kernel/spinlock.h>
#include <kernel/status.h>
#include <kernel/string.h>
#include <kernel/thread.h>

#include "fake_device.h"

#define FRAME_COUNT 256u

struct fake_kernel fake_kernel;

static uint8_t pages[FRAME_COUNT][PAGE_SIZE] ALIGNED(PAGE_SIZE);
static struct frame frames[FRAME_COUNT];
uint8_t *host_ram = pages[0];
struct frame *frame_table = frames;

static bool may_allocate(void)
{
    if (fake_kernel.allocations_left == 0)
        return false;
    fake_kernel.allocations_left--;
    return true;
}

static bool is_free(unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++) {
        if (frames[i].state == FRAME_USED)
            return false;
    }
    return true;
}

struct frame *frames_alloc(unsigned order, enum frame_tag tag)
{
    unsigned count = 1u << order;

    if (!may_allocate())
        return NULL;
    for (unsigned first = 0; first + count <= FRAME_COUNT; first += count) {
        if (!is_free(first, count))
            continue;
        for (unsigned i = first; i < first + count; i++)
            frames[i] = (struct frame){ .state = FRAME_USED, .tag = (uint16_t)tag };
        frames[first].order = (uint8_t)order;
        fake_kernel.frames += count;
        return &frames[first];
    }
    return NULL;
}

struct frame *frame_alloc_zeroed(enum frame_tag tag)
{
    struct frame *frame = frames_alloc(0, tag);

    if (frame != NULL)
        memset(frame_address(frame), 0, PAGE_SIZE);
    return frame;
}

void frames_free(struct frame *frame)
{
    unsigned count = 1u << frame->order;

    for (unsigned i = 0; i < count; i++)
        frame[i].state = FRAME_FREE;
    fake_kernel.frames -= count;
}

void *heap_alloc(size_t size)
{
    if (!may_allocate())
        return NULL;
    fake_kernel.blocks++;
    return malloc(size);
}

void *heap_alloc_zeroed(size_t size)
{
    void *block = heap_alloc(size);

    return block != NULL ? memset(block, 0, size) : NULL;
}

void heap_free(void *block)
{
    if (block == NULL)
        return;
    fake_kernel.blocks--;
    free(block);
}

void log_line(enum log_level level, const char *subsystem, const char *format, ...)
{
    (void)subsystem, (void)format;
    fake_kernel.error_lines += level == LOG_ERROR;
}

nanoseconds_t clock_now(void)
{
    return 0;
}

void chardev_register(struct chardev *device)
{
    if (fake_kernel.chardev_count < ARRAY_SIZE(fake_kernel.chardevs))
        fake_kernel.chardevs[fake_kernel.chardev_count++] = device;
}

struct chardev *fake_chardev(const char *name)
{
    for (unsigned i = 0; i < fake_kernel.chardev_count; i++) {
        if (strcmp(fake_kernel.chardevs[i]->name, name) == 0)
            return fake_kernel.chardevs[i];
    }
    return NULL;
}

// Locks check that they are used as such.
void spin_init(struct spinlock *lock, const char *name, enum lock_rank rank)
{
    *lock = (struct spinlock){ .name = name, .rank = (uint8_t)rank };
}

irq_state_t spin_lock(struct spinlock *lock)
{
    if (lock->is_held)
        abort();
    lock->is_held = 1;
    return 0;
}

void spin_unlock(struct spinlock *lock, irq_state_t state)
{
    (void)state;
    if (!lock->is_held)
        abort();
    lock->is_held = 0;
}

void wait_queue_init(struct wait_queue *queue)
{
    list_init(&queue->waitable.waiters);
}

void wait_queue_wake_all(struct wait_queue *queue)
{
    (void)queue;
}
