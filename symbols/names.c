// SPDX-License-Identifier: MIT
//
// Names. Words and file names have no index: to spell one is to read the texts before it. They are
// sorted by how often they are used, so the way is short, and a panic has the time.

#include "names.h"

bool read_name(const struct symbols *symbols, struct bit_reader *reader, struct name *name)
{
    for (uint32_t place = 0; !reader->failed; place++) {
        uint32_t word = read_rank(reader, &symbols->words);
        if (word == symbols->end_word) {
            name->word_count = place;
            return !reader->failed;
        }
        if (place == TABLE_NAME_WORDS_MAX)
            return false;
        if (word != symbols->repeat_word)
            name->words[place] = (uint16_t)word;
    }
    return false;
}

// Appends a word's text at text[*used]; text[size - 1] stays free for the 0.
static bool spell_word(const struct symbols *symbols, uint32_t word, char *text, size_t size,
                       size_t *used)
{
    struct bit_reader reader = { .data = symbols->stream, .end = symbols->files_bit };
    while (word > 0) {
        if (read_number(&reader, &symbols->letters) == 0)
            word--;
        if (reader.failed)
            return false;
    }
    uint32_t letter;
    while ((letter = read_number(&reader, &symbols->letters)) != 0) {
        if (*used < size - 1)
            text[(*used)++] = (char)letter;
    }
    return !reader.failed;
}

bool spell_name(const struct symbols *symbols, const struct name *name, char *text, size_t size)
{
    size_t used = 0;
    for (uint32_t place = 0; place < name->word_count; place++) {
        if (!spell_word(symbols, name->words[place], text, size, &used))
            return false;
    }
    text[used] = 0;
    return true;
}

bool spell_file(const struct symbols *symbols, uint32_t rank, char *text, size_t size)
{
    struct bit_reader reader = { .data = symbols->stream,
                                 .position = symbols->files_bit,
                                 .end = symbols->stream_bits };
    struct name name = { .word_count = 0 };
    for (uint32_t at = 0; at <= rank; at++) {
        if (!read_name(symbols, &reader, &name))
            return false;
    }
    return spell_name(symbols, &name, text, size);
}
