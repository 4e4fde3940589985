// SPDX-License-Identifier: MIT
// What a job allows its processes, and what can be set and asked.

#include "jobs.h"

static void test_active(void)
{
    HANDLE job = make_job();
    struct child first, second;

    check_status("at most one process", set_limits(job, JOB_OBJECT_LIMIT_ACTIVE_PROCESS, 1),
                 STATUS_SUCCESS);
    check_status("the first is let in", start_in(job, "wait", &first), STATUS_SUCCESS);
    check_status("the second is not", start_in(job, "wait", &second), STATUS_QUOTA_EXCEEDED);
    check_status("it is ended", child_join(&second), STATUS_QUOTA_EXCEEDED);
    check_equal("that is counted", account_of(job).TotalTerminatedProcesses, 1);
    (void)NtTerminateJobObject(job, 0);
    (void)child_join(&first);
    (void)NtClose(job);
}

static void test_class(void)
{
    HANDLE job = make_job();
    JOBOBJECT_BASIC_LIMIT_INFORMATION limits = { .LimitFlags = JOB_OBJECT_LIMIT_PRIORITY_CLASS |
                                                               JOB_OBJECT_LIMIT_AFFINITY,
                                                 .PriorityClass = PROCESS_PRIORITY_CLASS_IDLE,
                                                 .Affinity = 1 };
    PROCESS_BASIC_INFORMATION basic = { 0 };
    struct child child;

    check_status(
        "idle priority, one processor",
        NtSetInformationJobObject(job, JobObjectBasicLimitInformation, &limits, sizeof(limits)),
        STATUS_SUCCESS);
    (void)start_in(job, "wait", &child);
    (void)NtQueryInformationProcess(child.process, ProcessBasicInformation, &basic, sizeof(basic),
                                    NULL);
    check_equal("hold for a process", (ULONGLONG)basic.BasePriority, 4);
    check_equal("both of them", basic.AffinityMask, 1);
    (void)NtTerminateJobObject(job, 0);
    (void)child_join(&child);
    (void)NtClose(job);
}

static void test_information(void)
{
    HANDLE job = make_job();
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = { 0 };
    ULONG length = 0;

    (void)set_limits(job, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_BREAKAWAY_OK, 0);
    check_status("ask for limits",
                 NtQueryInformationJobObject(job, JobObjectExtendedLimitInformation, &limits,
                                             sizeof(limits), &length),
                 STATUS_SUCCESS);
    check_equal("they are what was set", limits.BasicLimitInformation.LimitFlags, 0x2800);
    check_equal("the length is the structure's", length, sizeof(limits));
    check_status("too little room",
                 NtQueryInformationJobObject(job, JobObjectExtendedLimitInformation, &limits,
                                             sizeof(limits) - 1, NULL),
                 STATUS_INFO_LENGTH_MISMATCH);
    check_status("flags that do not exist", set_limits(job, 0x80000000, 0),
                 STATUS_INVALID_PARAMETER);
    check_status("a limit that is not kept", set_limits(job, JOB_OBJECT_LIMIT_JOB_TIME, 0),
                 STATUS_NOT_IMPLEMENTED);
    check_status(
        "a class that does not exist",
        NtQueryInformationJobObject(job, (JOBOBJECTINFOCLASS)999, &limits, sizeof(limits), NULL),
        STATUS_INVALID_INFO_CLASS);
    check_status("no handle, and no job of its own",
                 NtQueryInformationJobObject(NULL, JobObjectExtendedLimitInformation, &limits,
                                             sizeof(limits), NULL),
                 STATUS_ACCESS_DENIED);
    check_status("a handle of no job", NtTerminateJobObject(NtCurrentProcess(), 0),
                 STATUS_OBJECT_TYPE_MISMATCH);
    (void)NtClose(job);
}

void test_limits(void)
{
    test_active();
    test_class();
    test_information();
}
