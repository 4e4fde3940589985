// SPDX-License-Identifier: MIT
// What the parts of the waits program share.

#pragma once

#include <nt/object.h>
#include <nt/status.h>
#include <user/check.h>
#include <user/services.h>
#include <user/thread.h>

#define MILLISECOND 10000LL
#define SECOND      (1000 * MILLISECOND)
#define THREADS     4u

void test_multiple(void);
void test_wait_all(void);
void test_wake_ups(void);
void test_abandonment(void);
void test_counting(void);
void test_alert_locks(void);
void test_keyed_pairs(void);
void test_timer_races(void);
void test_endings(void);

static inline NTSTATUS wait_one(HANDLE handle, LONGLONG timeout)
{
    LARGE_INTEGER time = { .QuadPart = timeout };

    return NtWaitForSingleObject(handle, FALSE, &time);
}

static inline NTSTATUS wait_forever(HANDLE handle)
{
    return NtWaitForSingleObject(handle, FALSE, NULL);
}

static inline HANDLE make_event(EVENT_TYPE type, BOOLEAN state)
{
    HANDLE event = NULL;

    (void)NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, type, state);
    return event;
}

static inline HANDLE make_semaphore(LONG count, LONG limit)
{
    HANDLE semaphore = NULL;

    (void)NtCreateSemaphore(&semaphore, SEMAPHORE_ALL_ACCESS, NULL, count, limit);
    return semaphore;
}

static inline HANDLE make_mutant(BOOLEAN taken)
{
    HANDLE mutant = NULL;

    (void)NtCreateMutant(&mutant, MUTANT_ALL_ACCESS, NULL, taken);
    return mutant;
}
