// SPDX-License-Identifier: MIT
// Between kernel and user mode: entering it, and reading and writing its memory.

#pragma once

#include <arch/trap_frame.h>

// Looks after thread->work, loads every register from thread_user_frame() and goes to user mode.
// Its selectors and flags are the caller's to have made safe. Context: thread; takes no lock with
// it.
NORETURN void arch_enter_user(void);

// Raw access for user_copy.c alone: the range has been checked to lie below USER_END. Returns
// whether all was copied; if not, current_thread()->copy_fault_status says why.
bool arch_copy_user(void *to, const void *from, size_t size);

// The same for eight bytes, which is what most arguments are.
bool arch_copy_user64(void *to, const void *from);
