// SPDX-License-Identifier: MIT
/*
 * NtQueryInformationThread. Most classes have a fixed size: a row of a table names it, the right
 * that the handle needs, and the function that fills it in.
 *
 * Source: learn.microsoft.com, NtQueryInformationThread, GetThreadDescription, GetThreadTimes
 */

#include "services_generated.h"

#include <arch/trap_frame.h>
#include <kernel/clock.h>
#include <kernel/status.h>
#include <kernel/string.h>
#include <kernel/user_copy.h>
#include <nt/thread.h>

#include "arguments.h"
#include "nt_handles.h"
#include "nt_process.h"
#include "nt_thread.h"
#include "service.h"

// What a class of fixed size is collected in.
union information {
    ULONG number;
    LONG signed_number;
    BOOLEAN flag;
    LARGE_INTEGER counter;
    PVOID address;
    PROCESSOR_NUMBER processor;
    GROUP_AFFINITY affinity;
    THREAD_BASIC_INFORMATION basic;
    KERNEL_USER_TIMES times;
    THREAD_CYCLE_TIME_INFORMATION cycles;
    THREAD_LAST_SYSCALL_INFORMATION last_call;
    POWER_THROTTLING_THREAD_STATE throttling;
};

static bool has_ended(struct thread *thread)
{
    irq_state_t state = spin_lock(&sched_lock);
    bool ended = thread->ended.state > 0;
    spin_unlock(&sched_lock, state);
    return ended;
}

static status_t query_basic(struct thread *thread, union information *out)
{
    const struct nt_thread *nt = nt_thread_of(thread);
    out->basic = (THREAD_BASIC_INFORMATION){
        .ExitStatus = has_ended(thread) ? thread->exit_status : STATUS_PENDING,
        .ClientId = nt_client_id(thread),
        .AffinityMask = thread->affinity & nt_processors(),
        .Priority = thread->priority,
    };
    if (nt != NULL) {
        out->basic.TebBaseAddress = (PVOID)nt->teb;
        out->basic.BasePriority = nt->base_increment;
    }
    return STATUS_SUCCESS;
}

static status_t query_times(struct thread *thread, union information *out)
{
    struct thread_times times;
    thread_times(thread, &times);
    out->times.CreateTime = nt_time_of(thread->create_time);
    if (has_ended(thread))
        out->times.ExitTime = nt_time_of(thread->exit_time);
    out->times.KernelTime = nt_time_of_cycles(times.kernel_cycles);
    out->times.UserTime = nt_time_of_cycles(times.user_cycles);
    return STATUS_SUCCESS;
}

static status_t query_start(struct thread *thread, union information *out)
{
    const struct nt_thread *nt = nt_thread_of(thread);
    out->address = nt != NULL ? (PVOID)nt->start_address : NULL;
    return STATUS_SUCCESS;
}

static status_t query_counter(struct thread *thread, union information *out)
{
    (void)thread;
    out->counter.QuadPart = (LONGLONG)clock_interrupt_100ns();
    return STATUS_SUCCESS;
}

static status_t query_last(struct thread *thread, union information *out)
{
    struct process *process = thread->process;
    irq_state_t state = spin_lock(&process->lock);
    out->number = process->thread_count == 1;
    spin_unlock(&process->lock, state);
    return STATUS_SUCCESS;
}

static status_t query_boost(struct thread *thread, union information *out)
{
    out->number = thread->boost_disabled;
    return STATUS_SUCCESS;
}

// All input and output is done while the caller waits in the service.
static status_t query_zero(struct thread *thread, union information *out)
{
    (void)thread;
    out->number = 0;
    return STATUS_SUCCESS;
}

static status_t query_hidden(struct thread *thread, union information *out)
{
    const struct nt_thread *nt = nt_thread_of(thread);
    out->flag = nt != NULL && nt->is_hidden;
    return STATUS_SUCCESS;
}

static status_t query_break(struct thread *thread, union information *out)
{
    const struct nt_thread *nt = nt_thread_of(thread);
    out->number = nt != NULL && nt->breaks_on_termination;
    return STATUS_SUCCESS;
}

static status_t query_terminated(struct thread *thread, union information *out)
{
    out->number = has_ended(thread);
    return STATUS_SUCCESS;
}

// Of a thread that waits, as its trap frame has it. What it was a moment ago is as good an answer.
static status_t query_last_call(struct thread *thread, union information *out)
{
    status_t status = STATUS_UNSUCCESSFUL;
    irq_state_t state = spin_lock(&sched_lock); // so that it waits until its stack has been read
    const struct trap_frame *frame = thread_user_frame(thread);
    if (thread->state == THREAD_WAITING && frame->vector == TRAP_VECTOR_SYSCALL) {
        out->last_call.FirstArgument = (PVOID)frame->r10;
        out->last_call.SystemCallNumber = (USHORT)frame->rax;
        status = STATUS_SUCCESS;
    }
    spin_unlock(&sched_lock, state);
    return status;
}

