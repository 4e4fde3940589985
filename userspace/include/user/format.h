// SPDX-License-Identifier: MIT
// Formatting text, and nothing else: no system call, no state. Also built for the host's tests.

#pragma once

#include <stdarg.h>
#include <stddef.h>

/*
 * Hands the formatted text to put, piece by piece.
 *
 * Formats  %s %c %d %i %u %x %X %p %%, with flags - and 0, a width, and the sizes l (as the
 *          compiler has it), ll and z. %p is 0x and 16 digits. Anything else appears as it stands.
 */
typedef void (*format_put)(void *context, const char *text, size_t length);

void format_text(format_put put, void *context, const char *format, va_list arguments);
