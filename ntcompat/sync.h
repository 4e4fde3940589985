// SPDX-License-Identifier: MIT
// What the services about synchronisation have in common: when and how a wait ends.

#pragma once

#include <kernel/dispatcher.h>
#include <kernel/status.h>
#include <kernel/timer.h>
#include <kernel/types.h>
#include <nt/types.h>

// When a wait for this time, read already, ends.
nanoseconds_t nt_deadline_of(LONGLONG time);
status_t nt_read_deadline(const LARGE_INTEGER USER *Timeout, nanoseconds_t *out) MUST_CHECK;

/*
 * When a wait with this Timeout ends, as clock_now() counts: NULL never, 0 at once, below 0 after
 * so many 100 ns, above 0 at that time of 100 ns since 1601.
 * Fails    STATUS_ACCESS_VIOLATION
 */
static ALWAYS_INLINE status_t nt_deadline(const LARGE_INTEGER USER *Timeout, nanoseconds_t *out)
{
    *out = NO_DEADLINE;
    return Timeout != NULL ? nt_read_deadline(Timeout, out) : STATUS_SUCCESS;
}

// The flags of a program's wait.
static inline unsigned nt_wait_flags(BOOLEAN alertable)
{
    return alertable ? WAIT_FOR_PROGRAM | WAIT_ALERTABLE : WAIT_FOR_PROGRAM;
}
