// SPDX-License-Identifier: MIT
// What the services about synchronisation have in common: times, previous states, information.

#pragma once

#include <kernel/dispatcher.h>
#include <kernel/status.h>
#include <kernel/timer.h>
#include <kernel/types.h>
#include <kernel/user_copy.h>
#include <nt/types.h>

// When a wait for this time, read already, ends.
nanoseconds_t nt_deadline_of(LONGLONG time);
status_t nt_read_deadline(const LARGE_INTEGER USER *Timeout, nanoseconds_t *out) MUST_CHECK;

/*
 * When a wait with this Timeout ends, as clock_now() counts: NULL never, 0 at once, below 0 after so
 * many 100 ns, above 0 at that time of 100 ns since 1601.
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

/*
 * Results that services write after they have acted: NT looks first whether it could write, and does
 * nothing if not. NULL is allowed and does nothing; nearly all callers pass it.
 * Fails    STATUS_ACCESS_VIOLATION
 */
status_t nt_probe_result(void USER *result, size_t size) MUST_CHECK;

static ALWAYS_INLINE status_t nt_probe_long(LONG USER *result)
{
    return result != NULL ? nt_probe_result(result, sizeof(*result)) : STATUS_SUCCESS;
}

static ALWAYS_INLINE status_t nt_probe_boolean(BOOLEAN USER *result)
{
    return result != NULL ? nt_probe_result(result, sizeof(*result)) : STATUS_SUCCESS;
}

static ALWAYS_INLINE status_t nt_publish_long(LONG USER *result, LONG value)
{
    return result != NULL ? put_user(result, &value) : STATUS_SUCCESS;
}

static ALWAYS_INLINE status_t nt_publish_boolean(BOOLEAN USER *result, BOOLEAN value)
{
    return result != NULL ? put_user(result, &value) : STATUS_SUCCESS;
}

// Writes an information structure of `size` bytes, and its size to *ReturnLength, which may be NULL.
// The caller has compared the sizes. STATUS_ACCESS_VIOLATION.
status_t nt_publish_information(void USER *to, const void *information, ULONG size,
                                ULONG USER *ReturnLength) MUST_CHECK;
