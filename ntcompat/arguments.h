// SPDX-License-Identifier: MIT
// Arguments that services of all subjects have: variables that are read and written, results that NT
// tries out before it acts, information structures and their lengths.

#pragma once

#include <kernel/compiler.h>
#include <kernel/status.h>
#include <kernel/user_copy.h>
#include <nt/types.h>

// Copies a variable out of the program that will be written to, and back at once, unchanged: so one
// that cannot be written is refused while nothing has changed.
#define capture_inout(to, from)                                                                    \
    ({                                                                                             \
        status_t captured = get_user((to), (from));                                                \
        captured == STATUS_SUCCESS ? put_user((from), (to)) : captured;                            \
    })

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

// Tells the program how long an answer is, or would be; to may be NULL. Returns status, or why the
// program could not be told.
status_t nt_publish_length(status_t status, ULONG length, ULONG USER *to) MUST_CHECK;

/*
 * Makes a string that a program gets: of `bytes`, with a NUL behind them in its buffer. For memory that
 * was cleared before: the gap in front of Buffer must not hold what the kernel's memory held.
 */
static inline void nt_set_string(UNICODE_STRING *string, size_t bytes, vaddr_t buffer)
{
    string->Length = (USHORT)bytes;
    string->MaximumLength = (USHORT)(bytes + sizeof(WCHAR));
    string->Buffer = (PWSTR)buffer;
}
