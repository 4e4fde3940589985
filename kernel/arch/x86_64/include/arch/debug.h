// SPDX-License-Identifier: MIT
/*
 * Hardware breakpoints of programs. Every thread has debug registers of its own; the processor's
 * are touched only when a thread that uses them comes or goes.
 */

#pragma once

#include <kernel/types.h>

struct debug_registers {
    uint64_t address[4]; // DR0 to DR3
    uint64_t status;     // DR6, as the last debug exception left it
    uint64_t control;    // DR7; 0: none is armed
};

/*
 * Gives the running thread these registers. What could hurt the kernel is dropped: addresses beyond
 * the user's, breakpoints on I/O, and the bits that guard the registers or outlive the thread.
 */
void debug_registers_set(const struct debug_registers *registers);

// Takes what the last debug exception left in DR6 and forgets it there.
uint64_t debug_registers_take_status(void);

void debug_registers_load(const struct debug_registers *registers);

// The thread that has `from` goes, the one that has `to` comes. Interrupts are off.
static ALWAYS_INLINE void debug_registers_switch(const struct debug_registers *from,
                                                 const struct debug_registers *to)
{
    if (unlikely((from->control | to->control) != 0))
        debug_registers_load(to);
}
