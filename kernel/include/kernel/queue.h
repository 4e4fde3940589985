// SPDX-License-Identifier: MIT
/*
 * Queues of work that several threads serve: NT's completion ports rest on them. Entries leave in
 * the order of their arrival; the thread that began to wait last, whose caches are warmest, gets
 * them.
 *
 * A queue lets at most `concurrency` of its threads run at once. A thread belongs to the queue that
 * it took from last, and counts while it runs: when it waits, for anything, another one of the
 * queue may take an entry; when it goes on, it counts again, even if they are too many for a while.
 *
 * All of it is guarded by the scheduler's lock, which the functions take.
 *
 * Context  any but NMI, unless said otherwise
 *
 *	s	scheduler lock
 */

#pragma once

#include <kernel/dispatcher.h>
#include <kernel/list.h>

struct queue {
    struct waitable waitable; // signalled while there are entries; taking none
    struct list entries;      // [s] struct queue_entry
    uint32_t depth;           // [s] how many entries there are
    struct list takers;       // [s] wait blocks of those who wait for an entry, the last one first
    struct list members;      // [s] threads that belong to it, by queue_member
    uint32_t concurrency;     // immutable
    uint32_t active;          // [s] members that run
};

struct queue_entry {
    struct list link; // [s] in the queue's entries
};

// concurrency: 0 means as many as there are processors.
void queue_init(struct queue *queue, uint32_t concurrency);

// Lets its members go and moves what is left in it to `left`. Nobody waits for it, nobody will.
void queue_destroy(struct queue *queue, struct list *left);

void queue_insert(struct queue *queue, struct queue_entry *entry);

/*
 * Takes up to `most` entries, and waits until there is at least one for the running thread.
 * out      receives them, in order
 * flags    WAIT_FOR_PROGRAM, WAIT_ALERTABLE
 * Returns  STATUS_SUCCESS: *count of them; else STATUS_TIMEOUT, STATUS_USER_APC, STATUS_ALERTED,
 *          STATUS_CANCELLED as wait_for, and none
 * Context  thread, no spin lock held
 */
status_t queue_remove(struct queue *queue, struct list *out, uint32_t most, uint32_t *count,
                      unsigned flags, nanoseconds_t deadline) MUST_CHECK;
