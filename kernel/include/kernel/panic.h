// SPDX-License-Identifier: MIT
// panic and assert: for bugs of the kernel only, never for what a program can cause.

#pragma once

#include <kernel/compiler.h>

struct trap_frame;

/*
 * Stops the machine: prints the reason, registers, a backtrace with names and lines, what was
 * running, the locks held and the last log lines, ending with the line PANIC_FINAL_LINE; then ends
 * the VM with the panic code. "subsystem: what, values" is the form of the text.
 *
 * Context  any; needs neither heap nor locks, and about 2 KiB of stack
 */
NORETURN void panic(const char *format, ...) PRINTF_LIKE(1, 2);

// The same for a trap: registers and backtrace are those of the interrupted code.
NORETURN void panic_trap(const struct trap_frame *frame, const char *format, ...) PRINTF_LIKE(2, 3);

#define PANIC_FINAL_LINE "---- pekoe stopped: kernel panic ----"

#define assert(x) ((x) ? (void)0 : panic("assert: %s, %s:%d", #x, __FILE__, __LINE__))
