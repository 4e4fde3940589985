// SPDX-License-Identifier: MIT
/*
 * NtSetInformationThread: a table of classes with their sizes, rights and functions.
 *
 * Source: learn.microsoft.com, SetThreadPriority, SetThreadAffinityMask, SetThreadGroupAffinity,
 * SetThreadIdealProcessorEx, SetThreadPriorityBoost, SetThreadDescription, TlsFree
 */

#include "services_generated.h"

#include <kernel/heap.h>
#include <kernel/status.h>
#include <kernel/string.h>
#include <kernel/user_copy.h>
#include <nt/thread.h>

#include "nt_handles.h"
#include "nt_process.h"
#include "nt_thread.h"
#include "service.h"
#include "token.h"

#define TLS_EXPANSION_SLOTS 1024u

union information {
    ULONG number;
    LONG signed_number;
    ULONG_PTR word;
    GROUP_AFFINITY affinity;
    PROCESSOR_NUMBER processor;
    UNICODE_STRING text;
    POWER_THROTTLING_THREAD_STATE throttling;
};

// ---- priorities and processors ----------------------------------------------------------------

uint8_t priority_of_class(uint8_t priority_class)
{
    static const uint8_t bases[] = {
        [PROCESS_PRIORITY_CLASS_UNKNOWN] = 8,       [PROCESS_PRIORITY_CLASS_IDLE] = 4,
        [PROCESS_PRIORITY_CLASS_NORMAL] = 8,        [PROCESS_PRIORITY_CLASS_HIGH] = 13,
        [PROCESS_PRIORITY_CLASS_REALTIME] = 24,     [PROCESS_PRIORITY_CLASS_BELOW_NORMAL] = 6,
        [PROCESS_PRIORITY_CLASS_ABOVE_NORMAL] = 10,
    };
    return bases[priority_class];
}

uint8_t priority_relative(uint8_t class_priority, LONG increment)
{
    bool is_realtime = class_priority >= PRIORITY_REALTIME;
    LONG lowest = is_realtime ? PRIORITY_REALTIME : 1;
    LONG highest = is_realtime ? PRIORITY_COUNT - 1 : PRIORITY_REALTIME - 1;
    if (increment == THREAD_BASE_PRIORITY_LOWRT)
        return (uint8_t)highest;
    if (increment == THREAD_BASE_PRIORITY_IDLE)
        return (uint8_t)lowest;
    return (uint8_t)MIN(MAX(class_priority + increment, lowest), highest);
}

static status_t set_priority(struct thread *thread, const union information *from)
{
    if (from->signed_number <= 0 || from->signed_number >= PRIORITY_COUNT)
        return STATUS_INVALID_PARAMETER;
    thread_set_priority(thread, (uint8_t)from->signed_number);
    return STATUS_SUCCESS;
}

static status_t set_base_priority(struct thread *thread, const union information *from)
{
    struct process *process = thread->process;
    struct nt_thread *nt = nt_thread_of(thread);
    LONG increment = from->signed_number;
    uint8_t base = priority_of_class(nt_process_of(process)->priority_class);
    bool is_end = increment == THREAD_BASE_PRIORITY_LOWRT || increment == THREAD_BASE_PRIORITY_IDLE;
    LONG lowest = base >= PRIORITY_REALTIME ? -7 : -2, highest = base >= PRIORITY_REALTIME ? 6 : 2;
    if (!is_end && (increment < lowest || increment > highest))
        return STATUS_INVALID_PARAMETER;
    irq_state_t state = spin_lock(&process->lock);
    nt->base_increment = increment;
    thread_set_priority(thread, priority_relative(base, increment));
    spin_unlock(&process->lock, state);
    return STATUS_SUCCESS;
}

static status_t set_affinity(struct thread *thread, const union information *from)
{
    if (from->word == 0 || (from->word & ~nt_processors()) != 0)
        return STATUS_INVALID_PARAMETER;
    if ((from->word & ~nt_process_of(thread->process)->affinity) != 0)
        return STATUS_INVALID_PARAMETER;
    thread_set_affinity(thread, from->word);
    return STATUS_SUCCESS;
}

static status_t set_group_affinity(struct thread *thread, const union information *from)
{
    status_t status = nt_check_group_affinity(&from->affinity);
    if (status == STATUS_SUCCESS)
        thread_set_affinity(thread, from->affinity.Mask);
    return status;
}

