// SPDX-License-Identifier: MIT
/*
 * NtQuerySystemInformation: all processes and their threads. Processes come and go meanwhile: each
 * entry is true for a moment, but not the same one for all.
 *
 * An entry is a structure, the structures of its threads, and its name; the first tells how many
 * threads there were and where the next entry begins, so it is written last.
 *
 * Source: learn.microsoft.com, NtQuerySystemInformation
 */

#include "system_information.h"

#include <kernel/process.h>
#include <kernel/status.h>
#include <kernel/string.h>
#include <nt/process_information.h>

#include "arguments.h"
#include "nt_process.h"
#include "nt_thread.h"
#include "time.h"
#include "unicode.h"

#define ENTRY_ALIGNMENT 8u
#define NAME_UNITS      sizeof(((struct process *)0)->name)

static ULONG state_of(const struct thread *thread)
{
    static const uint8_t states[] = {
        [THREAD_NEW] = KthreadStateInitialized,  [THREAD_READY] = KthreadStateReady,
        [THREAD_RUNNING] = KthreadStateRunning,  [THREAD_WAITING] = KthreadStateWaiting,
        [THREAD_ENDED] = KthreadStateTerminated,
    };
    return states[thread->state];
}

static void append_thread(struct system_answer *answer, struct thread *thread)
{
    SYSTEM_THREAD_INFORMATION entry = { 0 };
    struct thread_times times;
    thread_times(thread, &times);
    entry.KernelTime = nt_time_of_cycles(times.kernel_cycles);
    entry.UserTime = nt_time_of_cycles(times.user_cycles);
    entry.CreateTime = nt_time_of(thread->create_time);
    entry.ClientId = nt_client_id(thread);
    entry.Priority = thread->priority;
    entry.BasePriority = thread->base_priority;
    entry.ContextSwitches = (ULONG)thread->context_switches;
    entry.ThreadState = state_of(thread);
    entry.WaitReason = thread->is_suspended ? KwaitReasonSuspended : KwaitReasonUserRequest;
    system_answer_append(answer, &entry, sizeof(entry));
}

// Returns how many there were.
static ULONG append_threads(struct system_answer *answer, struct process *process)
{
    ULONG count = 0;
    struct thread *thread = process_next_thread(process, NULL), *next;
    for (; thread != NULL; thread = next, count++) {
        append_thread(answer, thread);
        next = process_next_thread(process, thread);
        object_put(&thread->object);
    }
    return count;
}

// Appends the name with a NUL.
static void append_name(struct system_answer *answer, const struct process *process,
                        UNICODE_STRING *out)
{
    WCHAR units[NAME_UNITS + 1];
    size_t bytes_of_name = strnlen(process->name, NAME_UNITS);
    size_t count = utf16_from_utf8(process->name, bytes_of_name, units, NAME_UNITS).length;
    units[count] = 0; // there are no more units than there were bytes
    nt_set_string(out, count * sizeof(WCHAR), answer->address + answer->length);
    system_answer_append(answer, units, (ULONG)((count + 1) * sizeof(WCHAR)));
}

static void describe_memory(SYSTEM_PROCESS_INFORMATION *entry, struct process *process)
{
    VM_COUNTERS counters = { 0 };
    nt_describe_memory(process, &counters);
    entry->PeakVirtualSize = counters.PeakVirtualSize;
    entry->VirtualSize = counters.VirtualSize;
    entry->PageFaultCount = counters.PageFaultCount;
    entry->PeakWorkingSetSize = counters.PeakWorkingSetSize;
    entry->WorkingSetSize = counters.WorkingSetSize;
    entry->PagefileUsage = entry->PrivatePageCount = counters.PagefileUsage;
    entry->PeakPagefileUsage = counters.PeakPagefileUsage;
}

static void describe_process(SYSTEM_PROCESS_INFORMATION *entry, struct process *process)
{
    struct thread_times times;
    process_times(process, &times);
    entry->CycleTime = times.kernel_cycles + times.user_cycles;
    entry->CreateTime = nt_time_of(process->create_time);
    entry->UserTime = nt_time_of_cycles(times.user_cycles);
    entry->KernelTime = nt_time_of_cycles(times.kernel_cycles);
    entry->BasePriority = priority_of_class(nt_process_of(process)->priority_class);
    entry->UniqueProcessId = (HANDLE)(uint64_t)process->id;
    entry->InheritedFromUniqueProcessId = (HANDLE)(uint64_t)process->parent_id;
    entry->HandleCount = handle_count(&process->handles);
    entry->SessionId = NT_SESSION;
    describe_memory(entry, process);
}

// Appends a process; *head receives its first structure, for the caller to complete and to write.
static void append_process(struct system_answer *answer, struct process *process,
                           SYSTEM_PROCESS_INFORMATION *head)
{
    describe_process(head, process);
    head->NumberOfThreads = head->NumberOfThreadsHighWatermark = append_threads(answer, process);
    append_name(answer, process, &head->ImageName);
}

void system_list_processes(struct system_answer *answer)
{
    struct process *process = process_next(NULL), *next;
    while (process != NULL) {
        SYSTEM_PROCESS_INFORMATION head;
        memset(&head, 0, sizeof(head)); // its gaps, too
        ULONG at = system_answer_skip(answer, sizeof(head));
        append_process(answer, process, &head);
        next = process_next(process);
        object_put(&process->object);
        process = next;
        if (process != NULL) {
            system_answer_skip(answer, (ULONG)(-answer->length % ENTRY_ALIGNMENT));
            head.NextEntryOffset = answer->length - at;
        }
        system_answer_fill(answer, at, &head, sizeof(head));
    }
}
