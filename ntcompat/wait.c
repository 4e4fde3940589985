// SPDX-License-Identifier: MIT
/*
 * The services that wait. An object that somebody waits for is kept by a reference, so closing the
 * handle meanwhile does no harm.
 *
 * Source: learn.microsoft.com, WaitForSingleObjectEx, WaitForMultipleObjectsEx,
 * SignalObjectAndWait, KeWaitForMultipleObjects, KeDelayExecutionThread, WaitOnAddress
 */

#include "services_generated.h"

#include <kernel/apc.h>
#include <kernel/client_id.h>
#include <kernel/process.h>
#include <kernel/status.h>
#include <kernel/user_copy.h>

#include "event.h"
#include "mutant.h"
#include "nt_handles.h"
#include "object_attributes.h"
#include "sync.h"

// Finds what a thread that waits for the handle waits for, with a reference to its object.
static ALWAYS_INLINE status_t find_waitable(HANDLE handle, struct object **object,
                                            struct waitable **out)
{
    status_t status = nt_find_object(handle, NULL, SYNCHRONIZE, object);
    if (unlikely(status != STATUS_SUCCESS))
        return status;
    *out = object_waitable(*object);
    if (likely(*out != NULL))
        return STATUS_SUCCESS;
    object_put(*object);
    return STATUS_OBJECT_TYPE_MISMATCH;
}

static ALWAYS_INLINE status_t wait_for_handle(HANDLE handle, BOOLEAN alertable,
                                              nanoseconds_t deadline)
{
    struct object *object;
    struct waitable *waitable;
    status_t status = find_waitable(handle, &object, &waitable);
    if (status != STATUS_SUCCESS)
        return status;
    status = wait_for_one(waitable, nt_wait_flags(alertable), deadline);
    object_put(object);
    return status;
}

NTSTATUS NtWaitForSingleObject(HANDLE Handle, BOOLEAN Alertable, LARGE_INTEGER USER *Timeout)
{
    nanoseconds_t deadline;
    status_t status = nt_deadline(Timeout, &deadline);
    if (status != STATUS_SUCCESS)
        return status;
    return wait_for_handle(Handle, Alertable, deadline);
}

// Compares only those whose hashes are the same: there may be 2,016 pairs.
static bool has_duplicates(struct waitable *const *waitables, ULONG count)
{
    uint64_t seen[16] = { 0 }; // bits by hash
    for (ULONG i = 0; i < count; i++) {
        unsigned hash = (uint32_t)((uintptr_t)waitables[i] * 0x9E3779B97F4A7C15u >> 54);
        if (seen[hash / 64] >> hash % 64 & 1)
            for (ULONG j = 0; j < i; j++)
                if (waitables[i] == waitables[j])
                    return true;
        seen[hash / 64] |= 1ull << hash % 64;
    }
    return false;
}

static NOINLINE status_t wait_for_handles(const HANDLE *handles, ULONG count, WAIT_TYPE type,
                                          BOOLEAN alertable, nanoseconds_t deadline)
{
    struct object *objects[MAXIMUM_WAIT_OBJECTS];
    struct waitable *waitables[MAXIMUM_WAIT_OBJECTS];
    status_t status = STATUS_SUCCESS;
    ULONG found = 0;
    while (found < count) {
        status = find_waitable(handles[found], &objects[found], &waitables[found]);
        if (status != STATUS_SUCCESS)
            break;
        found++;
    }
    if (status == STATUS_SUCCESS && type == WaitAll && has_duplicates(waitables, count))
        status = STATUS_INVALID_PARAMETER_MIX;
    if (status == STATUS_SUCCESS)
        status = wait_for(waitables, count,
                          nt_wait_flags(alertable) | (type == WaitAll ? (unsigned)WAIT_ALL : 0),
                          deadline);
    for (ULONG i = 0; i < found; i++)
        object_put(objects[i]);
    return status;
}

NTSTATUS NtWaitForMultipleObjects(ULONG Count, HANDLE USER *Handles, WAIT_TYPE WaitType,
                                  BOOLEAN Alertable, LARGE_INTEGER USER *Timeout)
{
    HANDLE handles[MAXIMUM_WAIT_OBJECTS];
    nanoseconds_t deadline;
    if (Count == 0 || Count > MAXIMUM_WAIT_OBJECTS)
        return STATUS_INVALID_PARAMETER_1;
    if (WaitType != WaitAll && WaitType != WaitAny)
        return STATUS_INVALID_PARAMETER_3;
    status_t status = nt_deadline(Timeout, &deadline);
    if (status == STATUS_SUCCESS)
        status = copy_from_user(handles, Handles, Count * sizeof(HANDLE));
    if (status != STATUS_SUCCESS)
        return status;
    if (Count == 1) // nineteen of twenty calls
        return wait_for_handle(handles[0], Alertable, deadline);
    return wait_for_handles(handles, Count, WaitType, Alertable, deadline);
}

