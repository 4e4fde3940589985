// SPDX-License-Identifier: MIT
// Names: a name is a few words, and a word is spelled only when its name is wanted.

#pragma once

#include "bits.h"
#include "table_format.h"

// The words of the name read last, and, past its end, of names before it: repeat_word needs them.
struct name {
    uint16_t words[TABLE_NAME_WORDS_MAX];
    uint32_t word_count;
};

// Reads the next name's words. False: the stream is damaged.
bool read_name(const struct symbols *symbols, struct bit_reader *reader, struct name *name);

// Writes the name as text, cut to size - 1 characters. False: the stream is damaged.
bool spell_name(const struct symbols *symbols, const struct name *name, char *text, size_t size);

// Writes the name of the file of that rank.
bool spell_file(const struct symbols *symbols, uint32_t rank, char *text, size_t size);
