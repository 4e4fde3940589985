// SPDX-License-Identifier: MIT
// What a call that fails must leave as it was: memory that no argument points to, the address
// space, the handles.

#include "table.h"

#include <nt/memory.h>
#include <nt/process_information.h>
#include <user/memory.h>
#include <user/print.h>
#include <user/services.h>

#define CANARY_PAGES 16
#define PATIENCE     500 // ms

static volatile ULONGLONG canary[CANARY_PAGES * PAGE / sizeof(ULONGLONG)]
    __attribute__((aligned(PAGE)));

void state_init(void)
{
    for (unsigned i = 0; i < sizeof(canary) / sizeof(canary[0]); i++)
        canary[i] = i * 0x9E3779B97F4A7C15ull;
}

static ULONG open_handles(void)
{
    ULONG count = 0;

    (void)NtQueryInformationProcess(NtCurrentProcess(), ProcessHandleCount, &count, sizeof(count),
                                    NULL);
    return count;
}

void state_take(struct state *state)
{
    MEMORY_BASIC_INFORMATION basic;

    *state = (struct state){ .handles = open_handles() };
    for (unsigned i = 0; i < sizeof(canary) / sizeof(canary[0]); i++)
        state->canary = state->canary * 31 + canary[i];
    for (char *at = NULL; NT_SUCCESS(NtQueryVirtualMemory(
             NtCurrentProcess(), at, MemoryBasicInformation, &basic, sizeof(basic), NULL));
         at = (char *)basic.BaseAddress + basic.RegionSize) {
        state->regions++;
        if (basic.State == MEM_COMMIT)
            state->committed += basic.RegionSize;
    }
}

static unsigned compare(const char *what, ULONGLONG before, ULONGLONG after)
{
    if (before == after)
        return 0;
    print("  %s: 0x%llX before, 0x%llX after\n", what, before, after);
    return 1;
}

unsigned state_compare(const struct state *before)
{
    struct state after;
    LARGE_INTEGER moment = { .QuadPart = -10000 }; // 1 ms

    for (unsigned i = 0; i < PATIENCE; i++) {
        state_take(&after);
        if (memcmp(before, &after, sizeof(after)) == 0)
            return 0;
        (void)NtDelayExecution(FALSE, &moment);
    }
    return compare("regions", before->regions, after.regions) +
           compare("bytes committed", before->committed, after.committed) +
           compare("handles", before->handles, after.handles) +
           compare("the canary", before->canary, after.canary);
}
