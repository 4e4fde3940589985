// SPDX-License-Identifier: MIT
/*
 * Spin locks. Each processor keeps the chain of those it holds, which panics print; debug builds
 * check their order (lock_rank.h).
 *
 * Whoever waits reads until the lock looks free and only then tries again, so that waiting does not
 * take the cache line from the holder. There is no queue: in a virtual machine the host may have
 * taken away just the processor whose turn it is, and all others would wait for that.
 */

#include <kernel/spinlock.h>

#include <kernel/log.h>
#include <kernel/panic.h>

void spin_init(struct spinlock *lock, const char *name, enum lock_rank rank)
{
    *lock = (struct spinlock){ .rank = (uint8_t)rank, .name = name };
}

static void take(struct spinlock *lock)
{
    while (__atomic_exchange_n(&lock->is_held, 1, __ATOMIC_ACQUIRE))
        while (__atomic_load_n(&lock->is_held, __ATOMIC_RELAXED))
            cpu_wait_briefly();
}

#ifndef PEKOE_DEBUG
void spin_lock_contended(struct spinlock *lock)
{
    take(lock);
}
#else
irq_state_t spin_lock(struct spinlock *lock)
{
    irq_state_t state = irq_disable();
    struct spinlock *held = this_cpu()->locks;
    if (held && held->rank >= lock->rank)
        panic("lock: \"%s\" (rank %u) taken while holding \"%s\" (rank %u)", lock->name, lock->rank,
              held->name, held->rank);
    take(lock);
    lock->holder = this_cpu();
    lock->outer = held;
    this_cpu()->locks = lock;
    return state;
}

void spin_unlock(struct spinlock *lock, irq_state_t state)
{
    if (this_cpu()->locks != lock)
        panic("lock: \"%s\" released, but it is not the last one taken", lock->name);
    this_cpu()->locks = lock->outer;
    lock->holder = NULL;
    __atomic_store_n(&lock->is_held, 0, __ATOMIC_RELEASE);
    irq_restore(state);
}
#endif

void spin_unlock_outer(struct spinlock *outer, struct spinlock *inner)
{
#ifdef PEKOE_DEBUG
    if (this_cpu()->locks != inner || inner->outer != outer)
        panic("lock: \"%s\" released from under \"%s\", which was not taken next", outer->name,
              inner->name);
#endif
    inner->outer = outer->outer;
    outer->holder = NULL;
    __atomic_store_n(&outer->is_held, 0, __ATOMIC_RELEASE);
}

bool spin_held(const struct spinlock *lock)
{
    return lock->holder == this_cpu();
}

void spin_print_held(void)
{
    for (struct spinlock *lock = this_cpu()->locks; lock; lock = lock->outer)
        log_raw("holding lock \"%s\" (rank %u)\n", lock->name, lock->rank);
}
