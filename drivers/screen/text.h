// SPDX-License-Identifier: MIT
/*
 * Text on a grid of cells, kept in memory. Writing changes cells only here; text_refresh then has
 * those drawn that differ from what the screen shows. So scrolling costs what it changes, a burst
 * of lines is drawn once, and the screen's memory, slow to read, is never read.
 *
 * Pure: the screen is a function that draws one cell. The caller keeps writers apart.
 */

#pragma once

#include <kernel/types.h>

// A cell is what VGA text memory holds: the character in the low byte, colours in the high one.
typedef uint16_t text_cell_t;

enum text_colour {
    TEXT_BLACK = 0,
    TEXT_CYAN = 3,
    TEXT_GREY = 7,
    TEXT_DARK_GREY = 8,
    TEXT_RED = 12,
    TEXT_YELLOW = 14,
    TEXT_WHITE = 15,
};

struct text_grid {
    unsigned columns, rows;
    unsigned column, row; // where the next character goes; column == columns: at the line's end
    enum text_colour colour;
    uint32_t code_point;    // of a UTF-8 sequence that has begun
    unsigned bytes_missing; // of it
    text_cell_t *cells;     // columns * rows: what it should look like
    text_cell_t *shown;     // what the screen shows
    unsigned first_row;     // the row of cells[] that is the top of the screen
    void (*draw)(unsigned column, unsigned row, text_cell_t cell);
};

// Cells that a grid needs for both of its arrays.
static inline size_t text_cell_count(unsigned columns, unsigned rows)
{
    return 2 * (size_t)columns * rows;
}

// What an empty place holds.
#define TEXT_BLANK ((text_cell_t)(TEXT_GREY << 8 | ' '))

// Sets up an empty grid. The caller has blanked the screen itself, which is faster than by cells.
// cells has text_cell_count of them, contents unspecified.
void text_init(struct text_grid *grid, unsigned columns, unsigned rows, text_cell_t *cells,
               void (*draw)(unsigned column, unsigned row, text_cell_t cell));

/*
 * Writes UTF-8 text in grid->colour. Understands newline (which returns as well), carriage return,
 * backspace and tabulator; shows '?' for what Latin-1 lacks, nothing for other control characters.
 */
void text_write(struct text_grid *grid, const char *text, size_t length);

// Draws what has changed.
void text_refresh(struct text_grid *grid);
