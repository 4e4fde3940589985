// SPDX-License-Identifier: MIT
/*
 * Mutexes. The owner word holds the owning thread, plus WAITED while the queue is not empty. Taking
 * a free mutex and releasing one that nobody waits for is one atomic instruction.
 *
 * Who finds a mutex taken looks at it for a while, as most are held for less time than a switch of
 * threads takes, and only then queues. The releaser frees the mutex and wakes the first in the
 * queue, who has to try again: were the mutex handed over, nobody could have it until that thread
 * runs, and threads that take it often would all run at the pace of the switches.
 */

#include <kernel/mutex.h>

#include <kernel/panic.h>
#include <kernel/status.h>
#include <kernel/thread.h>

#include "sched_private.h"

#define WAITED ((uintptr_t)1)

// How often to look at a mutex before queueing for it: some microseconds.
#define SPINS 300u

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

// Takes the mutex if it is free; who is in the queue stays there.
static bool try_take(struct mutex *mutex, struct thread *self)
{
    uintptr_t owner = __atomic_load_n(owner_word(mutex), __ATOMIC_RELAXED);

    return (owner & ~WAITED) == 0 && replace_owner(mutex, owner, (uintptr_t)self | owner);
}

static bool spin_for_mutex(struct mutex *mutex, struct thread *self)
{
    if (cpu_count() == 1)
        return false;
    for (unsigned i = 0; i < SPINS; i++) {
        if (try_take(mutex, self))
            return true;
        cpu_relax();
    }
    return false;
}

// Waits in the queue; returns as the owner.
static void wait_for_mutex(struct mutex *mutex, struct thread *self)
{
    irq_state_t state = spin_lock(&sched_lock);
    bool was_woken = false;

    while (!try_take(mutex, self)) {
        uintptr_t owner = __atomic_load_n(owner_word(mutex), __ATOMIC_RELAXED);
        if ((owner & ~WAITED) == 0 || !replace_owner(mutex, owner, owner | WAITED))
            continue;
        // A thread that is to end waits all the same: it has locks to give back first. Who was
        // woken in vain keeps its place.
        if (was_woken)
            list_insert_before(mutex->waiters.next, &self->queue_link);
        else
            list_append(&mutex->waiters, &self->queue_link);
        self->state = THREAD_WAITING;
        self->wait_flags = 0;
        sched_switch_locked();
        was_woken = true;
    }
    spin_unlock(&sched_lock, state);
}

static void lock_contended(struct mutex *mutex, struct thread *self)
{
    if (!spin_for_mutex(mutex, self))
        wait_for_mutex(mutex, self);
}

static void wake_first(struct mutex *mutex)
{
    irq_state_t state = spin_lock(&sched_lock);
    struct thread *next = list_first(&mutex->waiters, struct thread, queue_link);

    list_remove(&next->queue_link);
    __atomic_store_n(owner_word(mutex), list_is_empty(&mutex->waiters) ? 0 : WAITED,
                     __ATOMIC_RELEASE);
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
        lock_contended(mutex, self);
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
        wake_first(mutex);
}
#else
void mutex_lock_contended(struct mutex *mutex)
{
    lock_contended(mutex, current_thread());
}

void mutex_unlock_contended(struct mutex *mutex)
{
    assert(mutex_held(mutex));
    wake_first(mutex);
}
#endif

bool mutex_held(const struct mutex *mutex)
{
    return ((uintptr_t)mutex->owner & ~WAITED) == (uintptr_t)current_thread();
}
