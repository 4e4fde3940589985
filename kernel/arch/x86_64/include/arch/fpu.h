// SPDX-License-Identifier: MIT
/*
 * The registers that the kernel itself never touches: x87, SSE, AVX and wider. Each thread of a
 * program has a save area of cpu_features.xsave_size bytes, 64-byte aligned, which holds them while
 * it does not run; while it runs they are in the processor, and the area holds nothing of worth.
 */

#pragma once

#include <kernel/types.h>

// The state in which a Windows program starts: MXCSR 1F80h, x87 control word 27Fh, all else zero.
void fpu_init_area(void *area);

void fpu_save(void *area);
void fpu_load(const void *area);

// The most that the components behind x87 and SSE take, with their header: those of AVX-512.
#define FPU_LEGACY_SIZE  512u
#define FPU_EXTENDED_MAX 2176u

/*
 * Registers as whoever shows them to programs keeps them: what FXSAVE64 stores, and behind it what
 * XSAVE adds in its standard form.
 */
struct fpu_image {
    uint8_t legacy[FPU_LEGACY_SIZE];
    uint8_t extended[FPU_EXTENDED_MAX]; // a header of 64 bytes, then the components
} ALIGNED(64);

#define FPU_COMPONENTS_LEGACY 3ull // x87 and SSE
#define FPU_COMPONENT_FIRST   2u
#define FPU_COMPONENT_LIMIT   8u

// Where the other components stand.
struct fpu_layout {
    uint64_t mask; // those that there are; 0: none
    uint32_t size; // of `extended` as far as it is used
    struct {
        uint32_t offset, size; // in `extended`
        bool is_aligned;       // to 64 in compacted form
    } components[FPU_COMPONENT_LIMIT];
};
extern struct fpu_layout fpu_layout; // immutable once devices are looked for

// The running thread's x87 and SSE registers. image: FPU_LEGACY_SIZE bytes, aligned to 16, all of
// which is written.
void fpu_read_legacy(void *image);

// The running thread's other components, as in fpu_image.extended, valid until the thread leaves
// the kernel. *present receives which of them are not in their initial state; the others' places
// hold nothing of worth.
const uint8_t *fpu_read_extended(uint64_t *present);

/*
 * Gives the running thread the registers of some components; others keep their contents. Whatever
 * the image holds, the processor accepts it: reserved bits of MXCSR are cleared in it, and the
 * header is written here.
 * components  bits: those of FPU_COMPONENTS_LEGACY are loaded from image->legacy, others
 * present     if they are in `present`; else they get their initial state
 */
void fpu_write(struct fpu_image *image, uint64_t components, uint64_t present);

// Forgets x87 exceptions that would be raised by the next x87 instruction.
void fpu_clear_exceptions(void);
