// SPDX-License-Identifier: MIT
// status_t: the kernel's one set of error values, which are NTSTATUS values. The list, with words
// for people, is status.def; nothing else in the kernel writes such a number.

#pragma once

#include <kernel/types.h>

enum {
#define STATUS(name, value, words) name = (status_t)(value),
#include <kernel/status.def>
#undef STATUS
};

// The first of several values that end a wait is success itself.
#define STATUS_WAIT_0 STATUS_SUCCESS

static inline bool status_is_success(status_t status)
{
    return status >= 0;
}

// The name of a status as Windows spells it, or NULL if the list has none.
const char *status_name(status_t status);

// The words that the list has for a status, or NULL.
const char *status_words(status_t status);
