// SPDX-License-Identifier: MIT
/*
 * NtQuerySystemInformation and its kin: two tables, of classes with one structure of fixed size and
 * of those with a list, and the rules for lengths that all of them follow.
 *
 * Whoever offers too little room gets STATUS_INFO_LENGTH_MISMATCH and the length that is needed.
 *
 * Source: learn.microsoft.com, NtQuerySystemInformation; observed in traces of programs on Wine 8:
 * lengths that they ask with
 */

#include "system_information.h"

#include "services_generated.h"

#include <kernel/panic.h>
#include <kernel/status.h>
#include <kernel/user_copy.h>
#include <nt/processor_information.h>

#include "arguments.h"
#include "nt_handles.h"
#include "service.h"
#include "shared_data.h"

#define ANY_ROOM         (~0u)
#define FIXED_CLASS_MAX  sizeof(RTL_DYNAMIC_TIME_ZONE_INFORMATION)
#define PERFORMANCE_MIN  312u // what winternl.h has; later versions only added
#define RELATIONSHIP_END (RelationGroup + 1)

// ---- answers -----------------------------------------------------------------------------------

void system_answer_fill(struct system_answer *answer, ULONG at, const void *data, ULONG size)
{
    if (answer->status != STATUS_SUCCESS || at > answer->room || size > answer->room - at)
        return;
    answer->status = copy_to_user((void USER *)(answer->address + at), data, size);
}

ULONG system_answer_skip(struct system_answer *answer, ULONG size)
{
    ULONG at = answer->length;
    if (size > ~0u - at) {
        if (answer->status == STATUS_SUCCESS)
            answer->status = STATUS_INSUFFICIENT_RESOURCES; // no program could receive it
        return at;
    }
    answer->length += size;
    return at;
}

void system_answer_append(struct system_answer *answer, const void *data, ULONG size)
{
    system_answer_fill(answer, system_answer_skip(answer, size), data, size);
}

static status_t answer_status(const struct system_answer *answer)
{
    if (answer->status == STATUS_SUCCESS && answer->room < answer->length)
        return STATUS_INFO_LENGTH_MISMATCH;
    return answer->status;
}

// ---- classes -----------------------------------------------------------------------------------

// The caller's room must be from `least` to `most` bytes; it gets as much as that of `size` bytes.
struct fixed_class {
    USHORT number;
    USHORT size;
    USHORT least;
    ULONG most;
    void (*describe)(void *out); // NULL: all 0
};

#define EXACTLY(type)  sizeof(type), sizeof(type), sizeof(type)
#define AT_LEAST(type) sizeof(type), sizeof(type), ANY_ROOM

static void describe_counter_page(void *out)
{
    *(ULONG_PTR *)out = COUNTER_PAGE_ADDRESS;
}

static const struct fixed_class fixed_classes[] = {
    { SystemBasicInformation, EXACTLY(SYSTEM_BASIC_INFORMATION), system_describe_basics },
    { SystemProcessorInformation, AT_LEAST(SYSTEM_PROCESSOR_INFORMATION),
      system_describe_processor },
    { SystemPerformanceInformation, sizeof(SYSTEM_PERFORMANCE_INFORMATION), PERFORMANCE_MIN,
      ANY_ROOM, system_describe_performance },
    { SystemTimeOfDayInformation, sizeof(SYSTEM_TIMEOFDAY_INFORMATION), 0,
      sizeof(SYSTEM_TIMEOFDAY_INFORMATION), system_describe_time_of_day },
    { SystemFlagsInformation, EXACTLY(ULONG), NULL }, // no global flag is set
    { SystemTimeAdjustmentInformation, EXACTLY(SYSTEM_TIME_ADJUSTMENT_INFORMATION),
      system_describe_time_adjustment },
    { SystemExceptionInformation, AT_LEAST(SYSTEM_EXCEPTION_INFORMATION), NULL }, // not counted
    { SystemKernelDebuggerInformation, AT_LEAST(SYSTEM_KERNEL_DEBUGGER_INFORMATION),
      system_describe_debugger },
    { SystemCurrentTimeZoneInformation, AT_LEAST(RTL_TIME_ZONE_INFORMATION),
      system_describe_time_zone },
    { SystemRangeStartInformation, EXACTLY(ULONG_PTR), system_describe_range_start },
    { SystemEmulationBasicInformation, EXACTLY(SYSTEM_BASIC_INFORMATION), system_describe_basics },
    { SystemEmulationProcessorInformation, AT_LEAST(SYSTEM_PROCESSOR_INFORMATION),
      system_describe_processor },
    { SystemDynamicTimeZoneInformation, AT_LEAST(RTL_DYNAMIC_TIME_ZONE_INFORMATION),
      system_describe_time_zone },
    { SystemCodeIntegrityInformation, AT_LEAST(SYSTEM_CODEINTEGRITY_INFORMATION),
      system_describe_code_integrity },
    { SystemProcessorBrandString, SYSTEM_BRAND_LENGTH, SYSTEM_BRAND_LENGTH, ANY_ROOM,
      system_describe_brand },
    { SystemSecureBootInformation, AT_LEAST(SYSTEM_SECUREBOOT_INFORMATION), NULL },
    { SystemHypervisorSharedPageInformation, AT_LEAST(ULONG_PTR), describe_counter_page },
    { SystemKernelDebuggerInformationEx, AT_LEAST(SYSTEM_KERNEL_DEBUGGER_INFORMATION_EX), NULL },
};

