// SPDX-License-Identifier: MIT
// pekoe's command line: what the caller asked for, checked once, so that nobody else has to.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum accel {
    ACCEL_AUTO, // KVM where it truly works, else TCG
    ACCEL_TCG,
    ACCEL_KVM,
};

struct options {
    unsigned mem_mib;
    unsigned smp;
    uint64_t timeout_ns; // 0: no limit
    bool trace;
    const char *log; // path, "-" for standard error, NULL when not given
    enum accel accel;
    const char *program; // path as given
    char *const *arguments;
    size_t argument_count;
};

enum options_result {
    OPTIONS_RUN,
    OPTIONS_HELP,
    OPTIONS_VERSION,
    OPTIONS_BAD,
};

/*
 * Reads argv[1..argc-1]. Options end at the first word that is none, or after "--"; what follows is
 * the program and its arguments. The strings in *options point into argv.
 *
 * error    on OPTIONS_BAD: one sentence that names the offending word, cut to size
 */
enum options_result options_parse(struct options *options, int argc, char *const *argv, char *error,
                                  size_t size);

// The text that --help prints.
extern const char options_help[];
