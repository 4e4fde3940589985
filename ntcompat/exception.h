// SPDX-License-Identifier: MIT
// personality->exception, see kernel/personality.h; and the report that a crash leaves.

#pragma once

#include <kernel/personality.h>

void exception_handle(struct trap_frame *frame, const struct user_exception *exception);

/*
 * Writes the crash report of the running thread to the log. Every line is bounded, and what is read
 * of the program's memory may be anything.
 */
void crash_report(const struct trap_frame *frame, const struct user_exception *exception);
