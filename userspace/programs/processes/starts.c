// SPDX-License-Identifier: MIT
// Many processes, one after the other and several at a time, of which nothing may be left.

#include "processes.h"

#include <user/print.h>

#define AT_ONCE 4u

struct counts {
    ULONGLONG available_pages;
    ULONGLONG committed_pages;
    ULONG handles;
    ULONG processes;
};

static struct counts count_all(void)
{
    SYSTEM_PERFORMANCE_INFORMATION performance = { 0 };
    struct counts counts = { 0 };
    HANDLE process = NULL, next = NULL;

    (void)NtQuerySystemInformation(SystemPerformanceInformation, &performance, sizeof(performance),
                                   NULL);
    counts.available_pages = performance.AvailablePages;
    counts.committed_pages = performance.CommittedPages;
    (void)NtQueryInformationProcess(NtCurrentProcess(), ProcessHandleCount, &counts.handles,
                                    sizeof(counts.handles), NULL);
    while (NtGetNextProcess(process, PROCESS_QUERY_INFORMATION, 0, 0, &next) == STATUS_SUCCESS) {
        if (process != NULL)
            (void)NtClose(process);
        process = next;
        counts.processes++;
    }
    if (process != NULL)
        (void)NtClose(process);
    return counts;
}

// Returns how many of them did not end as they should.
static unsigned start_some(unsigned count)
{
    struct child children[AT_ONCE];
    unsigned wrong = 0;

    for (unsigned i = 0; i < count; i++)
        if (!NT_SUCCESS(child_start("exit 6", 0, 0, &children[i])))
            return count;
    for (unsigned i = 0; i < count; i++)
        wrong += child_join(&children[i]) != 6;
    return wrong;
}

int run_starts(unsigned count)
{
    unsigned wrong = 0;

    // The kernel's own caches fill at first.
    for (unsigned i = 0; i < 20; i++)
        wrong += start_some(AT_ONCE);
    struct counts before = count_all();
    for (unsigned done = 0; done < count; done += AT_ONCE)
        wrong += start_some(AT_ONCE < count - done ? AT_ONCE : count - done);
    struct counts after = count_all();
    // What the kernel has for a process goes a moment after its last handle.
    for (int i = 0; i < 1000 && after.committed_pages != before.committed_pages; i++) {
        (void)NtYieldExecution();
        after = count_all();
    }

    print("%u starts; pages available %llu then %llu, committed %llu then %llu\n", count,
          before.available_pages, after.available_pages, before.committed_pages,
          after.committed_pages);
    check_equal("all children ended as they should", wrong, 0);
    check_equal("handles are those of before", after.handles, before.handles);
    check_equal("processes are those of before", after.processes, before.processes);
    check_equal("commitment is that of before", after.committed_pages, before.committed_pages);
    // Slabs of the kernel's heap come and go with what happens to lie in them.
    check("no more than 16 pages are missing",
          after.available_pages + 16 >= before.available_pages);
    return check_summary("processes");
}
