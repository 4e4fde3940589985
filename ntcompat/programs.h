// SPDX-License-Identifier: MIT
// Programs by name. Until there are files, all of them are those that came with the kernel.

#pragma once

#include <nt/types.h>

#include "image.h"

/*
 * Opens the program of that base name, or with .exe behind it, as Windows completes it.
 * name     UTF-8, without folders
 * Fails    STATUS_OBJECT_NAME_NOT_FOUND: none. As image_open and image_check_program. *reason says
 *          why
 */
status_t program_open(const char *name, struct image **out, struct reason *reason) MUST_CHECK;

// The same for an NT path, as "\??\C:\folder\name.exe", of count units: its folders do not matter.
// Fails also: STATUS_OBJECT_PATH_SYNTAX_BAD: no such path. STATUS_OBJECT_NAME_INVALID: it ends in
// '\'
status_t program_open_path(const WCHAR *path, size_t count, struct image **out,
                           struct reason *reason) MUST_CHECK;
