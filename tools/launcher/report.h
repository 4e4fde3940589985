// SPDX-License-Identifier: MIT
// What pekoe itself says, and the exit codes that are its own.

#pragma once

#include <stddef.h>

/*
 * A program's exit code is passed on when it is 0 to 255, so a program may return these, too; a
 * message on stderr tells the cases apart.
 */
enum exit_code {
    EXIT_TIMED_OUT = 124,
    EXIT_PEKOE_FAILED = 125,
    EXIT_NOT_RUNNABLE = 126,
    EXIT_NOT_FOUND = 127,
    EXIT_CODE_TOO_WIDE = 255,
};

// Writes "pekoe: ...", one line, to standard error with a single write.
__attribute__((format(printf, 1, 2))) void report(const char *format, ...);

/*
 * Writes text from inside the machine to standard error, line by line. Control characters are
 * replaced: a strange program must not drive the user's terminal through our messages.
 */
void report_text(const char *text, size_t length);
