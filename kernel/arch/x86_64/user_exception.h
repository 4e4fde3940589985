// SPDX-License-Identifier: MIT
// What a CPU exception in user mode is called on NT.

#pragma once

#include <arch/trap_frame.h>

#include <kernel/personality.h>

// status: why the page fault could not be resolved (space_fault).
void user_exception_of_page_fault(const struct trap_frame *frame, vaddr_t address, status_t status,
                                  struct user_exception *out);

// For every other vector. Moves frame->rip where NT does (int 3: back onto the instruction). false:
// there is nothing to tell, the program goes on.
bool user_exception_of_trap(struct trap_frame *frame, struct user_exception *out) MUST_CHECK;

// To be called before a frame that was changed is loaded: an IRETQ to an address that is not
// canonical would fault in the kernel, so the program is told of its access violation here.
void user_exception_check_frame(struct trap_frame *frame);

// Carries out the IRETQ that the program was stopped at. false: it is none, or not an ordinary one.
bool user_iret(struct trap_frame *frame);
