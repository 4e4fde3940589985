// SPDX-License-Identifier: MIT
// Processors: their times, what they share, and that all forms of the answer agree.

#include "system_information.h"

#include <user/memory.h>

static ULONGLONG all;

static NTSTATUS ask_relation(ULONG kind, ULONG room, ULONG *length)
{
    *length = 0;
    return NtQuerySystemInformationEx(SystemLogicalProcessorInformationEx, &kind, sizeof(kind),
                                      buffer, room, length);
}

// Idle, kernel and user time of all processors.
static void sum_times(LONGLONG *idle, LONGLONG *total)
{
    SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION *times = (void *)buffer;
    ULONG length;

    *idle = *total = 0;
    (void)ask(SystemProcessorPerformanceInformation, processor_count() * (ULONG)sizeof(*times),
              &length);
    for (ULONG i = 0; i < processor_count(); i++) {
        *idle += times[i].IdleTime.QuadPart;
        *total += times[i].KernelTime.QuadPart + times[i].UserTime.QuadPart;
    }
}

static void test_times(void)
{
    LONGLONG idle, total, idle_after, total_after;
    LARGE_INTEGER sleep = { .QuadPart = -300000 }; // 30 ms

    sum_times(&idle, &total);
    check("processors have run, some of the time idle", total > 0 && idle <= total);
    (void)NtDelayExecution(FALSE, &sleep);
    sum_times(&idle_after, &total_after);
    // All processors add up to 30 ms each; half leaves room for what the clocks round.
    check("time goes on", total_after - total >= 150000 * (LONGLONG)processor_count());
    check("asleep is idle", idle_after - idle >= 100000);
    volatile ULONG spin = 0;
    LARGE_INTEGER start, now;
    (void)NtQuerySystemTime(&start);
    do {
        spin = spin + 1;
        (void)NtQuerySystemTime(&now);
    } while (now.QuadPart - start.QuadPart < 300000);
    LONGLONG idle_spun, total_spun;
    sum_times(&idle_spun, &total_spun);
    check("busy is not", (total_spun - total_after) - (idle_spun - idle_after) >= 150000);
}

static void test_plain(void)
{
    SYSTEM_LOGICAL_PROCESSOR_INFORMATION *entry = (void *)buffer;
    ULONGLONG cores = 0, packages = 0;
    unsigned nodes = 0, caches = 0, strange = 0;
    ULONG length, needed;

    check_status("topology: no room", ask(SystemLogicalProcessorInformation, 0, &needed),
                 STATUS_INFO_LENGTH_MISMATCH);
    check_status("topology", ask(SystemLogicalProcessorInformation, BUFFER_SIZE, &length),
                 STATUS_SUCCESS);
    check_equal("as long as was said", length, needed);
    for (ULONG i = 0; i < length / sizeof(*entry); i++) {
        ULONGLONG mask = entry[i].ProcessorMask;
        if (mask == 0 || mask & ~all)
            strange++;
        switch (entry[i].Relationship) {
        case RelationProcessorCore:
            strange += (cores & mask) != 0;
            cores |= mask;
            break;
        case RelationProcessorPackage:
            strange += (packages & mask) != 0;
            packages |= mask;
            break;
        case RelationNumaNode:
            nodes++;
            break;
        case RelationCache:
            caches++;
            strange += entry[i].Cache.Size == 0 || entry[i].Cache.LineSize == 0;
            break;
        default:
            strange++;
        }
    }
    check_equal("each processor is in one core", cores, all);
    check_equal("each processor is in one package", packages, all);
    check_equal("there is one NUMA node", nodes, 1);
    check("there are caches", caches > 0);
    check_equal("nothing else", strange, 0);
}

