// SPDX-License-Identifier: MIT
// Races that must add up: threads that lock, hand over and meet, thousands of times.

#include "waits.h"

// ---- a counter that is no more than a variable, under a lock ------------------------------------

#define INCREMENTS 3000

struct counted {
    HANDLE lock, second; // second: NULL, or to be taken in the same step
    volatile LONG count;
    volatile LONG busy;
    volatile LONG collisions;
    NTSTATUS (*give_back)(HANDLE lock);
};

static NTSTATUS give_mutant_back(HANDLE lock)
{
    return NtReleaseMutant(lock, NULL);
}

static NTSTATUS give_semaphore_back(HANDLE lock)
{
    return NtReleaseSemaphore(lock, 1, NULL);
}

static NTSTATUS give_event_back(HANDLE lock)
{
    return NtSetEvent(lock, NULL);
}

static NTSTATUS count_under_lock(void *argument)
{
    struct counted *shared = argument;
    HANDLE both[] = { shared->lock, shared->second };

    for (int i = 0; i < INCREMENTS; i++) {
        NTSTATUS status = shared->second == NULL
                              ? wait_forever(shared->lock)
                              : NtWaitForMultipleObjects(2, both, WaitAll, FALSE, NULL);
        if (status != STATUS_WAIT_0)
            return status;
        if (shared->busy++ != 0)
            atomic_add(&shared->collisions, 1);
        shared->count++;
        shared->busy--;
        status = shared->give_back(shared->lock);
        if (NT_SUCCESS(status) && shared->second != NULL)
            status = shared->give_back(shared->second);
        if (!NT_SUCCESS(status))
            return status;
    }
    return STATUS_SUCCESS;
}

static void count(const char *name, struct counted shared)
{
    unsigned failed = threads_run(THREADS, count_under_lock, &shared, 0);

    check(name,
          failed == 0 && shared.collisions == 0 && shared.count == (LONG)(THREADS * INCREMENTS));
    NtClose(shared.lock);
    if (shared.second != NULL)
        NtClose(shared.second);
}

// ---- producers and consumers --------------------------------------------------------------------

#define ITEMS 4000

struct market {
    HANDLE room, goods, finished;
    volatile LONG made, sold;
};

static NTSTATUS produce(struct market *market)
{
    for (int i = 0; i < ITEMS; i++) {
        wait_forever(market->room);
        atomic_add(&market->made, 1);
        NtReleaseSemaphore(market->goods, 1, NULL);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS consume(struct market *market)
{
    HANDLE either[] = { market->goods, market->finished };

    while (NtWaitForMultipleObjects(2, either, WaitAny, FALSE, NULL) == STATUS_WAIT_0) {
        atomic_add(&market->sold, 1);
        NtReleaseSemaphore(market->room, 1, NULL);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS consume_thread(void *argument)
{
    return consume(argument);
}

static NTSTATUS produce_thread(void *argument)
{
    return produce(argument);
}

static void test_market(void)
{
    struct market market = { make_semaphore(5, 5), make_semaphore(0, 5),
                             make_event(NotificationEvent, FALSE), 0, 0 };
    HANDLE consumers[2] = { thread_start(consume_thread, &market),
                            thread_start(consume_thread, &market) };

    unsigned failed = threads_run(2, produce_thread, &market, 0);
    // Goods come first in the wait, so what is left is sold before `finished` is seen.
    NtSetEvent(market.finished, NULL);
    thread_join(consumers[0]);
    thread_join(consumers[1]);
    check("what was made was sold",
          failed == 0 && market.made == 2 * ITEMS && market.sold == 2 * ITEMS);
    NtClose(market.room);
    NtClose(market.goods);
    NtClose(market.finished);
}

// ---- a ball between two threads -----------------------------------------------------------------

#define ROUNDS 5000

struct game {
    HANDLE there, back;
    volatile LONG hits;
};

static NTSTATUS return_ball(void *argument)
{
    struct game *game = argument;

    for (int i = 0; i < ROUNDS; i++) {
        wait_forever(game->there);
        game->hits++;
        NtSetEvent(game->back, NULL);
    }
    return STATUS_SUCCESS;
}

static void test_ping_pong(void)
{
    struct game game = { make_event(SynchronizationEvent, FALSE),
                         make_event(SynchronizationEvent, FALSE), 0 };
    HANDLE thread = thread_start(return_ball, &game);
    bool in_turn = true;

    for (int i = 0; i < ROUNDS; i++) {
        NtSignalAndWaitForSingleObject(game.there, game.back, FALSE, NULL);
        in_turn &= game.hits == i + 1;
    }
    thread_join(thread);
    check("the ball comes back each time", in_turn && game.hits == ROUNDS);
    NtClose(game.there);
    NtClose(game.back);
}

void test_counting(void)
{
    count("a mutant lets one thread in",
          (struct counted){ .lock = make_mutant(FALSE), .give_back = give_mutant_back });
    count("a semaphore of one does",
          (struct counted){ .lock = make_semaphore(1, 1), .give_back = give_semaphore_back });
    count("a synchronization event does",
          (struct counted){ .lock = make_event(SynchronizationEvent, TRUE),
                            .give_back = give_event_back });
    count("two mutants, taken together, do", (struct counted){ .lock = make_mutant(FALSE),
                                                               .second = make_mutant(FALSE),
                                                               .give_back = give_mutant_back });
    count("two events, taken together, do",
          (struct counted){ .lock = make_event(SynchronizationEvent, TRUE),
                            .second = make_event(SynchronizationEvent, TRUE),
                            .give_back = give_event_back });
    test_market();
    test_ping_pong();
}
