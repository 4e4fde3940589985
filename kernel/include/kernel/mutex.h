// SPDX-License-Identifier: MIT
/*
 * Mutexes. Rules: only in threads, never in interrupts; the holder may sleep and touch user memory;
 * not recursive; nesting follows lock_rank.h, spin locks may be taken inside.
 */

#pragma once

#include <kernel/lock_rank.h>
#include <kernel/list.h>
#include <kernel/types.h>

struct thread;

struct mutex {
    struct thread *owner; // NULL: free. Atomic: taking a free one needs no lock
    uint8_t rank;         // enum lock_rank, immutable
    const char *name;     // immutable
    struct list waiters;  // [scheduler lock] threads, in order of arrival
    struct mutex *outer;  // the mutex that the owner took before this one (debug builds)
};

void mutex_init(struct mutex *mutex, const char *name, enum lock_rank rank);
void mutex_lock(struct mutex *mutex);
void mutex_unlock(struct mutex *mutex);

// Whether the running thread holds it.
bool mutex_held(const struct mutex *mutex);
