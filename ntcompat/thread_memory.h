// SPDX-License-Identifier: MIT
// Stack and TEB of a thread. All functions work on the address space of the running process.

#pragma once

#include <arch/trap_frame.h>

#include "nt_thread.h"

struct thread_memory {
    vaddr_t teb;
    vaddr_t stack_bottom, stack_limit, stack_base;
};

/*
 * Reserves a stack and takes a TEB.
 * reserve, commit  bytes, 0: as the program's header says
 * Fails    STATUS_NO_MEMORY, STATUS_COMMITMENT_LIMIT; STATUS_INVALID_PARAMETER: sizes beyond reason
 */
status_t thread_memory_create(struct process *process, uint64_t reserve, uint64_t commit,
                              struct thread_memory *out) MUST_CHECK;
void thread_memory_destroy(struct process *process, const struct thread_memory *memory);

// A block like a TEB's, of which the PEB takes the first.
status_t teb_alloc(struct process *process, vaddr_t *out) MUST_CHECK;
void teb_free(struct process *process, vaddr_t teb);

/*
 * Writes the TEB and gives the thread, which does not run yet or is the running one, the frame with
 * which it enters user mode: at start with argument, or by way of LdrInitializeThunk if the program
 * has that.
 * Fails    as copy_to_user
 */
status_t thread_prepare(struct thread *thread, const struct thread_memory *memory, vaddr_t start,
                        vaddr_t argument) MUST_CHECK;

// The personality's function: a thread of a program that has LdrInitializeThunk starts there.
void thread_enter_thunk(struct trap_frame *frame);

/*
 * The running thread goes on with the CONTEXT that LdrInitializeThunk was given. Wine's has cleared
 * most of the stack by then, page by page; what lies below RSP has no meaning any more, so these
 * pages are given back, and come again as zeroes when the thread gets there.
 */
void thread_left_thunk(const struct trap_frame *frame);

// The running thread's stack has grown down to limit: keeps TEB.StackLimit true.
void thread_stack_grew(vaddr_t limit);

// The personality's function: the running thread is about to end.
void nt_thread_ended(struct thread *thread);

// Forgets all TEBs of a process whose memory goes.
void teb_free_blocks(struct process *process);
