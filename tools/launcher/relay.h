// SPDX-License-Identifier: MIT
// Moves the bytes of one standard stream between the caller and the machine.

#pragma once

#include <stdatomic.h>
#include <stdbool.h>

/*
 * One direction of one stream, moved by a thread of its own with blocking calls. So a reader that
 * stalls holds up its own stream only, through QEMU's socket into the program that writes; no byte
 * is dropped and nothing spins. It also leaves the caller's files as they are: making them
 * non-blocking would do so for every process that shares them.
 *
 * Must outlive its thread, which may still be blocked in a read when pekoe exits.
 */
struct relay {
    int from;
    int to;
    bool to_machine;
    int done_event;   // eventfd; gains 1 when the relay has ended; -1: nobody waits
    atomic_int error; // why it ended early: an errno value, or 0. EPIPE is no error.
};

/*
 * Starts the thread. At the end of the input it passes the end on to the machine by shutting its
 * socket for writing, which lets QEMU read what remains. When the caller's side no longer takes
 * output, it closes the machine's socket, so that the program sees a broken pipe.
 *
 * Returns  0 or an errno value
 */
int relay_start(struct relay *relay);
