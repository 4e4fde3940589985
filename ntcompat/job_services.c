// SPDX-License-Identifier: MIT
/*
 * The services about jobs (job.h).
 *
 * Limits that cannot be kept are refused: working sets, times, memory, scheduling classes. That the
 * unhandled exceptions of a job's processes show no message box is so for all processes.
 *
 * Source: learn.microsoft.com, CreateJobObject, AssignProcessToJobObject, SetInformationJobObject,
 * QueryInformationJobObject, IsProcessInJob
 */

#include "services_generated.h"

#include <kernel/heap.h>
#include <kernel/status.h>
#include <kernel/string.h>
#include <kernel/user_copy.h>
#include <nt/sync.h>

#include "arguments.h"
#include "completion.h"
#include "job.h"
#include "nt_handles.h"
#include "nt_process.h"
#include "object_attributes.h"
#include "service.h"

#define LIMITS_KEPT                                                                                \
    (JOB_OBJECT_LIMIT_ACTIVE_PROCESS | JOB_OBJECT_LIMIT_AFFINITY |                                 \
     JOB_OBJECT_LIMIT_PRIORITY_CLASS | JOB_OBJECT_LIMIT_PRESERVE_JOB_TIME |                        \
     JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION | JOB_OBJECT_LIMIT_BREAKAWAY_OK |                 \
     JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK | JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE)

#define LIST_HEAD offsetof(JOBOBJECT_BASIC_PROCESS_ID_LIST, ProcessIdList)
#define LIST_MAX  8192u // ids

static status_t find_job(HANDLE handle, ACCESS_MASK access, struct job **out)
{
    struct object *object;
    status_t status = nt_find_object(handle, &job_type, access, &object);
    if (status == STATUS_SUCCESS)
        *out = container_of(object, struct job, object);
    return status;
}

NTSTATUS NtCreateJobObject(HANDLE USER *JobHandle, ACCESS_MASK DesiredAccess,
                           OBJECT_ATTRIBUTES USER *ObjectAttributes)
{
    struct job *job;
    status_t status = job_create(&job);
    if (status != STATUS_SUCCESS)
        return status;
    return nt_create_object(JobHandle, DesiredAccess, ObjectAttributes, &job->object);
}

NTSTATUS NtOpenJobObject(HANDLE USER *JobHandle, ACCESS_MASK DesiredAccess,
                         OBJECT_ATTRIBUTES USER *ObjectAttributes)
{
    return nt_open_object(JobHandle, DesiredAccess, ObjectAttributes, &job_type);
}

NTSTATUS NtAssignProcessToJobObject(HANDLE JobHandle, HANDLE ProcessHandle)
{
    struct job *job;
    struct process *process;
    status_t status = find_job(JobHandle, JOB_OBJECT_ASSIGN_PROCESS, &job);
    if (status != STATUS_SUCCESS)
        return status;
    status = nt_process_of_handle(ProcessHandle, PROCESS_SET_QUOTA | PROCESS_TERMINATE, &process);
    if (status == STATUS_SUCCESS) {
        status = job_assign(job, process);
        object_put(&process->object);
    }
    object_put(&job->object);
    return status;
}

NTSTATUS NtTerminateJobObject(HANDLE JobHandle, NTSTATUS ExitStatus)
{
    struct job *job;
    status_t status = find_job(JobHandle, JOB_OBJECT_TERMINATE, &job);
    if (status != STATUS_SUCCESS)
        return status;
    job_terminate(job, ExitStatus);
    object_put(&job->object);
    return STATUS_SUCCESS;
}

// JobHandle: NULL: any job.
NTSTATUS NtIsProcessInJob(HANDLE ProcessHandle, HANDLE JobHandle)
{
    struct job *job = NULL;
    struct process *process;
    status_t status =
        nt_process_of_handle(ProcessHandle, PROCESS_QUERY_LIMITED_INFORMATION, &process);
    if (status != STATUS_SUCCESS)
        return status;
    if (JobHandle != NULL)
        status = find_job(JobHandle, JOB_OBJECT_QUERY, &job);
    if (status == STATUS_SUCCESS)
        status = job_contains(job, process) ? STATUS_PROCESS_IN_JOB : STATUS_PROCESS_NOT_IN_JOB;
    if (job != NULL)
        object_put(&job->object);
    object_put(&process->object);
    return status;
}

// ---- queries ----------------------------------------------------------------------------------

