// SPDX-License-Identifier: MIT
// Reading the stream. Everything that touches its bytes goes through peek, and everything that
// moves on through skip; these two know the end.

#include "bits.h"

#include "table_format.h"

uint16_t load_u16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

uint32_t load_u32(const uint8_t *bytes)
{
    return load_u16(bytes) | (uint32_t)load_u16(bytes + 2) << 16;
}

uint64_t load_u64(const uint8_t *bytes)
{
    return load_u32(bytes) | (uint64_t)load_u32(bytes + 4) << 32;
}

// The next 16 bits, with zeros for what lies behind the end.
static uint32_t peek(const struct bit_reader *reader)
{
    uint32_t window = 0;
    for (uint32_t byte = reader->position / 8; byte < reader->position / 8 + 3; byte++)
        window = window << 8 | (byte < (reader->end + 7) / 8 ? reader->data[byte] : 0);
    return window >> (8 - reader->position % 8) & 0xFFFF;
}

static void skip(struct bit_reader *reader, uint32_t count)
{
    if (count > reader->end - reader->position) {
        reader->failed = true;
        count = reader->end - reader->position;
    }
    reader->position += count;
}

uint32_t read_bits(struct bit_reader *reader, uint32_t count)
{
    uint32_t value = 0;
    while (count > 0) {
        uint32_t part = count < 16 ? count : 16;
        value = value << part | peek(reader) >> (16 - part);
        skip(reader, part);
        count -= part;
    }
    return reader->failed ? 0 : value;
}

uint32_t read_plain(struct bit_reader *reader)
{
    return read_bits(reader, read_bits(reader, 5));
}

uint32_t read_rank(struct bit_reader *reader, const struct symbols_alphabet *alphabet)
{
    uint32_t window = peek(reader);
    uint32_t first = 0; // the first code of this length, and its rank
    uint32_t rank = 0;
    for (uint32_t length = 1; length <= TABLE_CODE_BITS_MAX; length++) {
        uint32_t code = window >> (16 - length);
        uint32_t count = load_u16(alphabet->length_counts + 2 * (length - 1));
        // Counts that no packer writes can bring `first` above `code`; the difference is huge then.
        if (code - first < count) {
            skip(reader, length);
            return reader->failed ? 0 : rank + (code - first);
        }
        rank += count;
        first = (first + count) << 1;
    }
    reader->failed = true;
    return 0;
}

uint32_t read_number(struct bit_reader *reader, const struct symbols_alphabet *alphabet)
{
    uint32_t rank = read_rank(reader, alphabet);
    if (reader->failed)
        return 0;
    uint16_t value = load_u16(alphabet->values + 2 * rank);
    uint32_t raw_bits = value & 15;
    return (uint32_t)(value >> 4) << raw_bits | read_bits(reader, raw_bits);
}
