// SPDX-License-Identifier: MIT
// Floating-point and vector state. Saved with XSAVEOPT where there is one, which leaves out what has
// not changed, and with FXSAVE on processors without XSAVE.
// Source: Intel SDM vol. 1, 10.5.1 (FXSAVE image), 13.4 (XSAVE area).

#include <arch/fpu.h>

#include <kernel/string.h>

#include "arch_private.h"

struct legacy_area {
    uint16_t control_word, status_word;
    uint8_t tag, reserved;
    uint16_t opcode;
    uint64_t rip, rdp;
    uint32_t mxcsr, mxcsr_mask;
    uint8_t registers[480];
};
static_assert(sizeof(struct legacy_area) == 512, "SDM vol. 1, table 10-2");

#define CONTROL_WORD 0x27F
#define MXCSR        0x1F80

void fpu_init_area(void *area)
{
    memset(area, 0, cpu_features.xsave_size);
    struct legacy_area *legacy = area;
    legacy->control_word = CONTROL_WORD;
    legacy->mxcsr = MXCSR;
    if (cpu_features.xsave_mask) // XSTATE_BV: x87 and SSE are to be loaded from the area
        ((uint64_t *)(legacy + 1))[0] = 3;
}

void fpu_save(void *area)
{
    uint32_t low = (uint32_t)cpu_features.xsave_mask;
    uint32_t high = (uint32_t)(cpu_features.xsave_mask >> 32);
    if (cpu_features.has_xsaveopt)
        __asm__ volatile("xsaveopt64 (%0)" ::"r"(area), "a"(low), "d"(high) : "memory");
    else if (cpu_features.xsave_mask)
        __asm__ volatile("xsave64 (%0)" ::"r"(area), "a"(low), "d"(high) : "memory");
    else
        __asm__ volatile("fxsave64 (%0)" ::"r"(area) : "memory");
}

void fpu_load(const void *area)
{
    uint32_t low = (uint32_t)cpu_features.xsave_mask;
    uint32_t high = (uint32_t)(cpu_features.xsave_mask >> 32);
    if (cpu_features.xsave_mask)
        __asm__ volatile("xrstor64 (%0)" ::"r"(area), "a"(low), "d"(high) : "memory");
    else
        __asm__ volatile("fxrstor64 (%0)" ::"r"(area) : "memory");
}
