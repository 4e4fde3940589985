// SPDX-License-Identifier: MIT
/*
 * UTF-8 of the boot command line and the log, UTF-16 of NT. Anything is allowed as input: what is
 * not valid becomes U+FFFD and is counted, because a program must not fail to start over a byte.
 */

#pragma once

#include <kernel/compiler.h>

struct utf_result {
    size_t length;        // units that the whole text has, whether they fitted or not
    size_t invalid_count; // how many times U+FFFD stands for something invalid
};

// Writes at most room units; to may be NULL if room is 0. Nothing is terminated.
struct utf_result utf16_from_utf8(const char *text, size_t length, uint16_t *to, size_t room);

// The same the other way; a character that does not fit whole is left out, and so is all after it.
struct utf_result utf8_from_utf16(const uint16_t *text, size_t length, char *to, size_t room);

// Replaces what is not printable ASCII by '?': for names out of an image, on their way to the log.
void make_printable(char *text);