static status_t query_cycles(struct thread *thread, union information *out)
{
    struct thread_times times;
    thread_times(thread, &times);
    out->cycles.AccumulatedCycles = times.user_cycles + times.kernel_cycles;
    return STATUS_SUCCESS;
}

static status_t query_affinity(struct thread *thread, union information *out)
{
    out->affinity = (GROUP_AFFINITY){ .Mask = thread->affinity & nt_processors() };
    return STATUS_SUCCESS;
}

static status_t query_ideal(struct thread *thread, union information *out)
{
    out->processor = (PROCESSOR_NUMBER){ .Number = (UCHAR)thread_ideal_processor(thread) };
    return STATUS_SUCCESS;
}

static status_t query_suspend_count(struct thread *thread, union information *out)
{
    if (thread_is_terminating(thread))
        return STATUS_THREAD_IS_TERMINATING;
    out->number = thread->suspend_count;
    return STATUS_SUCCESS;
}

static status_t query_code_policy(struct thread *thread, union information *out)
{
    const struct nt_thread *nt = nt_thread_of(thread);
    out->number = nt != NULL && nt->may_make_code;
    return STATUS_SUCCESS;
}

static status_t query_throttling(struct thread *thread, union information *out)
{
    const struct nt_thread *nt = nt_thread_of(thread);
    out->throttling = (POWER_THROTTLING_THREAD_STATE){ .Version = 1 };
    if (nt != NULL) {
        out->throttling.ControlMask = nt->throttling[0];
        out->throttling.StateMask = nt->throttling[1];
    }
    return STATUS_SUCCESS;
}

struct query {
    UCHAR class;
    UCHAR size;
    USHORT access;
    status_t (*collect)(struct thread *thread, union information *out);
};

#define LIMITED THREAD_QUERY_LIMITED_INFORMATION
#define FULL    THREAD_QUERY_INFORMATION

static const struct query queries[] = {
    { ThreadBasicInformation, sizeof(THREAD_BASIC_INFORMATION), LIMITED, query_basic },
    { ThreadTimes, sizeof(KERNEL_USER_TIMES), LIMITED, query_times },
    { ThreadQuerySetWin32StartAddress, sizeof(PVOID), FULL, query_start },
    { ThreadPerformanceCount, sizeof(LARGE_INTEGER), FULL, query_counter },
    { ThreadAmILastThread, sizeof(ULONG), FULL, query_last },
    { ThreadPriorityBoost, sizeof(ULONG), FULL, query_boost },
    { ThreadIsIoPending, sizeof(ULONG), FULL, query_zero },
    { ThreadHideFromDebugger, sizeof(BOOLEAN), FULL, query_hidden },
    { ThreadBreakOnTermination, sizeof(ULONG), FULL, query_break },
    { ThreadIsTerminated, sizeof(ULONG), LIMITED, query_terminated },
    { ThreadLastSystemCall, sizeof(THREAD_LAST_SYSCALL_INFORMATION), THREAD_GET_CONTEXT,
      query_last_call },
    { ThreadCycleTime, sizeof(THREAD_CYCLE_TIME_INFORMATION), LIMITED, query_cycles },
    { ThreadGroupInformation, sizeof(GROUP_AFFINITY), LIMITED, query_affinity },
    { ThreadIdealProcessorEx, sizeof(PROCESSOR_NUMBER), LIMITED, query_ideal },
    { ThreadSuspendCount, sizeof(ULONG), LIMITED, query_suspend_count },
    { ThreadActualGroupAffinity, sizeof(GROUP_AFFINITY), LIMITED, query_affinity },
    { ThreadDynamicCodePolicyInfo, sizeof(ULONG), LIMITED, query_code_policy },
    { ThreadPowerThrottlingState, sizeof(POWER_THROTTLING_THREAD_STATE), LIMITED,
      query_throttling },
};

// ---- classes of no fixed size -----------------------------------------------------------------

static struct nt_text *get_name(struct thread *thread)
{
    struct nt_thread *nt = nt_thread_of(thread);
    if (nt == NULL)
        return NULL;
    irq_state_t state = spin_lock(&thread->process->lock);
    struct nt_text *name = nt_text_get(nt->name);
    spin_unlock(&thread->process->lock, state);
    return name;
}

