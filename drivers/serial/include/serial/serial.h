// SPDX-License-Identifier: MIT
/*
 * The 16550 UART at the PC's first serial port. It is a log sink from the first lines of the kernel
 * on, and one half of the console. A machine without one has a serial line that is not present.
 */

#pragma once

#include <kernel/types.h>

bool serial_is_present(void);

// Sends bytes as they are, polling. Context: any, panics included.
void serial_write(const char *text, size_t length);

// Takes a byte that has arrived. Returns false after it paused the input: call again only for the
// next interrupt. Context: interrupt.
typedef bool (*serial_input_fn)(uint8_t byte);

/*
 * Turns input interrupts on. input is called for ever after.
 * Fails    STATUS_DEVICE_NOT_READY: there is no UART; or as interrupt_connect
 */
status_t serial_start_input(serial_input_fn input) MUST_CHECK;

// Paused input stays in the hardware (and, under QEMU, at its source). The caller keeps the two
// apart by a lock of its own. Context: any but NMI.
void serial_pause_input(void);
void serial_resume_input(void);
