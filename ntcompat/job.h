// SPDX-License-Identifier: MIT
/*
 * Jobs: groups of processes that are limited, counted and ended together. A child belongs to the
 * job of its parent. Jobs nest: a process whose job is inside another one belongs to both.
 *
 *	I	immutable
 *	j	jobs_lock
 */

#pragma once

#include <kernel/object.h>
#include <kernel/process.h>
#include <nt/job.h>

struct job {
    struct object object;
    struct job *parent;   // [j] a reference; NULL: it is not inside another
    struct list children; // [j] jobs inside it, by sibling
    struct list sibling;  // [j]
    struct list members;  // [j] struct nt_process, by job_link; not the children's
    struct object *port;  // [j] a completion port, a reference; NULL: none
    PVOID port_key;       // [j]
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits; // [j]
    ULONG active;                                // [j] processes, the children's included
    ULONG total;                                 // [j] that ever were
    ULONG terminated;                            // [j] because of a limit
    uint64_t user_cycles, kernel_cycles, faults; // [j] of those that have ended
};

extern const struct object_type job_type;
extern struct spinlock jobs_lock;

// STATUS_INSUFFICIENT_RESOURCES.
status_t job_create(struct job **out) MUST_CHECK;

/*
 * Puts process into job, which then lies inside the process' job if it has one.
 * Fails    STATUS_ACCESS_DENIED: it is in a job already that job cannot lie inside
 *          STATUS_QUOTA_EXCEEDED: job has as many as it may; the process is ended
 *          STATUS_PROCESS_IS_TERMINATING
 */
status_t job_assign(struct job *job, struct process *process) MUST_CHECK;

/*
 * Puts a new process into the jobs of its parent, as far as they keep children.
 * breaks_away  its maker wants it outside
 * Fails    STATUS_ACCESS_DENIED: the innermost job does not allow that; STATUS_QUOTA_EXCEEDED;
 *          STATUS_PROCESS_IS_TERMINATING: the parent ends
 */
status_t job_inherit(const struct process *parent, struct process *process,
                     bool breaks_away) MUST_CHECK;

// process has ended, or never began: it leaves its job. May be called twice.
void job_process_ended(struct process *process);

// Ends all processes of a job.
void job_terminate(struct job *job, status_t exit_status);

// Whether process is in job, or, with NULL, in any.
bool job_contains(const struct job *job, const struct process *process);

// Where messages go from now on, and about those who are in the job already. port: NULL: nowhere;
// takes over the caller's reference.
void job_set_port(struct job *job, struct object *port, PVOID key);

// What limits say of priorities and processors holds for its processes from now on.
void job_set_limits(struct job *job, const JOBOBJECT_EXTENDED_LIMIT_INFORMATION *limits);

void job_account(struct job *job, JOBOBJECT_BASIC_ACCOUNTING_INFORMATION *out);

// The ids of up to `room` processes; *count: how many there are. Returns how many were written.
ULONG job_list(struct job *job, ULONG_PTR *ids, ULONG room, ULONG *count);
