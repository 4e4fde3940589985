// SPDX-License-Identifier: MIT
/*
 * Exceptions of programs: the first chance is the program's, through KiUserExceptionDispatcher;
 * what it does not handle is reported and ends the process.
 */

#pragma once

#include <kernel/personality.h>
#include <nt/exception.h>

// personality->exception, see kernel/personality.h.
void exception_handle(struct trap_frame *frame, const struct user_exception *exception);

/*
 * Raises an exception with the registers in frame. first_chance: the program's handlers are asked
 * before it ends the process.
 */
void exception_raise(struct trap_frame *frame, const EXCEPTION_RECORD *record, bool first_chance);

// The same, first chance, where the program's stack could not take what the kernel puts there;
// status says why.
void exception_of_stack(struct trap_frame *frame, status_t status);

/*
 * Writes the crash report of the running thread to the log. Every line is bounded, and what is read
 * of the program's memory may be anything.
 */
void crash_report(const struct trap_frame *frame, const struct user_exception *exception);
