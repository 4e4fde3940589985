// SPDX-License-Identifier: MIT
/*
 * Statuses by name, for programs: the kernel's own list, kernel/status.def. Nothing in ntcompat
 * includes this file; userspace/test compares the values with MinGW's ntstatus.h.
 */

#pragma once

#include <nt/types.h>

enum {
#define STATUS(name, value, words) name = (NTSTATUS)(value),
#include <kernel/status.def>
#undef STATUS
    STATUS_WAIT_0 = STATUS_SUCCESS,
};
