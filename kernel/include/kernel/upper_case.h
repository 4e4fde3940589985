// SPDX-License-Identifier: MIT
// Capitals of UTF-16 units, for names that ignore case (objects, files). Pure: no locale, no state.

#pragma once

#include <kernel/compiler.h>

// The capital of a letter if it has one that leads back to it; any other unit is its own.
uint16_t upper_case(uint16_t unit);

// Whether two texts of UTF-16 units are the same but for case.
bool upper_case_equal(const uint16_t *a, const uint16_t *b, size_t length);
