// SPDX-License-Identifier: MIT
// The tick that a process asks for (NtSetTimerResolution).

#pragma once

#include <kernel/list.h>
#include <nt/types.h>

struct nt_process;

struct nt_tick_request {
    struct list link;
    ULONG interval_100ns; // 0: none
};

// Takes back what the process has asked for.
void nt_tick_process_ended(struct nt_process *process);
