// SPDX-License-Identifier: MIT
// Starting a program: what lies in its memory before its first instruction.

#pragma once

#include "image.h"

/*
 * Runs image in a new process until that has ended.
 * command_line  UTF-8, as the program shall see it
 * Fails         it never ran, and *reason says why; else STATUS_SUCCESS, and *exit_status is set
 */
status_t start_and_wait(struct image *image, const char *command_line, status_t *exit_status,
                        struct reason *reason) MUST_CHECK;

// The running thread's stack has grown down to limit: keeps TEB.StackLimit true.
void start_stack_grew(vaddr_t limit);
