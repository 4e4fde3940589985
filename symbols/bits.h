// SPDX-License-Identifier: MIT
// Reading the stream: bits, codes and numbers. A reader that runs past its end, or meets a code
// that its alphabet lacks, fails for good: from then on it yields 0, and callers look at `failed`
// where a loop could turn on it. Each code takes at least one bit, so every decoding loop ends.

#pragma once

#include <symbols/symbols.h>

struct bit_reader {
    const uint8_t *data;
    uint32_t position; // in bits, at most end
    uint32_t end;      // in bits
    bool failed;
};

uint16_t load_u16(const uint8_t *bytes);
uint32_t load_u32(const uint8_t *bytes);
uint64_t load_u64(const uint8_t *bytes);

// count: 0..31
uint32_t read_bits(struct bit_reader *reader, uint32_t count);

// A "plain" number of the format.
uint32_t read_plain(struct bit_reader *reader);

// The next code's rank, less than alphabet->size unless the reader fails.
uint32_t read_rank(struct bit_reader *reader, const struct symbols_alphabet *alphabet);

// The number that the next code's value describes.
uint32_t read_number(struct bit_reader *reader, const struct symbols_alphabet *alphabet);
