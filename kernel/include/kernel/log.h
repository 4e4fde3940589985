// SPDX-License-Identifier: MIT
/*
 * The kernel's log. Each line carries a time, a level and the subsystem that speaks. Lines go to a
 * ring that a panic prints, and to every sink (serial, screen) whose threshold the level reaches.
 *
 * Context  any but NMI, and NMI from log_enter_panic on; never sleeps
 */

#pragma once

#include <kernel/compiler.h>

enum log_level {
    LOG_ERROR,
    LOG_WARN,
    LOG_INFO,
    LOG_DEBUG
};

// Writes one line; the line's end is added. Lines over 255 bytes are cut and end in "...".
void log_line(enum log_level level, const char *subsystem, const char *format, ...)
    PRINTF_LIKE(3, 4);

#define log_error(subsystem, ...) log_line(LOG_ERROR, subsystem, __VA_ARGS__)
#define log_warn(subsystem, ...)  log_line(LOG_WARN, subsystem, __VA_ARGS__)
#define log_info(subsystem, ...)  log_line(LOG_INFO, subsystem, __VA_ARGS__)
#define log_debug(subsystem, ...) log_line(LOG_DEBUG, subsystem, __VA_ARGS__)

/*
 * Somewhere that log lines go. write gets whole lines with their newline; it is called with the
 * log's lock held and interrupts off (or, after a panic, with no lock at all) and must not log.
 */
struct log_sink {
    const char *name;
    enum log_level threshold; // the least urgent level that it gets; set by the log
    void (*write)(struct log_sink *sink, const char *text, size_t length);
    struct log_sink *next; // private to log.c
};

// Adds a sink; what the ring already holds is replayed to it.
void log_add_sink(struct log_sink *sink);

// Sets the threshold of all present and future sinks (the boot option log=).
void log_set_threshold(enum log_level level);

// Writes one line as it is, its newline included, without time or level, to all sinks and the ring
// (crash reports, panics). Cut at 255 bytes.
void log_raw(const char *format, ...) PRINTF_LIKE(1, 2);

// From here on the log takes no locks; for panics, which may have interrupted a holder.
void log_enter_panic(void);

// Writes title and the last lines of the ring, of all levels, to the sinks (panics).
void log_replay_ring(const char *title, unsigned line_count);
