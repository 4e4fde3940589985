// SPDX-License-Identifier: MIT
/*
 * The services about the machine as a whole: information, texts for people, the end.
 *
 * Source: learn.microsoft.com, NtQuerySystemInformation
 */

#include "services_generated.h"

#include <arch/cpu.h>
#include <kernel/clock.h>
#include <kernel/commit.h>
#include <kernel/frames.h>
#include <kernel/log.h>
#include <kernel/process.h>
#include <kernel/status.h>
#include <kernel/string.h>
#include <kernel/user_copy.h>

#include "processor.h"
#include "service.h"
#include "shared_data.h"
#include "system_text.h"

#define LAST_SYSTEM_INFORMATION     0xE1u // of build 19045
#define PERFORMANCE_INFORMATION_MIN 312u  // what winternl.h has; later versions only added

// ---- information ------------------------------------------------------------------------------

static void describe_basics(SYSTEM_BASIC_INFORMATION *out)
{
    struct frame_stats frames = frames_stats();
    *out = (SYSTEM_BASIC_INFORMATION){
        .TimerResolution = (ULONG)(sched_tick() / 100),
        .PageSize = PAGE_SIZE,
        .NumberOfPhysicalPages = (ULONG)frames.total,
        .LowestPhysicalPageNumber = 1,
        .HighestPhysicalPageNumber = (ULONG)(frames.highest - 1),
        .AllocationGranularity = ALLOCATION_GRANULARITY,
        .MinimumUserModeAddress = USER_LOWEST,
        .MaximumUserModeAddress = USER_HIGHEST,
        .ActiveProcessorsAffinityMask = ~0ull >> (64 - MIN(cpu_count(), 64u)),
        .NumberOfProcessors = (CHAR)MIN(cpu_count(), 64u),
    };
}

static void describe_processor(SYSTEM_PROCESSOR_INFORMATION *out)
{
    const struct processor_model *model = processor_model();
    *out = (SYSTEM_PROCESSOR_INFORMATION){
        .ProcessorArchitecture = PROCESSOR_ARCHITECTURE_AMD64,
        .ProcessorLevel = model->family,
        .ProcessorRevision = (USHORT)(model->model << 8 | model->stepping),
        .MaximumProcessors = (USHORT)cpu_count(),
        .ProcessorFeatureBits = model->feature_bits,
    };
}

// Memory is what programs ask for here; what the kernel does not count stays 0.
static void describe_performance(SYSTEM_PERFORMANCE_INFORMATION *out)
{
    struct frame_stats frames = frames_stats();
    struct commit_stats commit = commit_stats();
    const struct address_space *space = current_process()->space;
    *out = (SYSTEM_PERFORMANCE_INFORMATION){
        .AvailablePages = (ULONG)frames.free,
        .CommittedPages = (ULONG)commit.committed,
        .CommitLimit = (ULONG)commit.limit,
        .PeakCommitment = (ULONG)commit.peak,
        .PageFaultCount = (ULONG)space->fault_count,
        .DemandZeroCount = (ULONG)space->fault_count,
        .ResidentAvailablePages = (LONGLONG)frames.free,
    };
}

// The clock shows UTC, and the machine never sleeps.
static void describe_time(SYSTEM_TIMEOFDAY_INFORMATION *out)
{
    LONGLONG now = (LONGLONG)clock_wall_100ns();
    *out = (SYSTEM_TIMEOFDAY_INFORMATION){
        .BootTime.QuadPart = now - (LONGLONG)clock_interrupt_100ns(),
        .CurrentTime.QuadPart = now,
    };
}

union system_information {
    SYSTEM_BASIC_INFORMATION basic;
    SYSTEM_PROCESSOR_INFORMATION processor;
    SYSTEM_PERFORMANCE_INFORMATION performance;
    SYSTEM_TIMEOFDAY_INFORMATION time_of_day;
};

// Collects one class; *length receives how many bytes of it the caller gets.
static status_t query_system(SYSTEM_INFORMATION_CLASS kind, union system_information *out,
                             ULONG room, ULONG *length)
{
    switch (kind) {
    case SystemBasicInformation:
        *length = sizeof(out->basic);
        if (room != *length)
            return STATUS_INFO_LENGTH_MISMATCH;
        describe_basics(&out->basic);
        return STATUS_SUCCESS;
    case SystemProcessorInformation:
        *length = sizeof(out->processor);
        if (room < *length)
            return STATUS_INFO_LENGTH_MISMATCH;
        describe_processor(&out->processor);
        return STATUS_SUCCESS;
    case SystemPerformanceInformation:
        *length = MIN(room, (ULONG)sizeof(out->performance));
        if (room < PERFORMANCE_INFORMATION_MIN) {
            *length = sizeof(out->performance);
            return STATUS_INFO_LENGTH_MISMATCH;
        }
        describe_performance(&out->performance);
        return STATUS_SUCCESS;
    case SystemTimeOfDayInformation: // as much of it as the caller has room for
        *length = MIN(room, (ULONG)sizeof(out->time_of_day));
        if (room > *length)
            return STATUS_INFO_LENGTH_MISMATCH;
        describe_time(&out->time_of_day);
        return STATUS_SUCCESS;
    default:
        *length = 0;
        if ((ULONG)kind > LAST_SYSTEM_INFORMATION)
            return STATUS_INVALID_INFO_CLASS;
        return service_lacks("NtQuerySystemInformation", "information class", (ULONG)kind);
    }
}

