// SPDX-License-Identifier: MIT
/*
 * Jobs.
 *
 * A process holds a reference to the innermost job that it belongs to, and that job to the one that
 * it lies inside; the other way round there are only lists. So a job lives as long as it has
 * processes, even when nobody has a handle for it. One lock guards the whole tree: jobs change when
 * processes begin and end, which is rare enough.
 *
 * Figures of a job include those of the jobs inside it, and messages go to the ports of all jobs on
 * the way up.
 *
 * Source: learn.microsoft.com, "Job Objects", "Nested Jobs", JOBOBJECT_BASIC_LIMIT_INFORMATION,
 * JOBOBJECT_ASSOCIATE_COMPLETION_PORT
 */

#include "job.h"

#include <kernel/heap.h>
#include <kernel/status.h>

#include "completion.h"
#include "nt_process.h"
#include "nt_thread.h"

struct spinlock jobs_lock = SPINLOCK("jobs", LOCK_RANK_JOBS);

static struct job *job_of(struct object *object)
{
    return container_of(object, struct job, object);
}

static bool has_limit(const struct job *job, ULONG limit)
{
    return job->limits.BasicLimitInformation.LimitFlags & limit;
}

// ---- the objects ------------------------------------------------------------------------------

static void destroy(struct object *object)
{
    struct job *job = job_of(object);
    irq_state_t state = spin_lock(&jobs_lock);
    list_remove(&job->sibling);
    spin_unlock(&jobs_lock, state);
    if (job->port != NULL)
        object_put(job->port);
    if (job->parent != NULL)
        object_put(&job->parent->object);
    heap_free(job);
}

static void close(struct object *object, struct handle_table *table, uint32_t access,
                  uint32_t handles_left)
{
    struct job *job = job_of(object);
    (void)table;
    (void)access;
    if (handles_left == 0 && has_limit(job, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE))
        job_terminate(job, STATUS_SUCCESS);
}

OBJECT_TYPE(job_type, "Job",
            .access = { .valid = JOB_OBJECT_ALL_ACCESS,
                        .read = ACCESS_READ_CONTROL | JOB_OBJECT_QUERY,
                        .write = ACCESS_READ_CONTROL | JOB_OBJECT_ASSIGN_PROCESS |
                                 JOB_OBJECT_SET_ATTRIBUTES | JOB_OBJECT_TERMINATE,
                        .execute = ACCESS_READ_CONTROL | ACCESS_SYNCHRONIZE },
            .destroy = destroy, .close = close);

