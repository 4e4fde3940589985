// SPDX-License-Identifier: MIT
/*
 * UTF-8 and UTF-16, see unicode.h. Invalid UTF-8 is replaced as the Unicode standard recommends
 * (chapter 3, "maximal subparts"): a sequence that breaks off gives one U+FFFD, and the byte that
 * broke it starts anew. So overlong forms, surrogates and values above U+10FFFF give one for each
 * of their bytes.
 */

#include "unicode.h"

#define REPLACEMENT 0xFFFDu

struct lead {
    unsigned trail_count;
    uint8_t lowest, highest; // what the first trailing byte may be; the others are 80..BF
};

// Tells what must follow a first byte; false if none may be one.
static bool classify_lead(uint8_t byte, struct lead *out)
{
    *out = (struct lead){ 0, 0x80, 0xBF };
    if (byte < 0x80)
        return true;
    if (byte < 0xC2 || byte > 0xF4)
        return false;
    out->trail_count = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
    if (byte == 0xE0)
        out->lowest = 0xA0; // below: overlong
    else if (byte == 0xED)
        out->highest = 0x9F; // above: surrogates
    else if (byte == 0xF0)
        out->lowest = 0x90; // below: overlong
    else if (byte == 0xF4)
        out->highest = 0x8F; // above: over U+10FFFF
    return true;
}

// Reads one character at *position and moves it on.
static uint32_t next_from_utf8(const uint8_t *text, size_t length, size_t *position,
                               size_t *invalid_count)
{
    static const uint8_t lead_bits[4] = { 0x7F, 0x1F, 0x0F, 0x07 };
    struct lead lead;
    uint8_t first = text[(*position)++];
    if (!classify_lead(first, &lead)) {
        ++*invalid_count;
        return REPLACEMENT;
    }
    uint32_t character = first & lead_bits[lead.trail_count];
    for (unsigned i = 0; i < lead.trail_count; i++) {
        if (*position == length || text[*position] < lead.lowest ||
            text[*position] > lead.highest) {
            ++*invalid_count;
            return REPLACEMENT;
        }
        character = character << 6 | (text[(*position)++] & 0x3F);
        lead.lowest = 0x80;
        lead.highest = 0xBF;
    }
    return character;
}

struct utf_result utf16_from_utf8(const char *text, size_t length, uint16_t *to, size_t room)
{
    struct utf_result result = { 0, 0 };
    for (size_t position = 0; position < length;) {
        uint32_t character =
            next_from_utf8((const uint8_t *)text, length, &position, &result.invalid_count);
        uint16_t units[2] = { (uint16_t)character, 0 };
        size_t count = 1;
        if (character >= 0x10000) {
            units[0] = (uint16_t)(0xD800 + ((character - 0x10000) >> 10));
            units[1] = (uint16_t)(0xDC00 + (character & 0x3FF));
            count = 2;
        }
        for (size_t i = 0; i < count; i++, result.length++)
            if (result.length < room)
                to[result.length] = units[i];
    }
    return result;
}

static uint32_t next_from_utf16(const uint16_t *text, size_t length, size_t *position,
                                size_t *invalid_count)
{
    uint16_t unit = text[(*position)++];
    if (unit < 0xD800 || unit > 0xDFFF)
        return unit;
    if (unit < 0xDC00 && *position < length) {
        uint16_t low = text[*position];
        if (low >= 0xDC00 && low <= 0xDFFF) {
            ++*position;
            return 0x10000 + ((uint32_t)(unit - 0xD800) << 10) + (low - 0xDC00u);
        }
    }
    ++*invalid_count;
    return REPLACEMENT;
}

static size_t encode_utf8(uint32_t character, uint8_t bytes[4])
{
    if (character < 0x80) {
        bytes[0] = (uint8_t)character;
        return 1;
    }
    size_t count = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    for (size_t i = count - 1; i > 0; i--, character >>= 6)
        bytes[i] = (uint8_t)(0x80 | (character & 0x3F));
    bytes[0] = (uint8_t)(0xF00u >> count | character);
    return count;
}

struct utf_result utf8_from_utf16(const uint16_t *text, size_t length, char *to, size_t room)
{
    struct utf_result result = { 0, 0 };
    for (size_t position = 0; position < length;) {
        uint8_t bytes[4];
        size_t count =
            encode_utf8(next_from_utf16(text, length, &position, &result.invalid_count), bytes);
        if (result.length > room || count > room - result.length)
            room = 0;
        for (size_t i = 0; i < count && room != 0; i++)
            to[result.length + i] = (char)bytes[i];
        result.length += count;
    }
    return result;
}

void make_printable(char *text)
{
    for (; *text != '\0'; text++)
        if (*text < 0x20 || *text > 0x7E)
            *text = '?';
}
