// SPDX-License-Identifier: MIT
/*
 * Keyed events: one object on which any number of pairs of threads meet, each by a key of its own.
 * A waiter blocks until somebody releases its key, a releaser until somebody waits for it. Nothing
 * is kept for later, so they need no memory per key: what locks fall back on when there is none.
 */

#pragma once

#include <kernel/dispatcher.h>
#include <kernel/list.h>

#define KEYED_EVENT_BUCKETS 16u

struct keyed_event {
    struct list buckets[KEYED_EVENT_BUCKETS]; // [scheduler lock] struct meeting, by key
};

void keyed_event_init(struct keyed_event *event);

enum keyed_event_side {
    KEYED_EVENT_WAIT,
    KEYED_EVENT_RELEASE,
};

/*
 * Waits until a thread of the same process comes from the other side with the same key.
 * flags    WAIT_FOR_PROGRAM, WAIT_ALERTABLE
 * Returns  STATUS_SUCCESS; STATUS_TIMEOUT, STATUS_USER_APC, STATUS_ALERTED, STATUS_CANCELLED as
 *          wait_for
 * Context  thread of a process, no spin lock held
 */
status_t keyed_event_meet(struct keyed_event *event, enum keyed_event_side side, uint64_t key,
                          unsigned flags, nanoseconds_t deadline) MUST_CHECK;
