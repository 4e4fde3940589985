// SPDX-License-Identifier: MIT
/*
 * Queues that several threads serve (queue.h). The scheduler tells when a member begins and ends a
 * wait (sched_block_locked, sched_end_wait_locked); entries are handed to a waiting thread by
 * whoever inserts them, so a thread that wakes up has its entry.
 */

#include <kernel/queue.h>

#include <arch/cpu.h>
#include <kernel/panic.h>
#include <kernel/status.h>

#include "sched_private.h"

// A thread that waits for an entry, on its stack.
struct taker {
    struct wait_block block;   // in queue->takers
    struct queue_entry *taken; // [s]
};

void queue_init(struct queue *queue, uint32_t concurrency)
{
    waitable_init(&queue->waitable, WAITABLE_NOTIFICATION, 0);
    list_init(&queue->entries);
    list_init(&queue->takers);
    list_init(&queue->members);
    queue->concurrency = concurrency != 0 ? concurrency : cpu_count();
    queue->active = 0;
    queue->depth = 0;
}

static struct queue_entry *take_first(struct queue *queue)
{
    struct queue_entry *entry = list_first(&queue->entries, struct queue_entry, link);
    list_remove(&entry->link);
    queue->depth--;
    if (list_is_empty(&queue->entries))
        queue->waitable.state = 0;
    return entry;
}

// Hands the first entry to the thread that waits shortest, if there are both and it may run.
static void hand_over(struct queue *queue)
{
    if (list_is_empty(&queue->takers) || list_is_empty(&queue->entries) ||
        queue->active >= queue->concurrency)
        return;
    struct wait_block *block = list_first(&queue->takers, struct wait_block, link);
    container_of(block, struct taker, block)->taken = take_first(queue);
    sched_end_wait_locked(block->thread, STATUS_SUCCESS);
}

void sched_queue_member_waits_locked(struct queue *queue)
{
    assert(queue->active > 0);
    queue->active--;
    hand_over(queue);
}

void sched_queue_member_runs_locked(struct queue *queue)
{
    queue->active++;
}

void sched_leave_queue_locked(struct thread *thread)
{
    struct queue *queue = thread->queue;
    if (!queue)
        return;
    thread->queue = NULL;
    list_remove(&thread->queue_member);
    sched_queue_member_waits_locked(queue);
}

static void join(struct queue *queue, struct thread *thread)
{
    if (likely(thread->queue == queue))
        return;
    sched_leave_queue_locked(thread);
    thread->queue = queue;
    list_append(&queue->members, &thread->queue_member);
    queue->active++;
}

void queue_destroy(struct queue *queue, struct list *left)
{
    irq_state_t state = spin_lock(&sched_lock);
    while (!list_is_empty(&queue->members)) {
        struct thread *thread = list_first(&queue->members, struct thread, queue_member);
        list_remove(&thread->queue_member);
        thread->queue = NULL;
    }
    while (!list_is_empty(&queue->entries))
        list_append(left, &take_first(queue)->link);
    spin_unlock(&sched_lock, state);
}

void queue_insert(struct queue *queue, struct queue_entry *entry)
{
    irq_state_t state = spin_lock(&sched_lock);
    list_append(&queue->entries, &entry->link);
    queue->depth++;
    hand_over(queue);
    if (!list_is_empty(&queue->entries) && queue->waitable.state == 0) {
        queue->waitable.state = 1;
        waitable_satisfy_locked(&queue->waitable);
    }
    spin_unlock(&sched_lock, state);
}

// Takes an entry or waits for one. The running thread is a member, and counts.
static status_t take_locked(struct queue *queue, struct taker *taker, unsigned flags,
                            nanoseconds_t deadline)
{
    struct thread *thread = current_thread();
    if (!list_is_empty(&queue->entries) && queue->active <= queue->concurrency) {
        taker->taken = take_first(queue);
        return STATUS_SUCCESS;
    }
    status_t status = sched_wait_obstacle_locked(thread, flags);
    if (status != STATUS_SUCCESS)
        return status;
    if (deadline == 0)
        return STATUS_TIMEOUT;
    list_insert_before(queue->takers.next, &taker->block.link);
    thread->wait_blocks = &taker->block;
    thread->wait_block_count = 1;
    thread->wait_flags = (uint8_t)flags;
    return sched_block_locked(deadline);
}

status_t queue_remove(struct queue *queue, struct list *out, uint32_t most, uint32_t *count,
                      unsigned flags, nanoseconds_t deadline)
{
    struct thread *thread = current_thread();
    struct taker taker = { .block = { .thread = thread, .object = &queue->waitable } };
    status_t status;
    irq_state_t state = spin_lock(&sched_lock);
    join(queue, thread);
    while ((status = take_locked(queue, &taker, flags, deadline)) == STATUS_INTERRUPTED) {
        spin_unlock(&sched_lock, state);
        sched_do_kernel_work(thread);
        spin_lock(&sched_lock);
    }
    if (status == STATUS_SUCCESS) {
        list_append(out, &taker.taken->link);
        for (*count = 1; *count < most && !list_is_empty(&queue->entries); ++*count)
            list_append(out, &take_first(queue)->link);
    }
    spin_unlock(&sched_lock, state);
    thread_reap();
    return status;
}
