// SPDX-License-Identifier: MIT
/*
 * Mutexes. The owner word holds the owning thread, plus WAITED when somebody queues. Taking a free
 * mutex and releasing one that nobody waits for is one atomic instruction; otherwise the scheduler's
 * lock orders things, and the releaser hands the mutex to the first in the queue.
 */

#include <kernel/mutex.h>

#include <kernel/panic.h>
#include <kernel/status.h>
#include <kernel/thread.h>

#include "sched_private.h"

#define WAITED ((uintptr_t)1)

static uintptr_t *owner_word(struct mutex *mutex)
{
    return (uintptr_t *)&mutex->owner;
}

static bool replace_owner(struct mutex *mutex, uintptr_t expected, uintptr_t owner)
{
    return __atomic_compare_exchange_n(owner_word(mutex), &expected, owner, false, __ATOMIC_ACQ_REL,
                                       __ATOMIC_RELAXED);
}

void mutex_init(struct mutex *mutex, const char *name, enum lock_rank rank)
{
    *mutex = (struct mutex){ .rank = (uint8_t)rank, .name = name };
    list_init(&mutex->waiters);
}

// Waits in the queue; returns as the owner.
static void wait_for_mutex(struct mutex *mutex, struct thread *self)
{
    irq_state_t state = spin_lock(&sched_lock);
    for (;;) {
        uintptr_t owner = __atomic_load_n(owner_word(mutex), __ATOMIC_RELAXED);
        if (owner == 0 && replace_owner(mutex, 0, (uintptr_t)self))
            break;
        if (owner != 0 && replace_owner(mutex, owner, owner | WAITED)) {
            // A thread that is to end waits all the same: it has locks to give back first.
            list_append(&mutex->waiters, &self->queue_link);
            self->state = THREAD_WAITING;
            self->wait_flags = 0;
            sched_switch_locked();
            break; // the mutex was handed over
        }
    }
    spin_unlock(&sched_lock, state);
}

static void hand_over(struct mutex *mutex)
{
    irq_state_t state = spin_lock(&sched_lock);
    struct thread *next = list_first(&mutex->waiters, struct thread, queue_link);
    list_remove(&next->queue_link);
    uintptr_t owner = (uintptr_t)next | (list_is_empty(&mutex->waiters) ? 0 : WAITED);
    __atomic_store_n(owner_word(mutex), owner, __ATOMIC_RELEASE);
    sched_make_ready_locked(next);
    spin_unlock(&sched_lock, state);
}

#ifdef PEKOE_DEBUG
static void check_order(const struct mutex *mutex, struct thread *self)
{
    if (self->mutexes && self->mutexes->rank >= mutex->rank)
        panic("lock: mutex \"%s\" (rank %u) taken while holding \"%s\" (rank %u)", mutex->name,
              mutex->rank, self->mutexes->name, self->mutexes->rank);
    if (this_cpu()->locks)
        panic("lock: mutex \"%s\" taken while holding the spin lock \"%s\"", mutex->name,
              this_cpu()->locks->name);
}

void mutex_lock(struct mutex *mutex)
{
    struct thread *self = current_thread();
    check_order(mutex, self);
    if (!replace_owner(mutex, 0, (uintptr_t)self))
        wait_for_mutex(mutex, self);
    mutex->outer = self->mutexes;
    self->mutexes = mutex;
}

void mutex_unlock(struct mutex *mutex)
{
    struct thread *self = current_thread();
    assert(mutex_held(mutex));
    if (self->mutexes != mutex)
        panic("lock: mutex \"%s\" released, but it is not the last one taken", mutex->name);
    self->mutexes = mutex->outer;
    if (!replace_owner(mutex, (uintptr_t)self, 0))
        hand_over(mutex);
}
#else
void mutex_lock_contended(struct mutex *mutex)
{
    wait_for_mutex(mutex, current_thread());
}

void mutex_unlock_contended(struct mutex *mutex)
{
    assert(mutex_held(mutex));
    hand_over(mutex);
}
#endif

bool mutex_held(const struct mutex *mutex)
{
    return ((uintptr_t)mutex->owner & ~WAITED) == (uintptr_t)current_thread();
}
