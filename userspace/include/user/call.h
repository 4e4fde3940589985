// SPDX-License-Identifier: MIT
// Calling services in ways that no ordinary stub does: by number, by either entry, with registers,
// flags or stacks that a hostile program would choose.

#pragma once

#include <nt/types.h>

#define CALL_WORDS 12

// Call the service number with CALL_WORDS 64-bit arguments. They return all of RAX.
ULONGLONG call_syscall(ULONG number, const ULONGLONG words[CALL_WORDS]);
ULONGLONG call_int2e(ULONG number, const ULONGLONG words[CALL_WORDS]);

typedef ULONGLONG (*call_entry)(ULONG number, const ULONGLONG words[CALL_WORDS]);

/*
 * Calls a service through entry with patterns in every register that a service must preserve.
 * Returns 0, or a bit for each one that came back different: bits 0..7 RBX RBP RSI RDI R12..R15,
 * bits 8..17 XMM6..XMM15.
 */
ULONGLONG call_lost_registers(call_entry entry, ULONG number, const ULONGLONG words[CALL_WORDS]);

// Executes SYSCALL with these bits of RFLAGS set; returns RAX. No arguments.
ULONGLONG call_with_flags(ULONG number, ULONGLONG flags);

// Executes SYSCALL with RSP = stack; the first four arguments are words[0..3]. Returns RAX.
ULONGLONG call_with_stack(ULONG number, const ULONGLONG words[4], ULONGLONG stack);
