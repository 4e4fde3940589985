// SPDX-License-Identifier: MIT
// Events of both types. Statuses and states: learn.microsoft.com, ZwCreateEvent, SetEvent,
// ResetEvent, PulseEvent; rights: Synchronization Object Security and Access Rights.

#include "sync.h"

static EVENT_BASIC_INFORMATION query(HANDLE event)
{
    EVENT_BASIC_INFORMATION information = { 0xEE, 0xEE };
    ULONG length = 0;

    check_status(
        "query an event",
        NtQueryEvent(event, EventBasicInformation, &information, sizeof(information), &length),
        STATUS_SUCCESS);
    check_equal("the query says how long its answer is", length, 8);
    return information;
}

static void test_notification(void)
{
    HANDLE event = make_event(NotificationEvent, FALSE);
    LONG previous = 7;

    check_status("an event that is not signalled", try_wait(event), STATUS_TIMEOUT);
    check_status("set it", NtSetEvent(event, &previous), STATUS_SUCCESS);
    check_equal("it was not set", (ULONG)previous, 0);
    check_status("a notification event lets a wait pass", try_wait(event), STATUS_WAIT_0);
    check_status("and another one", try_wait(event), STATUS_WAIT_0);
    check_status("set it again", NtSetEvent(event, &previous), STATUS_SUCCESS);
    check_equal("it was set", (ULONG)previous, 1);
    check_equal("the query says notification", query(event).EventType, NotificationEvent);
    check_equal("and signalled", (ULONG)query(event).EventState, 1);
    check_status("reset it", NtResetEvent(event, &previous), STATUS_SUCCESS);
    check_equal("it had been set", (ULONG)previous, 1);
    check_status("it is not signalled any more", try_wait(event), STATUS_TIMEOUT);
    check_status("set, without asking", NtSetEvent(event, NULL), STATUS_SUCCESS);
    check_status("clear it", NtClearEvent(event), STATUS_SUCCESS);
    check_status("nor now", try_wait(event), STATUS_TIMEOUT);
    check_status("pulse it", NtPulseEvent(event, &previous), STATUS_SUCCESS);
    check_equal("a pulse finds it not set", (ULONG)previous, 0);
    check_status("and leaves it so", try_wait(event), STATUS_TIMEOUT);
    check_status("boost with a notification event", NtSetEventBoostPriority(event),
                 STATUS_INVALID_PARAMETER);
    NtClose(event);
}

static void test_synchronization(void)
{
    HANDLE event = make_event(SynchronizationEvent, TRUE);

    check_equal("the query says synchronization", query(event).EventType, SynchronizationEvent);
    check_status("an event that was made signalled", try_wait(event), STATUS_WAIT_0);
    check_status("a synchronization event lets one wait pass", try_wait(event), STATUS_TIMEOUT);
    check_status("set it twice", NtSetEvent(event, NULL), STATUS_SUCCESS);
    check_status("the second time", NtSetEvent(event, NULL), STATUS_SUCCESS);
    check_status("lets one pass", try_wait(event), STATUS_WAIT_0);
    check_status("but not two", try_wait(event), STATUS_TIMEOUT);
    check_status("boost", NtSetEventBoostPriority(event), STATUS_SUCCESS);
    check_status("sets it", try_wait(event), STATUS_WAIT_0);
    NtClose(event);
}

static void test_rights(void)
{
    HANDLE query_only = NULL, modify_only = NULL, wait_only = NULL, event;
    LONG previous;
    EVENT_BASIC_INFORMATION information;

    NtCreateEvent(&query_only, EVENT_QUERY_STATE, NULL, NotificationEvent, TRUE);
    NtCreateEvent(&modify_only, EVENT_MODIFY_STATE, NULL, NotificationEvent, TRUE);
    NtCreateEvent(&wait_only, SYNCHRONIZE, NULL, NotificationEvent, TRUE);
    check_status("set without the right", NtSetEvent(query_only, &previous), STATUS_ACCESS_DENIED);
    check_status("wait without the right", try_wait(modify_only), STATUS_ACCESS_DENIED);
    check_status("wait with the right", try_wait(wait_only), STATUS_WAIT_0);
    check_status(
        "query without the right",
        NtQueryEvent(wait_only, EventBasicInformation, &information, sizeof(information), NULL),
        STATUS_ACCESS_DENIED);
    check_status("set with the right", NtSetEvent(modify_only, NULL), STATUS_SUCCESS);
    check_status(
        "generic rights",
        NtCreateEvent(&event, GENERIC_READ | GENERIC_EXECUTE, NULL, NotificationEvent, TRUE),
        STATUS_SUCCESS);
    check_status("execute is to wait", try_wait(event), STATUS_WAIT_0);
    check_status("not to set", NtSetEvent(event, NULL), STATUS_ACCESS_DENIED);
    NtClose(query_only);
    NtClose(modify_only);
    NtClose(wait_only);
    NtClose(event);
}