// The structure, and the text behind it.
static status_t query_name(struct thread *thread, void USER *to, ULONG room, ULONG *length)
{
    struct nt_text *name = get_name(thread);
    THREAD_NAME_INFORMATION information = { 0 };
    status_t status = STATUS_SUCCESS;
    if (name != NULL)
        information.ThreadName.Length = information.ThreadName.MaximumLength = name->length;
    *length = (ULONG)sizeof(information) + information.ThreadName.Length;
    information.ThreadName.Buffer = (PWSTR)((vaddr_t)to + sizeof(information));
    if (room < *length)
        status = STATUS_BUFFER_TOO_SMALL;
    else
        status = copy_to_user(to, &information, sizeof(information));
    if (status == STATUS_SUCCESS && name != NULL)
        status = copy_to_user((char USER *)to + sizeof(information), name->text, name->length);
    nt_text_put(name);
    return status;
}

// A part of the TEB, of threads of the caller's process: another's memory is not at hand.
static status_t query_teb(struct thread *thread, void USER *from_to, ULONG room, ULONG *length)
{
    THREAD_TEB_INFORMATION request;
    *length = sizeof(request);
    if (room != sizeof(request))
        return STATUS_INFO_LENGTH_MISMATCH;
    status_t status = copy_from_user(&request, from_to, sizeof(request));
    if (status != STATUS_SUCCESS)
        return status;
    const struct nt_thread *nt = nt_thread_of(thread);
    if (nt == NULL || thread_is_terminating(thread))
        return STATUS_THREAD_IS_TERMINATING;
    if (request.TebOffset > sizeof(TEB) || request.BytesToRead > sizeof(TEB) - request.TebOffset)
        return STATUS_INVALID_PARAMETER;
    if (thread->process != current_process())
        return service_lacks("NtQueryInformationThread", "TEB of another process, bytes",
                             request.BytesToRead);
    vaddr_t from = nt->teb + request.TebOffset, to = (vaddr_t)request.TebInformation;
    for (ULONG done = 0; status == STATUS_SUCCESS && done < request.BytesToRead;) {
        uint8_t part[256];
        ULONG size = MIN(request.BytesToRead - done, (ULONG)sizeof(part));
        status = copy_from_user(part, (const void USER *)(from + done), size);
        if (status == STATUS_SUCCESS)
            status = copy_to_user((void USER *)(to + done), part, size);
        done += size;
    }
    return status;
}

// ---- the service ------------------------------------------------------------------------------

static const struct query *find_query(THREADINFOCLASS kind)
{
    for (size_t i = 0; i < ARRAY_SIZE(queries); i++)
        if ((ULONG)kind == queries[i].class)
            return &queries[i];
    return NULL;
}

static status_t query_fixed(const struct query *query, HANDLE handle, void USER *to, ULONG room,
                            ULONG *length)
{
    union information information;
    struct thread *thread;
    bool may_be_shorter = query->class == ThreadLastSystemCall &&
                          room == offsetof(THREAD_LAST_SYSCALL_INFORMATION, WaitTime);
    *length = may_be_shorter ? room : query->size;
    if (room != *length)
        return STATUS_INFO_LENGTH_MISMATCH;
    status_t status = nt_thread_of_handle(handle, query->access, &thread);
    if (status != STATUS_SUCCESS)
        return status;
    memset(&information, 0, sizeof(information));
    status = query->collect(thread, &information);
    object_put(&thread->object);
    return status == STATUS_SUCCESS ? copy_to_user(to, &information, *length) : status;
}

static status_t query_variable(THREADINFOCLASS kind, HANDLE handle, void USER *to, ULONG room,
                               ULONG *length)
{
    struct thread *thread;
    ULONG access = kind == ThreadNameInformation ? LIMITED : THREAD_GET_CONTEXT;
    status_t status = nt_thread_of_handle(handle, access, &thread);
    if (status != STATUS_SUCCESS)
        return status;
    if (kind == ThreadNameInformation)
        status = query_name(thread, to, room, length);
    else
        status = query_teb(thread, to, room, length);
    object_put(&thread->object);
    return status;
}

NTSTATUS NtQueryInformationThread(HANDLE ThreadHandle, THREADINFOCLASS ThreadInformationClass,
                                  void USER *ThreadInformation, ULONG ThreadInformationLength,
                                  ULONG USER *ReturnLength)
{
    const struct query *query = find_query(ThreadInformationClass);
    ULONG length = 0;
    status_t status;
    if (query != NULL)
        status =
            query_fixed(query, ThreadHandle, ThreadInformation, ThreadInformationLength, &length);
    else if (ThreadInformationClass == ThreadNameInformation ||
             ThreadInformationClass == ThreadTebInformation)
        status = query_variable(ThreadInformationClass, ThreadHandle, ThreadInformation,
                                ThreadInformationLength, &length);
    else if ((ULONG)ThreadInformationClass > ThreadWorkloadClass)
        status = STATUS_INVALID_INFO_CLASS;
    else
        status = service_lacks("NtQueryInformationThread", "information class",
                               (ULONG)ThreadInformationClass);
    if (status == STATUS_SUCCESS || status == STATUS_BUFFER_TOO_SMALL)
        status = nt_publish_length(status, length, ReturnLength);
    return status;
}