NTSTATUS NtQuerySystemInformation(SYSTEM_INFORMATION_CLASS SystemInformationClass,
                                  void USER *SystemInformation, ULONG SystemInformationLength,
                                  ULONG USER *ReturnLength)
{
    union system_information information = { 0 }; // the gaps between members, too
    ULONG length;
    status_t status =
        query_system(SystemInformationClass, &information, SystemInformationLength, &length);
    if (status == STATUS_SUCCESS)
        status = copy_to_user(SystemInformation, &information, length);
    // A caller whose buffer has the wrong size learns the right one.
    if (ReturnLength != NULL &&
        (status == STATUS_SUCCESS || status == STATUS_INFO_LENGTH_MISMATCH)) {
        status_t published = put_user(ReturnLength, &length);
        if (published != STATUS_SUCCESS)
            status = published;
    }
    return status;
}

// ---- texts for people, and the end ------------------------------------------------------------

NTSTATUS NtDisplayString(UNICODE_STRING USER *String)
{
    UNICODE_STRING string;
    status_t status = get_user(&string, String);
    if (status == STATUS_SUCCESS)
        status = log_user_text(&string);
    return status;
}

// Writes one parameter of a hard error: the mask says whether it is a string or a number.
static status_t format_parameter(ULONG_PTR value, bool is_string, char *to, size_t room)
{
    if (!is_string) {
        format_string(to, room, "0x%llx", (unsigned long long)value);
        return STATUS_SUCCESS;
    }
    UNICODE_STRING string;
    status_t status = get_user(&string, (const UNICODE_STRING USER *)value);
    if (status == STATUS_SUCCESS)
        status = copy_user_text(&string, to, room);
    return status;
}

static status_t report_hard_error(NTSTATUS error, const ULONG_PTR *parameters, ULONG count,
                                  ULONG string_mask)
{
    char text[160] = "", one[64];
    size_t length = 0;
    for (ULONG i = 0; i < count; i++) {
        status_t status =
            format_parameter(parameters[i], (string_mask >> i & 1) != 0, one, sizeof(one));
        if (status != STATUS_SUCCESS)
            return status;
        if (length < sizeof(text))
            length += (size_t)format_string(text + length, sizeof(text) - length, "%s%s",
                                            i == 0 ? ": " : ", ", one);
    }
    const char *name = status_name(error);
    if (may_log_line())
        log_error("nt", "%s raises a hard error, %s (0x%08X)%s", current_process()->name,
                  name != NULL ? name : "unnamed", (unsigned)error, text);
    return STATUS_SUCCESS;
}

// Nobody sits in front of the machine, so the answer is that nobody has answered.
NTSTATUS NtRaiseHardError(NTSTATUS ErrorStatus, ULONG NumberOfParameters,
                          ULONG UnicodeStringParameterMask, ULONG_PTR USER *Parameters,
                          ULONG ValidResponseOptions, ULONG USER *Response)
{
    if (NumberOfParameters > MAXIMUM_HARDERROR_PARAMETERS ||
        (Parameters != NULL && NumberOfParameters == 0))
        return STATUS_INVALID_PARAMETER_2;
    if (ValidResponseOptions > OptionCancelTryContinue)
        return STATUS_INVALID_PARAMETER_5;
    if (ValidResponseOptions == OptionShutdownSystem)
        return STATUS_PRIVILEGE_NOT_HELD; // a program asks for it with NtShutdownSystem

    ULONG response = ResponseReturnToCaller;
    ULONG_PTR parameters[MAXIMUM_HARDERROR_PARAMETERS] = { 0 };
    status_t status = put_user(Response, &response);
    if (status == STATUS_SUCCESS && Parameters != NULL)
        status = copy_from_user(parameters, Parameters, NumberOfParameters * sizeof(ULONG_PTR));
    if (status == STATUS_SUCCESS)
        status =
            report_hard_error(ErrorStatus, parameters, Parameters != NULL ? NumberOfParameters : 0,
                              UnicodeStringParameterMask);
    return status;
}

/*
 * The machine lives as long as its program: when that ends, the kernel waits until all output has
 * gone out, reports the exit status and switches off. So ending the program is the orderly way down,
 * for a restart too.
 */
NTSTATUS NtShutdownSystem(SHUTDOWN_ACTION Action)
{
    if ((ULONG)Action > ShutdownPowerOff)
        return STATUS_INVALID_PARAMETER;
    log_info("nt", "%s shuts the system down", current_process()->name);
    process_terminate(current_process(), STATUS_SUCCESS);
    return STATUS_SUCCESS;
}
