// SPDX-License-Identifier: MIT
// The first word of a Windows command line: which program it names.

#pragma once

#include <kernel/compiler.h>

/*
 * Copies the base name of the program that line names, without folders and quotes.
 * Returns false if there is none, or it does not fit into room bytes.
 */
bool command_line_program(const char *line, char *name, size_t room) MUST_CHECK;
