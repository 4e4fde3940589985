// SPDX-License-Identifier: MIT
// What waits cost: alone, and from thread to thread. A round trip is there and back: two wake-ups,
// two switches.

#include "bench.h"

#include <user/services.h>
#include <user/thread.h>

static struct {
    HANDLE events[MAXIMUM_WAIT_OBJECTS];
    HANDLE there, back, port;
    HANDLE main_thread, partner;
    volatile LONG is_over;
} waits;

static void set_and_wait(void *context)
{
    (void)context;
    (void)NtSetEvent(waits.events[0], NULL);
    (void)NtWaitForSingleObject(waits.events[0], FALSE, NULL);
}

// All 64 are looked up; the last is the one that is signalled.
static void wait_for_64(void *context)
{
    (void)context;
    (void)NtWaitForMultipleObjects(MAXIMUM_WAIT_OBJECTS, waits.events, WaitAny, FALSE, NULL);
}

static void wait_for_all_64(void *context)
{
    LARGE_INTEGER none = { .QuadPart = 0 };

    (void)context;
    (void)NtWaitForMultipleObjects(MAXIMUM_WAIT_OBJECTS, waits.events, WaitAll, FALSE, &none);
}

static void post_and_remove(void *context)
{
    PVOID key;
    IO_STATUS_BLOCK block;

    (void)NtSetIoCompletion(waits.port, NULL, NULL, 0, 0);
    (void)NtRemoveIoCompletion(waits.port, &key, context, &block, NULL);
}

static void ping_pong(void *context)
{
    (void)context;
    (void)NtSetEvent(waits.there, NULL);
    (void)NtWaitForSingleObject(waits.back, FALSE, NULL);
}

static NTSTATUS answer_events(void *argument)
{
    LONG is_over;

    (void)argument;
    do {
        (void)NtWaitForSingleObject(waits.there, FALSE, NULL);
        is_over = waits.is_over;
        (void)NtSetEvent(waits.back, NULL);
    } while (!is_over);
    return 0;
}

static void alert_by_id(void *context)
{
    (void)context;
    (void)NtAlertThreadByThreadId(waits.partner);
    (void)NtWaitForAlertByThreadId(NULL, NULL);
}

static NTSTATUS answer_alerts(void *argument)
{
    LONG is_over;

    (void)argument;
    waits.partner = (HANDLE)(ULONG_PTR)current_thread_id();
    (void)NtAlertThreadByThreadId(waits.main_thread);
    do {
        (void)NtWaitForAlertByThreadId(NULL, NULL);
        is_over = waits.is_over;
        (void)NtAlertThreadByThreadId(waits.main_thread);
    } while (!is_over);
    return 0;
}

static void measure_alone(void)
{
    PVOID unused;

    measure("event-set-wait", set_and_wait, NULL);
    (void)NtSetEvent(waits.there, NULL);
    waits.events[MAXIMUM_WAIT_OBJECTS - 1] = waits.there; // the one that stays signalled
    measure("wait-any-of-64", wait_for_64, NULL);
    measure("wait-all-of-64", wait_for_all_64, NULL);
    measure("port-post-remove", post_and_remove, &unused);
}

static void measure_round_trips(void)
{
    HANDLE thread = thread_start(answer_events, NULL);

    measure("event-round-trip", ping_pong, NULL);
    waits.is_over = 1;
    ping_pong(NULL);
    (void)thread_join(thread);

    waits.is_over = 0;
    waits.main_thread = (HANDLE)(ULONG_PTR)current_thread_id();
    thread = thread_start(answer_alerts, NULL);
    (void)NtWaitForAlertByThreadId(NULL, NULL);
    measure("alert-round-trip", alert_by_id, NULL);
    waits.is_over = 1;
    alert_by_id(NULL);
    (void)thread_join(thread);
}

static NTSTATUS make_event(EVENT_TYPE type, HANDLE *event)
{
    return NtCreateEvent(event, EVENT_ALL_ACCESS, NULL, type, FALSE);
}

NTSTATUS measure_waits(void)
{
    NTSTATUS status = NtCreateIoCompletion(&waits.port, IO_COMPLETION_ALL_ACCESS, NULL, 0);

    for (unsigned i = 0; i < MAXIMUM_WAIT_OBJECTS && NT_SUCCESS(status); i++)
        status = make_event(SynchronizationEvent, &waits.events[i]);
    if (NT_SUCCESS(status))
        status = make_event(NotificationEvent, &waits.there);
    if (!NT_SUCCESS(status))
        return status;
    measure_alone();
    (void)NtClose(waits.there);
    status = make_event(SynchronizationEvent, &waits.there);
    if (NT_SUCCESS(status))
        status = make_event(SynchronizationEvent, &waits.back);
    if (NT_SUCCESS(status))
        measure_round_trips();
    return status;
}