static void list_wine_version(struct system_answer *answer)
{
    // Version and build are those of the DLLs that ask; system and release are about the kernel.
    static const char words[] = "8.0\0wine-8.0\0Pekoe\0"
                                "10.0.19045";
    system_answer_append(answer, words, sizeof(words));
}

static const struct list_class {
    USHORT number;
    void (*list)(struct system_answer *answer);
} list_classes[] = {
    { SystemProcessInformation, system_list_processes },
    { SystemProcessorPerformanceInformation, system_list_processor_times },
    { SystemHandleInformation, system_list_handles },
    { SystemInterruptInformation, system_list_random_bytes },
    { SystemExtendedHandleInformation, system_list_handles_extended },
    { SystemLogicalProcessorInformation, system_list_topology },
    { SystemProcessorIdleCycleTimeInformation, system_list_idle_cycles },
    { SystemProcessorCycleTimeInformation, system_list_busy_cycles },
    { SystemWineVersionInformation, list_wine_version },
};

static status_t answer_fixed(const struct fixed_class *class, struct system_answer *answer)
{
    uint64_t words[ROUND_UP(FIXED_CLASS_MAX, 8) / 8] = { 0 }; // so the gaps between members, too
    assert(class->size <= sizeof(words));
    answer->length = class->size;
    if (answer->room < class->least || answer->room > class->most)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (class->describe != NULL)
        class->describe(words);
    answer->length = MIN(answer->room, class->size);
    system_answer_fill(answer, 0, words, answer->length);
    return answer->status;
}

static status_t answer_class(SYSTEM_INFORMATION_CLASS kind, struct system_answer *answer)
{
    for (size_t i = 0; i < ARRAY_SIZE(fixed_classes); i++)
        if (fixed_classes[i].number == (ULONG)kind)
            return answer_fixed(&fixed_classes[i], answer);
    for (size_t i = 0; i < ARRAY_SIZE(list_classes); i++)
        if (list_classes[i].number == (ULONG)kind) {
            list_classes[i].list(answer);
            return answer_status(answer);
        }
    if ((ULONG)kind > SYSTEM_INFORMATION_CLASS_LAST ||
        kind == SystemLogicalProcessorInformationEx || kind == SystemCpuSetInformation ||
        kind == SystemSupportedProcessorArchitectures) // only NtQuerySystemInformationEx has them
        return STATUS_INVALID_INFO_CLASS;
    return service_lacks("NtQuerySystemInformation", "information class", (ULONG)kind);
}

// A caller whose buffer has the wrong size learns the right one.
static status_t publish_length(status_t status, ULONG length, ULONG USER *to)
{
    bool is_told = status == STATUS_SUCCESS || status == STATUS_INFO_LENGTH_MISMATCH ||
                   status == STATUS_BUFFER_TOO_SMALL;
    return is_told ? nt_publish_length(status, length, to) : status;
}

NTSTATUS NtQuerySystemInformation(SYSTEM_INFORMATION_CLASS SystemInformationClass,
                                  void USER *SystemInformation, ULONG SystemInformationLength,
                                  ULONG USER *ReturnLength)
{
    struct system_answer answer = { .address = (vaddr_t)SystemInformation,
                                    .room = SystemInformationLength };
    status_t status = answer_class(SystemInformationClass, &answer);
    return publish_length(status, answer.length, ReturnLength);
}