// Returns the one before, instead of a status, as SetThreadIdealProcessor expects it.
static status_t set_ideal(struct thread *thread, const union information *from)
{
    unsigned before = thread_ideal_processor(thread);
    if (from->number > 64)
        return STATUS_INVALID_PARAMETER;
    if (from->number < 64) { // 64 only asks
        PROCESSOR_NUMBER number = { .Number = (UCHAR)from->number };
        status_t status = nt_check_processor(&number);
        if (status != STATUS_SUCCESS)
            return status;
        thread_set_ideal_processor(thread, from->number);
    }
    return (status_t)before;
}

static status_t set_ideal_ex(struct thread *thread, const union information *from)
{
    status_t status = nt_check_processor(&from->processor);
    if (status == STATUS_SUCCESS)
        thread_set_ideal_processor(thread, from->processor.Number);
    return status;
}

static status_t set_boost(struct thread *thread, const union information *from)
{
    thread->boost_disabled = from->number != 0;
    return STATUS_SUCCESS;
}

// ---- the rest ---------------------------------------------------------------------------------

static status_t set_start(struct thread *thread, const union information *from)
{
    nt_thread_of(thread)->start_address = from->word;
    return STATUS_SUCCESS;
}

// 0 in slot `index` of one TEB. The slots beyond the first 64 exist once somebody has used them.
static void zero_slot(vaddr_t teb, ULONG index)
{
    ULONG_PTR zero = 0;
    vaddr_t slot = teb + offsetof(TEB, TlsSlots) + index * sizeof(PVOID);
    status_t status = STATUS_SUCCESS;
    if (index >= TLS_MINIMUM_AVAILABLE) {
        vaddr_t expansion;
        status =
            get_user(&expansion, (const vaddr_t USER *)(teb + offsetof(TEB, TlsExpansionSlots)));
        if (status != STATUS_SUCCESS || expansion == 0)
            return;
        slot = expansion + (index - TLS_MINIMUM_AVAILABLE) * sizeof(PVOID);
    }
    status = put_user((ULONG_PTR USER *)slot, &zero);
    (void)status; // a TEB that its program has made unwritable keeps its value
}

/*
 * In every thread of the caller's process. A thread that is being made has a TEB of zeroes, or
 * none; one that ends may have given its TEB to a new thread, whose slot is zero as well.
 */
static status_t zero_tls_cell(struct thread *self, const union information *from)
{
    if (self != current_thread())
        return STATUS_INVALID_PARAMETER;
    if (from->number >= TLS_MINIMUM_AVAILABLE + TLS_EXPANSION_SLOTS)
        return STATUS_INVALID_PARAMETER;
    struct thread *thread = process_next_thread(self->process, NULL), *next;
    for (; thread != NULL; thread = next) {
        const struct nt_thread *nt = nt_thread_of(thread);
        if (nt != NULL && nt->teb != 0)
            zero_slot(nt->teb, from->number);
        next = process_next_thread(self->process, thread);
        object_put(&thread->object);
    }
    return STATUS_SUCCESS;
}

static status_t hide(struct thread *thread, const union information *from)
{
    (void)from;
    nt_thread_of(thread)->is_hidden = true;
    return STATUS_SUCCESS;
}

// It is remembered and reported, and has no effect: no thread here is critical to the system.
static status_t set_break(struct thread *thread, const union information *from)
{
    nt_thread_of(thread)->breaks_on_termination = from->number != 0;
    return STATUS_SUCCESS;
}

static status_t set_code_policy(struct thread *thread, const union information *from)
{
    if (from->number > 1)
        return STATUS_INVALID_PARAMETER;
    nt_thread_of(thread)->may_make_code = from->number != 0;
    return STATUS_SUCCESS;
}

static status_t set_name(struct thread *thread, const union information *from)
{
    UNICODE_STRING given = from->text;
    if (given.Length % sizeof(WCHAR) != 0)
        return STATUS_INVALID_PARAMETER;
    struct nt_text *name = nt_text_create(NULL, given.Length / sizeof(WCHAR));
    if (name == NULL)
        return STATUS_NO_MEMORY;
    status_t status =
        copy_from_user(name->text, (const void USER *)(vaddr_t)given.Buffer, given.Length);
    if (status == STATUS_SUCCESS) {
        struct nt_thread *nt = nt_thread_of(thread);
        irq_state_t state = spin_lock(&thread->process->lock);
        struct nt_text *before = nt->name;
        nt->name = name;
        spin_unlock(&thread->process->lock, state);
        name = before;
    }
    nt_text_put(name);
    return status;
}

