// SPDX-License-Identifier: MIT
// The helpers of string.h that C's library does not have: a copy that cannot overrun, and numbers
// that are read whole or not at all.

#include <kernel/string.h>

bool copy_string(char *to, size_t room, const char *text)
{
    if (room == 0)
        return false;
    size_t length = strnlen(text, room);
    bool has_fitted = length < room;
    if (!has_fitted)
        length = room - 1;
    memcpy(to, text, length);
    to[length] = '\0';
    return has_fitted;
}

// The value of a digit in any base up to 16, or 16 if c is none.
static unsigned digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a') + 10;
    if (c >= 'A' && c <= 'F')
        return (unsigned)(c - 'A') + 10;
    return 16;
}

bool parse_number(const char *text, uint64_t *out)
{
    uint64_t value = 0;
    unsigned base = 10;

    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text += 2;
    }
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        unsigned digit = digit_value(*text);
        if (digit >= base || value > (UINT64_MAX - digit) / base)
            return false;
        value = value * base + digit;
    }
    *out = value;
    return true;
}
