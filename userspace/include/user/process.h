// SPDX-License-Identifier: MIT
// Processes for test programs: the running program once more, with other arguments.

#pragma once

#include <nt/create.h>
#include <nt/section.h>
#include <nt/types.h>

struct child {
    HANDLE process;
    HANDLE thread;
    CLIENT_ID id;
    SECTION_IMAGE_INFORMATION image;
};

/*
 * Starts the running program with these arguments (ASCII), in its environment and with its standard
 * handles, which are inherited where process_flags says so and else duplicated.
 * thread_flags  THREAD_CREATE_FLAGS_CREATE_SUSPENDED or 0
 */
NTSTATUS child_start(const char *arguments, ULONG process_flags, ULONG thread_flags,
                     struct child *out);

// The same with further attributes behind the usual ones; at most CHILD_ATTRIBUTES_MAX.
#define CHILD_ATTRIBUTES_MAX 4
NTSTATUS child_start_with(const char *arguments, ULONG process_flags, ULONG thread_flags,
                          const PS_ATTRIBUTE *attributes, unsigned count, struct child *out);

// Waits until the child has ended, closes its handles, and returns its exit status.
NTSTATUS child_join(struct child *child);

// Both at once: the exit status, or why it could not be started.
NTSTATUS child_run(const char *arguments);
