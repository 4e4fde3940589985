// SPDX-License-Identifier: MIT
// What locks of a program rest on: alerts by thread id, keyed events; and timers that are cancelled
// while they expire.

#include "waits.h"

// ---- a lock on alerts by thread id --------------------------------------------------------------

#define SLOTS      8u // more than threads
#define INCREMENTS 5000

/*
 * Who comes draws a number, leaves its id at that number, and sleeps until the number is served.
 * The id is left before the number is looked at, and the number is moved on before the id is looked
 * at, so one of the two sees the other.
 */
static struct {
    volatile LONG next, serving;
    volatile LONG sleepers[SLOTS];
    volatile LONG count;
} lock;

static void acquire(void)
{
    LONG number = atomic_add(&lock.next, 1) - 1;

    atomic_store(&lock.sleepers[number % SLOTS], (LONG)current_thread_id());
    while (atomic_load(&lock.serving) != number)
        NtWaitForAlertByThreadId(NULL, NULL);
    atomic_store(&lock.sleepers[number % SLOTS], 0);
}

static void release(void)
{
    LONG number = atomic_add(&lock.serving, 1);
    LONG id = atomic_load(&lock.sleepers[number % SLOTS]);

    if (id != 0)
        NtAlertThreadByThreadId((HANDLE)(ULONG_PTR)(ULONG)id);
}

static NTSTATUS count_under_lock(void *argument)
{
    (void)argument;
    for (int i = 0; i < INCREMENTS; i++) {
        acquire();
        lock.count++;
        release();
    }
    return STATUS_SUCCESS;
}

void test_alert_locks(void)
{
    unsigned failed = threads_run(THREADS, count_under_lock, NULL, 0);

    check("a lock on alerts by thread id lets one thread in",
          failed == 0 && lock.count == (LONG)(THREADS * INCREMENTS));
}

// ---- keyed events -------------------------------------------------------------------------------

#define MEETINGS 2000

static struct {
    HANDLE event;
    volatile LONG keys[2];
    volatile LONG met;
} meeting;

// Even threads wait, odd ones release; two pairs, each with a key of its own.
static NTSTATUS meet(void *argument)
{
    LONG *number = argument;
    PVOID key = (PVOID)&meeting.keys[*number / 2];

    for (int i = 0; i < MEETINGS; i++) {
        NTSTATUS status = *number % 2 == 0 ? NtWaitForKeyedEvent(meeting.event, key, FALSE, NULL)
                                           : NtReleaseKeyedEvent(meeting.event, key, FALSE, NULL);
        if (status != STATUS_SUCCESS)
            return status;
        atomic_add(&meeting.met, 1);
    }
    return STATUS_SUCCESS;
}

void test_keyed_pairs(void)
{
    LONG numbers[4] = { 0, 1, 2, 3 };

    NtCreateKeyedEvent(&meeting.event, KEYEDEVENT_ALL_ACCESS, NULL, 0);
    unsigned failed = threads_run(4, meet, numbers, sizeof(numbers[0]));
    check("pairs meet by key", failed == 0 && meeting.met == 4 * MEETINGS);
    NtClose(meeting.event);
    meeting.event = NULL;
    meeting.met = 0;
    failed = threads_run(4, meet, numbers, sizeof(numbers[0]));
    check("also on the event of all", failed == 0 && meeting.met == 4 * MEETINGS);
}

// ---- timers -------------------------------------------------------------------------------------

#define SETTINGS 500

// Two threads set and cancel timers that are due at that moment, a third one waits for them.
struct race {
    HANDLE timer, finished;
    volatile LONG came;
};

static NTSTATUS wait_for_timer(void *argument)
{
    struct race *race = argument;
    HANDLE either[] = { race->timer, race->finished };

    while (NtWaitForMultipleObjects(2, either, WaitAny, FALSE, NULL) == STATUS_WAIT_0)
        race->came++;
    return STATUS_SUCCESS;
}

static NTSTATUS set_and_cancel(void *argument)
{
    struct race *race = argument;

    for (int i = 0; i < SETTINGS; i++) {
        LARGE_INTEGER due = { .QuadPart = -(i % 50) * 10 };
        NTSTATUS status = NtSetTimer(race->timer, &due, NULL, NULL, FALSE, i % 3, NULL);
        if (status == STATUS_SUCCESS && i % 2 == 0)
            status = NtCancelTimer(race->timer, NULL);
        if (status != STATUS_SUCCESS)
            return status;
    }
    return STATUS_SUCCESS;
}

void test_timer_races(void)
{
    struct race race = { .finished = make_event(NotificationEvent, FALSE) };
    LARGE_INTEGER due = { .QuadPart = -MILLISECOND };

    NtCreateTimer(&race.timer, TIMER_ALL_ACCESS, NULL, SynchronizationTimer);
    HANDLE thread = thread_start(wait_for_timer, &race);
    check("set and cancel a timer from several threads",
          threads_run(2, set_and_cancel, &race, 0) == 0);
    NtCancelTimer(race.timer, NULL);
    LONG before = atomic_load(&race.came);
    NtSetTimer(race.timer, &due, NULL, NULL, FALSE, 0, NULL);
    while (atomic_load(&race.came) == before)
        NtYieldExecution();
    check("it still comes afterwards", true);
    NtSetEvent(race.finished, NULL);
    thread_join(thread);
    NtClose(race.timer);
    NtClose(race.finished);
}
