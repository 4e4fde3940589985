// SPDX-License-Identifier: MIT
/*
 * Starting a program, in two steps: an empty process, whose handle table the caller fills, and then
 * its first thread with everything that lies in memory before the first instruction.
 */

#pragma once

#include <kernel/process.h>
#include <nt/process.h>

#include "image.h"

/*
 * Makes a process that is to run image, with nothing in it yet. It can be found by nobody.
 * parent   whose child it is, or NULL
 * Fails    STATUS_NO_MEMORY
 */
status_t start_process(struct image *image, const struct process *parent,
                       struct process **out) MUST_CHECK;

// What the first thread starts with.
struct start_request {
    RTL_USER_PROCESS_PARAMETERS *parameters; // as parameters_build leaves them; changed
    size_t parameters_size;
};

/*
 * Makes the first thread, suspended: with its resumption the program begins. Publishes the process.
 * Fails    *reason says why. The process is empty, or has ended: drop it
 */
status_t start_first_thread(struct process *process, const struct start_request *request,
                            struct thread **out, struct reason *reason) MUST_CHECK;

// Says which step on the way to a running program has failed, in words. Returns status.
status_t start_failed(const struct image *image, struct reason *reason, const char *what,
                      status_t status);
