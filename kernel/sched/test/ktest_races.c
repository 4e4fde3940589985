// SPDX-License-Identifier: MIT
/*
 * Many threads at once on the same objects. What is counted has to add up at the end, and nobody
 * may be left waiting: a lost wake-up is a thread that does not end.
 */

#include <kernel/apc.h>
#include <kernel/dispatcher.h>

#include "ktest_threads.h"

#define THREADS 8u
#define ROUNDS  600u

static struct {
    struct semaphore semaphores[8];
    struct event ping, pong;
    struct mutant mutant;
    uint64_t counter;           // [mutant] not atomic on purpose
    volatile uint32_t taken;    // atomic
    volatile uint32_t finished; // atomic
    volatile bool enough;       // atomic
} shared;

static void finish(void)
{
    __atomic_add_fetch(&shared.finished, 1, __ATOMIC_RELEASE);
}

static void begin(void)
{
    shared.counter = shared.taken = shared.finished = 0;
    shared.enough = false;
    mutant_init(&shared.mutant, false);
    waitable_init(&shared.ping.waitable, WAITABLE_SYNCHRONIZATION, 0);
    waitable_init(&shared.pong.waitable, WAITABLE_SYNCHRONIZATION, 0);
    for (unsigned i = 0; i < ARRAY_SIZE(shared.semaphores); i++) {
        shared.semaphores[i].limit = INT32_MAX;
        waitable_init(&shared.semaphores[i].waitable, WAITABLE_SEMAPHORE, 0);
    }
}

static void start_all(struct thread **threads, void (*entry)(void *))
{
    for (unsigned i = 0; i < THREADS; i++)
        threads[i] = ktest_start(entry, (void *)(uintptr_t)i);
}

static void count_inside(void *unused)
{
    (void)unused;
    int32_t previous;
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (ktest_wait(&shared.mutant.waitable, 0, PATIENCE) != STATUS_WAIT_0)
            return;
        uint64_t seen = shared.counter;
        if (i % 8 == 0)
            thread_yield();
        shared.counter = seen + 1;
        if (mutant_release(&shared.mutant, &previous) != STATUS_SUCCESS)
            return;
    }
    finish();
}

KTEST(sched, a_mutant_keeps_others_out)
{
    struct thread *threads[THREADS];
    begin();
    start_all(threads, count_inside);
    KTEST_CHECK(ktest_join_all(threads, THREADS));
    KTEST_CHECK(shared.finished == THREADS && shared.counter == THREADS * ROUNDS);
    return KTEST_PASS;
}

static void produce_or_consume(void *number)
{
    struct waitable *objects[ARRAY_SIZE(shared.semaphores)];
    uint32_t random = (uint32_t)(uintptr_t)number;
    int32_t previous;
    for (unsigned i = 0; i < ARRAY_SIZE(objects); i++)
        objects[i] = &shared.semaphores[i].waitable;
    for (unsigned i = 0; i < ROUNDS; i++) {
        if ((uintptr_t)number % 2) {
            struct semaphore *chosen = &shared.semaphores[ktest_random(&random) % 8];
            if (semaphore_release(chosen, 1, &previous) != STATUS_SUCCESS)
                return;
        } else {
            if (!status_is_success(
                    wait_for(objects, ARRAY_SIZE(objects), 0, clock_now() + PATIENCE)))
                return;
            __atomic_add_fetch(&shared.taken, 1, __ATOMIC_RELAXED);
        }
    }
    finish();
}

KTEST(sched, each_release_of_a_semaphore_satisfies_one_wait_for_any)
{
    struct thread *threads[THREADS];
    begin();
    start_all(threads, produce_or_consume);
    KTEST_CHECK(ktest_join_all(threads, THREADS));
    KTEST_CHECK(shared.finished == THREADS && shared.taken == THREADS / 2 * ROUNDS);
    for (unsigned i = 0; i < ARRAY_SIZE(shared.semaphores); i++) {
        KTEST_CHECK(shared.semaphores[i].waitable.state == 0);
        KTEST_CHECK(list_is_empty(&shared.semaphores[i].waitable.waiters));
    }
    return KTEST_PASS;
}

static status_t set_event(void *event)
{
    event_set_locked(event);
    return STATUS_SUCCESS;
}

static void rally(void *number)
{
    bool is_first = number == NULL;
    struct event *mine = is_first ? &shared.ping : &shared.pong;
    struct event *theirs = is_first ? &shared.pong : &shared.ping;
    for (unsigned i = 0; i < ROUNDS; i++)
        if (wait_signal_and_wait(set_event, theirs, &mine->waitable, 0, clock_now() + PATIENCE) !=
            STATUS_WAIT_0)
            return;
    finish();
}

KTEST(sched, two_threads_wake_each_other_by_turns)
{
    begin();
    struct thread *first = ktest_start(rally, NULL);
    struct thread *second = ktest_start(rally, &shared);
    bool have_ended = ktest_join(first) & ktest_join(second);
    KTEST_CHECK(have_ended && shared.finished == 2);
    return KTEST_PASS;
}

static status_t refuse(void *unused)
{
    (void)unused;
    return STATUS_MUTANT_NOT_OWNED;
}

