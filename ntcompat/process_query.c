// SPDX-License-Identifier: MIT
/*
 * NtQueryInformationProcess. Most classes have a fixed size: a row of a table names it, the right
 * that the handle needs, and the function that fills it in. A process that has ended can be asked
 * as long as somebody has a handle for it.
 *
 * Source: learn.microsoft.com, NtQueryInformationProcess, GetProcessTimes, GetProcessMemoryInfo;
 * traced on Wine 8: lengths
 */

#include "services_generated.h"

#include <kernel/status.h>
#include <kernel/string.h>
#include <kernel/user_copy.h>

#include "arguments.h"
#include "image.h"
#include "nt_handles.h"
#include "nt_process.h"
#include "nt_thread.h"
#include "paths.h"
#include "section.h"
#include "service.h"

// Working sets are not limited; these are the figures that Windows starts with.
#define WORKING_SET_MIN (50 * PAGE_SIZE)
#define WORKING_SET_MAX (345 * PAGE_SIZE)

union information {
    ULONG number;
    ULONG_PTR word;
    PROCESS_BASIC_INFORMATION basic;
    PROCESS_EXTENDED_BASIC_INFORMATION extended;
    QUOTA_LIMITS quotas;
    IO_COUNTERS io;
    VM_COUNTERS_EX memory;
    KERNEL_USER_TIMES times;
    PROCESS_PRIORITY_CLASS priority;
    PROCESS_CYCLE_TIME_INFORMATION cycles;
    SECTION_IMAGE_INFORMATION image;
};

static void describe_basics(struct process *process, PROCESS_BASIC_INFORMATION *out)
{
    const struct nt_process *nt = nt_process_of(process);
    *out = (PROCESS_BASIC_INFORMATION){
        .ExitStatus = process->has_ended ? process->exit_status : STATUS_PENDING,
        .PebBaseAddress = (PPEB)nt->peb,
        .AffinityMask = nt->affinity,
        .BasePriority = priority_of_class(nt->priority_class),
        .UniqueProcessId = process->id,
        .InheritedFromUniqueProcessId = process->parent_id,
    };
}

static status_t query_basic(struct process *process, union information *out)
{
    describe_basics(process, &out->basic);
    return STATUS_SUCCESS;
}

static status_t query_quotas(struct process *process, union information *out)
{
    (void)process;
    out->quotas = (QUOTA_LIMITS){
        .PagedPoolLimit = SIZE_MAX,
        .NonPagedPoolLimit = SIZE_MAX,
        .MinimumWorkingSetSize = WORKING_SET_MIN,
        .MaximumWorkingSetSize = WORKING_SET_MAX,
        .PagefileLimit = SIZE_MAX,
        .TimeLimit.QuadPart = -1,
    };
    return STATUS_SUCCESS;
}

// Input and output are not counted.
static status_t query_io(struct process *process, union information *out)
{
    (void)process;
    out->io = (IO_COUNTERS){ 0 };
    return STATUS_SUCCESS;
}

/*
 * What is committed counts as page file, of which there is none. Addresses that are only reserved
 * are not counted, so that the virtual size is that of what is committed or shared.
 */
void nt_describe_memory(struct process *process, VM_COUNTERS *counters)
{
    struct address_space *space;
    status_t status = process_use_space(process, &space);
    if (status == STATUS_SUCCESS) {
        mutex_lock(&space->lock);
        uint64_t resident = space->resident_pages + space->shared_pages;
        counters->VirtualSize = (space->committed_pages + space->shared_pages) * PAGE_SIZE;
        counters->PageFaultCount = (ULONG)space->fault_count;
        counters->WorkingSetSize = resident * PAGE_SIZE;
        counters->PeakWorkingSetSize = MAX(resident, space->peak_resident_pages) * PAGE_SIZE;
        counters->PagefileUsage = space->committed_pages * PAGE_SIZE;
        counters->PeakPagefileUsage = space->peak_committed_pages * PAGE_SIZE;
        mutex_unlock(&space->lock);
        process_release_space(process);
    } else {
        counters->PageFaultCount = (ULONG)process->fault_count;
        counters->PeakWorkingSetSize = process->peak_resident_pages * PAGE_SIZE;
        counters->PeakPagefileUsage = process->peak_committed_pages * PAGE_SIZE;
    }
    counters->PeakVirtualSize = MAX(counters->VirtualSize, counters->PeakPagefileUsage);
}

