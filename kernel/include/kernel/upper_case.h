// SPDX-License-Identifier: MIT
// Capitals of UTF-16 units, for names that ignore case (objects, files). Pure: no locale, no state.

#pragma once

#include <kernel/compiler.h>

// The same as upper_case, by the table alone.
uint16_t upper_case_by_table(uint16_t unit);

// The capital of a letter if it has one that leads back to it; any other unit is its own.
static inline uint16_t upper_case(uint16_t unit)
{
    if (likely(unit < 0x80)) // quicker computed than looked up, and nearly all of names
        return (uint16_t)(unit - u'a') <= u'z' - u'a' ? (uint16_t)(unit - (u'a' - u'A')) : unit;
    return upper_case_by_table(unit);
}

// A hash of a text's capitals (FNV-1a).
uint32_t upper_case_hash(const uint16_t *text, size_t length);

// Whether two texts of UTF-16 units are the same but for case.
bool upper_case_equal(const uint16_t *a, const uint16_t *b, size_t length);
