// SPDX-License-Identifier: MIT
// Reading the boot option virtio_mmio=.

#include "slots.h"

#include <kernel/string.h>

#define REGISTERS_SIZE 0x200u // what a device needs: control registers and configuration
#define LINE_MAX       255u
#define ADDRESS_END    (1ull << 46) // no machine that this kernel runs on maps devices above

// Reads the number before the next comma, or the last one, and moves *text behind it.
static bool next_number(const char **text, bool is_last, uint64_t *out)
{
    char digits[24];
    const char *end = strchr(*text, ',');
    size_t length = end != NULL ? (size_t)(end - *text) : strlen(*text);

    if ((end == NULL) != is_last || length >= sizeof(digits))
        return false;
    memcpy(digits, *text, length);
    digits[length] = '\0';
    *text += length + (is_last ? 0 : 1);
    return parse_number(digits, out);
}

bool virtio_slots_parse(const char *text, struct virtio_slots *out)
{
    uint64_t base, stride, count, line;

    if (!next_number(&text, false, &base) || !next_number(&text, false, &stride) ||
        !next_number(&text, false, &count) || !next_number(&text, true, &line))
        return false;
    if (base == 0 || base % 4 != 0 || base >= ADDRESS_END)
        return false;
    if (stride < REGISTERS_SIZE || stride % 4 != 0 || stride > PAGE_SIZE)
        return false;
    if (count == 0 || count > VIRTIO_SLOTS_MAX || line > LINE_MAX - (count - 1))
        return false;
    *out = (struct virtio_slots){
        .base = base,
        .stride = (uint32_t)stride,
        .count = (unsigned)count,
        .first_line = (unsigned)line,
    };
    return true;
}