union information {
    JOBOBJECT_BASIC_AND_IO_ACCOUNTING_INFORMATION accounting;
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;
    JOBOBJECT_BASIC_UI_RESTRICTIONS ui;
    JOBOBJECT_ASSOCIATE_COMPLETION_PORT port;
};

// The job that a query means: NULL is the caller's own, which need not exist.
static status_t find_for_query(HANDLE handle, struct job **out)
{
    if (handle != NULL)
        return find_job(handle, JOB_OBJECT_QUERY, out);
    irq_state_t state = spin_lock(&jobs_lock);
    *out = current_nt_process()->job;
    if (*out != NULL)
        object_get(&(*out)->object);
    spin_unlock(&jobs_lock, state);
    return *out != NULL ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}

// The size of a class that has one; 0: it is not known, or has none.
static ULONG size_of(JOBOBJECTINFOCLASS kind)
{
    switch (kind) {
    case JobObjectBasicAccountingInformation:
        return sizeof(JOBOBJECT_BASIC_ACCOUNTING_INFORMATION);
    case JobObjectBasicAndIoAccountingInformation:
        return sizeof(JOBOBJECT_BASIC_AND_IO_ACCOUNTING_INFORMATION);
    case JobObjectBasicLimitInformation:
        return sizeof(JOBOBJECT_BASIC_LIMIT_INFORMATION);
    case JobObjectExtendedLimitInformation:
        return sizeof(JOBOBJECT_EXTENDED_LIMIT_INFORMATION);
    case JobObjectBasicUIRestrictions:
        return sizeof(JOBOBJECT_BASIC_UI_RESTRICTIONS);
    default:
        return 0;
    }
}

// Input and output are not counted; there are no restrictions on windows.
static void collect(struct job *job, JOBOBJECTINFOCLASS kind, union information *out)
{
    memset(out, 0, sizeof(*out));
    if (kind == JobObjectBasicAccountingInformation ||
        kind == JobObjectBasicAndIoAccountingInformation) {
        job_account(job, &out->accounting.BasicInfo);
    } else if (kind != JobObjectBasicUIRestrictions) {
        irq_state_t state = spin_lock(&jobs_lock);
        out->limits = job->limits; // begins with the basic ones
        spin_unlock(&jobs_lock, state);
    }
}

