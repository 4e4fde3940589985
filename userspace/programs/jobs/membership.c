// SPDX-License-Identifier: MIT
// Who is in a job: those who are put there, and their children.

#include "jobs.h"

static void test_one(void)
{
    HANDLE job = make_job(), other = make_job();
    struct child child;
    struct {
        ULONG assigned, listed;
        ULONG_PTR ids[4];
    } list = { 0 };

    check_status("this process is in no job", NtIsProcessInJob(NtCurrentProcess(), NULL),
                 STATUS_PROCESS_NOT_IN_JOB);
    check_status("put a child into a job", start_in(job, "wait", &child), STATUS_SUCCESS);
    check_status("it is in the job", NtIsProcessInJob(child.process, job), STATUS_PROCESS_IN_JOB);
    check_status("and not in another", NtIsProcessInJob(child.process, other),
                 STATUS_PROCESS_NOT_IN_JOB);
    check_status(
        "its id is listed",
        NtQueryInformationJobObject(job, JobObjectBasicProcessIdList, &list, sizeof(list), NULL),
        STATUS_SUCCESS);
    check("alone", list.assigned == 1 && list.listed == 1 &&
                       list.ids[0] == (ULONG_PTR)child.id.UniqueProcess);
    check_equal("one is active", account_of(job).ActiveProcesses, 1);
    check_status("putting it there again changes nothing",
                 NtAssignProcessToJobObject(job, child.process), STATUS_SUCCESS);
    check_equal("it is counted once", account_of(job).TotalProcesses, 1);
    check_status("end all of the job", NtTerminateJobObject(job, 0x77), STATUS_SUCCESS);
    check_equal("the child has ended so", (ULONGLONG)child_join(&child), 0x77);
    check_equal("none is active", account_of(job).ActiveProcesses, 0);
    check_equal("one has been", account_of(job).TotalProcesses, 1);
    (void)NtClose(job);
    (void)NtClose(other);
}

static ULONG active_after(const char *role, ULONG limits, int *result)
{
    HANDLE job = make_job();
    struct child child;

    (void)set_limits(job, limits, 0);
    (void)start_in(job, role, &child);
    *result = child_join(&child);
    ULONG active = account_of(job).ActiveProcesses;
    (void)NtTerminateJobObject(job, 0);
    (void)NtClose(job);
    return active;
}

// Ends every process but this one: the children that have left their jobs.
static void end_all_others(void)
{
    HANDLE process = NULL, next = NULL;
    PROCESS_BASIC_INFORMATION basic;

    while (NtGetNextProcess(process, PROCESS_ALL_ACCESS, 0, 0, &next) == STATUS_SUCCESS) {
        if (process != NULL)
            (void)NtClose(process);
        process = next;
        (void)NtQueryInformationProcess(process, ProcessBasicInformation, &basic, sizeof(basic),
                                        NULL);
        if (basic.UniqueProcessId == (ULONG_PTR)current_teb()->ClientId.UniqueProcess)
            continue;
        (void)NtTerminateProcess(process, 0);
        (void)NtWaitForSingleObject(process, FALSE, NULL);
    }
    if (process != NULL)
        (void)NtClose(process);
}

static void test_children(void)
{
    int result;

    check_equal("a child's child is in the job", active_after("parent", 0, &result), 1);
    check_equal("it could be started", (ULONGLONG)result, 0);
    check_equal("children may be kept out", active_after("parent", 0x1000, &result), 0);
    check_equal("by themselves only where that is allowed", active_after("breakaway", 0, &result),
                0);
    check_status("else they do not start", result, STATUS_ACCESS_DENIED);
    check_equal("where it is, they are outside", active_after("breakaway", 0x800, &result), 0);
    check_equal("and run", (ULONGLONG)result, 0);
    end_all_others();
}

static void test_nested(void)
{
    HANDLE outer = make_job(), inner = make_job();
    struct child child, second;

    check_status("a child in the outer job", start_in(outer, "wait", &child), STATUS_SUCCESS);
    check_status("an empty job goes inside it", NtAssignProcessToJobObject(inner, child.process),
                 STATUS_SUCCESS);
    check_status("the child is in the inner one", NtIsProcessInJob(child.process, inner),
                 STATUS_PROCESS_IN_JOB);
    check_status("and still in the outer one", NtIsProcessInJob(child.process, outer),
                 STATUS_PROCESS_IN_JOB);
    check("both count it once", account_of(outer).ActiveProcesses == 1 &&
                                    account_of(inner).ActiveProcesses == 1 &&
                                    account_of(outer).TotalProcesses == 1);
    check_status("a child in the inner job only", start_in(inner, "wait", &second), STATUS_SUCCESS);
    check_equal("is in the outer one as well", account_of(outer).ActiveProcesses, 2);
    check_status("nor does it move when it is put into the outer one",
                 NtAssignProcessToJobObject(outer, second.process), STATUS_SUCCESS);
    check_equal("which counts it once", account_of(outer).TotalProcesses, 2);
    check_status("end the outer one", NtTerminateJobObject(outer, 5), STATUS_SUCCESS);
    check("all inside have ended", child_join(&child) == 5 && child_join(&second) == 5);
    (void)NtClose(inner);
    (void)NtClose(outer);
}

// Each job inside the one before, as deep as that goes.
static void test_depth(void)
{
    enum {
        JOBS = 100
    };
    static HANDLE jobs[JOBS];
    struct child child;
    unsigned depth = 0;

    (void)child_start("wait", 0, 0, &child);
    for (unsigned i = 0; i < JOBS; i++) {
        jobs[i] = make_job();
        depth += NtAssignProcessToJobObject(jobs[i], child.process) == STATUS_SUCCESS;
    }
    check("jobs nest, but not without end", depth > 4 && depth < JOBS);
    (void)NtTerminateJobObject(jobs[0], 1);
    check_equal("the outermost ends them all", (ULONGLONG)child_join(&child), 1);
    for (unsigned i = 0; i < JOBS; i++)
        (void)NtClose(jobs[i]);
}

void test_membership(void)
{
    test_one();
    test_children();
    test_nested();
    test_depth();
}