static status_t query_memory(struct process *process, union information *out)
{
    nt_describe_memory(process, &out->memory.Counters);
    out->memory.PrivateUsage = out->memory.Counters.PagefileUsage;
    return STATUS_SUCCESS;
}

static status_t query_times(struct process *process, union information *out)
{
    struct thread_times times;
    process_times(process, &times);
    out->times.CreateTime = nt_time_of(process->create_time);
    if (process->has_ended)
        out->times.ExitTime = nt_time_of(process->exit_time);
    out->times.KernelTime = nt_time_of_cycles(times.kernel_cycles);
    out->times.UserTime = nt_time_of_cycles(times.user_cycles);
    return STATUS_SUCCESS;
}

// No debugger is attached, and nothing is a 32-bit program: both are a zero.
static status_t query_nothing(struct process *process, union information *out)
{
    (void)process;
    out->word = 0;
    return STATUS_SUCCESS;
}

static status_t query_debug_object(struct process *process, union information *out)
{
    (void)process;
    (void)out;
    return STATUS_PORT_NOT_SET;
}

// Bit 0: children of a debugged process are not debugged.
static status_t query_debug_flags(struct process *process, union information *out)
{
    (void)process;
    out->number = 1;
    return STATUS_SUCCESS;
}

// Whether data can be executed is a question of 32-bit programs only.
static status_t query_execution(struct process *process, union information *out)
{
    (void)process;
    (void)out;
    return STATUS_INVALID_PARAMETER;
}

static status_t query_error_mode(struct process *process, union information *out)
{
    out->number = nt_process_of(process)->hard_error_mode;
    return STATUS_SUCCESS;
}

static status_t query_priority(struct process *process, union information *out)
{
    const struct nt_process *nt = nt_process_of(process);
    out->priority = (PROCESS_PRIORITY_CLASS){ nt->is_foreground, nt->priority_class };
    return STATUS_SUCCESS;
}

static status_t query_handles(struct process *process, union information *out)
{
    out->number = handle_count(&process->handles);
    return STATUS_SUCCESS;
}

static status_t query_affinity(struct process *process, union information *out)
{
    out->word = nt_process_of(process)->affinity;
    return STATUS_SUCCESS;
}

static status_t query_boost(struct process *process, union information *out)
{
    out->number = nt_process_of(process)->boost_disabled;
    return STATUS_SUCCESS;
}

static status_t query_session(struct process *process, union information *out)
{
    (void)process;
    out->number = NT_SESSION;
    return STATUS_SUCCESS;
}

static status_t query_break(struct process *process, union information *out)
{
    out->number = nt_process_of(process)->breaks_on_termination;
    return STATUS_SUCCESS;
}

static status_t query_cookie(struct process *process, union information *out)
{
    if (process != current_process())
        return STATUS_INVALID_PARAMETER;
    out->number = nt_process_of(process)->cookie;
    return STATUS_SUCCESS;
}

static status_t query_image(struct process *process, union information *out)
{
    nt_describe_image(nt_process_of(process)->image, &out->image);
    return STATUS_SUCCESS;
}

static status_t query_cycles(struct process *process, union information *out)
{
    struct thread_times times;
    process_times(process, &times);
    out->cycles.AccumulatedCycles = times.user_cycles + times.kernel_cycles;
    return STATUS_SUCCESS;
}

struct query {
    UCHAR class;
    UCHAR size;
    UCHAR other_size; // also allowed; 0: none
    USHORT access;
    status_t (*collect)(struct process *process, union information *out);
};

#define LIMITED PROCESS_QUERY_LIMITED_INFORMATION
#define FULL    PROCESS_QUERY_INFORMATION

