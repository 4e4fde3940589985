// SPDX-License-Identifier: MIT
//
// Reading the stream. Everything that touches its bytes goes through read_bit, which knows the end.

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

static uint32_t read_bit(struct bit_reader *reader)
{
    if (reader->failed || reader->position >= reader->end) {
        reader->failed = true;
        return 0;
    }
    uint32_t bit = reader->data[reader->position / 8] >> (7 - reader->position % 8) & 1;
    reader->position++;
    return bit;
}

uint32_t read_bits(struct bit_reader *reader, uint32_t count)
{
    uint32_t value = 0;
    while (count-- > 0)
        value = value << 1 | read_bit(reader);
    return value;
}

uint32_t read_plain(struct bit_reader *reader)
{
    return read_bits(reader, read_bits(reader, 5));
}

uint32_t read_rank(struct bit_reader *reader, const struct symbols_alphabet *alphabet)
{
    uint32_t code = 0;
    uint32_t first = 0; // the first code of this length, and its rank
    uint32_t rank = 0;
    for (uint32_t length = 0; length < TABLE_CODE_BITS_MAX && !reader->failed; length++) {
        code = code << 1 | read_bit(reader);
        uint32_t count = load_u16(alphabet->length_counts + 2 * length);
        // Counts that no packer writes can bring `first` above `code`; the difference is huge then.
        if (code - first < count)
            return reader->failed ? 0 : rank + (code - first);
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
