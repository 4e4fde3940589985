// SPDX-License-Identifier: MIT
// Splitting a Windows command line into arguments. Pure, also built for the host's tests.

#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Splits units UTF-16 code units by the rules of Microsoft's C runtime into UTF-8 strings.
 *
 * text   room for COMMAND_LINE_TEXT_BYTES(units); receives the strings, one after the other
 * argv   room for COMMAND_LINE_POINTERS(units); receives pointers into text, then NULL
 * Returns how many arguments there are; at least 1, the program's name, which may be empty.
 * Source learn.microsoft.com, "Parsing C command-line arguments"
 */
int command_line_split(const uint16_t *line, size_t units, char *text, char **argv);

// A unit becomes at most three bytes; each argument adds a NUL but ends at a blank or at the end.
#define COMMAND_LINE_TEXT_BYTES(units) (3 * (size_t)(units) + 2)
// Every second unit may be an argument; then the end, the name, and the NULL.
#define COMMAND_LINE_POINTERS(units) ((size_t)(units) / 2 + 3)
