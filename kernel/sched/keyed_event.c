// SPDX-License-Identifier: MIT
// Keyed events (keyed_event.h).

#include <kernel/keyed_event.h>

#include <kernel/status.h>

#include "sched_private.h"

// A thread that waits for its partner, on its stack.
struct meeting {
    struct wait_block block; // in its bucket
    uint64_t key;
    enum keyed_event_side side;
};

void keyed_event_init(struct keyed_event *event)
{
    for (unsigned i = 0; i < KEYED_EVENT_BUCKETS; i++)
        list_init(&event->buckets[i]);
}

// Keys are addresses, usually of pointers.
static struct list *bucket_of(struct keyed_event *event, uint64_t key)
{
    return &event->buckets[(key >> 3 ^ key >> 12) % KEYED_EVENT_BUCKETS];
}

static bool meets(const struct meeting *one, const struct meeting *other)
{
    return one->key == other->key && one->side != other->side &&
           one->block.thread->process == other->block.thread->process;
}

static status_t meet_locked(struct list *bucket, struct meeting *self, unsigned flags,
                            nanoseconds_t deadline)
{
    struct thread *thread = self->block.thread;
    struct meeting *other;
    list_for_each(other, bucket, block.link) {
        if (meets(self, other)) {
            sched_end_wait_locked(other->block.thread, STATUS_SUCCESS);
            return STATUS_SUCCESS;
        }
    }
    status_t status = sched_wait_obstacle_locked(thread, flags);
    if (status != STATUS_SUCCESS)
        return status;
    if (deadline == 0)
        return STATUS_TIMEOUT;
    list_append(bucket, &self->block.link);
    thread->wait_blocks = &self->block;
    thread->wait_block_count = 1;
    thread->wait_flags = (uint8_t)flags;
    return sched_block_locked(deadline);
}

status_t keyed_event_meet(struct keyed_event *event, enum keyed_event_side side, uint64_t key,
                          unsigned flags, nanoseconds_t deadline)
{
    struct thread *thread = current_thread();
    struct meeting self = { .block = { .thread = thread }, .key = key, .side = side };
    struct list *bucket = bucket_of(event, key);
    status_t status;
    irq_state_t state = spin_lock(&sched_lock);
    while ((status = meet_locked(bucket, &self, flags, deadline)) == STATUS_INTERRUPTED) {
        spin_unlock(&sched_lock, state);
        sched_do_kernel_work(thread);
        spin_lock(&sched_lock);
    }
    spin_unlock(&sched_lock, state);
    thread_reap();
    return status;
}
