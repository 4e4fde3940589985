// SPDX-License-Identifier: MIT
// What the services about synchronisation have in common: times, previous states, information.

#pragma once

#include <kernel/types.h>
#include <nt/types.h>

/*
 * When a wait with this Timeout ends, as clock_now() counts: NULL never, 0 at once, below 0 after so
 * many 100 ns, above 0 at that time of 100 ns since 1601.
 * Fails    STATUS_ACCESS_VIOLATION
 */
status_t nt_deadline(const LARGE_INTEGER USER *Timeout, nanoseconds_t *out) MUST_CHECK;
nanoseconds_t nt_deadline_of(LONGLONG time);

/*
 * Results that services write after they have acted: NT looks first whether it could write, and does
 * nothing if not. NULL is allowed and does nothing.
 * Fails    STATUS_ACCESS_VIOLATION
 */
status_t nt_probe_long(LONG USER *result) MUST_CHECK;
status_t nt_probe_boolean(BOOLEAN USER *result) MUST_CHECK;
status_t nt_publish_long(LONG USER *result, LONG value) MUST_CHECK;
status_t nt_publish_boolean(BOOLEAN USER *result, BOOLEAN value) MUST_CHECK;

// Writes an information structure of `size` bytes, and its size to *ReturnLength, which may be NULL.
// The caller has compared the sizes. STATUS_ACCESS_VIOLATION.
status_t nt_publish_information(void USER *to, const void *information, ULONG size,
                                ULONG USER *ReturnLength) MUST_CHECK;
