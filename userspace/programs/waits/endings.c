// SPDX-License-Identifier: MIT
// Threads that are ended, or left behind, while they wait: no kind of wait keeps one alive.

#include "waits.h"

#define EXIT_STATUS ((NTSTATUS)77)

static struct {
    HANDLE event, mutant, port, keyed;
    HANDLE ready;
} things;

static NTSTATUS wait_for_one(void)
{
    return NtWaitForSingleObject(things.event, FALSE, NULL);
}

static NTSTATUS wait_for_all(void)
{
    HANDLE both[] = { things.event, things.mutant };

    return NtWaitForMultipleObjects(2, both, WaitAll, TRUE, NULL);
}

static NTSTATUS signal_and_wait(void)
{
    return NtSignalAndWaitForSingleObject(things.ready, things.event, FALSE, NULL);
}

static NTSTATUS sleep_for_ever(void)
{
    LARGE_INTEGER for_ever = { .QuadPart = INT64_MIN };

    return NtDelayExecution(FALSE, &for_ever);
}

static NTSTATUS wait_for_alert(void)
{
    return NtWaitForAlertByThreadId(NULL, NULL);
}

static NTSTATUS wait_for_key(void)
{
    return NtWaitForKeyedEvent(things.keyed, &things, FALSE, NULL);
}

static NTSTATUS release_key(void)
{
    return NtReleaseKeyedEvent(NULL, &things, TRUE, NULL);
}

static NTSTATUS wait_for_packet(void)
{
    PVOID key, context;
    IO_STATUS_BLOCK block;

    return NtRemoveIoCompletion(things.port, &key, &context, &block, NULL);
}

static NTSTATUS wait_for_packets(void)
{
    FILE_IO_COMPLETION_INFORMATION list[4];
    ULONG count;

    return NtRemoveIoCompletionEx(things.port, list, 4, &count, NULL, TRUE);
}

static const struct {
    const char *name;
    NTSTATUS (*wait)(void);
} kinds[] = {
    { "a thread that waits for an event can be ended", wait_for_one },
    { "one that waits for all of several", wait_for_all },
    { "one that has signalled and waits", signal_and_wait },
    { "one that sleeps", sleep_for_ever },
    { "one that waits for an alert", wait_for_alert },
    { "one that waits at a keyed event", wait_for_key },
    { "one that releases at a keyed event", release_key },
    { "one that waits for a packet", wait_for_packet },
    { "one that waits for packets", wait_for_packets },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static NTSTATUS wait_in_some_way(void *argument)
{
    NTSTATUS (*const *wait)(void) = argument;

    NtSetEvent(things.ready, NULL);
    return (*wait)();
}

// Where a thread is when it is ended, about to wait or waiting, is left to chance.
void test_endings(void)
{
    things.event = make_event(NotificationEvent, FALSE);
    things.mutant = make_mutant(TRUE);
    things.ready = make_event(SynchronizationEvent, FALSE);
    NtCreateIoCompletion(&things.port, IO_COMPLETION_ALL_ACCESS, NULL, 0);
    NtCreateKeyedEvent(&things.keyed, KEYEDEVENT_ALL_ACCESS, NULL, 0);
    for (unsigned i = 0; i < KINDS; i++) {
        HANDLE thread = thread_start(wait_in_some_way, (void *)&kinds[i].wait);
        wait_forever(things.ready);
        if (i % 2 == 0)
            wait_one(thread, -MILLISECOND);
        NtTerminateThread(thread, EXIT_STATUS);
        check_status(kinds[i].name, thread_join(thread), EXIT_STATUS);
    }
    // The end of the program ends those, too; the scenario looks whether all memory came back.
    for (unsigned i = 0; i < KINDS; i++) {
        thread_start(wait_in_some_way, (void *)&kinds[i].wait);
        wait_forever(things.ready);
    }
}