status_t job_create(struct job **out)
{
    struct job *job = heap_alloc_zeroed(sizeof(*job));
    if (job == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    object_init(&job->object, &job_type);
    list_init(&job->children);
    list_init(&job->sibling);
    list_init(&job->members);
    *out = job;
    return STATUS_SUCCESS;
}

// ---- messages ---------------------------------------------------------------------------------

// Without memory a message is lost: programs are told not to rely on them.
static void post(const struct job *job, ULONG message, ULONG_PTR process_id)
{
    FILE_IO_COMPLETION_INFORMATION information = {
        .KeyContext = job->port_key,
        .ApcContext = (PVOID)process_id,
        .IoStatusBlock = { .Information = message },
    };
    if (job->port == NULL)
        return;
    status_t lost = completion_post(job->port, &information);
    (void)lost;
}

static void post_upward(const struct job *job, ULONG message, ULONG_PTR process_id)
{
    for (; job != NULL; job = job->parent)
        post(job, message, process_id);
}

// Calls function for each process of job and of the jobs inside it.
static void for_each_process(struct job *job,
                             void (*function)(struct process *process, void *context),
                             void *context)
{
    struct nt_process *member;
    struct job *child;
    list_for_each(member, &job->members, job_link)
        function(member->process, context);
    list_for_each(child, &job->children, sibling)
        for_each_process(child, function, context);
}

static void announce(struct process *process, void *job)
{
    post(job, JOB_OBJECT_MSG_NEW_PROCESS, process->id);
}

void job_set_port(struct job *job, struct object *port, PVOID key)
{
    irq_state_t state = spin_lock(&jobs_lock);
    struct object *before = job->port;
    job->port = port;
    job->port_key = key;
    if (port != NULL)
        for_each_process(job, announce, job);
    spin_unlock(&jobs_lock, state);
    if (before != NULL)
        object_put(before);
}

// ---- joining ----------------------------------------------------------------------------------

#define LIMITS_OF_PROCESSES (JOB_OBJECT_LIMIT_PRIORITY_CLASS | JOB_OBJECT_LIMIT_AFFINITY)

static void impose(struct process *process, void *context)
{
    const JOBOBJECT_BASIC_LIMIT_INFORMATION *limits = context;
    if (limits->LimitFlags & JOB_OBJECT_LIMIT_PRIORITY_CLASS)
        nt_process_set_class(process, (uint8_t)limits->PriorityClass);
    if (limits->LimitFlags & JOB_OBJECT_LIMIT_AFFINITY)
        nt_process_set_affinity(process, limits->Affinity);
}

// The first job from `job` up to, but not including, `outer` that has as many processes as it may;
// NULL: none.
static struct job *find_full(struct job *job, const struct job *outer)
{
    for (; job != outer; job = job->parent)
        if (has_limit(job, JOB_OBJECT_LIMIT_ACTIVE_PROCESS) &&
            job->active >= job->limits.BasicLimitInformation.ActiveProcessLimit)
            return job;
    return NULL;
}

// Counts a process in the jobs from `from` up to, but not including, `to`.
static void count_in(struct job *from, const struct job *to, struct process *process)
{
    for (struct job *job = from; job != to; job = job->parent) {
        job->active++;
        job->total++;
        post(job, JOB_OBJECT_MSG_NEW_PROCESS, process->id);
        impose(process, &job->limits.BasicLimitInformation);
    }
}

// Makes job the innermost one of process, which is in `outer` already, or in none.
static status_t join(struct job *job, struct job *outer, struct process *process)
{
    struct nt_process *nt = nt_process_of(process);
    if (process->is_emptied)
        return STATUS_PROCESS_IS_TERMINATING;
    struct job *full = find_full(job, outer); // it is counted in `outer` already
    if (full != NULL) {
        full->terminated++;
        post_upward(full, JOB_OBJECT_MSG_ACTIVE_PROCESS_LIMIT, process->id);
        return STATUS_QUOTA_EXCEEDED;
    }
    count_in(job, outer, process);
    object_get(&job->object);
    nt->job = job;
    list_remove(&nt->job_link);
    list_append(&job->members, &nt->job_link);
    return STATUS_SUCCESS;
}

// Whether job is outer, or lies inside it.
static bool lies_in(const struct job *job, const struct job *outer)
{
    while (job != NULL && job != outer)
        job = job->parent;
    return job == outer;
}

// How deep jobs may nest: functions here call themselves for the jobs inside a job.
#define DEPTH_MAX 32u

static unsigned depth_of(const struct job *job)
{
    unsigned depth = 0;
    for (; job != NULL; job = job->parent)
        depth++;
    return depth;
}

// Whether job lies inside outer, or can be put there: as long as it is empty and lies nowhere.
static bool fits_inside(struct job *job, struct job *outer)
{
    if (lies_in(job, outer))
        return true;
    if (job->parent != NULL || job->active > 0 || !list_is_empty(&job->children) ||
        depth_of(outer) >= DEPTH_MAX)
        return false;
    object_get(&outer->object);
    job->parent = outer;
    list_append(&outer->children, &job->sibling);
    return true;
}

status_t job_assign(struct job *job, struct process *process)
{
    struct nt_process *nt = nt_process_of(process);
    status_t status = STATUS_ACCESS_DENIED;
    irq_state_t state = spin_lock(&jobs_lock);
    struct job *outer = nt->job;
    bool is_there = outer != NULL && lies_in(outer, job);
    if (is_there)
        status = STATUS_SUCCESS;
    else if (outer == NULL || fits_inside(job, outer))
        status = join(job, outer, process);
    bool has_moved = status == STATUS_SUCCESS && !is_there;
    spin_unlock(&jobs_lock, state);
    if (has_moved && outer != NULL)
        object_put(&outer->object); // the inner job has a reference of its own
    if (status == STATUS_QUOTA_EXCEEDED)
        process_terminate(process, STATUS_QUOTA_EXCEEDED);
    return status;
}

status_t job_inherit(const struct process *parent, struct process *process, bool breaks_away)
{
    status_t status = STATUS_SUCCESS;
    irq_state_t state = spin_lock(&jobs_lock);
    struct job *innermost = nt_process_of(parent)->job, *job = innermost;
    // From the innermost job up, as long as jobs let children go.
    while (job != NULL) {
        bool lets_go = has_limit(job, JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK) ||
                       (breaks_away && has_limit(job, JOB_OBJECT_LIMIT_BREAKAWAY_OK));
        if (!lets_go)
            break;
        job = job->parent;
    }
    if (parent->is_ending)
        status = STATUS_PROCESS_IS_TERMINATING; // nobody escapes the end of a job this way
    else if (job != NULL && job == innermost && breaks_away)
        status = STATUS_ACCESS_DENIED;
    else if (job != NULL)
        status = join(job, NULL, process);
    spin_unlock(&jobs_lock, state);
    return status;
}

// ---- leaving ----------------------------------------------------------------------------------

// The exit statuses that count as abnormal: those of unhandled exceptions.
static bool is_abnormal(status_t status)
{
    static const status_t abnormal[] = {
        STATUS_ACCESS_VIOLATION,
        STATUS_ARRAY_BOUNDS_EXCEEDED,
        STATUS_BREAKPOINT,
        STATUS_CONTROL_C_EXIT,
        STATUS_DATATYPE_MISALIGNMENT,
        STATUS_FLOAT_DENORMAL_OPERAND,
        STATUS_FLOAT_DIVIDE_BY_ZERO,
        STATUS_FLOAT_INEXACT_RESULT,
        STATUS_FLOAT_INVALID_OPERATION,
        STATUS_FLOAT_OVERFLOW,
        STATUS_FLOAT_STACK_CHECK,
        STATUS_FLOAT_UNDERFLOW,
        STATUS_GUARD_PAGE_VIOLATION,
        STATUS_ILLEGAL_INSTRUCTION,
        STATUS_IN_PAGE_ERROR,
        STATUS_INTEGER_DIVIDE_BY_ZERO,
        STATUS_INTEGER_OVERFLOW,
        STATUS_INVALID_DISPOSITION,
        STATUS_NONCONTINUABLE_EXCEPTION,
        STATUS_PRIVILEGED_INSTRUCTION,
        STATUS_SINGLE_STEP,
        STATUS_STACK_OVERFLOW,
    };
    for (size_t i = 0; i < ARRAY_SIZE(abnormal); i++)
        if (status == abnormal[i])
            return true;
    return false;
}

static void count_out(struct job *job, struct process *process, const struct thread_times *times)
{
    ULONG message = is_abnormal(process->exit_status) ? JOB_OBJECT_MSG_ABNORMAL_EXIT_PROCESS
                                                      : JOB_OBJECT_MSG_EXIT_PROCESS;
    for (; job != NULL; job = job->parent) {
        job->active--;
        job->user_cycles += times->user_cycles;
        job->kernel_cycles += times->kernel_cycles;
        job->faults += process->space != NULL ? process->space->fault_count : 0;
        post(job, message, process->id);
        if (job->active == 0)
            post(job, JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO, 0);
    }
}

void job_process_ended(struct process *process)
{
    struct nt_process *nt = nt_process_of(process);
    struct thread_times times;
    process_times(process, &times);
    irq_state_t state = spin_lock(&jobs_lock);
    struct job *job = nt->job;
    if (job != NULL) {
        nt->job = NULL;
        list_remove(&nt->job_link);
        count_out(job, process, &times);
    }
    spin_unlock(&jobs_lock, state);
    if (job != NULL)
        object_put(&job->object);
}

// ---- all of a job -----------------------------------------------------------------------------

static void end_process(struct process *process, void *exit_status)
{
    process_terminate(process, *(const status_t *)exit_status);
}

void job_terminate(struct job *job, status_t exit_status)
{
    irq_state_t state = spin_lock(&jobs_lock);
    for_each_process(job, end_process, &exit_status);
    spin_unlock(&jobs_lock, state);
}

bool job_contains(const struct job *job, const struct process *process)
{
    irq_state_t state = spin_lock(&jobs_lock);
    const struct job *innermost = nt_process_of(process)->job;
    bool contains = job == NULL ? innermost != NULL : lies_in(innermost, job);
    spin_unlock(&jobs_lock, state);
    return contains;
}

void job_set_limits(struct job *job, const JOBOBJECT_EXTENDED_LIMIT_INFORMATION *limits)
{
    irq_state_t state = spin_lock(&jobs_lock);
    job->limits = *limits;
    if (limits->BasicLimitInformation.LimitFlags & LIMITS_OF_PROCESSES)
        for_each_process(job, impose, &job->limits.BasicLimitInformation);
    spin_unlock(&jobs_lock, state);
}

static void add_times(struct process *process, void *context)
{
    struct thread_times *sum = context, times;
    process_times(process, &times);
    sum->user_cycles += times.user_cycles;
    sum->kernel_cycles += times.kernel_cycles;
}

void job_account(struct job *job, JOBOBJECT_BASIC_ACCOUNTING_INFORMATION *out)
{
    irq_state_t state = spin_lock(&jobs_lock);
    struct thread_times sum = { job->user_cycles, job->kernel_cycles };
    for_each_process(job, add_times, &sum);
    *out = (JOBOBJECT_BASIC_ACCOUNTING_INFORMATION){
        .TotalPageFaultCount = (ULONG)job->faults,
        .TotalProcesses = job->total,
        .ActiveProcesses = job->active,
        .TotalTerminatedProcesses = job->terminated,
    };
    spin_unlock(&jobs_lock, state);
    out->TotalUserTime = nt_time_of_cycles(sum.user_cycles);
    out->TotalKernelTime = nt_time_of_cycles(sum.kernel_cycles);
    out->ThisPeriodTotalUserTime = out->TotalUserTime;
    out->ThisPeriodTotalKernelTime = out->TotalKernelTime;
}

struct listing {
    ULONG_PTR *ids;
    ULONG room, written;
};

static void add_id(struct process *process, void *context)
{
    struct listing *listing = context;
    if (listing->written < listing->room)
        listing->ids[listing->written++] = process->id;
}

ULONG job_list(struct job *job, ULONG_PTR *ids, ULONG room, ULONG *count)
{
    struct listing listing = { ids, room, 0 };
    irq_state_t state = spin_lock(&jobs_lock);
    for_each_process(job, add_id, &listing);
    *count = job->active;
    spin_unlock(&jobs_lock, state);
    return listing.written;
}
