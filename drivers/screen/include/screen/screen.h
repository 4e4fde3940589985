// SPDX-License-Identifier: MIT
// The screen that the boot loader left: VGA text or a frame buffer. It is a log sink, and one half
// of the console. Without one, what is written goes nowhere.

#pragma once

#include <kernel/types.h>

// Shows program output. Context: any but NMI.
void screen_write(const char *text, size_t length);
