// SPDX-License-Identifier: MIT
/*
 * NtSetInformationProcess: a table of classes with their sizes, rights and functions.
 *
 * Source: learn.microsoft.com, SetPriorityClass, SetProcessAffinityMask, SetProcessPriorityBoost,
 * SetErrorMode; observed on Wine 8: ProcessThreadStackAllocation
 */

#include "services_generated.h"

#include <kernel/status.h>
#include <kernel/user_copy.h>

#include "nt_handles.h"
#include "nt_process.h"
#include "nt_thread.h"
#include "service.h"

union information {
    ULONG number;
    KPRIORITY priority;
    ULONG_PTR word;
    BOOLEAN flag;
    PROCESS_PRIORITY_CLASS class;
};

// Calls function for each thread of process, under its lock.
static void for_each_thread(struct process *process,
                            void (*function)(struct thread *thread, uint64_t value), uint64_t value)
{
    struct thread *thread;
    list_for_each(thread, &process->threads, process_link)
        if (nt_thread_of(thread) != NULL)
            function(thread, value);
}

static status_t set_error_mode(struct process *process, const union information *from)
{
    nt_process_of(process)->hard_error_mode = from->number;
    return STATUS_SUCCESS;
}

// ---- priorities and processors ----------------------------------------------------------------

// Threads keep their places relative to the class.
static void follow_class(struct thread *thread, uint64_t class_priority)
{
    thread_set_priority(
        thread, priority_relative((uint8_t)class_priority, nt_thread_of(thread)->base_increment));
}

void nt_process_set_class(struct process *process, uint8_t priority_class)
{
    irq_state_t state = spin_lock(&process->lock);
    nt_process_of(process)->priority_class = priority_class;
    for_each_thread(process, follow_class, priority_of_class(priority_class));
    spin_unlock(&process->lock, state);
}

static status_t set_class(struct process *process, const union information *from)
{
    uint8_t class = from->class.PriorityClass;
    if (class == PROCESS_PRIORITY_CLASS_UNKNOWN || class > PROCESS_PRIORITY_CLASS_ABOVE_NORMAL)
        return STATUS_INVALID_PARAMETER;
    nt_process_of(process)->is_foreground = from->class.Foreground != 0;
    nt_process_set_class(process, class);
    return STATUS_SUCCESS;
}

static status_t set_foreground(struct process *process, const union information *from)
{
    nt_process_of(process)->is_foreground = from->flag != 0;
    return STATUS_SUCCESS;
}

static void follow_affinity(struct thread *thread, uint64_t affinity)
{
    thread_set_affinity(thread, affinity);
}

void nt_process_set_affinity(struct process *process, KAFFINITY affinity)
{
    irq_state_t state = spin_lock(&process->lock);
    nt_process_of(process)->affinity = affinity;
    for_each_thread(process, follow_affinity, affinity);
    spin_unlock(&process->lock, state);
}

static status_t set_affinity(struct process *process, const union information *from)
{
    if (from->word == 0 || (from->word & ~nt_processors()) != 0)
        return STATUS_INVALID_PARAMETER;
    nt_process_set_affinity(process, from->word);
    return STATUS_SUCCESS;
}

static void follow_boost(struct thread *thread, uint64_t is_disabled)
{
    thread->boost_disabled = is_disabled != 0;
}

static status_t set_boost(struct process *process, const union information *from)
{
    irq_state_t state = spin_lock(&process->lock);
    nt_process_of(process)->boost_disabled = from->number != 0;
    for_each_thread(process, follow_boost, from->number != 0);
    spin_unlock(&process->lock, state);
    return STATUS_SUCCESS;
}

// It is remembered and reported, and has no effect: no process here is critical to the system.
static status_t set_break(struct process *process, const union information *from)
{
    nt_process_of(process)->breaks_on_termination = from->number != 0;
    return STATUS_SUCCESS;
}

// A 64-bit program never executes its data, and has no say in that.
static status_t set_execution(struct process *process, const union information *from)
{
    (void)process;
    (void)from;
    return STATUS_INVALID_PARAMETER;
}

// ---- the stack of a fiber ---------------------------------------------------------------------

