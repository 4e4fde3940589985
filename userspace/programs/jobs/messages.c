// SPDX-License-Identifier: MIT
// What a job tells a completion port.

#include "jobs.h"

#define KEY ((PVOID)0xABCD)

static HANDLE port;

// Whether the next message is this one, about that process.
static bool next_is(ULONG message, HANDLE process_id)
{
    PVOID key = NULL, id = NULL;
    IO_STATUS_BLOCK block = { 0 };
    LARGE_INTEGER second = { .QuadPart = -10000000 };
    NTSTATUS status = NtRemoveIoCompletion(port, &key, &id, &block, &second);

    return status == STATUS_SUCCESS && key == KEY && id == process_id &&
           block.Information == message;
}

void test_messages(void)
{
    HANDLE job = make_job();
    JOBOBJECT_ASSOCIATE_COMPLETION_PORT associate = { KEY, NULL };
    struct child early, crashing;

    (void)NtCreateIoCompletion(&port, IO_COMPLETION_ALL_ACCESS, NULL, 1);
    associate.CompletionPort = port;
    (void)start_in(job, "wait", &early);
    check_status("associate a port",
                 NtSetInformationJobObject(job, JobObjectAssociateCompletionPortInformation,
                                           &associate, sizeof(associate)),
                 STATUS_SUCCESS);
    HANDLE early_id = early.id.UniqueProcess;
    check("it hears of who is there", next_is(JOB_OBJECT_MSG_NEW_PROCESS, early_id));
    (void)start_in(job, "crash", &crashing);
    HANDLE crashing_id = crashing.id.UniqueProcess;
    check("of who comes", next_is(JOB_OBJECT_MSG_NEW_PROCESS, crashing_id));
    check("of an abnormal end", next_is(JOB_OBJECT_MSG_ABNORMAL_EXIT_PROCESS, crashing_id));
    (void)NtTerminateProcess(early.process, 0);
    check("of a normal one", next_is(JOB_OBJECT_MSG_EXIT_PROCESS, early_id));
    check("that nobody is left", next_is(JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO, NULL));
    (void)child_join(&early);
    (void)child_join(&crashing);

    (void)set_limits(job, JOB_OBJECT_LIMIT_ACTIVE_PROCESS, 0);
    (void)start_in(job, "wait", &early);
    early_id = early.id.UniqueProcess;
    check("and of who is one too many", next_is(JOB_OBJECT_MSG_ACTIVE_PROCESS_LIMIT, early_id));
    (void)child_join(&early);
    (void)NtClose(job);
    (void)NtClose(port);
}
