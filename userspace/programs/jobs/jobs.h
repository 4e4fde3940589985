// SPDX-License-Identifier: MIT
// What the parts of the jobs program share.

#pragma once

#include <nt/job.h>
#include <nt/object.h>
#include <nt/status.h>
#include <nt/sync.h>
#include <user/check.h>
#include <user/process.h>
#include <user/services.h>
#include <user/start.h>

void test_membership(void);
void test_limits(void);
void test_messages(void);
void test_end(void);

static inline HANDLE make_job(void)
{
    HANDLE job = NULL;

    (void)NtCreateJobObject(&job, JOB_OBJECT_ALL_ACCESS, NULL);
    return job;
}

static inline NTSTATUS set_limits(HANDLE job, ULONG flags, ULONG active)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = { 0 };

    limits.BasicLimitInformation.LimitFlags = flags;
    limits.BasicLimitInformation.ActiveProcessLimit = active;
    return NtSetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits,
                                     sizeof(limits));
}

static inline JOBOBJECT_BASIC_ACCOUNTING_INFORMATION account_of(HANDLE job)
{
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION accounting = { 0 };

    (void)NtQueryInformationJobObject(job, JobObjectBasicAccountingInformation, &accounting,
                                      sizeof(accounting), NULL);
    return accounting;
}

// A child in a job from its beginning on, suspended until then.
static inline NTSTATUS start_in(HANDLE job, const char *role, struct child *child)
{
    NTSTATUS status = child_start(role, 0, THREAD_CREATE_FLAGS_CREATE_SUSPENDED, child);

    if (!NT_SUCCESS(status))
        return status;
    status = NtAssignProcessToJobObject(job, child->process);
    (void)NtResumeThread(child->thread, NULL);
    return status;
}
