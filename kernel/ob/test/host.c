// SPDX-License-Identifier: MIT
// The ground under the host tests of objects (host.h).

#include "host.h"

#include <pthread.h>

#include <kernel/frames.h>
#include <kernel/heap.h>
#include <kernel/mutex.h>
#include <kernel/panic.h>
#include <kernel/spinlock.h>
#include <kernel/string.h>

#define FRAMES 8192u

long host_allocations_left = -1;
long host_allocations;
int things_destroyed;

uint8_t *host_ram;
struct frame *frame_table;

static pthread_mutex_t frames_lock = PTHREAD_MUTEX_INITIALIZER;

void panic(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    abort();
}

int format_string(char *to, size_t room, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(to, room, format, arguments);
    va_end(arguments);
    return length;
}

// ---- memory ------------------------------------------------------------------------------------

static bool may_allocate(void)
{
    if (host_allocations_left == 0)
        return false;
    if (host_allocations_left > 0)
        host_allocations_left--;
    __atomic_add_fetch(&host_allocations, 1, __ATOMIC_RELAXED);
    return true;
}

void *heap_alloc(size_t size)
{
    return may_allocate() ? aligned_alloc(16, ROUND_UP(size, 16)) : NULL;
}

void *heap_alloc_zeroed(size_t size)
{
    void *block = heap_alloc(size);

    if (block != NULL)
        memset(block, 0, size);
    return block;
}

void heap_free(void *block)
{
    if (block == NULL)
        return;
    __atomic_sub_fetch(&host_allocations, 1, __ATOMIC_RELAXED);
    free(block);
}

struct frame *frame_alloc(enum frame_tag tag)
{
    static uint32_t fresh, first_free;
    struct frame *frame = NULL;

    if (!may_allocate())
        return NULL;
    pthread_mutex_lock(&frames_lock);
    if (frame_table == NULL) {
        frame_table = calloc(FRAMES, sizeof(*frame_table));
        host_ram = aligned_alloc(PAGE_SIZE, FRAMES * PAGE_SIZE);
    }
    for (; first_free < fresh && frame == NULL; first_free++)
        if (frame_table[first_free].state == FRAME_FREE)
            frame = &frame_table[first_free];
    first_free = 0;
    if (frame == NULL) {
        assert(fresh < FRAMES);
        frame = &frame_table[fresh++];
    }
    frame->state = FRAME_USED;
    frame->tag = (uint16_t)tag;
    pthread_mutex_unlock(&frames_lock);
    memset(frame_address(frame), 0x5C, PAGE_SIZE);
    return frame;
}

void frames_free(struct frame *frame)
{
    pthread_mutex_lock(&frames_lock);
    assert(frame->state == FRAME_USED);
    memset(frame_address(frame), 0xDD, PAGE_SIZE);
    frame->state = FRAME_FREE;
    pthread_mutex_unlock(&frames_lock);
    __atomic_sub_fetch(&host_allocations, 1, __ATOMIC_RELAXED);
}

// ---- locks: one of the host's stands for all, taken with the first -----------------------------

static pthread_mutex_t big_lock = PTHREAD_MUTEX_INITIALIZER;
static __thread const void *held[4]; // what this thread holds, innermost last
static __thread int held_count;

static void lock(const void *which)
{
    if (held_count == 0)
        pthread_mutex_lock(&big_lock);
    assert(held_count < (int)ARRAY_SIZE(held));
    held[held_count++] = which;
}

static void unlock(const void *which)
{
    assert(held_count > 0 && held[held_count - 1] == which);
    if (--held_count == 0)
        pthread_mutex_unlock(&big_lock);
}

void spin_init(struct spinlock *spinlock, const char *name, enum lock_rank rank)
{
    *spinlock = (struct spinlock){ .rank = (uint8_t)rank, .name = name };
}

irq_state_t spin_lock(struct spinlock *spinlock)
{
    lock(spinlock);
    return 0;
}

void spin_unlock(struct spinlock *spinlock, irq_state_t state)
{
    (void)state;
    unlock(spinlock);
}

void mutex_init(struct mutex *mutex, const char *name, enum lock_rank rank)
{
    *mutex = (struct mutex){ .rank = (uint8_t)rank, .name = name };
}

void mutex_lock(struct mutex *mutex)
{
    assert(!mutex_held(mutex));
    lock(mutex);
}

void mutex_unlock(struct mutex *mutex)
{
    unlock(mutex);
}

bool mutex_held(const struct mutex *mutex)
{
    for (int i = 0; i < held_count; i++)
        if (held[i] == mutex)
            return true;
    return false;
}

// No test lets a table end while somebody visits it.
void wait_queue_init(struct wait_queue *queue)
{
    *queue = (struct wait_queue){ 0 };
}

void wait_queue_wake_all(struct wait_queue *queue)
{
    panic("nobody waits in the queue %p", (void *)queue);
}

void wait_queue_sleep_always(struct wait_queue *queue, struct spinlock *guard, irq_state_t *state)
{
    panic("a wait in the queue %p under \"%s\", %d", (void *)queue, guard->name, (int)*state);
}

// ---- things ------------------------------------------------------------------------------------

static void destroy_thing(struct object *object)
{
    __atomic_add_fetch(&things_destroyed, 1, __ATOMIC_RELAXED);
    heap_free(container_of(object, struct thing, object));
}

static void close_thing(struct object *object, struct handle_table *table, uint32_t access,
                        uint32_t left)
{
    struct thing *thing = container_of(object, struct thing, object);

    (void)table;
    __atomic_add_fetch(&thing->closed, 1, __ATOMIC_RELAXED);
    __atomic_store_n(&thing->last_access, access, __ATOMIC_RELAXED);
    __atomic_store_n(&thing->last_left, left, __ATOMIC_RELAXED);
}

OBJECT_TYPE(thing_type, "Thing",
            .access = { .valid = 0x1F000F, .read = 1, .write = 2, .execute = 4 },
            .destroy = destroy_thing, .close = close_thing);

struct thing *make_thing(void)
{
    struct thing *thing = heap_alloc_zeroed(sizeof(*thing));

    assert_non_null(thing);
    object_init(&thing->object, &thing_type);
    return thing;
}
