// SPDX-License-Identifier: MIT
// The frame buffer's font, made by tools/gen_font.py from a console font of Debian's. The index is
// the Latin-1 character; each byte is a row of pixels, the leftmost in the highest bit.

#pragma once

#include <stdint.h>

#define FONT_WIDTH  8u
#define FONT_HEIGHT 16u

extern const uint8_t screen_font[256][FONT_HEIGHT];