// ---- classes with a question -------------------------------------------------------------------

static status_t answer_topology(const void USER *input, ULONG length, struct system_answer *answer)
{
    LOGICAL_PROCESSOR_RELATIONSHIP kind;
    if (length < sizeof(kind))
        return STATUS_INVALID_PARAMETER;
    status_t status = copy_from_user(&kind, input, sizeof(kind));
    if (status != STATUS_SUCCESS)
        return status;
    if ((ULONG)kind >= RELATIONSHIP_END && kind != RelationAll)
        return STATUS_INVALID_PARAMETER;
    system_list_topology_of(answer, kind);
    return answer_status(answer);
}

// The process that the question is about may be none; else its handle must be good.
static status_t check_process(const void USER *input, ULONG length)
{
    HANDLE handle;
    struct process *process;
    if (length != sizeof(handle))
        return STATUS_INVALID_PARAMETER;
    status_t status = copy_from_user(&handle, input, sizeof(handle));
    if (status != STATUS_SUCCESS || handle == NULL)
        return status;
    status = nt_process_of_handle(handle, PROCESS_QUERY_LIMITED_INFORMATION, &process);
    if (status == STATUS_SUCCESS)
        object_put(&process->object);
    return status;
}

static status_t answer_cpu_sets(const void USER *input, ULONG length, struct system_answer *answer)
{
    status_t status = check_process(input, length);
    if (status != STATUS_SUCCESS)
        return status;
    system_list_cpu_sets(answer);
    return answer_status(answer);
}

// Programs for x86-64 are all that there is. Without a process the question is about the system.
static status_t answer_architectures(const void USER *input, ULONG length,
                                     struct system_answer *answer)
{
    HANDLE handle = NULL;
    ULONG list[2] = { IMAGE_FILE_MACHINE_AMD64 | ARCHITECTURE_KERNEL_MODE | ARCHITECTURE_USER_MODE |
                          ARCHITECTURE_NATIVE,
                      0 };
    status_t status = check_process(input, length);
    if (status == STATUS_SUCCESS)
        status = copy_from_user(&handle, input, sizeof(handle));
    if (status != STATUS_SUCCESS)
        return status;
    if (handle != NULL)
        list[0] |= ARCHITECTURE_PROCESS;
    system_answer_append(answer, list, sizeof(list));
    return answer->room < answer->length ? STATUS_BUFFER_TOO_SMALL : answer->status;
}

NTSTATUS NtQuerySystemInformationEx(SYSTEM_INFORMATION_CLASS SystemInformationClass,
                                    void USER *InputBuffer, ULONG InputBufferLength,
                                    void USER *SystemInformation, ULONG SystemInformationLength,
                                    ULONG USER *ReturnLength)
{
    struct system_answer answer = { .address = (vaddr_t)SystemInformation,
                                    .room = SystemInformationLength };
    status_t status;
    if (InputBuffer == NULL || InputBufferLength == 0)
        return STATUS_INVALID_PARAMETER;
    switch ((ULONG)SystemInformationClass) {
    case SystemLogicalProcessorInformationEx:
        status = answer_topology(InputBuffer, InputBufferLength, &answer);
        break;
    case SystemCpuSetInformation:
        status = answer_cpu_sets(InputBuffer, InputBufferLength, &answer);
        break;
    case SystemSupportedProcessorArchitectures:
        status = answer_architectures(InputBuffer, InputBufferLength, &answer);
        break;
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
    return publish_length(status, answer.length, ReturnLength);
}

// ---- setting -----------------------------------------------------------------------------------

/*
 * What Windows lets programs set needs privileges that the one user does not hold, so there is
 * nothing to carry out.
 */
NTSTATUS NtSetSystemInformation(SYSTEM_INFORMATION_CLASS SystemInformationClass,
                                void USER *SystemInformation, ULONG SystemInformationLength)
{
    (void)SystemInformation;
    (void)SystemInformationLength;
    switch ((ULONG)SystemInformationClass) {
    case SystemFlagsInformation:
    case SystemTimeAdjustmentInformation:
    case SystemRegistryQuotaInformation:
        return STATUS_PRIVILEGE_NOT_HELD;
    case SystemCurrentTimeZoneInformation:
    case SystemDynamicTimeZoneInformation: // an ordinary user may, but there is UTC only
        return service_lacks("NtSetSystemInformation", "information class",
                             (ULONG)SystemInformationClass);
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
}
