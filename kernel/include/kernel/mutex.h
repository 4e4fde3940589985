// SPDX-License-Identifier: MIT
/*
 * Mutexes. Rules: only in threads, never in interrupts; the holder may sleep and touch user memory;
 * not recursive; nesting follows lock_rank.h, spin locks may be taken inside.
 */

#pragma once

#include <arch/cpu.h>
#include <kernel/list.h>
#include <kernel/lock_rank.h>
#include <kernel/types.h>

struct thread;

struct mutex {
    struct thread *owner; // atomic. NULL: free. The lowest bit is set while somebody waits
    uint8_t rank;         // enum lock_rank, immutable
    const char *name;     // immutable
    struct list waiters;  // [scheduler lock] threads, in order of arrival
    struct mutex *outer;  // the mutex that the owner took before this one (debug builds)
};

void mutex_init(struct mutex *mutex, const char *name, enum lock_rank rank);

#if defined(PEKOE_DEBUG) || defined(PEKOE_HOST_TEST)
void mutex_lock(struct mutex *mutex);
void mutex_unlock(struct mutex *mutex);
#else
// Waits for a mutex that is not free; frees one that somebody waits for.
void mutex_lock_contended(struct mutex *mutex);
void mutex_unlock_contended(struct mutex *mutex);

// Every page fault takes one, so the common case is in line.
static ALWAYS_INLINE void mutex_lock(struct mutex *mutex)
{
    struct thread *nobody = NULL;
    if (unlikely(!__atomic_compare_exchange_n(&mutex->owner, &nobody, this_cpu()->thread, false,
                                              __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)))
        mutex_lock_contended(mutex);
}

static ALWAYS_INLINE void mutex_unlock(struct mutex *mutex)
{
    struct thread *self = this_cpu()->thread;
    if (unlikely(!__atomic_compare_exchange_n(&mutex->owner, &self, NULL, false, __ATOMIC_RELEASE,
                                              __ATOMIC_RELAXED)))
        mutex_unlock_contended(mutex);
}
#endif

// Whether somebody held it a moment ago.
static inline bool mutex_is_taken(const struct mutex *mutex)
{
    return __atomic_load_n(&mutex->owner, __ATOMIC_RELAXED) != NULL;
}

// Whether the running thread holds it.
bool mutex_held(const struct mutex *mutex);