KTEST(sched, a_signal_that_fails_ends_the_wait_before_it_begins)
{
    begin();
    event_set(&shared.ping);
    KTEST_CHECK(wait_signal_and_wait(refuse, NULL, &shared.ping.waitable, 0, NO_DEADLINE) ==
                STATUS_MUTANT_NOT_OWNED);
    KTEST_CHECK(shared.ping.waitable.state == 1);
    return KTEST_PASS;
}

// Waits whose deadlines come at the moment of their wake-ups: each token is taken once or stays.
static void take_hastily(void *number)
{
    uint32_t random = (uint32_t)(uintptr_t)number;
    while (!__atomic_load_n(&shared.enough, __ATOMIC_RELAXED)) {
        nanoseconds_t patience = ktest_random(&random) % 100000;
        if (ktest_wait(&shared.semaphores[0].waitable, 0, patience) == STATUS_WAIT_0)
            __atomic_add_fetch(&shared.taken, 1, __ATOMIC_RELAXED);
    }
    finish();
}

KTEST(sched, a_wake_up_and_a_deadline_do_not_both_count)
{
    struct thread *threads[THREADS];
    int32_t previous;
    begin();
    start_all(threads, take_hastily);
    for (unsigned i = 0; i < ROUNDS; i++) {
        KTEST_CHECK(semaphore_release(&shared.semaphores[0], 1, &previous) == STATUS_SUCCESS);
        ktest_sleep(i % 4 * 20000);
    }
    shared.enough = true;
    KTEST_CHECK(ktest_join_all(threads, THREADS));
    KTEST_CHECK(shared.taken + (uint32_t)shared.semaphores[0].waitable.state == ROUNDS);
    return KTEST_PASS;
}

// By turns, since only one alert is kept: the first thread alerts and waits, the second answers.
static struct thread *pair[2];

static void alert_by_turns(void *number)
{
    bool is_first = number == NULL;
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (is_first)
            thread_alert_by_id(pair[1]);
        if (thread_wait_for_alert_by_id(clock_now() + PATIENCE) != STATUS_ALERTED)
            return;
        if (!is_first)
            thread_alert_by_id(pair[0]);
    }
    finish();
}

KTEST(sched, an_alert_by_id_is_not_lost)
{
    begin();
    pair[0] = ktest_thread(alert_by_turns, NULL);
    pair[1] = ktest_thread(alert_by_turns, &shared);
    object_get(&pair[0]->object);
    object_get(&pair[1]->object);
    thread_start(pair[0]);
    thread_start(pair[1]);
    bool have_ended = ktest_join(pair[0]) & ktest_join(pair[1]);
    object_put(&pair[0]->object);
    object_put(&pair[1]->object);
    KTEST_CHECK(have_ended && shared.finished == 2);
    KTEST_CHECK(thread_wait_for_alert_by_id(clock_now() + 1000) == STATUS_TIMEOUT);
    thread_alert_by_id(current_thread());
    thread_alert_by_id(current_thread()); // kept once
    KTEST_CHECK(thread_wait_for_alert_by_id(NO_DEADLINE) == STATUS_ALERTED);
    KTEST_CHECK(thread_wait_for_alert_by_id(0) == STATUS_TIMEOUT);
    return KTEST_PASS;
}

// ---- disturbed by everything that can be done to a thread ---------------------------------------

static void take_as_a_program(void *unused)
{
    (void)unused;
    struct waitable *objects[2] = { &shared.semaphores[0].waitable,
                                    &shared.semaphores[1].waitable };
    status_t status;
    do {
        status = wait_for(objects, 2, WAIT_FOR_PROGRAM, clock_now() + PATIENCE);
        if (status == STATUS_WAIT_0 || status == STATUS_WAIT_0 + 1)
            __atomic_add_fetch(&shared.taken, 1, __ATOMIC_RELAXED);
    } while (status == STATUS_WAIT_0 || status == STATUS_WAIT_0 + 1);
    if (status == STATUS_CANCELLED)
        finish();
}

static void count_visit(struct trap_frame *frame, void *context)
{
    (void)frame;
    ++*(uint32_t *)context;
}

KTEST(sched, disturbed_waits_lose_nothing)
{
    struct thread *threads[THREADS];
    uint32_t random = 7, visits = 0, previous_count;
    int32_t previous;
    begin();
    start_all(threads, take_as_a_program);
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct thread *victim = threads[ktest_random(&random) % THREADS];
        KTEST_CHECK(thread_suspend(victim, &previous_count) == STATUS_SUCCESS);
        KTEST_CHECK(semaphore_release(&shared.semaphores[i % 2], 1, &previous) == STATUS_SUCCESS);
        KTEST_CHECK(thread_run(victim, count_visit, &visits) == STATUS_SUCCESS);
        thread_alert(victim);
        if (i % 3 == 0)
            thread_yield();
        KTEST_CHECK(thread_resume(victim) == 1);
    }
    KTEST_CHECK(ktest_reaches(&shared.taken, ROUNDS));
    for (unsigned i = 0; i < THREADS; i++)
        thread_terminate(threads[i], STATUS_CANCELLED);
    KTEST_CHECK(ktest_join_all(threads, THREADS));
    KTEST_CHECK(shared.finished == THREADS && shared.taken == ROUNDS && visits == ROUNDS);
    return KTEST_PASS;
}
