// SPDX-License-Identifier: MIT
// Bytes and strings, as in C's <string.h>, plus formatting. No locale, no allocation.

#pragma once

#include <stdarg.h>

#include <kernel/compiler.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *text);
size_t strnlen(const char *text, size_t limit);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t limit);
char *strchr(const char *text, int c);

// Copies text and its end into room bytes, cut if need be. Returns whether it fitted.
bool copy_string(char *to, size_t room, const char *text);

/*
 * Formats into a buffer of room bytes, always ended by NUL when room > 0. Returns the length that
 * the whole text has. Understands % flags (- 0 # + space), width and precision (also *), hh h l ll
 * z t j, and d i u x X o c s p %.
 */
int format_string(char *to, size_t room, const char *format, ...) PRINTF_LIKE(3, 4);
int format_string_v(char *to, size_t room, const char *format, va_list arguments) PRINTF_LIKE(3, 0);

// Reads an unsigned number in C's notation (decimal, 0x...) that must be all of text.
bool parse_number(const char *text, uint64_t *out);
