// SPDX-License-Identifier: MIT
// Upper case by a table of differences in two steps.

#include <kernel/upper_case.h>

#include "upper_case_table.h"

uint16_t upper_case_by_table(uint16_t unit)
{
    return (uint16_t)(unit + upper_case_differences[upper_case_pages[unit >> 8]][unit & 0xFF]);
}

uint32_t upper_case_hash(const uint16_t *text, size_t length)
{
    uint32_t hash = 0x811C9DC5u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ upper_case(text[i])) * 0x01000193u;
    return hash;
}

bool upper_case_equal(const uint16_t *a, const uint16_t *b, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (a[i] != b[i] && upper_case(a[i]) != upper_case(b[i]))
            return false;
    return true;
}
