// SPDX-License-Identifier: MIT
/*
 * NtQuerySystemInformation: lists with an entry for each processor.
 *
 * SystemInterruptInformation is where the random numbers of programs come from: Windows' own
 * generators mix what it says, and the DLLs of Wine 8 take nothing else (seen in
 * traces). So its bytes are as random as the processor can make them, and no counters.
 *
 * Source: learn.microsoft.com, GetSystemTimes, QueryIdleProcessorCycleTime
 */

#include "system_information.h"

#include <arch/cpu.h>
#include <kernel/thread.h>

#include "processor.h"
#include "time.h"

// The time that interrupts take is charged to what they interrupt.
void system_list_processor_times(struct system_answer *answer)
{
    // Whoever has room for a part of the processors gets these.
    unsigned count = cpu_count(),
             fit = answer->room / sizeof(SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION);
    if (fit > 0)
        count = MIN(count, fit);
    for (unsigned i = 0; i < count; i++) {
        struct cpu_times times;
        sched_cpu_times(i, &times);
        SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION entry = { 0 };
        entry.IdleTime = nt_time_of_cycles(times.idle_cycles);
        entry.KernelTime = nt_time_of_cycles(times.idle_cycles + times.kernel_cycles);
        entry.UserTime = nt_time_of_cycles(times.user_cycles);
        system_answer_append(answer, &entry, sizeof(entry));
    }
}

void system_list_idle_cycles(struct system_answer *answer)
{
    for (unsigned i = 0; i < cpu_count(); i++) {
        struct cpu_times times;
        sched_cpu_times(i, &times);
        system_answer_append(answer, &times.idle_cycles, sizeof(times.idle_cycles));
    }
}

void system_list_busy_cycles(struct system_answer *answer)
{
    for (unsigned i = 0; i < cpu_count(); i++) {
        struct cpu_times times;
        sched_cpu_times(i, &times);
        ULONGLONG cycles = times.kernel_cycles + times.user_cycles;
        system_answer_append(answer, &cycles, sizeof(cycles));
    }
}

void system_list_random_bytes(struct system_answer *answer)
{
    for (unsigned i = 0; i < cpu_count(); i++) {
        uint64_t entry[sizeof(SYSTEM_INTERRUPT_INFORMATION) / sizeof(uint64_t)];
        for (size_t j = 0; j < ARRAY_SIZE(entry); j++)
            entry[j] = processor_random();
        system_answer_append(answer, entry, sizeof(entry));
    }
}
