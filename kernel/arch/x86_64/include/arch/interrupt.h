// SPDX-License-Identifier: MIT
// Device interrupts, through the IO-APIC. Handlers run with interrupts off and may not sleep.

#pragma once

#include <kernel/types.h>

typedef void (*interrupt_handler_fn)(void *context);

/*
 * Routes a line (a global system interrupt number) to a handler and unmasks it.
 * Lines may be shared when all agree on the trigger mode; every handler of a line is then called.
 * Fails    STATUS_INSUFFICIENT_RESOURCES: no vector left. STATUS_INVALID_PARAMETER: no such line
 * Context  thread or boot, from level 40_OBJECTS on
 */
status_t interrupt_connect(unsigned line, bool is_level, interrupt_handler_fn handler,
                           void *context) MUST_CHECK;

// The line of an old ISA interrupt (0..15), as the MADT maps it.
unsigned interrupt_isa_line(unsigned isa_irq);

// Interrupts this processor at once and runs handler in that interrupt (tests, provoked panics).
// Fails: STATUS_INSUFFICIENT_RESOURCES.
status_t interrupt_raise_self(interrupt_handler_fn handler, void *context) MUST_CHECK;
