// SPDX-License-Identifier: MIT
// What process start needs of files: the standard streams.

#pragma once

#include <kernel/process.h>
#include <nt/types.h>

// Access rights of files. Source: learn.microsoft.com, "File Access Rights Constants"
#define FILE_READ_DATA       0x0001u
#define FILE_WRITE_DATA      0x0002u
#define FILE_EXECUTE         0x0020u
#define FILE_GENERIC_READ    0x120089u
#define FILE_GENERIC_WRITE   0x120116u
#define FILE_READ_ATTRIBUTES 0x0080u

/*
 * Opens the character device `name` for a process and makes a handle for it.
 * Fails    STATUS_NO_MEMORY, STATUS_INSUFFICIENT_RESOURCES
 */
status_t file_open_standard(struct process *process, const char *name, ACCESS_MASK access,
                            handle_t *out) MUST_CHECK;
