// SPDX-License-Identifier: MIT
/*
 * Keyed events. Locks in ntdll of older Windows rest on them; newer ones fall back on the system's
 * own, which the null handle means.
 *
 * Source: observed, by how the ntdll of Wine 8 calls them
 */

#include "services_generated.h"

#include <kernel/heap.h>
#include <kernel/init.h>
#include <kernel/keyed_event.h>
#include <kernel/namespace.h>
#include <kernel/panic.h>
#include <kernel/status.h>

#include "object_attributes.h"
#include "sync.h"

struct nt_keyed_event {
    struct object object;
    struct keyed_event event;
};

static void destroy(struct object *object)
{
    heap_free(container_of(object, struct nt_keyed_event, object));
}

OBJECT_TYPE(keyed_event_type, "KeyedEvent",
            .access = { .valid = KEYEDEVENT_ALL_ACCESS,
                        .read = ACCESS_READ_CONTROL | KEYEDEVENT_WAIT,
                        .write = ACCESS_READ_CONTROL | KEYEDEVENT_WAKE,
                        .execute = ACCESS_READ_CONTROL },
            .destroy = destroy);

// The one that the null handle means. Keys of different processes never meet.
static struct nt_keyed_event *common;

static struct nt_keyed_event *create(void)
{
    struct nt_keyed_event *event = heap_alloc(sizeof(*event));
    if (event == NULL)
        return NULL;
    object_init(&event->object, &keyed_event_type);
    keyed_event_init(&event->event);
    return event;
}

NTSTATUS NtCreateKeyedEvent(HANDLE USER *KeyedEventHandle, ACCESS_MASK DesiredAccess,
                            OBJECT_ATTRIBUTES USER *ObjectAttributes, ULONG Flags)
{
    if (Flags != 0)
        return STATUS_INVALID_PARAMETER_4;
    struct nt_keyed_event *event = create();
    if (event == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    return nt_create_object(KeyedEventHandle, DesiredAccess, ObjectAttributes, &event->object);
}

NTSTATUS NtOpenKeyedEvent(HANDLE USER *KeyedEventHandle, ACCESS_MASK DesiredAccess,
                          OBJECT_ATTRIBUTES USER *ObjectAttributes)
{
    return nt_open_object(KeyedEventHandle, DesiredAccess, ObjectAttributes, &keyed_event_type);
}

static status_t meet(HANDLE handle, enum keyed_event_side side, PVOID key, BOOLEAN alertable,
                     const LARGE_INTEGER USER *Timeout)
{
    nanoseconds_t deadline;
    struct object *object = &common->object;
    if ((uintptr_t)key & 1) // the lowest bit is the kernel's, on NT
        return STATUS_INVALID_PARAMETER_1;
    status_t status = nt_deadline(Timeout, &deadline);
    if (status == STATUS_SUCCESS && handle != NULL)
        status =
            nt_find_object(handle, &keyed_event_type,
                           side == KEYED_EVENT_WAIT ? KEYEDEVENT_WAIT : KEYEDEVENT_WAKE, &object);
    if (status != STATUS_SUCCESS)
        return status;
    status = keyed_event_meet(&container_of(object, struct nt_keyed_event, object)->event, side,
                              (uintptr_t)key, nt_wait_flags(alertable), deadline);
    if (handle != NULL)
        object_put(object);
    return status;
}

NTSTATUS NtWaitForKeyedEvent(HANDLE KeyedEventHandle, void USER *Key, BOOLEAN Alertable,
                             LARGE_INTEGER USER *Timeout)
{
    return meet(KeyedEventHandle, KEYED_EVENT_WAIT, Key, Alertable, Timeout);
}

NTSTATUS NtReleaseKeyedEvent(HANDLE KeyedEventHandle, void USER *Key, BOOLEAN Alertable,
                             LARGE_INTEGER USER *Timeout)
{
    return meet(KeyedEventHandle, KEYED_EVENT_RELEASE, Key, Alertable, Timeout);
}

static void keyed_events_init(void)
{
    common = create();
    if (common == NULL || namespace_add("\\KernelObjects\\CritSecOutOfMemoryEvent",
                                        &common->object) != STATUS_SUCCESS)
        panic("nt: no memory for the keyed event of all");
}
INITCALL(70_NT, keyed_events_init);
