// SPDX-License-Identifier: MIT
// The local APIC: its registers (Intel SDM vol. 3A, table 10-1) and messages between processors
// (10.6.1).

#pragma once

#include <arch/cpu.h>

enum local_apic_register {
    LOCAL_APIC_ID = 0x20,
    LOCAL_APIC_EOI = 0xB0,
    LOCAL_APIC_SPURIOUS = 0xF0,
    LOCAL_APIC_COMMAND = 0x300,
    LOCAL_APIC_COMMAND_HIGH = 0x310,
    LOCAL_APIC_LVT_TIMER = 0x320,
    LOCAL_APIC_LVT_LINT0 = 0x350,
    LOCAL_APIC_LVT_LINT1 = 0x360,
    LOCAL_APIC_TIMER_INITIAL = 0x380,
    LOCAL_APIC_TIMER_CURRENT = 0x390,
    LOCAL_APIC_TIMER_DIVIDE = 0x3E0,
};

uint32_t local_apic_read(enum local_apic_register reg);
void local_apic_write(enum local_apic_register reg, uint32_t value);

// What local_apic_send sends; a plain vector interrupts.
enum local_apic_message {
    MESSAGE_NMI = 0x400,
    MESSAGE_INIT = 0x4500,
    MESSAGE_START = 0x4600, // plus the number of the page to begin at, below 1 MiB
    MESSAGE_TO_SELF = 0x40000,
    MESSAGE_TO_OTHERS = 0xC0000,
};

// Sends a message to a processor; apic_id does not matter with MESSAGE_TO_SELF and _OTHERS.
// Interrupts are off, or it does not matter who else sends.
void local_apic_send(uint32_t apic_id, uint32_t message);

// Turns this processor's local APIC on and finds its id. The boot processor takes the PC's NMIs.
void local_apic_enable(struct cpu *cpu);

// Has this processor's timer count as timer_calibrate found it to.
void timer_enable(void);

// Finds out how fast counter and timer run; the clock works from here on.
void timer_calibrate(void);

// Starts measuring as early as possible, so that calibrating costs no waiting (boot, first thing).
void timer_begin_calibration(void);
