// SPDX-License-Identifier: MIT
// Where the kernel's log goes, which the machine writes to its serial port.

#pragma once

#include <stdbool.h>

#include "options.h"

struct log {
    int sink;     // what QEMU writes to; the caller closes it when QEMU has it
    int source;   // live: the end of a pipe to read; otherwise the log itself; -1: cannot be read
    bool is_live; // the log is relayed to standard error while it grows
};

/*
 * Opens the log's place: the file of --log; a pipe whose other end is to be relayed to standard
 * error, for "--log -" and for --trace alone; otherwise memory.
 *
 * Returns  0 or an errno value
 */
int log_open(struct log *log, const struct options *options);

/*
 * Writes each crash report that the kernel put into the log to standard error. A report stands
 * between a line that ends in "---- crash report" and one that ends in "---- end of report".
 * Does nothing for a live log, where it has been seen.
 */
void log_show_crash_reports(const struct log *log);

// Writes the last lines of the log to standard error, unless it is live.
void log_show_tail(const struct log *log);
