// SPDX-License-Identifier: MIT
// Semaphores. Source: learn.microsoft.com, CreateSemaphore, ReleaseSemaphore, KeReleaseSemaphore

#include "services_generated.h"

#include <kernel/heap.h>
#include <kernel/status.h>

#include "arguments.h"
#include "mutant.h"
#include "object_attributes.h"
#include "sync.h"

struct nt_semaphore {
    struct object object;
    struct semaphore semaphore;
};

static void destroy(struct object *object)
{
    heap_free(container_of(object, struct nt_semaphore, object));
}

OBJECT_TYPE(semaphore_type, "Semaphore",
            .access = { .valid = SEMAPHORE_ALL_ACCESS,
                        .read = ACCESS_READ_CONTROL | SEMAPHORE_QUERY_STATE,
                        .write = ACCESS_READ_CONTROL | SEMAPHORE_MODIFY_STATE,
                        .execute = ACCESS_READ_CONTROL | ACCESS_SYNCHRONIZE },
            .destroy = destroy, .waitable_offset = OBJECT_WAITABLE(struct nt_semaphore, semaphore));

struct semaphore *semaphore_of_object(struct object *object)
{
    return &container_of(object, struct nt_semaphore, object)->semaphore;
}

NTSTATUS NtCreateSemaphore(HANDLE USER *SemaphoreHandle, ACCESS_MASK DesiredAccess,
                           OBJECT_ATTRIBUTES USER *ObjectAttributes, LONG InitialCount,
                           LONG MaximumCount)
{
    if (MaximumCount <= 0 || InitialCount < 0 || InitialCount > MaximumCount)
        return STATUS_INVALID_PARAMETER;
    struct nt_semaphore *semaphore = heap_alloc(sizeof(*semaphore));
    if (semaphore == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    object_init(&semaphore->object, &semaphore_type);
    waitable_init(&semaphore->semaphore.waitable, WAITABLE_SEMAPHORE, InitialCount);
    semaphore->semaphore.limit = MaximumCount;
    return nt_create_object(SemaphoreHandle, DesiredAccess, ObjectAttributes, &semaphore->object);
}

NTSTATUS NtOpenSemaphore(HANDLE USER *SemaphoreHandle, ACCESS_MASK DesiredAccess,
                         OBJECT_ATTRIBUTES USER *ObjectAttributes)
{
    return nt_open_object(SemaphoreHandle, DesiredAccess, ObjectAttributes, &semaphore_type);
}

NTSTATUS NtReleaseSemaphore(HANDLE SemaphoreHandle, LONG ReleaseCount, LONG USER *PreviousCount)
{
    struct object *object;
    int32_t previous = 0;
    status_t status = nt_probe_long(PreviousCount);
    if (status != STATUS_SUCCESS)
        return status;
    if (ReleaseCount <= 0)
        return STATUS_INVALID_PARAMETER;
    status = nt_find_object(SemaphoreHandle, &semaphore_type, SEMAPHORE_MODIFY_STATE, &object);
    if (status != STATUS_SUCCESS)
        return status;
    status = semaphore_release(semaphore_of_object(object), ReleaseCount, &previous);
    object_put(object);
    return status == STATUS_SUCCESS ? nt_publish_long(PreviousCount, previous) : status;
}

NTSTATUS NtQuerySemaphore(HANDLE SemaphoreHandle,
                          SEMAPHORE_INFORMATION_CLASS SemaphoreInformationClass,
                          void USER *SemaphoreInformation, ULONG SemaphoreInformationLength,
                          ULONG USER *ReturnLength)
{
    struct object *object;
    if (SemaphoreInformationClass != SemaphoreBasicInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (SemaphoreInformationLength != sizeof(SEMAPHORE_BASIC_INFORMATION))
        return STATUS_INFO_LENGTH_MISMATCH;
    status_t status =
        nt_find_object(SemaphoreHandle, &semaphore_type, SEMAPHORE_QUERY_STATE, &object);
    if (status != STATUS_SUCCESS)
        return status;
    const struct semaphore *semaphore = semaphore_of_object(object);
    SEMAPHORE_BASIC_INFORMATION information = {
        .CurrentCount = __atomic_load_n(&semaphore->waitable.state, __ATOMIC_RELAXED),
        .MaximumCount = semaphore->limit,
    };
    object_put(object);
    return nt_publish_information(SemaphoreInformation, &information, sizeof(information),
                                  ReturnLength);
}
