// SPDX-License-Identifier: MIT
// Waits: what each kind of object does to those who wait, for one, any and all, with timeouts.

#include <kernel/dispatcher.h>

#include "ktest_threads.h"

#define WAITERS 6

static void init_event(struct event *event, enum waitable_kind kind, int32_t state)
{
    waitable_init(&event->waitable, kind, state);
}

static struct {
    struct event gate;
    volatile uint32_t passed; // atomic
} shared;

static void pass_gate(void *unused)
{
    (void)unused;
    if (ktest_wait(&shared.gate.waitable, 0, PATIENCE) == STATUS_WAIT_0)
        __atomic_add_fetch(&shared.passed, 1, __ATOMIC_RELEASE);
}

static bool start_waiters(struct thread **threads, enum waitable_kind kind)
{
    init_event(&shared.gate, kind, 0);
    shared.passed = 0;
    bool all_wait = true;
    for (unsigned i = 0; i < WAITERS; i++)
        threads[i] = ktest_start(pass_gate, NULL);
    for (unsigned i = 0; i < WAITERS; i++)
        all_wait &= ktest_waits(threads[i]);
    return all_wait;
}

KTEST(sched, a_notification_event_lets_all_pass)
{
    struct thread *threads[WAITERS];
    KTEST_CHECK(start_waiters(threads, WAITABLE_NOTIFICATION));
    KTEST_CHECK(shared.passed == 0);
    KTEST_CHECK(event_set(&shared.gate) == 0);
    KTEST_CHECK(ktest_join_all(threads, WAITERS));
    KTEST_CHECK(shared.passed == WAITERS);
    KTEST_CHECK(event_reset(&shared.gate) == 1 && event_reset(&shared.gate) == 0);
    return KTEST_PASS;
}

KTEST(sched, a_synchronization_event_lets_one_pass)
{
    struct thread *threads[WAITERS];
    KTEST_CHECK(start_waiters(threads, WAITABLE_SYNCHRONIZATION));
    for (uint32_t i = 1; i <= WAITERS; i++) {
        KTEST_CHECK(event_set(&shared.gate) == 0);
        KTEST_CHECK(ktest_reaches(&shared.passed, i));
        KTEST_CHECK(shared.passed == i && shared.gate.waitable.state == 0);
    }
    KTEST_CHECK(ktest_join_all(threads, WAITERS));
    KTEST_CHECK(event_set(&shared.gate) == 0 && event_set(&shared.gate) == 1);
    KTEST_CHECK(ktest_wait(&shared.gate.waitable, 0, 0) == STATUS_WAIT_0);
    KTEST_CHECK(ktest_wait(&shared.gate.waitable, 0, 0) == STATUS_TIMEOUT);
    return KTEST_PASS;
}

KTEST(sched, a_pulse_lets_pass_who_waits_and_nobody_later)
{
    struct thread *threads[WAITERS];
    KTEST_CHECK(start_waiters(threads, WAITABLE_NOTIFICATION));
    KTEST_CHECK(event_pulse(&shared.gate) == 0);
    KTEST_CHECK(ktest_join_all(threads, WAITERS));
    KTEST_CHECK(shared.passed == WAITERS);
    KTEST_CHECK(ktest_wait(&shared.gate.waitable, 0, 0) == STATUS_TIMEOUT);
    return KTEST_PASS;
}

KTEST(sched, a_wait_for_any_takes_the_first_that_is_signalled)
{
    struct event events[3];
    struct waitable *objects[3];
    for (unsigned i = 0; i < 3; i++) {
        init_event(&events[i], WAITABLE_SYNCHRONIZATION, i > 0);
        objects[i] = &events[i].waitable;
    }
    KTEST_CHECK(wait_for(objects, 3, 0, NO_DEADLINE) == STATUS_WAIT_0 + 1);
    KTEST_CHECK(events[1].waitable.state == 0 && events[2].waitable.state == 1);
    KTEST_CHECK(wait_for(objects, 3, 0, NO_DEADLINE) == STATUS_WAIT_0 + 2);
    KTEST_CHECK(wait_for(objects, 3, 0, 0) == STATUS_TIMEOUT);
    return KTEST_PASS;
}

KTEST(sched, a_wait_that_times_out_was_not_too_short_and_leaves_no_trace)
{
    static struct event events[2];
    struct waitable *objects[2] = { &events[0].waitable, &events[1].waitable };
    init_event(&events[0], WAITABLE_SYNCHRONIZATION, 0);
    init_event(&events[1], WAITABLE_SYNCHRONIZATION, 0);
    for (unsigned i = 0; i < 10; i++) {
        nanoseconds_t deadline = clock_now() + MILLISECOND;
        KTEST_CHECK(wait_for(objects, 2, i % 2 ? WAIT_ALL : 0, deadline) == STATUS_TIMEOUT);
        KTEST_CHECK(clock_now() >= deadline);
        KTEST_CHECK(list_is_empty(&objects[0]->waiters) && list_is_empty(&objects[1]->waiters));
    }
    // A deadline that has passed does not wait, but takes what is there.
    KTEST_CHECK(wait_for(objects, 2, 0, 1) == STATUS_TIMEOUT);
    event_set(&events[1]);
    KTEST_CHECK(wait_for(objects, 2, 0, 1) == STATUS_WAIT_0 + 1);
    return KTEST_PASS;
}

