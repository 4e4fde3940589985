// SPDX-License-Identifier: MIT
/*
 * What threads can wait for. A struct waitable is part of an event, a semaphore, a mutant, a timer,
 * a thread, a process or a queue; its kind says what a wait that it satisfies does to it. A thread
 * waits for one of up to WAIT_OBJECTS_MAX, or for all of them at once, which are then all taken in
 * one step: nobody can see some of them taken.
 *
 * All states are guarded by one lock, the scheduler's, as in NT before version 6.1: a wait for
 * several objects stays simple, and on the few processors of a virtual machine it is held too
 * briefly to matter. Functions whose names end in _locked are called with it; the others take it.
 *
 * Owners keep the memory of a waitable until nobody waits for it: a waiting thread holds references
 * to its objects.
 *
 *	s	scheduler lock
 */

#pragma once

#include <kernel/list.h>
#include <kernel/spinlock.h>
#include <kernel/types.h>

struct thread;

enum waitable_kind {
    WAITABLE_NOTIFICATION,    // stays signalled: satisfies every wait until it is reset
    WAITABLE_SYNCHRONIZATION, // satisfies one wait and is not signalled any more
    WAITABLE_SEMAPHORE,       // satisfies as many waits as its state counts
    WAITABLE_MUTANT,          // belongs to the thread whose wait it satisfied
};

struct waitable {
    struct list waiters; // [s] struct wait_block, in order of arrival
    int32_t state;       // [s] > 0: signalled. Mutant: 1 free, 1-n taken n times
    uint8_t kind;        // enum waitable_kind, immutable
};

extern struct spinlock sched_lock;

void waitable_init(struct waitable *waitable, enum waitable_kind kind, int32_t state);

// Satisfies as many waits as the state allows; call after raising it. Context: any but NMI.
void waitable_satisfy_waiters_locked(struct waitable *waitable);
static ALWAYS_INLINE void waitable_satisfy_locked(struct waitable *waitable)
{
    if (!list_is_empty(&waitable->waiters))
        waitable_satisfy_waiters_locked(waitable);
}

#define WAIT_OBJECTS_MAX 64u

// How a wait may end besides being satisfied; flags of wait_for.
enum wait_flags {
    // The wait is a program's: it ends when the thread is to end (STATUS_CANCELLED), and is left
    // and entered again for suspension and kernel APCs. Without it nothing but the objects and the
    // deadline end the wait.
    WAIT_FOR_PROGRAM = 1 << 0,
    // User APCs (STATUS_USER_APC; the APCs run on the way back to user mode) and alerts
    // (STATUS_ALERTED) end it, too. Only with WAIT_FOR_PROGRAM.
    WAIT_ALERTABLE = 1 << 1,
    WAIT_ALL = 1 << 2,
    // The wait is the kernel's own, on a program's behalf: suspension and kernel APCs are looked
    // after, and it ends when the thread is to end (STATUS_CANCELLED).
    WAIT_UNTIL_END = 1 << 3,
};

/*
 * Waits until one of the objects (WAIT_ALL: all of them) is signalled, and takes it.
 * objects   1..WAIT_OBJECTS_MAX, none twice with WAIT_ALL
 * deadline  as clock_now() counts; in the past: only tries; NO_DEADLINE
 * Returns   STATUS_WAIT_0 + index (WAIT_ALL: STATUS_WAIT_0); STATUS_ABANDONED_WAIT_0 + index for a
 *           mutant whose owner had ended (WAIT_ALL: STATUS_ABANDONED_WAIT_0 if any);
 *           STATUS_TIMEOUT; STATUS_USER_APC, STATUS_ALERTED, STATUS_CANCELLED (see wait_flags);
 *           STATUS_MUTANT_LIMIT_EXCEEDED: a mutant was taken too often by its owner
 * Context   thread, no spin lock held
 */
status_t wait_for(struct waitable *const *objects, unsigned count, unsigned flags,
                  nanoseconds_t deadline) MUST_CHECK;

// The same for one object.
status_t wait_for_one(struct waitable *object, unsigned flags, nanoseconds_t deadline) MUST_CHECK;

// wait_for_one, behind `signal` (which may be NULL), done in one step: no other thread
// runs in between. signal is called with the lock held and may fail, which ends it all.
status_t wait_signal_and_wait(status_t (*signal)(void *context), void *context,
                              struct waitable *object, unsigned flags,
                              nanoseconds_t deadline) MUST_CHECK;

/*
 * Events. Each returns the state before (0 or 1), as NT's services do.
 */
struct event {
    struct waitable waitable; // WAITABLE_NOTIFICATION or WAITABLE_SYNCHRONIZATION
};

int32_t event_set(struct event *event);
int32_t event_set_locked(struct event *event);
int32_t event_reset(struct event *event);
// Satisfies those who wait now and leaves it not signalled.
int32_t event_pulse(struct event *event);

struct semaphore {
    struct waitable waitable; // state: the count
    int32_t limit;            // immutable
};

/*
 * Raises the count by amount (> 0). *previous receives the count before.
 * Fails    STATUS_SEMAPHORE_LIMIT_EXCEEDED: nothing has changed
 */
status_t semaphore_release(struct semaphore *semaphore, int32_t amount, int32_t *previous);
status_t semaphore_release_locked(struct semaphore *semaphore, int32_t amount, int32_t *previous);

struct mutant {
    struct waitable waitable;
    struct thread *owner;   // [s] NULL: free
    struct list owner_link; // [s] in its owner's mutants
    bool is_abandoned;      // [s] its owner ended without releasing it; the next wait says so
};

// taken: the running thread is the first owner.
void mutant_init(struct mutant *mutant, bool taken);

// Takes it from its owner, if it has one, before its memory goes.
void mutant_destroy(struct mutant *mutant);

/*
 * Gives it back once. *previous receives the state before (0: it was taken once; below: more
 * often).
 * Fails    STATUS_MUTANT_NOT_OWNED: the running thread is not the owner
 */
status_t mutant_release(struct mutant *mutant, int32_t *previous);
status_t mutant_release_locked(struct mutant *mutant, int32_t *previous);

/*
 * Alerts by thread id: the smallest thing that a lock can be built on. An alert that comes before
 * the wait is kept, once.
 */
void thread_alert_by_id(struct thread *thread);
// Returns STATUS_ALERTED, STATUS_TIMEOUT, STATUS_CANCELLED, STATUS_USER_APC (special APCs only).
status_t thread_wait_for_alert_by_id(nanoseconds_t deadline) MUST_CHECK;