// Nothing here saves power by running threads slowly; what is set is remembered.
static status_t set_throttling(struct thread *thread, const union information *from)
{
    const POWER_THROTTLING_THREAD_STATE *given = &from->throttling;
    struct nt_thread *nt = nt_thread_of(thread);
    if (given->Version != 1 || (given->ControlMask & ~THREAD_POWER_THROTTLING_EXECUTION_SPEED) ||
        (given->StateMask & ~given->ControlMask))
        return STATUS_INVALID_PARAMETER;
    irq_state_t state = spin_lock(&thread->process->lock);
    nt->throttling[0] = given->ControlMask;
    nt->throttling[1] = given->StateMask;
    spin_unlock(&thread->process->lock, state);
    return STATUS_SUCCESS;
}

static status_t set_token(struct thread *thread, const union information *from)
{
    return token_impersonate(thread, (HANDLE)from->word);
}

// ---- the service ------------------------------------------------------------------------------

struct setting {
    UCHAR class;
    UCHAR size;
    USHORT access;
    status_t (*set)(struct thread *thread, const union information *from);
};

#define LIMITED THREAD_SET_LIMITED_INFORMATION
#define FULL    THREAD_SET_INFORMATION

static const struct setting settings[] = {
    { ThreadPriority, sizeof(KPRIORITY), FULL, set_priority },
    { ThreadBasePriority, sizeof(LONG), LIMITED, set_base_priority },
    { ThreadAffinityMask, sizeof(KAFFINITY), LIMITED, set_affinity },
    { ThreadImpersonationToken, sizeof(HANDLE), THREAD_SET_THREAD_TOKEN, set_token },
    { ThreadQuerySetWin32StartAddress, sizeof(PVOID), FULL, set_start },
    { ThreadZeroTlsCell, sizeof(ULONG), FULL, zero_tls_cell },
    { ThreadIdealProcessor, sizeof(ULONG), FULL, set_ideal },
    { ThreadPriorityBoost, sizeof(ULONG), LIMITED, set_boost },
    { ThreadHideFromDebugger, 0, FULL, hide },
    { ThreadBreakOnTermination, sizeof(ULONG), FULL, set_break },
    { ThreadActualBasePriority, sizeof(LONG), FULL, set_priority },
    { ThreadGroupInformation, sizeof(GROUP_AFFINITY), FULL, set_group_affinity },
    { ThreadIdealProcessorEx, sizeof(PROCESSOR_NUMBER), FULL, set_ideal_ex },
    { ThreadNameInformation, sizeof(THREAD_NAME_INFORMATION), LIMITED, set_name },
    { ThreadDynamicCodePolicyInfo, sizeof(ULONG), FULL, set_code_policy },
    { ThreadPowerThrottlingState, sizeof(POWER_THROTTLING_THREAD_STATE), FULL, set_throttling },
};

static const struct setting *find_setting(THREADINFOCLASS kind)
{
    for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
        if ((ULONG)kind == settings[i].class)
            return &settings[i];
    return NULL;
}

NTSTATUS NtSetInformationThread(HANDLE ThreadHandle, THREADINFOCLASS ThreadInformationClass,
                                void USER *ThreadInformation, ULONG ThreadInformationLength)
{
    const struct setting *setting = find_setting(ThreadInformationClass);
    if (setting == NULL && (ULONG)ThreadInformationClass > ThreadWorkloadClass)
        return STATUS_INVALID_INFO_CLASS;
    if (setting == NULL)
        return service_lacks("NtSetInformationThread", "information class",
                             (ULONG)ThreadInformationClass);
    if (ThreadInformationLength != setting->size)
        return STATUS_INFO_LENGTH_MISMATCH;
    union information information = { 0 };
    status_t status = copy_from_user(&information, ThreadInformation, setting->size);
    if (status != STATUS_SUCCESS)
        return status;
    struct thread *thread;
    status = nt_thread_of_handle(ThreadHandle, setting->access, &thread);
    if (status != STATUS_SUCCESS)
        return status;
    status = nt_thread_of(thread) != NULL ? setting->set(thread, &information)
                                          : STATUS_THREAD_IS_TERMINATING; // it never ran
    object_put(&thread->object);
    return status;
}
