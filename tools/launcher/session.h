// SPDX-License-Identifier: MIT
// One run of one program, from the start of the machine to its end.

#pragma once

#include <stdbool.h>

#include "control.h"
#include "log.h"
#include "options.h"
#include "relay.h"
#include "vm.h"

enum session_relay {
    RELAY_STDIN,
    RELAY_STDOUT,
    RELAY_STDERR,
    RELAY_LOG,
    RELAY_COUNT,
};

/*
 * Zeroed before session_start, and in static storage: the relays' threads use it until pekoe exits.
 */
struct session {
    struct vm vm;
    struct log log;
    struct relay relays[RELAY_COUNT];
    int messages;    // what QEMU itself said: a file in memory
    int signals;     // signalfd of those that end pekoe
    int done_event;  // counts the output relays that have ended
    unsigned active; // output relays that have not

    // Valid after session_run:
    struct control control;
    int qemu_status; // as of waitpid(2)
    int signal;      // the one that ended the session, or 0
    bool timed_out;
};

/*
 * Starts the machine and the relays. From here on SIGINT, SIGTERM and SIGHUP wait for session_run,
 * except those that pekoe was started to ignore.
 *
 * initrd    a file descriptor; closed in any case
 * Returns   false after a message; the process is to end then
 */
bool session_start(struct session *session, const struct options *options, const char *kernel,
                   const char *command_line, int initrd);

/*
 * Runs until the machine has ended and every byte that it wrote has been passed on, or until a
 * signal or the time limit ends it. The machine is gone when this returns.
 */
void session_run(struct session *session, const struct options *options);
