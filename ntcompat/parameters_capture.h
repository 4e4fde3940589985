// SPDX-License-Identifier: MIT
// Process parameters on their way from a program to its child.

#pragma once

#include <kernel/types.h>
#include <nt/process.h>

struct captured_parameters {
    RTL_USER_PROCESS_PARAMETERS *block; // as parameters_build leaves it; heap_free
    size_t size;
};

/*
 * Copies parameters with everything that they point to.
 * image_path  UTF-16, units of it: what the child sees as ImagePathName
 * Fails    STATUS_ACCESS_VIOLATION; STATUS_INVALID_PARAMETER: strings of odd length, an environment
 *          without end; STATUS_NO_MEMORY
 */
status_t parameters_capture(const void USER *from, const WCHAR *image_path, size_t units,
                            struct captured_parameters *out) MUST_CHECK;