// Walks the entries of one relation; returns their masks together, or 0 if one is wrong.
static ULONGLONG walk(ULONG kind, ULONG size)
{
    ULONGLONG mask = 0;
    ULONG length, at = 0;

    if (ask_relation(kind, BUFFER_SIZE, &length) != STATUS_SUCCESS)
        return 0;
    while (at < length) {
        const SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *entry = (void *)(buffer + at);
        if ((ULONG)entry->Relationship != kind || entry->Size != size || size > length - at)
            return 0;
        if (kind == RelationNumaNode)
            mask |= entry->NumaNode.GroupMask.Mask;
        else if (kind == RelationCache)
            mask |= entry->Cache.GroupMask.Mask;
        else if (kind == RelationGroup)
            mask |= entry->Group.GroupInfo[0].ActiveProcessorMask;
        else
            mask |= entry->Processor.GroupMask[0].Mask;
        at += entry->Size;
    }
    return mask;
}

static void test_extended(void)
{
    ULONG length, needed, sum = 0;
    PVOID bad = (PVOID)0xFFFF800000000000;

    check_equal("cores, extended", walk(RelationProcessorCore, 0x30), all);
    check_equal("packages, extended", walk(RelationProcessorPackage, 0x30), all);
    check_equal("NUMA nodes, extended", walk(RelationNumaNode, 0x30), all);
    check_equal("caches, extended", walk(RelationCache, 0x38), all);
    check_equal("groups, extended", walk(RelationGroup, 0x50), all);
    for (ULONG kind = 0; kind <= RelationGroup; kind++) {
        (void)ask_relation(kind, BUFFER_SIZE, &length);
        sum += length;
    }
    check_status("all relations: no room", ask_relation(RelationAll, 0, &needed),
                 STATUS_INFO_LENGTH_MISMATCH);
    check_status("all relations", ask_relation(RelationAll, needed, &length), STATUS_SUCCESS);
    check_equal("are the sum of each", length, sum);
    check_status("one byte less", ask_relation(RelationAll, needed - 1, &length),
                 STATUS_INFO_LENGTH_MISMATCH);
    check_status("an unknown relation", ask_relation(77, BUFFER_SIZE, &length),
                 STATUS_INVALID_PARAMETER);
    check_status("no relation",
                 NtQuerySystemInformationEx(SystemLogicalProcessorInformationEx, NULL, 0, buffer,
                                            BUFFER_SIZE, &length),
                 STATUS_INVALID_PARAMETER);
    check_status("a relation in the kernel",
                 NtQuerySystemInformationEx(SystemLogicalProcessorInformationEx, bad, 4, buffer,
                                            BUFFER_SIZE, &length),
                 STATUS_ACCESS_VIOLATION);
    check_status("a class without a question",
                 NtQuerySystemInformationEx(SystemBasicInformation, &sum, 4, buffer, 64, &length),
                 STATUS_INVALID_INFO_CLASS);
}

static void test_cpu_sets(void)
{
    SYSTEM_CPU_SET_INFORMATION *set = (void *)buffer;
    HANDLE process = NULL;
    ULONG length = 0;
    bool numbered = true;

    check_status("CPU sets",
                 NtQuerySystemInformationEx(SystemCpuSetInformation, &process, sizeof(process),
                                            buffer, BUFFER_SIZE, &length),
                 STATUS_SUCCESS);
    check_equal("one for each processor", length, processor_count() * sizeof(*set));
    for (ULONG i = 0; i < processor_count(); i++)
        numbered &= set[i].Size == sizeof(*set) && set[i].Id == CPU_SET_FIRST_ID + i &&
                    set[i].LogicalProcessorIndex == i;
    check("numbered from 256", numbered);
}

static void test_architectures(void)
{
    HANDLE process = NtCurrentProcess();
    ULONG *list = (void *)buffer, length = 0;

    check_status("architectures",
                 NtQuerySystemInformationEx(SystemSupportedProcessorArchitectures, &process,
                                            sizeof(process), buffer, 32, &length),
                 STATUS_SUCCESS);
    check_equal("x86-64 is this process' and the machine's", list[0], 0x000F8664);
    check_equal("and the only one", list[1], 0);
    process = (HANDLE)0x12344;
    check_status("of no process",
                 NtQuerySystemInformationEx(SystemSupportedProcessorArchitectures, &process,
                                            sizeof(process), buffer, 32, &length),
                 STATUS_INVALID_HANDLE);
}

void test_processors(void)
{
    all = (1ull << processor_count()) - 1;
    test_times();
    test_plain();
    test_extended();
    test_cpu_sets();
    test_architectures();
}
