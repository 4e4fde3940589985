// SPDX-License-Identifier: MIT
// Bytes and strings, as the C library has them; compilers call the first four on their own.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *text);
int strcmp(const char *a, const char *b);

// Reads a whole string as a number, decimal or 0x hexadecimal, at most highest.
bool parse_number(const char *text, uint64_t highest, uint64_t *number);
