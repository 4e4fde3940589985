// SPDX-License-Identifier: MIT
// What the processor can do, and the protections that are turned on when it can. boot.asm has
// refused processors that lack what the kernel cannot do without.

#include "arch_private.h"

#include <kernel/log.h>
#include <kernel/string.h>

struct cpu_features cpu_features;

// State components that programs may use: x87, SSE, AVX, and AVX-512's three.
#define XCR0_WANTED 0xE7ull

static void read_names(void)
{
    struct cpuid_result leaf = cpuid(0, 0);
    memcpy(cpu_features.vendor, &leaf.ebx, 4);
    memcpy(cpu_features.vendor + 4, &leaf.edx, 4);
    memcpy(cpu_features.vendor + 8, &leaf.ecx, 4);
    if (cpuid(0x80000000, 0).eax < 0x80000004)
        return;
    for (uint32_t i = 0; i < 3; i++) {
        leaf = cpuid(0x80000002 + i, 0);
        memcpy(cpu_features.brand + i * 16, &leaf, 16);
    }
}

static void xcr0_write(uint64_t value)
{
    __asm__ volatile("xsetbv" ::"c"(0), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

void features_enable(void)
{
    uint64_t cr4 = cr4_read();
    if (cpu_features.has_smep)
        cr4 |= CR4_SMEP;
    if (cpu_features.has_smap)
        cr4 |= CR4_SMAP;
    if (cpu_features.has_umip)
        cr4 |= CR4_UMIP;
    if (cpu_features.xsave_mask)
        cr4 |= CR4_OSXSAVE;
    cr4_write(cr4);
    if (cpu_features.xsave_mask)
        xcr0_write(cpu_features.xsave_mask);
}

static void find_xsave(void)
{
    if (!cpu_features.has_xsave)
        return;
    struct cpuid_result leaf = cpuid(0xD, 0);
    uint64_t mask = ((uint64_t)leaf.edx << 32 | leaf.eax) & XCR0_WANTED;
    if ((mask & 0xE0) != 0xE0) // the three of AVX-512 go together
        mask &= ~0xE0ull;
    if ((mask & 4) == 0)
        mask &= 3;
    cpu_features.xsave_mask = mask;
    cpu_features.has_xsaveopt = cpuid(0xD, 1).eax & 1;
}

void features_init(void)
{
    struct cpuid_result basic = cpuid(1, 0);
    struct cpuid_result extended = cpuid(0x80000001, 0);
    read_names();
    cpu_features.has_xsave = basic.ecx >> 26 & 1;
    cpu_features.has_rdrand = basic.ecx >> 30 & 1;
    cpu_features.has_1gib_pages = extended.edx >> 26 & 1;
    if (cpuid(0, 0).eax >= 7) {
        struct cpuid_result seven = cpuid(7, 0);
        cpu_features.has_smep = seven.ebx >> 7 & 1;
        cpu_features.has_smap = seven.ebx >> 20 & 1;
        cpu_features.has_umip = seven.ecx >> 2 & 1;
    }
    find_xsave();
    features_enable();
    // The size is that for what XCR0 has enabled.
    cpu_features.xsave_size = cpu_features.has_xsave ? cpuid(0xD, 0).ebx : 512;
    if (cpu_features.has_smap)
        smap_patch_sites();
}
