// SPDX-License-Identifier: MIT
// The table that tools/gen_upper_case.py makes.

#pragma once

#include <stdint.h>

extern const uint8_t upper_case_pages[256];          // by the unit's high byte: which page
extern const uint16_t upper_case_differences[][256]; // by its low byte: what to add
