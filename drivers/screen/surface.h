// SPDX-License-Identifier: MIT
// Where cells are drawn: VGA text memory, or a frame buffer with our own font.

#pragma once

#include <kernel/boot.h>

#include "text.h"

struct surface {
    unsigned columns, rows;
    void (*draw)(unsigned column, unsigned row, text_cell_t cell);
};

/*
 * Maps the screen, blanks it, and says how text is drawn on it. There is one screen.
 * Fails    STATUS_DEVICE_NOT_READY: there is none
 *          STATUS_NOT_SUPPORTED: a kind of pixel or a size that is not handled
 *          STATUS_NO_MEMORY
 */
status_t surface_open(const struct boot_screen *screen, struct surface *out) MUST_CHECK;
