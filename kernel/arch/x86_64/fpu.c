// SPDX-License-Identifier: MIT
/*
 * Floating-point and vector state. Saved with XSAVEOPT where there is one, which leaves out what
 * has not changed since it was loaded from the same area, and with FXSAVE on processors without
 * XSAVE. So nobody writes to the area of a running thread: the processor believes that it still
 * holds what was loaded last.
 *
 * XSAVES would only add compaction: there is no supervisor state.
 *
 * Source: Intel SDM vol. 1, 10.5.1 (FXSAVE image), 13.4 (XSAVE area), 13.6 (what XSAVEOPT omits)
 */

#include <arch/fpu.h>

#include <kernel/init.h>
#include <kernel/panic.h>
#include <kernel/string.h>
#include <kernel/thread.h>

#include "arch_private.h"

struct legacy_area {
    uint16_t control_word, status_word;
    uint8_t tag, reserved;
    uint16_t opcode;
    uint64_t rip, rdp;
    uint32_t mxcsr, mxcsr_mask;
    uint8_t registers[480];
};
static_assert(sizeof(struct legacy_area) == FPU_LEGACY_SIZE, "SDM vol. 1, table 10-2");

// What stands behind it.
struct extended_area {
    uint64_t present;    // XSTATE_BV
    uint64_t compaction; // XCOMP_BV
    uint64_t reserved[6];
    uint8_t components[];
};

#define CONTROL_WORD 0x27F
#define MXCSR        0x1F80

#define X87_REGISTERS 8u // of 16 bytes each

#define MXCSR_MASK_DEFAULT 0xFFBFu // where the processor stores 0 (SDM vol. 1, 11.6.6)

struct fpu_layout fpu_layout;

static struct {
    uint32_t mxcsr_mask;
    bool leaks_pointers; // see clear_pointers
} fpu;

static void find_components(void)
{
    fpu_layout.size = sizeof(struct extended_area);
    fpu_layout.mask = cpu_features.xsave_mask & ~FPU_COMPONENTS_LEGACY;
    for (unsigned i = FPU_COMPONENT_FIRST; i < FPU_COMPONENT_LIMIT; i++) {
        if ((fpu_layout.mask >> i & 1) == 0)
            continue;
        struct cpuid_result leaf = cpuid(0xD, i);
        fpu_layout.components[i].size = leaf.eax;
        fpu_layout.components[i].offset = leaf.ebx - FPU_LEGACY_SIZE;
        fpu_layout.components[i].is_aligned = leaf.ecx >> 1 & 1;
        fpu_layout.size = MAX(fpu_layout.size, leaf.ebx - FPU_LEGACY_SIZE + leaf.eax);
    }
    assert(fpu_layout.size <= FPU_EXTENDED_MAX);
    assert(fpu_layout.mask >> FPU_COMPONENT_LIMIT == 0);
}

static void init_fpu(void)
{
    struct legacy_area image ALIGNED(16);
    fpu_read_legacy(&image);
    fpu.mxcsr_mask = image.mxcsr_mask != 0 ? image.mxcsr_mask : MXCSR_MASK_DEFAULT;
    bool is_amd = strcmp(cpu_features.vendor, "AuthenticAMD") == 0;
    bool restores_pointers =
        cpuid(0x80000000, 0).eax >= 0x80000008 && (cpuid(0x80000008, 0).ebx >> 2 & 1) != 0;
    fpu.leaks_pointers = is_amd && !restores_pointers;
    find_components();
}
INITCALL(10_CPU, init_fpu);

void fpu_init_area(void *area)
{
    memset(area, 0, cpu_features.xsave_size);
    struct legacy_area *legacy = area;
    legacy->control_word = CONTROL_WORD;
    legacy->mxcsr = MXCSR;
    if (cpu_features.xsave_mask)
        ((struct extended_area *)(legacy + 1))->present = FPU_COMPONENTS_LEGACY;
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

/*
 * AMD's older processors load the pointers to the last x87 instruction and its operand only if an
 * exception is pending, so those of the thread before would stay to be seen. A load from memory
 * leaves ours instead; EMMS makes room for it on a full stack.
 */
static NOINLINE void clear_pointers(void)
{
    static const int zero;
    __asm__ volatile("fnclex; emms; fildl %0; ffree %%st(0)" ::"m"(zero));
}

void fpu_load(const void *area)
{
    uint32_t low = (uint32_t)cpu_features.xsave_mask;
    uint32_t high = (uint32_t)(cpu_features.xsave_mask >> 32);
    if (unlikely(fpu.leaks_pointers))
        clear_pointers();
    if (cpu_features.xsave_mask)
        __asm__ volatile("xrstor64 (%0)" ::"r"(area), "a"(low), "d"(high) : "memory");
    else
        __asm__ volatile("fxrstor64 (%0)" ::"r"(area) : "memory");
}

void fpu_read_legacy(void *image)
{
    // Ten bytes of each register are written, and some processors (QEMU's) leave the gaps alone.
    uint64_t *registers = (uint64_t *)((struct legacy_area *)image)->registers;
    for (unsigned i = 0; i < X87_REGISTERS; i++)
        registers[2 * i + 1] = 0;
    __asm__ volatile("fxsave64 (%0)" ::"r"(image) : "memory");
    // The last 96 bytes are software's: FXSAVE leaves them alone.
    memset((uint8_t *)image + 416, 0, FPU_LEGACY_SIZE - 416);
}

void fpu_clear_exceptions(void)
{
    __asm__ volatile("fnclex");
}

const uint8_t *fpu_read_extended(uint64_t *present)
{
    uint8_t *area = current_thread()->fpu_state;
    const struct extended_area *extended = (const void *)(area + FPU_LEGACY_SIZE);
    fpu_save(area);
    *present = extended->present & fpu_layout.mask;
    return (const uint8_t *)extended;
}

void fpu_write(struct fpu_image *image, uint64_t components, uint64_t present)
{
    struct legacy_area *legacy = (struct legacy_area *)image->legacy;
    struct extended_area *extended = (struct extended_area *)image->extended;
    // AVX brings MXCSR with it.
    if (!(components & FPU_COMPONENTS_LEGACY))
        __asm__ volatile("stmxcsr %0" : "=m"(legacy->mxcsr));
    legacy->mxcsr &= fpu.mxcsr_mask;
    if (!cpu_features.xsave_mask) {
        if (components & FPU_COMPONENTS_LEGACY)
            __asm__ volatile("fxrstor64 (%0)" ::"r"(image) : "memory");
        return;
    }
    *extended = (struct extended_area){
        .present = (present | FPU_COMPONENTS_LEGACY) & cpu_features.xsave_mask,
    };
    __asm__ volatile("xrstor64 (%0)" ::"r"(image), "a"((uint32_t)components), "d"(0) : "memory");
}
