// SPDX-License-Identifier: MIT
// Names. Only every 32nd word and no file name is indexed: to spell one is to read those before it.
// Files that are named often come first, so the way is short.

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
    // A word of 0 may come from no code: a repetition of nothing, in a damaged table.
    if (word >= symbols->words.size)
        return false;
    const uint8_t *group =
        symbols->word_groups + (size_t)(word / TABLE_WORDS_PER_GROUP) * TABLE_GROUP_SIZE;
    struct bit_reader reader = { .data = symbols->stream,
                                 .position = load_u32(group),
                                 .end = symbols->files_bit };
    if (reader.position > reader.end)
        return false;
    uint32_t before = word % TABLE_WORDS_PER_GROUP;
    while (before > 0 && !reader.failed) {
        if (read_number(&reader, &symbols->letters) == 0)
            before--;
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
