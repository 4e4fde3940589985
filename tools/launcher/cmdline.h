// SPDX-License-Identifier: MIT
// The two command lines of a run: the Windows one, which the program sees, and the kernel's, which
// carries it.

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "options.h"

// NT keeps the length of a command line in bytes in 16 bits, with room for the final NUL.
#define CMDLINE_MAX_UNITS 32766

/*
 * Joins a program's name and its arguments into the one string that Windows programs are given, so
 * that the C runtime of the program (and CommandLineToArgvW) splits it into the same words again.
 * Bytes that are not ASCII pass unchanged.
 *
 * name     holds no quotation mark: the first word knows no way to escape one
 * Returns  a string for free(), or NULL: out of memory
 * Source   learn.microsoft.com, "Parsing C command-line arguments"
 */
char *cmdline_windows(const char *name, char *const *arguments, size_t argument_count);

/*
 * How many UTF-16 units the kernel will make of text. A byte that is no part of well-formed UTF-8
 * counts as one unit.
 */
size_t cmdline_utf16_units(const char *text);

/*
 * The kernel's command line: kernel options, " -- ", then windows to the end, byte for byte.
 *
 * Returns  a string for free(), or NULL: out of memory
 */
char *cmdline_kernel(const struct options *options, const char *windows);
