// SPDX-License-Identifier: MIT
/*
 * Mutants: Win32 calls them mutexes. They belong to a thread, which may take them again and again.
 *
 * Source: learn.microsoft.com, CreateMutex, ReleaseMutex, KeReleaseMutex
 */

#include "mutant.h"

#include <kernel/heap.h>
#include <kernel/process.h>
#include <kernel/status.h>

#include "arguments.h"
#include "nt_thread.h"
#include "object_attributes.h"
#include "services_generated.h"
#include "sync.h"

struct nt_mutant {
    struct object object;
    struct mutant mutant;
};

static void destroy(struct object *object)
{
    struct nt_mutant *mutant = container_of(object, struct nt_mutant, object);
    mutant_destroy(&mutant->mutant);
    heap_free(mutant);
}

OBJECT_TYPE(mutant_type, "Mutant",
            .access = { .valid = MUTANT_ALL_ACCESS,
                        .read = ACCESS_READ_CONTROL | MUTANT_QUERY_STATE,
                        .write = ACCESS_READ_CONTROL,
                        .execute = ACCESS_READ_CONTROL | ACCESS_SYNCHRONIZE },
            .destroy = destroy, .waitable_offset = OBJECT_WAITABLE(struct nt_mutant, mutant));

struct mutant *mutant_of_object(struct object *object)
{
    return &container_of(object, struct nt_mutant, object)->mutant;
}

NTSTATUS NtCreateMutant(HANDLE USER *MutantHandle, ACCESS_MASK DesiredAccess,
                        OBJECT_ATTRIBUTES USER *ObjectAttributes, BOOLEAN InitialOwner)
{
    struct nt_mutant *mutant = heap_alloc(sizeof(*mutant));
    if (mutant == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    object_init(&mutant->object, &mutant_type);
    mutant_init(&mutant->mutant, InitialOwner != 0);
    return nt_create_object(MutantHandle, DesiredAccess, ObjectAttributes, &mutant->object);
}

NTSTATUS NtOpenMutant(HANDLE USER *MutantHandle, ACCESS_MASK DesiredAccess,
                      OBJECT_ATTRIBUTES USER *ObjectAttributes)
{
    return nt_open_object(MutantHandle, DesiredAccess, ObjectAttributes, &mutant_type);
}

// Whoever owns it may release it, whatever the handle was opened for.
NTSTATUS NtReleaseMutant(HANDLE MutantHandle, LONG USER *PreviousCount)
{
    struct object *object;
    int32_t previous = 0;
    status_t status = nt_probe_long(PreviousCount);
    if (status == STATUS_SUCCESS)
        status = nt_find_object(MutantHandle, &mutant_type, 0, &object);
    if (status != STATUS_SUCCESS)
        return status;
    status = mutant_release(mutant_of_object(object), &previous);
    object_put(object);
    return status == STATUS_SUCCESS ? nt_publish_long(PreviousCount, previous) : status;
}

union mutant_information {
    MUTANT_BASIC_INFORMATION basic;
    MUTANT_OWNER_INFORMATION owner;
};

static void describe(struct mutant *mutant, MUTANT_INFORMATION_CLASS class,
                     union mutant_information *out)
{
    irq_state_t state = spin_lock(&sched_lock);
    const struct thread *owner = mutant->owner;
    if (class == MutantBasicInformation) {
        out->basic.CurrentCount = mutant->waitable.state;
        out->basic.OwnedByCaller = owner == current_thread();
        out->basic.AbandonedState = mutant->is_abandoned;
    } else if (owner != NULL && owner->process != NULL) {
        out->owner.ClientId = nt_client_id(owner);
    }
    spin_unlock(&sched_lock, state);
}

NTSTATUS NtQueryMutant(HANDLE MutantHandle, MUTANT_INFORMATION_CLASS MutantInformationClass,
                       void USER *MutantInformation, ULONG MutantInformationLength,
                       ULONG USER *ReturnLength)
{
    struct object *object;
    union mutant_information information = { 0 };
    ULONG size = sizeof(information.basic);
    if (MutantInformationClass == MutantOwnerInformation)
        size = sizeof(information.owner);
    else if (MutantInformationClass != MutantBasicInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (MutantInformationLength != size)
        return STATUS_INFO_LENGTH_MISMATCH;
    status_t status = nt_find_object(MutantHandle, &mutant_type, MUTANT_QUERY_STATE, &object);
    if (status != STATUS_SUCCESS)
        return status;
    describe(mutant_of_object(object), MutantInformationClass, &information);
    object_put(object);
    return nt_publish_information(MutantInformation, &information, size, ReturnLength);
}