// ---- signalling one object and waiting for another ---------------------------------------------

static status_t signal(void *context)
{
    struct object *object = context;
    int32_t previous;
    if (object->type == &event_type) {
        event_set_locked(event_of_object(object));
        return STATUS_SUCCESS;
    }
    if (object->type == &mutant_type)
        return mutant_release_locked(mutant_of_object(object), &previous);
    return semaphore_release_locked(semaphore_of_object(object), 1, &previous);
}

// Finds the object to be signalled, and whether the handle may be used for that.
static status_t find_signalled(HANDLE handle, struct object **out)
{
    status_t status = nt_find_object(handle, NULL, 0, out);
    if (status != STATUS_SUCCESS)
        return status;
    const struct object_type *type = (*out)->type;
    object_put(*out);
    if (type == &mutant_type)
        return nt_find_object(handle, type, 0, out);
    if (type == &event_type)
        return nt_find_object(handle, type, EVENT_MODIFY_STATE, out);
    if (type == &semaphore_type)
        return nt_find_object(handle, type, SEMAPHORE_MODIFY_STATE, out);
    return STATUS_OBJECT_TYPE_MISMATCH;
}

NTSTATUS NtSignalAndWaitForSingleObject(HANDLE SignalHandle, HANDLE WaitHandle, BOOLEAN Alertable,
                                        LARGE_INTEGER USER *Timeout)
{
    struct object *signalled, *object;
    struct waitable *waitable;
    nanoseconds_t deadline;
    status_t status = nt_deadline(Timeout, &deadline);
    if (status == STATUS_SUCCESS)
        status = find_signalled(SignalHandle, &signalled);
    if (status != STATUS_SUCCESS)
        return status;
    status = find_waitable(WaitHandle, &object, &waitable);
    if (status == STATUS_SUCCESS) {
        status =
            wait_signal_and_wait(signal, signalled, waitable, nt_wait_flags(Alertable), deadline);
        object_put(object);
    }
    object_put(signalled);
    return status;
}

// ---- waiting for time, and giving way ----------------------------------------------------------

// Without an interval it lasts for ever, as Wine's Sleep(INFINITE) has it; Windows' passes one.
NTSTATUS NtDelayExecution(BOOLEAN Alertable, LARGE_INTEGER USER *DelayInterval)
{
    nanoseconds_t deadline;
    status_t status = nt_deadline(DelayInterval, &deadline);
    if (status != STATUS_SUCCESS)
        return status;
    status = deadline != 0 || Alertable ? thread_sleep_until(deadline, nt_wait_flags(Alertable))
                                        : STATUS_TIMEOUT;
    if (status != STATUS_TIMEOUT)
        return status;
    if (deadline == 0)
        thread_yield();
    return STATUS_SUCCESS;
}

NTSTATUS NtYieldExecution(void)
{
    return thread_yield() ? STATUS_SUCCESS : STATUS_NO_YIELD_PERFORMED;
}

// ---- alerts ------------------------------------------------------------------------------------

NTSTATUS NtAlertThread(HANDLE ThreadHandle)
{
    struct thread *thread;
    status_t status = nt_thread_of_handle(ThreadHandle, THREAD_ALERT, &thread);
    if (status != STATUS_SUCCESS)
        return status;
    thread_alert(thread);
    object_put(&thread->object);
    return STATUS_SUCCESS;
}

NTSTATUS NtAlertThreadByThreadId(HANDLE ThreadId)
{
    struct object *object = client_id_find((uintptr_t)ThreadId, &thread_type);
    if (object == NULL)
        return STATUS_INVALID_CID;
    struct thread *thread = container_of(object, struct thread, object);
    status_t status = STATUS_ACCESS_DENIED;
    if (thread->process == current_process()) {
        thread_alert_by_id(thread);
        status = STATUS_SUCCESS;
    }
    object_put(object);
    return status;
}

// Address is for debuggers: what the thread waits for.
NTSTATUS NtWaitForAlertByThreadId(void USER *Address, LARGE_INTEGER USER *Timeout)
{
    (void)Address;
    nanoseconds_t deadline;
    status_t status = nt_deadline(Timeout, &deadline);
    return status == STATUS_SUCCESS ? thread_wait_for_alert_by_id(deadline) : status;
}
