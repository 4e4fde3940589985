// SPDX-License-Identifier: MIT
/*
 * The control channel: what the kernel in the machine tells pekoe, in lines of text.
 *
 *   exit HHHHHHHH NAME               the program's exit status, and its name or "-"
 *   refused HHHHHHHH NAME SENTENCE   the image cannot run
 *   panic SENTENCE                   the kernel cannot go on
 */

#pragma once

#include <stddef.h>
#include <stdint.h>

enum outcome {
    OUTCOME_NONE, // the machine has not said how it ended
    OUTCOME_EXIT,
    OUTCOME_REFUSED,
    OUTCOME_PANIC,
};

// Starts zeroed.
struct control {
    enum outcome outcome;
    uint32_t status;
    char name[64]; // of the status; empty when the kernel knows none
    char sentence[512];

    char line[1024]; // the line that is being received; what does not fit is dropped
    size_t length;
};

/*
 * Takes the next bytes from the channel, in pieces of any size. The first outcome counts, except
 * that a panic overrides it. Lines that make no sense are ignored: the machine is not trusted.
 */
void control_feed(struct control *control, const char *bytes, size_t count);
