// SPDX-License-Identifier: MIT
// Strings of a program on their way to the kernel's log.

#pragma once

#include <kernel/types.h>
#include <nt/types.h>

/*
 * Copies a program's string as UTF-8, terminated, control characters replaced by '?', cut to room.
 * Fails    STATUS_INVALID_PARAMETER: odd length; STATUS_ACCESS_VIOLATION
 */
status_t copy_user_text(const UNICODE_STRING *string, char *to, size_t room) MUST_CHECK;

/*
 * Whether the caller's process may put one more line of its own words into the log; counts it. What
 * keeps the log has no end of room, so that a process gets LOGGED_LINES_MAX of them.
 */
#define LOGGED_LINES_MAX 1000u
bool may_log_line(void);

/*
 * Writes a program's string to the log, a log line for each of its lines. Only so marked may it get
 * there: what pekoe reads in the log, the program must not be able to write. Lines beyond
 * LOGGED_LINES_MAX are dropped.
 * Fails    as copy_user_text; a part may then have been written
 */
status_t log_user_text(const UNICODE_STRING *string) MUST_CHECK;
