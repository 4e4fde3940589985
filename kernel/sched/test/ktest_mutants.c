// SPDX-License-Identifier: MIT
// Mutants: owned, taken again, given up by those who end.

#include <kernel/dispatcher.h>

#include "ktest_threads.h"

static struct {
    struct mutant mutants[3];
    struct event have, end;
    volatile uint32_t finished; // atomic
    volatile uint32_t together; // atomic: how often two held one mutant
} shared;

static void init_mutants(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(shared.mutants); i++)
        mutant_init(&shared.mutants[i], false);
    waitable_init(&shared.have.waitable, WAITABLE_NOTIFICATION, 0);
    waitable_init(&shared.end.waitable, WAITABLE_NOTIFICATION, 0);
}

KTEST(sched, a_mutant_is_given_back_as_often_as_it_was_taken)
{
    struct mutant *mutant = &shared.mutants[0];
    int32_t previous = 7;
    mutant_init(mutant, true);
    KTEST_CHECK(ktest_wait(&mutant->waitable, 0, 0) == STATUS_WAIT_0);
    KTEST_CHECK(ktest_wait(&mutant->waitable, 0, 0) == STATUS_WAIT_0);
    for (int32_t expected = -2; expected <= 0; expected++) {
        KTEST_CHECK(mutant->owner == current_thread());
        KTEST_CHECK(mutant_release(mutant, &previous) == STATUS_SUCCESS && previous == expected);
    }
    KTEST_CHECK(mutant->owner == NULL && mutant->waitable.state == 1);
    KTEST_CHECK(mutant_release(mutant, &previous) == STATUS_MUTANT_NOT_OWNED);
    KTEST_CHECK(list_is_empty(&current_thread()->mutants));
    return KTEST_PASS;
}

KTEST(sched, a_mutant_is_not_taken_beyond_its_limit)
{
    struct mutant *mutant = &shared.mutants[0];
    struct mutant other;
    struct waitable *both[2] = { &other.waitable, &mutant->waitable };
    int32_t previous;
    mutant_init(mutant, true);
    mutant_init(&other, false);
    mutant->waitable.state = INT32_MIN; // as if taken 2^31 times
    KTEST_CHECK(ktest_wait(&mutant->waitable, 0, 0) == STATUS_MUTANT_LIMIT_EXCEEDED);
    KTEST_CHECK(wait_for(both, 2, WAIT_ALL, 0) == STATUS_MUTANT_LIMIT_EXCEEDED);
    KTEST_CHECK(other.owner == NULL && mutant->waitable.state == INT32_MIN);
    mutant->waitable.state = 0;
    KTEST_CHECK(mutant_release(mutant, &previous) == STATUS_SUCCESS);
    return KTEST_PASS;
}

static void hold_all(void *unused)
{
    (void)unused;
    struct waitable *objects[] = { &shared.mutants[0].waitable, &shared.mutants[1].waitable,
                                   &shared.mutants[2].waitable };
    if (wait_for(objects, 3, WAIT_ALL, NO_DEADLINE) != STATUS_WAIT_0)
        return;
    event_set(&shared.have);
    status_t status = ktest_wait(&shared.end.waitable, 0, PATIENCE);
    (void)status; // ends as the owner
}

KTEST(sched, who_ends_as_an_owner_abandons_and_the_next_one_is_told)
{
    int32_t previous;
    init_mutants();
    struct thread *thread = ktest_start(hold_all, NULL);
    KTEST_CHECK(ktest_wait(&shared.have.waitable, 0, PATIENCE) == STATUS_WAIT_0);
    KTEST_CHECK(ktest_wait(&shared.mutants[1].waitable, 0, 0) == STATUS_TIMEOUT);
    KTEST_CHECK(mutant_release(&shared.mutants[1], &previous) == STATUS_MUTANT_NOT_OWNED);
    event_set(&shared.end);
    KTEST_CHECK(ktest_join(thread));
    event_reset(&shared.end);
    struct waitable *any[] = { &shared.end.waitable, &shared.mutants[1].waitable };
    KTEST_CHECK(wait_for(any, 2, 0, clock_now() + PATIENCE) == STATUS_ABANDONED_WAIT_0 + 1);
    struct waitable *all[] = { &shared.mutants[0].waitable, &shared.mutants[1].waitable,
                               &shared.mutants[2].waitable };
    KTEST_CHECK(wait_for(all, 3, WAIT_ALL, 0) == STATUS_ABANDONED_WAIT_0);
    // Once is enough.
    KTEST_CHECK(wait_for(all, 3, WAIT_ALL, 0) == STATUS_WAIT_0);
    for (unsigned i = 0; i < 3; i++)
        while (shared.mutants[i].owner)
            KTEST_CHECK(mutant_release(&shared.mutants[i], &previous) == STATUS_SUCCESS);
    KTEST_CHECK(list_is_empty(&current_thread()->mutants));
    return KTEST_PASS;
}

KTEST(sched, destroying_a_mutant_takes_it_from_its_owner)
{
    struct mutant mutant;
    mutant_init(&mutant, true);
    KTEST_CHECK(!list_is_empty(&current_thread()->mutants));
    mutant_destroy(&mutant);
    KTEST_CHECK(list_is_empty(&current_thread()->mutants));
    return KTEST_PASS;
}

#define ROUNDS 300
#define EATERS 5u

// Each needs two neighbours of a ring: with one after the other they would starve each other.
static struct mutant forks[EATERS];
static volatile uint32_t holders[EATERS]; // atomic: threads that hold it

static void eat(void *argument)
{
    unsigned seat = (unsigned)(uintptr_t)argument;
    unsigned pair[2] = { seat, (seat + 1) % EATERS };
    struct waitable *both[2] = { &forks[pair[0]].waitable, &forks[pair[1]].waitable };
    int32_t previous;
    for (unsigned round = 0; round < ROUNDS; round++) {
        if (wait_for(both, 2, WAIT_ALL, clock_now() + PATIENCE) != STATUS_WAIT_0)
            return;
        for (unsigned i = 0; i < 2; i++)
            if (__atomic_add_fetch(&holders[pair[i]], 1, __ATOMIC_ACQ_REL) != 1)
                __atomic_add_fetch(&shared.together, 1, __ATOMIC_RELAXED);
        if (round % 4 == 0)
            thread_yield();
        for (unsigned i = 0; i < 2; i++) {
            __atomic_sub_fetch(&holders[pair[i]], 1, __ATOMIC_ACQ_REL);
            if (mutant_release(&forks[pair[i]], &previous) != STATUS_SUCCESS)
                return;
        }
    }
    __atomic_add_fetch(&shared.finished, 1, __ATOMIC_RELEASE);
}

KTEST(sched, five_threads_that_need_two_of_five_mutants_all_get_them)
{
    struct thread *threads[EATERS];
    shared.finished = shared.together = 0;
    for (unsigned i = 0; i < EATERS; i++)
        mutant_init(&forks[i], false);
    for (unsigned i = 0; i < EATERS; i++)
        threads[i] = ktest_start(eat, (void *)(uintptr_t)i);
    KTEST_CHECK(ktest_join_all(threads, EATERS));
    KTEST_CHECK(shared.finished == EATERS && shared.together == 0);
    return KTEST_PASS;
}