static status_t query_list(struct job *job, void USER *to, ULONG room, ULONG *length)
{
    *length = LIST_HEAD;
    if (room < sizeof(JOBOBJECT_BASIC_PROCESS_ID_LIST))
        return STATUS_INFO_LENGTH_MISMATCH;
    ULONG places = (ULONG)MIN((room - LIST_HEAD) / sizeof(ULONG_PTR), (size_t)LIST_MAX);
    ULONG_PTR *ids = heap_alloc(places * sizeof(ULONG_PTR));
    if (ids == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    ULONG counts[2]; // those in the job, and those in the list
    counts[1] = job_list(job, ids, places, &counts[0]);
    status_t status = copy_to_user(to, counts, sizeof(counts));
    if (status == STATUS_SUCCESS)
        status = copy_to_user((char USER *)to + LIST_HEAD, ids, counts[1] * sizeof(ULONG_PTR));
    heap_free(ids);
    *length += (ULONG)(counts[1] * sizeof(ULONG_PTR));
    if (status == STATUS_SUCCESS && counts[1] < counts[0])
        status = STATUS_BUFFER_OVERFLOW;
    return status;
}

static status_t query(struct job *job, JOBOBJECTINFOCLASS kind, void USER *to, ULONG room,
                      ULONG *length)
{
    union information information;
    if (kind == JobObjectBasicProcessIdList)
        return query_list(job, to, room, length);
    *length = size_of(kind);
    if (room != *length)
        return STATUS_INFO_LENGTH_MISMATCH;
    collect(job, kind, &information);
    return copy_to_user(to, &information, *length);
}

NTSTATUS NtQueryInformationJobObject(HANDLE JobHandle, JOBOBJECTINFOCLASS JobObjectInformationClass,
                                     void USER *JobObjectInformation,
                                     ULONG JobObjectInformationLength, ULONG USER *ReturnLength)
{
    struct job *job;
    ULONG length = 0;
    if ((ULONG)JobObjectInformationClass >= JobObjectLast || JobObjectInformationClass == 0)
        return STATUS_INVALID_INFO_CLASS;
    if (size_of(JobObjectInformationClass) == 0 &&
        JobObjectInformationClass != JobObjectBasicProcessIdList)
        return service_lacks("NtQueryInformationJobObject", "information class",
                             (ULONG)JobObjectInformationClass);
    status_t status = find_for_query(JobHandle, &job);
    if (status != STATUS_SUCCESS)
        return status;
    status = query(job, JobObjectInformationClass, JobObjectInformation, JobObjectInformationLength,
                   &length);
    object_put(&job->object);
    if (status == STATUS_SUCCESS || status == STATUS_BUFFER_OVERFLOW)
        status = nt_publish_length(status, length, ReturnLength);
    return status;
}

// ---- settings ---------------------------------------------------------------------------------

static status_t check_limits(const JOBOBJECT_BASIC_LIMIT_INFORMATION *limits, ULONG valid)
{
    if ((limits->LimitFlags & ~valid) != 0)
        return STATUS_INVALID_PARAMETER;
    if ((limits->LimitFlags & ~LIMITS_KEPT) != 0)
        return service_lacks("NtSetInformationJobObject", "limits",
                             limits->LimitFlags & ~LIMITS_KEPT);
    if ((limits->LimitFlags & JOB_OBJECT_LIMIT_AFFINITY) &&
        (limits->Affinity == 0 || (limits->Affinity & ~nt_processors()) != 0))
        return STATUS_INVALID_PARAMETER;
    if ((limits->LimitFlags & JOB_OBJECT_LIMIT_PRIORITY_CLASS) &&
        (limits->PriorityClass == PROCESS_PRIORITY_CLASS_UNKNOWN ||
         limits->PriorityClass > PROCESS_PRIORITY_CLASS_ABOVE_NORMAL))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

static status_t set_limits(struct job *job, const JOBOBJECT_EXTENDED_LIMIT_INFORMATION *given,
                           ULONG valid)
{
    status_t status = check_limits(&given->BasicLimitInformation, valid);
    if (status == STATUS_SUCCESS)
        job_set_limits(job, given);
    return status;
}

static status_t set_port(struct job *job, const JOBOBJECT_ASSOCIATE_COMPLETION_PORT *given)
{
    struct object *port = NULL;
    status_t status = STATUS_SUCCESS;
    if (given->CompletionPort != NULL)
        status = nt_find_object(given->CompletionPort, &completion_type, IO_COMPLETION_MODIFY_STATE,
                                &port);
    if (status == STATUS_SUCCESS)
        job_set_port(job, port, given->CompletionKey);
    return status;
}

static status_t set(struct job *job, JOBOBJECTINFOCLASS kind, const union information *from)
{
    switch (kind) {
    case JobObjectBasicLimitInformation:
        return set_limits(job, &from->limits, JOB_OBJECT_BASIC_LIMIT_VALID_FLAGS);
    case JobObjectExtendedLimitInformation:
        return set_limits(job, &from->limits, JOB_OBJECT_EXTENDED_LIMIT_VALID_FLAGS);
    case JobObjectAssociateCompletionPortInformation:
        return set_port(job, &from->port);
    default: // what restricts windows; there are none
        if (from->ui.UIRestrictionsClass == 0)
            return STATUS_SUCCESS;
        return service_lacks("NtSetInformationJobObject", "UI restrictions",
                             from->ui.UIRestrictionsClass);
    }
}

NTSTATUS NtSetInformationJobObject(HANDLE JobHandle, JOBOBJECTINFOCLASS JobObjectInformationClass,
                                   void USER *JobObjectInformation,
                                   ULONG JobObjectInformationLength)
{
    JOBOBJECTINFOCLASS kind = JobObjectInformationClass;
    bool is_port = kind == JobObjectAssociateCompletionPortInformation;
    ULONG size = is_port ? sizeof(JOBOBJECT_ASSOCIATE_COMPLETION_PORT) : size_of(kind);
    if ((ULONG)kind >= JobObjectLast || kind == 0)
        return STATUS_INVALID_INFO_CLASS;
    if (size == 0)
        return service_lacks("NtSetInformationJobObject", "information class", (ULONG)kind);
    if (kind == JobObjectBasicAccountingInformation ||
        kind == JobObjectBasicAndIoAccountingInformation)
        return STATUS_INVALID_INFO_CLASS; // can only be asked for
    if (JobObjectInformationLength != size)
        return STATUS_INFO_LENGTH_MISMATCH;
    union information information = { 0 };
    status_t status = copy_from_user(&information, JobObjectInformation, size);
    if (status != STATUS_SUCCESS)
        return status;
    struct job *job;
    status = find_job(JobHandle, JOB_OBJECT_SET_ATTRIBUTES, &job);
    if (status != STATUS_SUCCESS)
        return status;
    status = set(job, kind, &information);
    object_put(&job->object);
    return status;
}
