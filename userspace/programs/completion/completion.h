// SPDX-License-Identifier: MIT
// What the parts of the completion program share.

#pragma once

#include <nt/object.h>
#include <nt/status.h>
#include <user/check.h>
#include <user/services.h>
#include <user/thread.h>

#define MILLISECOND 10000LL
#define SECOND      (1000 * MILLISECOND)

void test_packets(void);
void test_refusals(void);
void test_threads(void);

static inline HANDLE make_port(ULONG concurrency)
{
    HANDLE port = NULL;

    (void)NtCreateIoCompletion(&port, IO_COMPLETION_ALL_ACCESS, NULL, concurrency);
    return port;
}

static inline NTSTATUS post(HANDLE port, ULONG_PTR key)
{
    return NtSetIoCompletion(port, (PVOID)key, (PVOID)(key + 1), STATUS_SUCCESS, key + 2);
}

// Takes one packet; *key receives its key. timeout as NT has it; 0: only tries.
static inline NTSTATUS take(HANDLE port, ULONG_PTR *key, LONGLONG timeout)
{
    IO_STATUS_BLOCK block;
    PVOID context, found;
    LARGE_INTEGER time = { .QuadPart = timeout };
    NTSTATUS status = NtRemoveIoCompletion(port, &found, &context, &block, &time);

    if (status == STATUS_SUCCESS)
        *key = (ULONG_PTR)found;
    return status;
}
