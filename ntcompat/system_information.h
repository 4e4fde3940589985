// SPDX-License-Identifier: MIT
/*
 * How the parts of NtQuerySystemInformation(Ex) give their answers. An answer of variable length is
 * appended piece by piece and goes straight to the program; what has no room left is only counted,
 * so that the caller learns how much it needs.
 */

#pragma once

#include <kernel/types.h>
#include <nt/processor_information.h>
#include <nt/system_information.h>

struct system_answer {
    vaddr_t address; // of the program's buffer
    ULONG room;      // bytes that it has
    ULONG length;    // bytes of the answer so far, whether there was room or not
    status_t status; // the first failure; nothing is written after it
};

// Appends size bytes if all of them have room.
void system_answer_append(struct system_answer *answer, const void *data, ULONG size);

// Leaves size bytes free; system_answer_fill writes to such a place. Returns where, as an offset.
ULONG system_answer_skip(struct system_answer *answer, ULONG size);
void system_answer_fill(struct system_answer *answer, ULONG at, const void *data, ULONG size);

// ---- the classes, by file ----------------------------------------------------------------------

// system_machine.c; each fills in one structure, which is all 0.
void system_describe_basics(void *out);
void system_describe_processor(void *out);
void system_describe_performance(void *out);
void system_describe_time_of_day(void *out);
void system_describe_time_adjustment(void *out);
void system_describe_time_zone(void *out); // RTL_DYNAMIC_TIME_ZONE_INFORMATION, or the part before
void system_describe_range_start(void *out);
void system_describe_debugger(void *out);
void system_describe_code_integrity(void *out);
void system_describe_brand(void *out); // SYSTEM_BRAND_LENGTH bytes of text with a NUL
#define SYSTEM_BRAND_LENGTH 49u

// system_processors.c; one entry for each processor.
void system_list_processor_times(struct system_answer *answer);
void system_list_idle_cycles(struct system_answer *answer);
void system_list_busy_cycles(struct system_answer *answer);
void system_list_random_bytes(struct system_answer *answer);

// system_topology.c
void system_list_topology(struct system_answer *answer);
void system_list_topology_of(struct system_answer *answer, LOGICAL_PROCESSOR_RELATIONSHIP kind);
void system_list_cpu_sets(struct system_answer *answer);

// system_processes.c and system_handles.c
void system_list_processes(struct system_answer *answer);
void system_list_handles(struct system_answer *answer);
void system_list_handles_extended(struct system_answer *answer);
