// SPDX-License-Identifier: MIT
// The local APIC's registers, for the timer (Intel SDM vol. 3A, table 10-1).

#pragma once

#include <kernel/types.h>

enum local_apic_register {
    LOCAL_APIC_ID = 0x20,
    LOCAL_APIC_EOI = 0xB0,
    LOCAL_APIC_SPURIOUS = 0xF0,
    LOCAL_APIC_COMMAND = 0x300,
    LOCAL_APIC_LVT_TIMER = 0x320,
    LOCAL_APIC_LVT_LINT0 = 0x350,
    LOCAL_APIC_LVT_LINT1 = 0x360,
    LOCAL_APIC_TIMER_INITIAL = 0x380,
    LOCAL_APIC_TIMER_CURRENT = 0x390,
    LOCAL_APIC_TIMER_DIVIDE = 0x3E0,
};

uint32_t local_apic_read(enum local_apic_register reg);
void local_apic_write(enum local_apic_register reg, uint32_t value);

// Finds out how fast counter and timer run; the clock works from here on.
void timer_calibrate(void);

// Starts measuring as early as possible, so that calibrating costs no waiting (boot, first thing).
void timer_begin_calibration(void);
