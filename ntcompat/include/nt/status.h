// SPDX-License-Identifier: MIT
/*
 * Statuses by name, for programs. The kernel has a list of its own, <kernel/status.h>, so nothing
 * in ntcompat includes this one; userspace/test compares it with MinGW's ntstatus.h.
 */

#pragma once

#include <nt/status_list.h>
#include <nt/types.h>

enum {
#define NT_STATUS_CONSTANT(name, value) name = (NTSTATUS)value,
    NT_STATUS_LIST(NT_STATUS_CONSTANT)
#undef NT_STATUS_CONSTANT
};
