// SPDX-License-Identifier: MIT
/*
 * The services that find, stop, continue and end processes.
 *
 * Source: learn.microsoft.com, OpenProcess, TerminateProcess, ExitProcess; observed on Wine 8: how
 * RtlExitUserProcess calls NtTerminateProcess twice
 */

#include "services_generated.h"

#include <kernel/client_id.h>
#include <kernel/status.h>
#include <kernel/user_copy.h>

#include "nt_handles.h"
#include "nt_process.h"

// The process with that id, or the one whose thread has UniqueThread, if that is given.
static status_t find_by_id(const CLIENT_ID *id, struct process **out)
{
    struct object *object;
    if (id->UniqueThread == NULL) {
        object = client_id_find((uint64_t)id->UniqueProcess, &process_type);
        if (object == NULL)
            return STATUS_INVALID_CID;
        *out = container_of(object, struct process, object);
        return STATUS_SUCCESS;
    }
    object = client_id_find((uint64_t)id->UniqueThread, &thread_type);
    if (object == NULL)
        return STATUS_INVALID_CID;
    struct process *process = container_of(object, struct thread, object)->process;
    bool fits = process != NULL && process->id == (uint64_t)id->UniqueProcess;
    if (fits) {
        object_get(&process->object); // the thread's own reference keeps it until here
        *out = process;
    }
    object_put(object);
    return fits ? STATUS_SUCCESS : STATUS_INVALID_CID;
}

NTSTATUS NtOpenProcess(HANDLE USER *ProcessHandle, ACCESS_MASK DesiredAccess,
                       OBJECT_ATTRIBUTES USER *ObjectAttributes, CLIENT_ID USER *ClientId)
{
    ULONG attributes;
    status_t status = nt_handle_attributes(ObjectAttributes, &attributes);
    if (status != STATUS_SUCCESS)
        return status;
    if (ClientId == NULL)
        return STATUS_INVALID_PARAMETER_MIX;
    CLIENT_ID id;
    status = get_user(&id, ClientId);
    if (status != STATUS_SUCCESS)
        return status;
    struct process *process;
    status = find_by_id(&id, &process);
    if (status != STATUS_SUCCESS)
        return status;
    status = nt_open_handle(ProcessHandle, DesiredAccess, attributes, &process->object);
    object_put(&process->object);
    return status;
}

NTSTATUS NtGetNextProcess(HANDLE ProcessHandle, ACCESS_MASK DesiredAccess, ULONG HandleAttributes,
                          ULONG Flags, HANDLE USER *NewProcessHandle)
{
    if (Flags != 0)
        return STATUS_INVALID_PARAMETER; // 1 would go backwards
    struct process *previous = NULL;
    status_t status = STATUS_SUCCESS;
    if (ProcessHandle != NULL)
        status = nt_process_of_handle(ProcessHandle, 0, &previous);
    if (status != STATUS_SUCCESS)
        return status;
    struct process *next = process_next(previous);
    status = STATUS_NO_MORE_ENTRIES;
    if (next != NULL) {
        status = nt_open_handle(NewProcessHandle, DesiredAccess, HandleAttributes, &next->object);
        object_put(&next->object);
    }
    if (previous != NULL)
        object_put(&previous->object);
    return status;
}

NTSTATUS NtTerminateProcess(HANDLE ProcessHandle, NTSTATUS ExitStatus)
{
    // No handle: the caller is about to end its process and wants to be alone for that.
    if (ProcessHandle == NULL)
        return process_terminate_others(ExitStatus);
    struct process *process;
    status_t status = nt_process_of_handle(ProcessHandle, PROCESS_TERMINATE, &process);
    if (status != STATUS_SUCCESS)
        return status;
    if (process->has_ended)
        status = STATUS_PROCESS_IS_TERMINATING;
    else
        process_terminate(process, ExitStatus);
    object_put(&process->object);
    return status;
}

// Calls function for each thread that process has.
static void for_each_thread(struct process *process, void (*function)(struct thread *thread))
{
    struct thread *thread = process_next_thread(process, NULL), *next;
    for (; thread != NULL; thread = next) {
        function(thread);
        next = process_next_thread(process, thread);
        object_put(&thread->object);
    }
}

// One that is ending, or has been suspended as often as can be, stays as it is.
static void suspend(struct thread *thread)
{
    uint32_t previous;
    status_t status = thread_suspend(thread, &previous);
    (void)status;
}

static void resume(struct thread *thread)
{
    thread_resume(thread);
}

static status_t with_all_threads(HANDLE handle, void (*function)(struct thread *thread))
{
    struct process *process;
    status_t status = nt_process_of_handle(handle, PROCESS_SUSPEND_RESUME, &process);
    if (status != STATUS_SUCCESS)
        return status;
    if (process->is_ending)
        status = STATUS_PROCESS_IS_TERMINATING;
    else
        for_each_thread(process, function);
    object_put(&process->object);
    return status;
}

NTSTATUS NtSuspendProcess(HANDLE ProcessHandle)
{
    return with_all_threads(ProcessHandle, suspend);
}

NTSTATUS NtResumeProcess(HANDLE ProcessHandle)
{
    return with_all_threads(ProcessHandle, resume);
}
