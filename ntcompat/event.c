// SPDX-License-Identifier: MIT
/*
 * Events. A notification event stays signalled until it is reset, a synchronization event lets one
 * wait pass.
 *
 * Source: learn.microsoft.com, ZwCreateEvent, ZwSetEvent, KeSetEvent, KePulseEvent, CreateEvent
 */

#include "services_generated.h"

#include <kernel/dispatcher.h>
#include <kernel/heap.h>
#include <kernel/status.h>

#include "arguments.h"
#include "event.h"
#include "object_attributes.h"
#include "sync.h"

struct nt_event {
    struct object object;
    struct event event;
};

static void destroy(struct object *object)
{
    heap_free(container_of(object, struct nt_event, object));
}

OBJECT_TYPE(event_type, "Event",
            .access = { .valid = EVENT_ALL_ACCESS,
                        .read = ACCESS_READ_CONTROL | EVENT_QUERY_STATE,
                        .write = ACCESS_READ_CONTROL | EVENT_MODIFY_STATE,
                        .execute = ACCESS_READ_CONTROL | ACCESS_SYNCHRONIZE },
            .destroy = destroy, .waitable_offset = OBJECT_WAITABLE(struct nt_event, event));

struct event *event_of_object(struct object *object)
{
    return &container_of(object, struct nt_event, object)->event;
}

NTSTATUS NtCreateEvent(HANDLE USER *EventHandle, ACCESS_MASK DesiredAccess,
                       OBJECT_ATTRIBUTES USER *ObjectAttributes, EVENT_TYPE EventType,
                       BOOLEAN InitialState)
{
    if (EventType != NotificationEvent && EventType != SynchronizationEvent)
        return STATUS_INVALID_PARAMETER;
    struct nt_event *event = heap_alloc(sizeof(*event));
    if (event == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    object_init(&event->object, &event_type);
    waitable_init(&event->event.waitable,
                  EventType == NotificationEvent ? WAITABLE_NOTIFICATION : WAITABLE_SYNCHRONIZATION,
                  InitialState != 0);
    return nt_create_object(EventHandle, DesiredAccess, ObjectAttributes, &event->object);
}

NTSTATUS NtOpenEvent(HANDLE USER *EventHandle, ACCESS_MASK DesiredAccess,
                     OBJECT_ATTRIBUTES USER *ObjectAttributes)
{
    return nt_open_object(EventHandle, DesiredAccess, ObjectAttributes, &event_type);
}

static ALWAYS_INLINE status_t change(HANDLE handle, int32_t (*how)(struct event *event),
                                     int32_t *previous)
{
    struct object *object;
    status_t status = nt_find_object(handle, &event_type, EVENT_MODIFY_STATE, &object);
    if (unlikely(status != STATUS_SUCCESS))
        return status;
    *previous = how(event_of_object(object));
    object_put(object);
    return STATUS_SUCCESS;
}

static NOINLINE status_t change_and_tell(HANDLE handle, int32_t (*how)(struct event *event),
                                         LONG USER *PreviousState)
{
    int32_t previous;
    status_t status = nt_probe_long(PreviousState);
    if (status == STATUS_SUCCESS)
        status = change(handle, how, &previous);
    return status == STATUS_SUCCESS ? nt_publish_long(PreviousState, previous) : status;
}

// Most callers do not want to know.
static ALWAYS_INLINE status_t change_event(HANDLE handle, int32_t (*how)(struct event *event),
                                           LONG USER *PreviousState)
{
    int32_t previous;
    return likely(PreviousState == NULL) ? change(handle, how, &previous)
                                         : change_and_tell(handle, how, PreviousState);
}

NTSTATUS NtSetEvent(HANDLE EventHandle, LONG USER *PreviousState)
{
    return change_event(EventHandle, event_set, PreviousState);
}

NTSTATUS NtResetEvent(HANDLE EventHandle, LONG USER *PreviousState)
{
    return change_event(EventHandle, event_reset, PreviousState);
}

NTSTATUS NtClearEvent(HANDLE EventHandle)
{
    return change_event(EventHandle, event_reset, NULL);
}

NTSTATUS NtPulseEvent(HANDLE EventHandle, LONG USER *PreviousState)
{
    return change_event(EventHandle, event_pulse, PreviousState);
}

// Sets the event, for those who hand a lock over with it: the thread that it wakes would get the
// setter's priority. Waking up raises priorities here anyway.
NTSTATUS NtSetEventBoostPriority(HANDLE EventHandle)
{
    struct object *object;
    status_t status = nt_find_object(EventHandle, &event_type, EVENT_MODIFY_STATE, &object);
    if (status != STATUS_SUCCESS)
        return status;
    struct event *event = event_of_object(object);
    if (event->waitable.kind == WAITABLE_SYNCHRONIZATION)
        event_set(event);
    else
        status = STATUS_INVALID_PARAMETER;
    object_put(object);
    return status;
}

NTSTATUS NtQueryEvent(HANDLE EventHandle, EVENT_INFORMATION_CLASS EventInformationClass,
                      void USER *EventInformation, ULONG EventInformationLength,
                      ULONG USER *ReturnLength)
{
    struct object *object;
    if (EventInformationClass != EventBasicInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (EventInformationLength != sizeof(EVENT_BASIC_INFORMATION))
        return STATUS_INFO_LENGTH_MISMATCH;
    status_t status = nt_find_object(EventHandle, &event_type, EVENT_QUERY_STATE, &object);
    if (status != STATUS_SUCCESS)
        return status;
    const struct waitable *waitable = &event_of_object(object)->waitable;
    EVENT_BASIC_INFORMATION information = {
        .EventType =
            waitable->kind == WAITABLE_NOTIFICATION ? NotificationEvent : SynchronizationEvent,
        .EventState = __atomic_load_n(&waitable->state, __ATOMIC_RELAXED),
    };
    object_put(object);
    return nt_publish_information(EventInformation, &information, sizeof(information),
                                  ReturnLength);
}
