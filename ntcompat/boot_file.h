// SPDX-License-Identifier: MIT
// Boot files behind handles: what NtOpenFile opens until there are volumes.

#pragma once

#include <kernel/boot.h>
#include <kernel/object.h>
#include <nt/types.h>

/*
 * Finds the boot file that a handle is for. *object: a reference to the file object.
 * access   rights that the handle must have
 * Fails    as nt_find_object; STATUS_INVALID_FILE_FOR_SECTION: a file, but only a stream
 */
status_t boot_file_of_handle(HANDLE handle, ACCESS_MASK access, struct object **object,
                             const struct boot_file **out) MUST_CHECK;