static const struct query queries[] = {
    { ProcessBasicInformation, sizeof(PROCESS_BASIC_INFORMATION), 0, LIMITED, query_basic },
    { ProcessQuotaLimits, sizeof(QUOTA_LIMITS), 0, LIMITED, query_quotas },
    { ProcessIoCounters, sizeof(IO_COUNTERS), 0, LIMITED, query_io },
    { ProcessVmCounters, sizeof(VM_COUNTERS), sizeof(VM_COUNTERS_EX), LIMITED, query_memory },
    { ProcessTimes, sizeof(KERNEL_USER_TIMES), 0, LIMITED, query_times },
    { ProcessDebugPort, sizeof(ULONG_PTR), 0, FULL, query_nothing },
    { ProcessDefaultHardErrorMode, sizeof(ULONG), 0, FULL, query_error_mode },
    { ProcessPriorityClass, sizeof(PROCESS_PRIORITY_CLASS), 0, LIMITED, query_priority },
    { ProcessHandleCount, sizeof(ULONG), 0, LIMITED, query_handles },
    { ProcessAffinityMask, sizeof(ULONG_PTR), 0, LIMITED, query_affinity },
    { ProcessPriorityBoost, sizeof(ULONG), 0, FULL, query_boost },
    { ProcessSessionInformation, sizeof(ULONG), 0, LIMITED, query_session },
    { ProcessWow64Information, sizeof(ULONG_PTR), 0, LIMITED, query_nothing },
    { ProcessBreakOnTermination, sizeof(ULONG), 0, FULL, query_break },
    { ProcessDebugObjectHandle, sizeof(HANDLE), 0, FULL, query_debug_object },
    { ProcessDebugFlags, sizeof(ULONG), 0, FULL, query_debug_flags },
    { ProcessExecuteFlags, sizeof(ULONG), 0, FULL, query_execution },
    { ProcessCookie, sizeof(ULONG), 0, FULL, query_cookie },
    { ProcessImageInformation, sizeof(SECTION_IMAGE_INFORMATION), 0, LIMITED, query_image },
    { ProcessCycleTime, sizeof(PROCESS_CYCLE_TIME_INFORMATION), 0, LIMITED, query_cycles },
};

// ---- classes of no fixed size -----------------------------------------------------------------

// A UNICODE_STRING, and behind it `before` and `text`, ended by a NUL.
static status_t write_string(const WCHAR *before, const WCHAR *text, size_t bytes, void USER *to,
                             ULONG room, ULONG *length)
{
    size_t before_bytes = 0;
    while (before[before_bytes / sizeof(WCHAR)] != 0)
        before_bytes += sizeof(WCHAR);
    static const WCHAR nul = 0;
    UNICODE_STRING string;
    memset(&string, 0, sizeof(string));
    nt_set_string(&string, before_bytes + bytes, (vaddr_t)to + sizeof(string));
    char USER *at = (char USER *)to + sizeof(string);
    *length = (ULONG)(sizeof(string) + before_bytes + bytes + sizeof(nul));
    if (room < *length)
        return STATUS_INFO_LENGTH_MISMATCH;
    status_t status = copy_to_user(to, &string, sizeof(string));
    if (status == STATUS_SUCCESS)
        status = copy_to_user(at, before, before_bytes);
    if (status == STATUS_SUCCESS)
        status = copy_to_user(at + before_bytes, text, bytes);
    if (status == STATUS_SUCCESS)
        status = copy_to_user(at + before_bytes + bytes, &nul, sizeof(nul));
    return status;
}

static status_t query_path(const struct nt_process *nt, bool as_device, void USER *to, ULONG room,
                           ULONG *length)
{
    const struct nt_text *path = nt->image_path;
    bool is_on_c = path->length >= 2 * sizeof(WCHAR) && path->text[1] == u':';
    if (as_device && is_on_c)
        return write_string(u"" DEVICE_OF_DRIVE_C, path->text + 2, path->length - 2 * sizeof(WCHAR),
                            to, room, length);
    return write_string(u"", path->text, path->length, to, room, length);
}

static status_t query_extended(struct process *process, void USER *to, ULONG room, ULONG *length)
{
    PROCESS_EXTENDED_BASIC_INFORMATION extended = { 0 };
    *length = sizeof(extended);
    if (room != sizeof(extended))
        return STATUS_INFO_LENGTH_MISMATCH;
    status_t status = copy_from_user(&extended.Size, to, sizeof(extended.Size));
    if (status != STATUS_SUCCESS)
        return status;
    if (extended.Size != sizeof(extended))
        return STATUS_INVALID_PARAMETER;
    describe_basics(process, &extended.BasicInfo);
    if (process->is_ending)
        extended.Flags = PROCESS_EXTENDED_IS_PROCESS_DELETING;
    return copy_to_user(to, &extended, sizeof(extended));
}

