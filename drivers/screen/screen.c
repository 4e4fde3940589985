// SPDX-License-Identifier: MIT
/*
 * The screen as a log sink and as a place for program output, in different colours: times dark,
 * what is urgent bright, programs white.
 */

#include <screen/screen.h>

#include <drivers/output_gate.h>
#include <kernel/boot.h>
#include <kernel/heap.h>
#include <kernel/init.h>
#include <kernel/log.h>
#include <kernel/status.h>
#include <kernel/string.h>

#include "surface.h"
#include "text.h"

static struct {
    struct output_gate gate; // guards grid
    struct text_grid grid;
    bool is_present; // immutable after init_screen
} screen;

static bool starts_with(const char *text, size_t length, const char *start)
{
    size_t start_length = strlen(start);

    return length >= start_length && memcmp(text, start, start_length) == 0;
}

// The colour of a log line's text, by the word that the log puts before lines that are urgent.
static enum text_colour colour_of_text(const char *text, size_t length)
{
    if (starts_with(text, length, "error: "))
        return TEXT_RED;
    return starts_with(text, length, "warning: ") ? TEXT_YELLOW : TEXT_GREY;
}

static void put(enum text_colour colour, const char *text, size_t length)
{
    screen.grid.colour = colour;
    text_write(&screen.grid, text, length);
}

// The length of the "[time] " that a log line begins with; 0 for reports, which have none but begin
// and end with lines of "---- ".
static size_t time_length(const char *text, size_t length)
{
    if (length == 0 || text[0] != '[')
        return 0;
    for (size_t i = 1; i + 1 < length; i++) {
        if (text[i] == ']')
            return i + 2;
    }
    return 0;
}

static void write_log(struct log_sink *sink, const char *text, size_t length)
{
    size_t time = time_length(text, length);
    irq_state_t state = output_gate_enter(&screen.gate);

    (void)sink;
    if (time == 0) {
        put(starts_with(text, length, "---- ") ? TEXT_RED : TEXT_WHITE, text, length);
    } else {
        // A program may have left its line unfinished.
        if (screen.grid.column != 0)
            put(TEXT_GREY, "\n", 1);
        put(TEXT_DARK_GREY, text, time);
        put(colour_of_text(text + time, length - time), text + time, length - time);
    }
    text_refresh(&screen.grid);
    output_gate_leave(&screen.gate, state);
}

static struct log_sink log_sink = { .name = "screen", .threshold = LOG_WARN, .write = write_log };

void screen_write(const char *text, size_t length)
{
    irq_state_t state;

    if (!screen.is_present)
        return;
    state = output_gate_enter(&screen.gate);
    put(TEXT_WHITE, text, length);
    text_refresh(&screen.grid);
    output_gate_leave(&screen.gate, state);
}

static void init_screen(void)
{
    struct surface surface;
    text_cell_t *cells;
    status_t status;

    if (boot_info.screen.kind == BOOT_SCREEN_NONE)
        return;
    status = surface_open(&boot_info.screen, &surface);
    if (!status_is_success(status)) {
        log_warn("screen", "%ux%u with %u bits per pixel: %s", boot_info.screen.width,
                 boot_info.screen.height, boot_info.screen.bits_per_pixel, status_name(status));
        return;
    }
    cells = heap_alloc(text_cell_count(surface.columns, surface.rows) * sizeof(*cells));
    if (cells == NULL) {
        log_warn("screen", "no memory for %ux%u cells", surface.columns, surface.rows);
        return;
    }
    text_init(&screen.grid, surface.columns, surface.rows, cells, surface.draw);
    screen.is_present = true;
    log_add_sink(&log_sink);
}

INITCALL(40_OBJECTS, init_screen);