static void wait_for_both(void *argument)
{
    struct event *events = argument;
    struct waitable *objects[2] = { &events[0].waitable, &events[1].waitable };
    if (wait_for(objects, 2, WAIT_ALL, clock_now() + PATIENCE) == STATUS_WAIT_0)
        __atomic_add_fetch(&shared.passed, 1, __ATOMIC_RELEASE);
}

KTEST(sched, a_wait_for_all_takes_all_or_nothing)
{
    static struct event events[2];
    init_event(&events[0], WAITABLE_SYNCHRONIZATION, 0);
    init_event(&events[1], WAITABLE_SYNCHRONIZATION, 0);
    shared.passed = 0;
    struct thread *thread = ktest_start(wait_for_both, events);
    KTEST_CHECK(ktest_waits(thread));
    event_set(&events[0]);
    ktest_sleep(MILLISECOND);
    // It still waits, and the one event is free for others.
    KTEST_CHECK(events[0].waitable.state == 1 && shared.passed == 0);
    KTEST_CHECK(ktest_wait(&events[0].waitable, 0, 0) == STATUS_WAIT_0);
    event_set(&events[1]);
    ktest_sleep(MILLISECOND);
    KTEST_CHECK(events[1].waitable.state == 1 && shared.passed == 0);
    event_set(&events[0]);
    KTEST_CHECK(ktest_join(thread));
    KTEST_CHECK(shared.passed == 1);
    KTEST_CHECK(events[0].waitable.state == 0 && events[1].waitable.state == 0);
    return KTEST_PASS;
}

KTEST(sched, an_object_may_stand_twice_in_a_wait_for_any)
{
    init_event(&shared.gate, WAITABLE_SYNCHRONIZATION, 0);
    shared.passed = 0;
    struct thread *thread = ktest_start(pass_gate, NULL);
    struct waitable *twice[2] = { &shared.gate.waitable, &shared.gate.waitable };
    KTEST_CHECK(wait_for(twice, 2, 0, clock_now() + MILLISECOND) == STATUS_TIMEOUT);
    event_set(&shared.gate);
    KTEST_CHECK(ktest_join(thread));
    event_set(&shared.gate);
    KTEST_CHECK(wait_for(twice, 2, 0, NO_DEADLINE) == STATUS_WAIT_0);
    KTEST_CHECK(list_is_empty(&shared.gate.waitable.waiters));
    return KTEST_PASS;
}

KTEST(sched, a_semaphore_counts_to_its_limit)
{
    struct semaphore semaphore = { .limit = 5 };
    int32_t previous = -1;
    waitable_init(&semaphore.waitable, WAITABLE_SEMAPHORE, 2);
    KTEST_CHECK(semaphore_release(&semaphore, 3, &previous) == STATUS_SUCCESS && previous == 2);
    previous = -1;
    KTEST_CHECK(semaphore_release(&semaphore, 1, &previous) == STATUS_SEMAPHORE_LIMIT_EXCEEDED);
    KTEST_CHECK(semaphore_release(&semaphore, INT32_MAX, &previous) ==
                STATUS_SEMAPHORE_LIMIT_EXCEEDED);
    KTEST_CHECK(previous == -1 && semaphore.waitable.state == 5);
    for (unsigned i = 0; i < 5; i++)
        KTEST_CHECK(ktest_wait(&semaphore.waitable, 0, 0) == STATUS_WAIT_0);
    KTEST_CHECK(ktest_wait(&semaphore.waitable, 0, 0) == STATUS_TIMEOUT);
    return KTEST_PASS;
}

KTEST(sched, a_full_wait_is_ended_by_any_of_its_64_objects)
{
    static struct event events[WAIT_OBJECTS_MAX];
    struct waitable *objects[WAIT_OBJECTS_MAX];
    for (unsigned i = 0; i < WAIT_OBJECTS_MAX; i++) {
        init_event(&events[i], WAITABLE_SYNCHRONIZATION, 0);
        objects[i] = &events[i].waitable;
    }
    for (unsigned i = 0; i < WAIT_OBJECTS_MAX; i++) {
        event_set(&events[i]);
        KTEST_CHECK(wait_for(objects, WAIT_OBJECTS_MAX, 0, 0) == STATUS_WAIT_0 + (status_t)i);
    }
    for (unsigned i = 0; i < WAIT_OBJECTS_MAX; i++) {
        KTEST_CHECK(wait_for(objects, WAIT_OBJECTS_MAX, WAIT_ALL, 0) == STATUS_TIMEOUT);
        event_set(&events[i]);
    }
    KTEST_CHECK(wait_for(objects, WAIT_OBJECTS_MAX, WAIT_ALL, 0) == STATUS_WAIT_0);
    KTEST_CHECK(wait_for(objects, WAIT_OBJECTS_MAX, 0, 0) == STATUS_TIMEOUT);
    return KTEST_PASS;
}
