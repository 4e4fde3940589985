// SPDX-License-Identifier: MIT
/*
 * The services that find, stop, continue and end threads.
 *
 * Source: learn.microsoft.com, OpenThread, SuspendThread, ResumeThread, TerminateThread
 */

#include "services_generated.h"

#include <arch/cpu.h>
#include <kernel/apc.h>
#include <kernel/client_id.h>
#include <kernel/status.h>
#include <kernel/user_copy.h>

#include "nt_handles.h"
#include "nt_process.h"
#include "nt_thread.h"

// The thread with these ids; a process id of 0 is not compared.
static status_t find_by_id(const CLIENT_ID *id, struct thread **out)
{
    struct object *object = client_id_find((uint64_t)id->UniqueThread, &thread_type);
    if (object == NULL)
        return STATUS_INVALID_CID;
    struct thread *thread = container_of(object, struct thread, object);
    // Threads of the kernel belong to no program.
    if (thread->process == NULL ||
        (id->UniqueProcess != NULL && (uint64_t)id->UniqueProcess != thread->process->id)) {
        object_put(object);
        return STATUS_INVALID_CID;
    }
    *out = thread;
    return STATUS_SUCCESS;
}

NTSTATUS NtOpenThread(HANDLE USER *ThreadHandle, ACCESS_MASK DesiredAccess,
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
    struct thread *thread;
    status = find_by_id(&id, &thread);
    if (status != STATUS_SUCCESS)
        return status;
    status = nt_open_handle(ThreadHandle, DesiredAccess, attributes, &thread->object);
    object_put(&thread->object);
    return status;
}

NTSTATUS NtGetNextThread(HANDLE ProcessHandle, HANDLE ThreadHandle, ACCESS_MASK DesiredAccess,
                         ULONG HandleAttributes, ULONG Flags, HANDLE USER *NewThreadHandle)
{
    if (Flags != 0)
        return STATUS_INVALID_PARAMETER;
    struct process *process;
    status_t status = nt_process_of_handle(ProcessHandle, PROCESS_QUERY_INFORMATION, &process);
    if (status != STATUS_SUCCESS)
        return status;
    struct thread *previous = NULL;
    if (ThreadHandle != NULL)
        status = nt_thread_of_handle(ThreadHandle, 0, &previous);
    if (status == STATUS_SUCCESS) {
        struct thread *next = process_next_thread(process, previous);
        status = STATUS_NO_MORE_ENTRIES;
        if (next != NULL) {
            status =
                nt_open_handle(NewThreadHandle, DesiredAccess, HandleAttributes, &next->object);
            object_put(&next->object);
        }
        if (previous != NULL)
            object_put(&previous->object);
    }
    object_put(&process->object);
    return status;
}

// Without a handle it means the caller, unless that is alone: then its process would have to end.
static status_t terminate_self(NTSTATUS exit_status)
{
    struct process *process = current_process();
    irq_state_t state = spin_lock(&process->lock);
    bool is_alone = process->thread_count == 1;
    spin_unlock(&process->lock, state);
    if (is_alone)
        return STATUS_CANT_TERMINATE_SELF;
    thread_terminate(current_thread(), exit_status);
    return STATUS_SUCCESS;
}

NTSTATUS NtTerminateThread(HANDLE ThreadHandle, NTSTATUS ExitStatus)
{
    if (ThreadHandle == NULL)
        return terminate_self(ExitStatus);
    struct thread *thread;
    status_t status = nt_thread_of_handle(ThreadHandle, THREAD_TERMINATE, &thread);
    if (status != STATUS_SUCCESS)
        return status;
    thread_terminate(thread, ExitStatus);
    object_put(&thread->object);
    return STATUS_SUCCESS;
}

static status_t return_count(ULONG USER *to, ULONG count)
{
    return to != NULL ? put_user(to, &count) : STATUS_SUCCESS;
}

NTSTATUS NtSuspendThread(HANDLE ThreadHandle, ULONG USER *PreviousSuspendCount)
{
    struct thread *thread;
    status_t status = nt_thread_of_handle(ThreadHandle, THREAD_SUSPEND_RESUME, &thread);
    if (status != STATUS_SUCCESS)
        return status;
    uint32_t previous;
    status = thread_suspend(thread, &previous);
    object_put(&thread->object);
    if (status != STATUS_SUCCESS)
        return status;
    return return_count(PreviousSuspendCount, previous);
}

NTSTATUS NtResumeThread(HANDLE ThreadHandle, ULONG USER *PreviousSuspendCount)
{
    struct thread *thread;
    status_t status = nt_thread_of_handle(ThreadHandle, THREAD_SUSPEND_RESUME, &thread);
    if (status != STATUS_SUCCESS)
        return status;
    uint32_t previous = thread_resume(thread);
    object_put(&thread->object);
    return return_count(PreviousSuspendCount, previous);
}

NTSTATUS NtAlertResumeThread(HANDLE ThreadHandle, ULONG USER *PreviousSuspendCount)
{
    struct thread *thread;
    status_t status = nt_thread_of_handle(ThreadHandle, THREAD_SUSPEND_RESUME, &thread);
    if (status != STATUS_SUCCESS)
        return status;
    thread_alert(thread);
    uint32_t previous = thread_resume(thread);
    object_put(&thread->object);
    return return_count(PreviousSuspendCount, previous);
}

// Returns the number itself, not a status.
NTSTATUS NtGetCurrentProcessorNumber(void)
{
    return (NTSTATUS)this_cpu()->number;
}

NTSTATUS NtGetCurrentProcessorNumberEx(void USER *ProcessorNumber)
{
    PROCESSOR_NUMBER number = { .Number = (UCHAR)this_cpu()->number };
    status_t status = STATUS_SUCCESS;
    if (ProcessorNumber != NULL)
        status = copy_to_user(ProcessorNumber, &number, sizeof(number));
    return status != STATUS_SUCCESS ? status : (NTSTATUS)number.Number;
}
