// SPDX-License-Identifier: MIT
// What happens when nobody has a handle for a job any more.

#include "jobs.h"

// The owner of the last handle ends without closing it.
static void test_owner(void)
{
    OBJECT_ATTRIBUTES attributes = { .Length = sizeof(attributes) };
    CLIENT_ID id = { (HANDLE)(ULONG_PTR)(ULONG)child_run("owner"), NULL };
    HANDLE process = NULL;
    NTSTATUS status = NtOpenProcess(&process, SYNCHRONIZE, &attributes, &id);

    check("an owner had a child", (LONG)(ULONG_PTR)id.UniqueProcess > 0);
    if (status == STATUS_SUCCESS) { // unless it is gone already
        status = NtWaitForSingleObject(process, FALSE, NULL);
        (void)NtClose(process);
    }
    check("which has ended with its owner",
          status == STATUS_SUCCESS || status == STATUS_INVALID_CID);
}

void test_end(void)
{
    test_owner();

    HANDLE job = make_job(), copy = NULL;
    struct child first, second, third;
    PS_ATTRIBUTE list = { PS_ATTRIBUTE_JOB_LIST, sizeof(job), { .ValuePtr = &job }, NULL };

    (void)set_limits(job, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE, 0);
    (void)start_in(job, "wait", &first);
    check_status("a child that is made in the job",
                 child_start_with("wait", 0, 0, &list, 1, &second), STATUS_SUCCESS);
    check_status("is there", NtIsProcessInJob(second.process, job), STATUS_PROCESS_IN_JOB);
    (void)NtDuplicateObject(NtCurrentProcess(), job, NtCurrentProcess(), &copy, 0, 0,
                            DUPLICATE_SAME_ACCESS);
    (void)NtClose(job);
    check_status("with one handle left it lives", NtIsProcessInJob(first.process, copy),
                 STATUS_PROCESS_IN_JOB);
    (void)NtClose(copy);
    check_status("without handles all are ended", NtWaitForSingleObject(first.process, FALSE, NULL),
                 STATUS_SUCCESS);
    check("with status 0", child_join(&first) == 0 && child_join(&second) == 0);

    job = make_job();
    (void)start_in(job, "wait", &third);
    (void)NtClose(job);
    check_status("without that limit they go on", NtIsProcessInJob(third.process, NULL),
                 STATUS_PROCESS_IN_JOB);
    (void)NtTerminateProcess(third.process, 8);
    check_equal("until somebody ends them", (ULONGLONG)child_join(&third), 8);
}