// Reserves room in the running process; the caller commits what it needs of it.
static status_t allocate_stack(void USER *information)
{
    PROCESS_STACK_ALLOCATION_INFORMATION request;
    status_t status = copy_from_user(&request, information, sizeof(request));
    if (status != STATUS_SUCCESS)
        return status;
    if (request.ReserveSize == 0 || request.ReserveSize > USER_HIGHEST)
        return STATUS_INVALID_PARAMETER;
    if (request.ZeroBits != 0)
        return service_lacks("NtSetInformationProcess", "zero bits", request.ZeroBits);
    struct address_space *space = current_process()->space;
    struct space_reservation what = {
        .size = ROUND_UP(request.ReserveSize, ALLOCATION_GRANULARITY),
        .rights = RIGHTS_READ | RIGHTS_WRITE,
        .kind = AREA_PRIVATE,
    };
    vaddr_t base, start, end;
    status = space_reserve(space, &what, &base);
    if (status != STATUS_SUCCESS)
        return status;
    request.StackBase = (PVOID)base;
    status = copy_to_user(information, &request, sizeof(request));
    if (status != STATUS_SUCCESS) {
        status_t released = space_release(space, base, base, &start, &end);
        (void)released; // by another thread that guessed the address
    }
    return status;
}

// ---- the service ------------------------------------------------------------------------------

struct setting {
    UCHAR class;
    UCHAR size;
    USHORT access;
    status_t (*set)(struct process *process, const union information *from);
};

static const struct setting settings[] = {
    { ProcessDefaultHardErrorMode, sizeof(ULONG), PROCESS_SET_INFORMATION, set_error_mode },
    { ProcessPriorityClass, sizeof(PROCESS_PRIORITY_CLASS), PROCESS_SET_INFORMATION, set_class },
    { ProcessForegroundInformation, sizeof(BOOLEAN), PROCESS_SET_INFORMATION, set_foreground },
    { ProcessAffinityMask, sizeof(KAFFINITY), PROCESS_SET_INFORMATION, set_affinity },
    { ProcessPriorityBoost, sizeof(ULONG), PROCESS_SET_INFORMATION, set_boost },
    { ProcessBreakOnTermination, sizeof(ULONG), PROCESS_SET_INFORMATION, set_break },
    { ProcessExecuteFlags, sizeof(ULONG), PROCESS_SET_INFORMATION, set_execution },
};

static const struct setting *find_setting(PROCESSINFOCLASS kind)
{
    for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
        if ((ULONG)kind == settings[i].class)
            return &settings[i];
    return NULL;
}

static status_t set_stack_allocation(HANDLE handle, void USER *information, ULONG length)
{
    struct process *process;
    if (length != sizeof(PROCESS_STACK_ALLOCATION_INFORMATION))
        return STATUS_INFO_LENGTH_MISMATCH;
    status_t status = nt_process_of_handle(handle, PROCESS_SET_INFORMATION, &process);
    if (status != STATUS_SUCCESS)
        return status;
    if (process == current_process())
        status = allocate_stack(information);
    else
        status = STATUS_INVALID_PARAMETER;
    object_put(&process->object);
    return status;
}

NTSTATUS NtSetInformationProcess(HANDLE ProcessHandle, PROCESSINFOCLASS ProcessInformationClass,
                                 void USER *ProcessInformation, ULONG ProcessInformationLength)
{
    const struct setting *setting = find_setting(ProcessInformationClass);
    if (ProcessInformationClass == ProcessThreadStackAllocation)
        return set_stack_allocation(ProcessHandle, ProcessInformation, ProcessInformationLength);
    if (setting == NULL && (ULONG)ProcessInformationClass > PROCESS_INFORMATION_CLASS_LAST)
        return STATUS_INVALID_INFO_CLASS;
    if (setting == NULL)
        return service_lacks("NtSetInformationProcess", "information class",
                             (ULONG)ProcessInformationClass);
    if (ProcessInformationLength != setting->size)
        return STATUS_INFO_LENGTH_MISMATCH;
    union information information = { 0 };
    status_t status = copy_from_user(&information, ProcessInformation, setting->size);
    if (status != STATUS_SUCCESS)
        return status;
    struct process *process;
    status = nt_process_of_handle(ProcessHandle, setting->access, &process);
    if (status != STATUS_SUCCESS)
        return status;
    status =
        process->has_ended ? STATUS_PROCESS_IS_TERMINATING : setting->set(process, &information);
    object_put(&process->object);
    return status;
}
