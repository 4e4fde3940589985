// SPDX-License-Identifier: MIT
/*
 * NtQuerySystemInformation: the machine and the clock. What the kernel does not count stays 0.
 *
 * Source: learn.microsoft.com, GetSystemInfo, GlobalMemoryStatusEx, GetSystemTimeAdjustment,
 * GetDynamicTimeZoneInformation
 */

#include "system_information.h"

#include <arch/cpu.h>
#include <kernel/clock.h>
#include <kernel/commit.h>
#include <kernel/frames.h>
#include <kernel/process.h>
#include <kernel/string.h>

#include "nt_process.h"
#include "processor.h"

#define TIME_ZONE_ID_UNKNOWN 0u // no daylight saving time

void system_describe_basics(void *out)
{
    SYSTEM_BASIC_INFORMATION *to = out;
    struct frame_stats frames = frames_stats();
    to->TimerResolution = (ULONG)(sched_tick() / NANOSECONDS_PER_100NS);
    to->PageSize = PAGE_SIZE;
    to->NumberOfPhysicalPages = (ULONG)frames.total;
    to->LowestPhysicalPageNumber = 1;
    to->HighestPhysicalPageNumber = (ULONG)(frames.highest - 1);
    to->AllocationGranularity = ALLOCATION_GRANULARITY;
    to->MinimumUserModeAddress = USER_LOWEST;
    to->MaximumUserModeAddress = USER_HIGHEST;
    to->ActiveProcessorsAffinityMask = nt_processors();
    to->NumberOfProcessors = (CHAR)cpu_count();
}

void system_describe_processor(void *out)
{
    SYSTEM_PROCESSOR_INFORMATION *to = out;
    const struct processor_model *model = processor_model();
    to->ProcessorArchitecture = PROCESSOR_ARCHITECTURE_AMD64;
    to->ProcessorLevel = model->family;
    to->ProcessorRevision = (USHORT)(model->model << 8 | model->stepping);
    to->MaximumProcessors = (USHORT)cpu_count();
    to->ProcessorFeatureBits = model->feature_bits;
}

// Memory is what programs ask for here.
void system_describe_performance(void *out)
{
    SYSTEM_PERFORMANCE_INFORMATION *to = out;
    struct frame_stats frames = frames_stats();
    struct commit_stats commit = commit_stats();
    const struct address_space *space = current_process()->space;
    uint64_t idle = 0, switches = 0;
    for (unsigned i = 0; i < cpu_count(); i++) {
        struct cpu_times times;
        sched_cpu_times(i, &times);
        idle += clock_cycles_to_ns(times.idle_cycles) / NANOSECONDS_PER_100NS;
        switches += times.switches;
    }
    to->IdleProcessTime.QuadPart = (LONGLONG)idle;
    to->AvailablePages = (ULONG)frames.free;
    to->CommittedPages = (ULONG)commit.committed;
    to->CommitLimit = (ULONG)commit.limit;
    to->PeakCommitment = (ULONG)commit.peak;
    to->PageFaultCount = (ULONG)space->fault_count;
    to->DemandZeroCount = (ULONG)space->fault_count;
    to->ContextSwitches = (ULONG)switches;
    to->ResidentAvailablePages = (LONGLONG)frames.free;
}

// ---- time --------------------------------------------------------------------------------------

// The clock shows UTC, and the machine never sleeps.
void system_describe_time_of_day(void *out)
{
    SYSTEM_TIMEOFDAY_INFORMATION *to = out;
    LONGLONG now = (LONGLONG)clock_wall_100ns();
    to->BootTime.QuadPart = now - (LONGLONG)clock_interrupt_100ns();
    to->CurrentTime.QuadPart = now;
    to->TimeZoneId = TIME_ZONE_ID_UNKNOWN;
}

void system_describe_time_adjustment(void *out)
{
    ULONG tick = (ULONG)(sched_tick() / NANOSECONDS_PER_100NS);
    SYSTEM_TIME_ADJUSTMENT_INFORMATION *to = out;
    to->TimeAdjustment = to->TimeIncrement = tick;
    to->Enable = true;
}

static void set_name(WCHAR *to, size_t room, const char *name)
{
    for (size_t i = 0; i < room - 1 && name[i] != 0; i++)
        to[i] = (uint8_t)name[i];
}

// UTC, under the name that Windows' registry has for it.
void system_describe_time_zone(void *out)
{
    RTL_DYNAMIC_TIME_ZONE_INFORMATION *zone = out;
    set_name(zone->Zone.StandardName, ARRAY_SIZE(zone->Zone.StandardName),
             "Coordinated Universal Time");
    set_name(zone->Zone.DaylightName, ARRAY_SIZE(zone->Zone.DaylightName),
             "Coordinated Universal Time");
    set_name(zone->TimeZoneKeyName, ARRAY_SIZE(zone->TimeZoneKeyName), "UTC");
}

// ---- the rest ----------------------------------------------------------------------------------

void system_describe_range_start(void *out)
{
    *(ULONG_PTR *)out = DIRECT_MAP_BASE;
}

void system_describe_debugger(void *out)
{
    ((SYSTEM_KERNEL_DEBUGGER_INFORMATION *)out)->KernelDebuggerNotPresent = true;
}

// Code needs no signature.
void system_describe_code_integrity(void *out)
{
    ((SYSTEM_CODEINTEGRITY_INFORMATION *)out)->Length = sizeof(SYSTEM_CODEINTEGRITY_INFORMATION);
}

void system_describe_brand(void *out)
{
    static_assert(sizeof(cpu_features.brand) == SYSTEM_BRAND_LENGTH, "as CPUID has it");
    memcpy(out, cpu_features.brand, SYSTEM_BRAND_LENGTH);
}
