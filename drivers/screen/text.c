// SPDX-License-Identifier: MIT
// The grid is a ring of rows, so that scrolling moves an index and clears one row.

#include "text.h"

#define TAB_WIDTH     8u
#define REPLACEMENT   '?'
#define LATIN_1_FIRST 0xA0u
#define LATIN_1_LAST  0xFFu

static text_cell_t *row_of(struct text_grid *grid, unsigned row)
{
    unsigned at = grid->first_row + row;

    if (at >= grid->rows)
        at -= grid->rows;
    return grid->cells + (size_t)at * grid->columns;
}

static void clear_row(struct text_grid *grid, unsigned row)
{
    text_cell_t *cells = row_of(grid, row);

    for (unsigned i = 0; i < grid->columns; i++)
        cells[i] = TEXT_BLANK;
}

void text_init(struct text_grid *grid, unsigned columns, unsigned rows, text_cell_t *cells,
               void (*draw)(unsigned column, unsigned row, text_cell_t cell))
{
    size_t count = (size_t)columns * rows;

    *grid = (struct text_grid){
        .columns = columns,
        .rows = rows,
        .colour = TEXT_GREY,
        .cells = cells,
        .shown = cells + count,
        .draw = draw,
    };
    for (unsigned row = 0; row < rows; row++)
        clear_row(grid, row);
    for (size_t i = 0; i < count; i++)
        grid->shown[i] = TEXT_BLANK;
}

static void new_line(struct text_grid *grid)
{
    grid->column = 0;
    if (grid->row + 1 < grid->rows) {
        grid->row++;
        return;
    }
    grid->first_row = grid->first_row + 1 == grid->rows ? 0 : grid->first_row + 1;
    clear_row(grid, grid->rows - 1);
}

// A character behind the last column starts a line; a newline there does not make an empty one.
static void put(struct text_grid *grid, uint8_t character)
{
    if (grid->column == grid->columns)
        new_line(grid);
    row_of(grid, grid->row)[grid->column++] = (text_cell_t)(grid->colour << 8 | character);
}

static void put_tab(struct text_grid *grid)
{
    do {
        put(grid, ' ');
    } while (grid->column % TAB_WIDTH != 0 && grid->column < grid->columns);
}

static void put_ascii(struct text_grid *grid, uint8_t character)
{
    switch (character) {
    case '\n':
        new_line(grid);
        break;
    case '\r':
        grid->column = 0;
        break;
    case '\b':
        grid->column -= grid->column != 0;
        break;
    case '\t':
        put_tab(grid);
        break;
    default:
        if (character >= ' ' && character != 0x7F)
            put(grid, character);
        break;
    }
}

static void put_code_point(struct text_grid *grid, uint32_t code_point)
{
    bool is_latin_1 = code_point >= LATIN_1_FIRST && code_point <= LATIN_1_LAST;

    put(grid, is_latin_1 ? (uint8_t)code_point : REPLACEMENT);
}

// Begins a sequence, or shows that the byte cannot.
static void begin_sequence(struct text_grid *grid, uint8_t byte)
{
    if (byte >= 0xC2 && byte <= 0xDF) {
        grid->code_point = byte & 0x1F;
        grid->bytes_missing = 1;
    } else if (byte >= 0xE0 && byte <= 0xEF) {
        grid->code_point = byte & 0x0F;
        grid->bytes_missing = 2;
    } else if (byte >= 0xF0 && byte <= 0xF4) {
        grid->code_point = byte & 0x07;
        grid->bytes_missing = 3;
    } else {
        put(grid, REPLACEMENT);
    }
}

static void write_byte(struct text_grid *grid, uint8_t byte)
{
    bool continues = (byte & 0xC0) == 0x80;

    if (grid->bytes_missing != 0 && continues) {
        grid->code_point = grid->code_point << 6 | (byte & 0x3F);
        if (--grid->bytes_missing == 0)
            put_code_point(grid, grid->code_point);
        return;
    }
    if (grid->bytes_missing != 0) {
        grid->bytes_missing = 0;
        put(grid, REPLACEMENT);
    }
    if (byte < 0x80)
        put_ascii(grid, byte);
    else
        begin_sequence(grid, byte);
}

void text_write(struct text_grid *grid, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        write_byte(grid, (uint8_t)text[i]);
}

void text_refresh(struct text_grid *grid)
{
    text_cell_t *shown = grid->shown;

    for (unsigned row = 0; row < grid->rows; row++, shown += grid->columns) {
        const text_cell_t *cells = row_of(grid, row);

        for (unsigned column = 0; column < grid->columns; column++) {
            if (shown[column] == cells[column])
                continue;
            shown[column] = cells[column];
            grid->draw(column, row, cells[column]);
        }
    }
}
