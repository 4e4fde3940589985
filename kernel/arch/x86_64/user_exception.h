// SPDX-License-Identifier: MIT
// What a CPU exception in user mode is called on NT.

#pragma once

#include <arch/trap_frame.h>

#include <kernel/personality.h>

// status: why the page fault could not be resolved (space_fault).
void user_exception_of_page_fault(const struct trap_frame *frame, vaddr_t address, status_t status,
                                  struct user_exception *out);

// For every other vector. Moves frame->rip where NT does (int 3: back onto the instruction).
void user_exception_of_trap(struct trap_frame *frame, struct user_exception *out);
