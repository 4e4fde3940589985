// SPDX-License-Identifier: MIT
// Opening a table: finds its parts and checks that each lies inside it. What the stream says is
// checked as it is read (symbols/bits.c); here only what points into the table.

#include <symbols/symbols.h>

#include "bits.h"
#include "table_format.h"

// What is left of the table while its parts are taken off one by one.
struct rest {
    const uint8_t *data;
    uint32_t size;
};

static const uint8_t *take(struct rest *rest, uint32_t size)
{
    if (size > rest->size)
        return NULL;
    const uint8_t *part = rest->data;
    rest->data += size;
    rest->size -= size;
    return part;
}

static bool take_alphabet(struct rest *rest, struct symbols_alphabet *alphabet, bool has_values)
{
    alphabet->length_counts = take(rest, 2 * TABLE_CODE_BITS_MAX);
    if (alphabet->length_counts == NULL)
        return false;
    alphabet->size = 0;
    for (uint32_t i = 0; i < TABLE_CODE_BITS_MAX; i++)
        alphabet->size += load_u16(alphabet->length_counts + 2 * i);
    // A rank of a word is kept in 16 bits.
    if (alphabet->size > UINT16_MAX)
        return false;
    alphabet->values = has_values ? take(rest, 2 * alphabet->size) : NULL;
    return !has_values || alphabet->values != NULL;
}

static bool has_magic(const uint8_t *table)
{
    static const char magic[] = TABLE_MAGIC;
    for (size_t i = 0; i < sizeof magic - 1; i++) {
        if (table[i] != (uint8_t)magic[i])
            return false;
    }
    return true;
}

bool symbols_open(struct symbols *symbols, const void *table, size_t size)
{
    const uint8_t *bytes = table;
    if (size < TABLE_HEADER_SIZE || !has_magic(bytes))
        return false;
    uint32_t table_size = load_u32(bytes + TABLE_AT_SIZE);
    // Positions in the stream count bits in 32 bits.
    if (table_size < TABLE_HEADER_SIZE || table_size > size || table_size > UINT32_MAX / 8)
        return false;

    struct symbols opened = {
        .base = load_u64(bytes + TABLE_AT_BASE),
        .function_count = load_u32(bytes + TABLE_AT_FUNCTION_COUNT),
        .files_bit = load_u32(bytes + TABLE_AT_FILES_BIT),
        .end_word = load_u32(bytes + TABLE_AT_END_WORD),
        .repeat_word = load_u32(bytes + TABLE_AT_REPEAT_WORD),
    };
    struct rest rest = { bytes + TABLE_HEADER_SIZE, table_size - TABLE_HEADER_SIZE };
    if (!take_alphabet(&rest, &opened.letters, true) ||
        !take_alphabet(&rest, &opened.words, false) ||
        !take_alphabet(&rest, &opened.files, false) || !take_alphabet(&rest, &opened.rows, true) ||
        !take_alphabet(&rest, &opened.lengths, true))
        return false;

    uint32_t group_count = (opened.words.size + TABLE_WORDS_PER_GROUP - 1) / TABLE_WORDS_PER_GROUP;
    opened.word_groups = take(&rest, group_count * TABLE_GROUP_SIZE);
    if (opened.word_groups == NULL)
        return false;
    opened.block_count = opened.function_count / TABLE_FUNCTIONS_PER_BLOCK +
                         (opened.function_count % TABLE_FUNCTIONS_PER_BLOCK != 0);
    if (opened.block_count > rest.size / TABLE_BLOCK_SIZE)
        return false;
    opened.blocks = take(&rest, opened.block_count * TABLE_BLOCK_SIZE);
    opened.stream = rest.data;
    opened.stream_bits = 8 * rest.size;
    if (opened.files_bit > opened.stream_bits)
        return false;
    *symbols = opened;
    return true;
}