// The processor groups that it runs in: the one that there is.
static status_t query_groups(void USER *to, ULONG room, ULONG *length)
{
    USHORT group = 0;
    *length = sizeof(group);
    if (room < sizeof(group))
        return STATUS_BUFFER_TOO_SMALL;
    return copy_to_user(to, &group, sizeof(group));
}

// STATUS_INVALID_INFO_CLASS: none of them.
static status_t query_variable(PROCESSINFOCLASS kind, struct process *process, void USER *to,
                               ULONG room, ULONG *length)
{
    const struct nt_process *nt = nt_process_of(process);
    if (kind == ProcessBasicInformation)
        return query_extended(process, to, room, length);
    if (kind == ProcessGroupInformation)
        return query_groups(to, room, length);
    // One whose making has failed has no names.
    if (nt->image_path == NULL || nt->command_line == NULL)
        return STATUS_PROCESS_IS_TERMINATING;
    if (kind == ProcessCommandLineInformation)
        return write_string(u"", nt->command_line->text, nt->command_line->length, to, room,
                            length);
    return query_path(nt, kind == ProcessImageFileName, to, room, length);
}

// ---- the service ------------------------------------------------------------------------------

static const struct query *find_query(PROCESSINFOCLASS kind, ULONG room)
{
    // The extended form of the basics has a size of its own.
    if (kind == ProcessBasicInformation && room == sizeof(PROCESS_EXTENDED_BASIC_INFORMATION))
        return NULL;
    for (size_t i = 0; i < ARRAY_SIZE(queries); i++)
        if ((ULONG)kind == queries[i].class)
            return &queries[i];
    return NULL;
}

static bool is_variable(PROCESSINFOCLASS kind)
{
    return kind == ProcessBasicInformation || kind == ProcessGroupInformation ||
           kind == ProcessImageFileName || kind == ProcessImageFileNameWin32 ||
           kind == ProcessCommandLineInformation;
}

static status_t query_fixed(const struct query *query, HANDLE handle, void USER *to, ULONG room,
                            ULONG *length)
{
    union information information;
    struct process *process;
    bool is_other = query->other_size != 0 && room == query->other_size;
    *length = is_other ? query->other_size : query->size;
    if (room != *length)
        return STATUS_INFO_LENGTH_MISMATCH;
    status_t status = nt_process_of_handle(handle, query->access, &process);
    if (status != STATUS_SUCCESS)
        return status;
    memset(&information, 0, sizeof(information));
    status = query->collect(process, &information);
    object_put(&process->object);
    return status == STATUS_SUCCESS ? copy_to_user(to, &information, *length) : status;
}

static status_t refuse(PROCESSINFOCLASS kind)
{
    // The second: only a Windows with conhost.exe answers it.
    if ((ULONG)kind > PROCESS_INFORMATION_CLASS_LAST || kind == ProcessConsoleHostProcess)
        return STATUS_INVALID_INFO_CLASS;
    return service_lacks("NtQueryInformationProcess", "information class", (ULONG)kind);
}

NTSTATUS NtQueryInformationProcess(HANDLE ProcessHandle, PROCESSINFOCLASS ProcessInformationClass,
                                   void USER *ProcessInformation, ULONG ProcessInformationLength,
                                   ULONG USER *ReturnLength)
{
    const struct query *query = find_query(ProcessInformationClass, ProcessInformationLength);
    struct process *process;
    ULONG length = 0;
    status_t status;
    if (query != NULL) {
        status = query_fixed(query, ProcessHandle, ProcessInformation, ProcessInformationLength,
                             &length);
    } else if (is_variable(ProcessInformationClass)) {
        status = nt_process_of_handle(ProcessHandle, LIMITED, &process);
        if (status == STATUS_SUCCESS) {
            status = query_variable(ProcessInformationClass, process, ProcessInformation,
                                    ProcessInformationLength, &length);
            object_put(&process->object);
        }
    } else {
        status = refuse(ProcessInformationClass);
    }
    bool tells_length = status == STATUS_SUCCESS || status == STATUS_BUFFER_TOO_SMALL ||
                        (status == STATUS_INFO_LENGTH_MISMATCH && query == NULL && length != 0);
    if (tells_length)
        status = nt_publish_length(status, length, ReturnLength);
    return status;
}
