// SPDX-License-Identifier: MIT
// Times in NT's form, and the tick that a process asks for (NtSetTimerResolution).

#pragma once

#include <kernel/list.h>
#include <kernel/types.h>
#include <nt/types.h>

struct nt_process;

struct nt_tick_request {
    struct list link;
    ULONG interval_100ns; // 0: none
};

// NT's absolute time of a moment of clock_now(), and how long cycles of the time-stamp counter
// take.
LARGE_INTEGER nt_time_of(nanoseconds_t moment);
LARGE_INTEGER nt_time_of_cycles(uint64_t cycles);

// Takes back what the process has asked for.
void nt_tick_process_ended(struct nt_process *process);
