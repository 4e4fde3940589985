// SPDX-License-Identifier: MIT
/*
 * CONTEXT: the registers of a thread in NT's form. All functions are called in the thread whose
 * registers they are; frame is what its user mode goes on with. Other threads: thread_run.
 */

#pragma once

#include <arch/fpu.h>
#include <arch/trap_frame.h>
#include <kernel/compiler.h>
#include <nt/context.h>

// Of a CONTEXT to load, all that is behind this offset means nothing.
#define CONTEXT_LOADED_SIZE offsetof(CONTEXT, VectorRegister)

// Writes the groups that flags names, and flags to ContextFlags; nothing else of *out is touched.
void context_capture(const struct trap_frame *frame, ULONG flags, CONTEXT *out);

/*
 * Loads the groups that context->ContextFlags names. Whatever they hold, the thread stays in 64-bit
 * user mode with interrupts on, and no register gets bits that the processor would refuse. The
 * whole frame is then loaded on the way back to user mode.
 */
void context_apply(struct trap_frame *frame, CONTEXT *context);

// Makes the thread go on at a function of the program's system image that never returns. Flags that
// such a function does not expect are off.
void context_enter_dispatcher(struct trap_frame *frame, vaddr_t function, vaddr_t rsp);

// Extended state: what CONTEXT_XSTATE adds.
struct context_xstate {
    uint64_t affected; // components that this is about
    uint64_t present;  // those of them that hold something; the others are in their initial state
    uint8_t components[FPU_EXTENDED_MAX] ALIGNED(8); // in standard form, header included
};

// The program's extended context behind the CONTEXT at an address.
struct context_extension {
    vaddr_t xstate; // where its XSTATE is
    ULONG room;     // bytes there
    XSTATE header;  // as the program had filled it in
};

// Whether CONTEXT_XSTATE is asked for and there is anything to say: without AVX it is ignored.
bool context_has_xstate(ULONG flags);

/*
 * Finds the extension of the CONTEXT at `at`.
 * Fails    STATUS_INVALID_PARAMETER: too short for its header; STATUS_ACCESS_VIOLATION
 */
status_t context_find_extension(const CONTEXT USER *at, struct context_extension *out) MUST_CHECK;

/*
 * Reads the components of an extension, in either form.
 * Fails    STATUS_BUFFER_OVERFLOW: they do not fit into its length; STATUS_ACCESS_VIOLATION
 */
status_t context_read_xstate(const struct context_extension *extension,
                             struct context_xstate *out) MUST_CHECK;

// Writes those components that the extension's header asks for, in its form. Fails alike.
status_t context_write_xstate(const struct context_extension *extension,
                              const struct context_xstate *xstate) MUST_CHECK;

void context_capture_xstate(struct context_xstate *out);
void context_apply_xstate(const struct context_xstate *xstate);

/*
 * For frames on a program's stack that have a CONTEXT with its CONTEXT_EX behind it, and somewhere
 * above the extended registers: fpu_layout.size bytes.
 */

// Fills *places, which will stand at `at`; xstate: where the extended registers are, 0: there are
// none.
void context_fill_places(CONTEXT_EX *places, vaddr_t at, vaddr_t xstate);

// Writes the extended registers there; of components in their initial state only that they are.
status_t context_push_xstate(vaddr_t xstate) MUST_CHECK;
