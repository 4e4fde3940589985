// SPDX-License-Identifier: MIT
/*
 * Spin locks. Rules: taken with interrupts disabled, so usable from any context but NMI; the holder
 * may not sleep, touch user memory or call out; nesting follows lock_rank.h.
 */

#pragma once

#include <arch/cpu.h>
#include <kernel/compiler.h>
#include <kernel/lock_rank.h>

struct spinlock {
    uint8_t is_held;        // atomic
    uint8_t rank;           // enum lock_rank, immutable
    const char *name;       // immutable
    struct cpu *holder;     // whoever holds it, for spin_held
    struct spinlock *outer; // the lock that the holder took before this one
};

// clang-format off
#define SPINLOCK(lock_name, lock_rank) { .rank = (lock_rank), .name = (lock_name) }
// clang-format on

// Puts a lock into its free state; for locks inside objects that are made at run time.
void spin_init(struct spinlock *lock, const char *name, enum lock_rank rank);

/*
 * spin_lock takes the lock and returns the interrupt state that spin_unlock has to restore.
 */
#if defined(PEKOE_DEBUG) || defined(PEKOE_HOST_TEST)
irq_state_t spin_lock(struct spinlock *lock);
void spin_unlock(struct spinlock *lock, irq_state_t state);
#else
// Waits for a lock that is not free, and takes it.
void spin_lock_contended(struct spinlock *lock);

// In line, as nearly every service takes one.
static ALWAYS_INLINE irq_state_t spin_lock(struct spinlock *lock)
{
    irq_state_t state = irq_disable();
    struct cpu *cpu = this_cpu();
    if (unlikely(__atomic_exchange_n(&lock->is_held, 1, __ATOMIC_ACQUIRE)))
        spin_lock_contended(lock);
    lock->holder = cpu;
    lock->outer = cpu->locks;
    cpu->locks = lock;
    return state;
}

static ALWAYS_INLINE void spin_unlock(struct spinlock *lock, irq_state_t state)
{
    this_cpu()->locks = lock->outer;
    lock->holder = NULL;
    __atomic_store_n(&lock->is_held, 0, __ATOMIC_RELEASE);
    irq_restore(state);
}
#endif

// Releases outer while inner, the one lock taken after it, stays held; interrupts stay off.
void spin_unlock_outer(struct spinlock *outer, struct spinlock *inner);

// Whether this processor holds the lock.
bool spin_held(const struct spinlock *lock);

// Prints the locks that this processor holds, innermost first; for panics.
void spin_print_held(void);
