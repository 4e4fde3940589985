// SPDX-License-Identifier: MIT
/*
 * Checks jobs: who is in one, limits, messages, and the end of all. Exit code: how many checks
 * failed.
 *
 * It starts itself as a child:
 *   child exit N      ends with N
 *   child wait        sleeps for ever
 *   child crash       reads address 0
 *   child parent      starts a child that waits, and ends with 0; N + 1 if that fails with status N
 *   child breakaway   the same, outside of the job
 *   child owner       starts a child that waits, in a job that ends with its last handle, and ends
 *                     with the child's id
 *
 * Expectations: learn.microsoft.com "Job Objects", "Nested Jobs",
 * JOBOBJECT_ASSOCIATE_COMPLETION_PORT; traced on Wine 8: what NtIsProcessInJob returns, and
 * lengths. The refusals have not been compared with Windows.
 */

#include "jobs.h"

#include <user/memory.h>

static int own_a_job(void)
{
    struct child child;
    HANDLE job = make_job();

    (void)set_limits(job, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE, 0);
    return NT_SUCCESS(start_in(job, "wait", &child)) ? (int)(ULONG_PTR)child.id.UniqueProcess : -1;
}

static int run_child(int argc, char **argv)
{
    LARGE_INTEGER for_ever = { .QuadPart = INT64_MIN };
    struct child child;
    uint64_t number = 0;

    if (argc < 2 || (argc > 2 && !parse_number(argv[2], UINT32_MAX, &number)))
        return -1;
    if (strcmp(argv[1], "exit") == 0)
        return (int)number;
    if (strcmp(argv[1], "crash") == 0)
        return *(volatile int *)0;
    if (strcmp(argv[1], "owner") == 0)
        return own_a_job();
    if (strcmp(argv[1], "parent") == 0)
        return child_start("wait", 0, 0, &child);
    if (strcmp(argv[1], "breakaway") == 0)
        return child_start("wait", PROCESS_CREATE_FLAGS_BREAKAWAY, 0, &child);
    for (;;)
        (void)NtDelayExecution(FALSE, &for_ever);
}

int main(int argc, char **argv)
{
    if (strcmp(argv[0], "child") == 0)
        return run_child(argc, argv);
    test_membership();
    test_limits();
    test_messages();
    test_end();
    return check_summary("jobs");
}
