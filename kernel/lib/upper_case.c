// SPDX-License-Identifier: MIT
// Upper case by a table of differences in two steps.

#include <kernel/upper_case.h>

#include "upper_case_table.h"

uint16_t upper_case_by_table(uint16_t unit)
{
    return (uint16_t)(unit + upper_case_differences[upper_case_pages[unit >> 8]][unit & 0xFF]);
}

bool upper_case_equal(const uint16_t *a, const uint16_t *b, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (a[i] != b[i] && upper_case(a[i]) != upper_case(b[i]))
            return false;
    return true;
}