static void test_refusals(void)
{
    HANDLE event = NULL, semaphore = NULL;
    EVENT_BASIC_INFORMATION information;

    check_status("an event of no type",
                 NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, (EVENT_TYPE)2, FALSE),
                 STATUS_INVALID_PARAMETER);
    check_status("nowhere to put the handle",
                 NtCreateEvent(NULL, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE),
                 STATUS_ACCESS_VIOLATION);
    check_status("set no handle", NtSetEvent(NULL, NULL), STATUS_INVALID_HANDLE);
    check_status("set a bad handle", NtSetEvent(BAD_HANDLE, NULL), STATUS_INVALID_HANDLE);
    NtCreateSemaphore(&semaphore, SEMAPHORE_ALL_ACCESS, NULL, 1, 1);
    check_status("set a semaphore", NtSetEvent(semaphore, NULL), STATUS_OBJECT_TYPE_MISMATCH);
    check_status("set this process", NtSetEvent(NtCurrentProcess(), NULL),
                 STATUS_OBJECT_TYPE_MISMATCH);
    NtClose(semaphore);

    event = make_event(NotificationEvent, FALSE);
    check_status(
        "query an unknown class",
        NtQueryEvent(event, (EVENT_INFORMATION_CLASS)1, &information, sizeof(information), NULL),
        STATUS_INVALID_INFO_CLASS);
    check_status("query into too little",
                 NtQueryEvent(event, EventBasicInformation, &information, 7, NULL),
                 STATUS_INFO_LENGTH_MISMATCH);
    check_status("query into too much",
                 NtQueryEvent(event, EventBasicInformation, &information, 9, NULL),
                 STATUS_INFO_LENGTH_MISMATCH);
    check_status("the state before goes nowhere", NtSetEvent(event, (LONG *)8),
                 STATUS_ACCESS_VIOLATION);
    check_status("then nothing is set", try_wait(event), STATUS_TIMEOUT);
    NtClose(event);
    check_status("set what was closed", NtSetEvent(event, NULL), STATUS_INVALID_HANDLE);
}

static void test_names(void)
{
    static WCHAR text[] = u"\\BaseNamedObjects\\sync-event";
    UNICODE_STRING name = { sizeof(text) - sizeof(text[0]), sizeof(text), text };
    OBJECT_ATTRIBUTES attributes = { .Length = sizeof(attributes), .ObjectName = &name };
    HANDLE first = NULL, second = NULL;

    check_status("open an event that is not there",
                 NtOpenEvent(&first, EVENT_ALL_ACCESS, &attributes), STATUS_OBJECT_NAME_NOT_FOUND);
    check_status("make it",
                 NtCreateEvent(&first, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE),
                 STATUS_SUCCESS);
    check_status("make it twice",
                 NtCreateEvent(&second, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE),
                 STATUS_OBJECT_NAME_COLLISION);
    attributes.Attributes = OBJ_OPENIF;
    check_status("or open it",
                 NtCreateEvent(&second, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE),
                 STATUS_OBJECT_NAME_EXISTS);
    check_status("set the one", NtSetEvent(second, NULL), STATUS_SUCCESS);
    check_status("and it is the other", try_wait(first), STATUS_WAIT_0);
    NtClose(second);
    check_status("open it as something else", NtOpenMutant(&second, MUTANT_ALL_ACCESS, &attributes),
                 STATUS_OBJECT_TYPE_MISMATCH);
    NtClose(first);
    check_status("the name goes with the last handle",
                 NtOpenEvent(&first, EVENT_ALL_ACCESS, &attributes), STATUS_OBJECT_NAME_NOT_FOUND);
}

void test_events(void)
{
    test_notification();
    test_synchronization();
    test_rights();
    test_refusals();
    test_names();
}
