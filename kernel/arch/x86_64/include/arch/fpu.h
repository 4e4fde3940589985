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

/*
 * What follows reads and writes the running thread's registers, for whoever shows them to programs:
 * first what FXSAVE64 stores, then the components behind it.
 */

#define FPU_LEGACY_SIZE 512u

// image: FPU_LEGACY_SIZE bytes, aligned to 16; all of it is written.
void fpu_read_legacy(void *image);

// Any contents are allowed: reserved bits of MXCSR, which the processor would refuse, are cleared
// in image.
void fpu_write_legacy(void *image);

// Forgets x87 exceptions that would be raised by the next x87 instruction.
void fpu_clear_exceptions(void);

#define FPU_COMPONENT_FIRST 2u
#define FPU_COMPONENT_LIMIT 8u

// The most that components and their header take in standard form: those of AVX-512.
#define FPU_EXTENDED_MAX 2176u

// Where the components stand, counted from the header, which is 64 bytes long and comes first.
struct fpu_layout {
    uint64_t mask; // those that there are; 0: none
    uint32_t size; // header and all components, in standard form
    struct {
        uint32_t offset, size;
        bool is_aligned; // to 64 in compacted form
    } components[FPU_COMPONENT_LIMIT];
};
extern struct fpu_layout fpu_layout; // immutable once devices are looked for

// The components in standard form, valid until the thread leaves the kernel. *present receives which
// of them are not in their initial state; the others hold nothing of worth.
const uint8_t *fpu_read_extended(uint64_t *present);

/*
 * Loads the components `affected` (others keep their contents): those in `present` from standard
 * form, the rest get their initial state. Bits beyond fpu_layout.mask do not count.
 */
void fpu_write_extended(const uint8_t *extended, uint64_t affected, uint64_t present);
