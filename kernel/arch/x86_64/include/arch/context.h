// SPDX-License-Identifier: MIT
// What the scheduler needs of the processor: changing threads, and the stack of a new one.

#pragma once

#include <kernel/types.h>

struct cpu;
struct thread;
struct trap_frame;

// Prepares a kernel stack whose first switch calls thread_begin(). Returns its stack pointer.
vaddr_t arch_prepare_stack(vaddr_t stack_top);

// Leaves `from` and goes on with `to`: stack, address space, GS, floating-point state. Interrupts
// are off. Returns when somebody switches back to `from`.
void arch_switch(struct cpu *cpu, struct thread *from, struct thread *to);

// One interrupt at the deadline (as clock_now() counts; NO_DEADLINE: none), replacing an earlier
// one.
void timer_set_deadline(nanoseconds_t deadline);

/*
 * Walks the frame pointers from rbp on, giving each return address to visit, as far as the stack
 * that contains rbp reaches, at most limit frames. Survives any rbp.
 */
void arch_backtrace(vaddr_t rbp, unsigned limit, void (*visit)(vaddr_t return_address));

// Who called an address where there is no code, if that is what the trap is and the return address
// is still on top of the stack; else 0.
vaddr_t arch_caller_of_bad_jump(const struct trap_frame *frame);

// Prints registers, control registers and what the processor was doing (panics).
void arch_print_registers(const struct trap_frame *frame);

// Fills in what can be known of the registers of a caller that no trap interrupted; rip, rsp and
// rbp are the caller's to set.
void arch_capture_frame(struct trap_frame *frame);
