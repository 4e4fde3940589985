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

// Writes the groups that flags names, and flags to ContextFlags; nothing else of *out is touched.
void context_capture(const struct trap_frame *frame, ULONG flags, CONTEXT *out);

#define CONTEXT_ALIGNMENT 16u // of every CONTEXT that a program passes

// Of a CONTEXT to load, all that is behind this offset means nothing.
#define CONTEXT_LOADED_SIZE offsetof(CONTEXT, VectorRegister)

// A CONTEXT on its way into registers. Its floating-point part and the extended registers are next
// to one another, as the processor loads them.
struct context_load {
    union {
        CONTEXT context; // as far as CONTEXT_LOADED_SIZE
        struct {
            uint8_t before_fpu[offsetof(CONTEXT, FltSave)];
            struct fpu_image fpu;
        };
    };
    uint64_t components; // of the extended registers: which are to be loaded
    uint64_t present;    // and which of them hold something
};
static_assert(offsetof(struct context_load, fpu) == offsetof(CONTEXT, FltSave),
              "FltSave is FXSAVE's");

/*
 * Reads a CONTEXT, with its extended registers if it has any and the processor too.
 * Fails    STATUS_DATATYPE_MISALIGNMENT
 *          STATUS_INVALID_PARAMETER: not of this architecture, or no room for the XSTATE header
 *          STATUS_BUFFER_OVERFLOW: no room for a component that is said to be there
 *          STATUS_ACCESS_VIOLATION
 */
status_t context_read(const CONTEXT USER *at, struct context_load *out) MUST_CHECK;

/*
 * Loads the groups that ContextFlags names. Whatever they hold, the thread stays in 64-bit user
 * mode with interrupts on, and no register gets bits that the processor would refuse. The whole
 * frame is then loaded on the way back to user mode.
 */
void context_load(struct trap_frame *frame, struct context_load *load);

// Makes the thread go on at a function of the program's system image that never returns. Flags that
// such a function does not expect are off.
void context_enter_dispatcher(struct trap_frame *frame, vaddr_t function, vaddr_t rsp);

// The program's extended context behind the CONTEXT at an address.
struct context_extension {
    vaddr_t xstate;      // where its XSTATE is
    ULONG room;          // bytes there
    uint64_t mask;       // XSTATE.Mask, as the program had filled it in
    uint64_t compaction; // XSTATE.CompactionMask
};

// Whether CONTEXT_XSTATE is asked for and there is anything to say: without AVX it is ignored.
static inline bool context_has_xstate(ULONG flags)
{
    return (flags & CONTEXT_XSTATE & ~CONTEXT_AMD64) != 0 && fpu_layout.mask != 0;
}

// Finds the extension of the CONTEXT at `at`. Fails as context_read.
status_t context_find_extension(const CONTEXT USER *at, struct context_extension *out) MUST_CHECK;

/*
 * Reads the components of an extension, in either form, to fpu_image.extended. *components receives
 * which it is about, *present which of them hold something. Fails as context_read.
 */
status_t context_read_extended(const struct context_extension *extension, uint8_t *extended,
                               uint64_t *components, uint64_t *present) MUST_CHECK;

// Writes those components that the extension asks for, in its form. Fails as context_read.
status_t context_write_extended(const struct context_extension *extension, uint8_t *extended,
                                uint64_t present) MUST_CHECK;

/*
 * For frames on a program's stack that have a CONTEXT with its CONTEXT_EX behind it, and somewhere
 * above the extended registers: fpu_layout.size bytes.
 */

// Fills *places, which will stand at `at`; xstate: where the extended registers are, 0: there are
// none.
void context_fill_places(CONTEXT_EX *places, vaddr_t at, vaddr_t xstate);

// Writes the extended registers there; of components in their initial state only that they are.
status_t context_push_xstate(vaddr_t xstate) MUST_CHECK;
