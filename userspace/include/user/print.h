// SPDX-License-Identifier: MIT
// Output of a program: text to its standard streams, as bytes, without any translation.

#pragma once

#include <nt/types.h>

#define PRINT_FORMAT __attribute__((format(gnu_printf, 1, 2)))

HANDLE standard_input(void);
HANDLE standard_output(void);
HANDLE standard_error(void);

// Writes all bytes, however many calls that takes; the first failure is returned.
NTSTATUS write_all(HANDLE file, const void *bytes, size_t size);

// Print formatted text (format.h has the formats) in as few writes as its length allows. Failures
// are ignored: there is nowhere to report them.
void print(const char *format, ...) PRINT_FORMAT;
void print_error(const char *format, ...) PRINT_FORMAT;

// The name of a status if nt/status.h has it, else its hexadecimal value. The text is valid until
// the fourth call after this one.
const char *status_text(NTSTATUS status);
