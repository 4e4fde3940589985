// SPDX-License-Identifier: MIT
// The services about processes.

#include "services_generated.h"

#include <arch/cpu.h>
#include <kernel/heap.h>
#include <kernel/status.h>
#include <kernel/user_copy.h>

#include "image.h"
#include "nt_handles.h"
#include "nt_process.h"
#include "service.h"

#define NORMAL_BASE_PRIORITY     8
#define LAST_PROCESS_INFORMATION 0x69u // of build 19045

status_t nt_space_of_handle(HANDLE handle, struct address_space **out)
{
    struct process *process;
    status_t status = nt_process_of_handle(handle, 0, &process);
    if (status != STATUS_SUCCESS)
        return status;
    uint32_t id = process->id;
    object_put(&process->object);
    if (process != current_process())
        return service_lacks("Work on another process", "process", id);
    *out = current_process()->space;
    return STATUS_SUCCESS;
}

// Makes all threads of the caller's process end but the caller.
static void terminate_other_threads(struct process *process)
{
    irq_state_t state = spin_lock(&process->lock);
    struct thread *thread;
    list_for_each(thread, &process->threads, process_link)
        if (thread != current_thread())
            thread_terminate(thread, STATUS_SUCCESS);
    spin_unlock(&process->lock, state);
}

NTSTATUS NtTerminateProcess(HANDLE ProcessHandle, NTSTATUS ExitStatus)
{
    // No handle: the caller is about to end its process and wants to be alone for that.
    if (ProcessHandle == NULL) {
        terminate_other_threads(current_process());
        return STATUS_SUCCESS;
    }
    struct process *process;
    status_t status = nt_process_of_handle(ProcessHandle, PROCESS_TERMINATE, &process);
    if (status != STATUS_SUCCESS)
        return status;
    process_terminate(process, ExitStatus);
    object_put(&process->object);
    return STATUS_SUCCESS;
}

static void describe_process(const struct process *process, PROCESS_BASIC_INFORMATION *out)
{
    *out = (PROCESS_BASIC_INFORMATION){
        .ExitStatus = STATUS_PENDING,
        .PebBaseAddress = (PPEB)((const struct nt_process *)process->personality_data)->peb,
        .AffinityMask = ~0ull >> (64 - MIN(cpu_count(), 64u)),
        .BasePriority = NORMAL_BASE_PRIORITY,
        .UniqueProcessId = process->id,
        // Nobody started it: the kernel did.
        .InheritedFromUniqueProcessId = 0,
    };
}

// Collects one class; *length receives its size. NT wants exactly that much room.
static status_t query_process(PROCESSINFOCLASS kind, void *information, ULONG room, ULONG *length)
{
    switch (kind) {
    case ProcessBasicInformation:
        *length = sizeof(PROCESS_BASIC_INFORMATION);
        break;
    case ProcessDebugPort:        // no debugger is attached,
    case ProcessWow64Information: // and it is no 32-bit program: both are a zero
        *length = sizeof(ULONG_PTR);
        break;
    default:
        if ((ULONG)kind > LAST_PROCESS_INFORMATION)
            return STATUS_INVALID_INFO_CLASS;
        return service_lacks("NtQueryInformationProcess", "information class", (ULONG)kind);
    }
    if (room != *length)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (kind == ProcessBasicInformation)
        describe_process(current_process(), information);
    return STATUS_SUCCESS;
}

NTSTATUS NtQueryInformationProcess(HANDLE ProcessHandle, PROCESSINFOCLASS ProcessInformationClass,
                                   void USER *ProcessInformation, ULONG ProcessInformationLength,
                                   ULONG USER *ReturnLength)
{
    PROCESS_BASIC_INFORMATION information = { 0 };
    ULONG length;
    status_t status =
        query_process(ProcessInformationClass, &information, ProcessInformationLength, &length);
    if (status != STATUS_SUCCESS)
        return status;
    struct address_space *space;
    status = nt_space_of_handle(ProcessHandle, &space);
    if (status != STATUS_SUCCESS)
        return status;
    status = copy_to_user(ProcessInformation, &information, length);
    if (status == STATUS_SUCCESS && ReturnLength != NULL)
        status = put_user(ReturnLength, &length);
    return status;
}
