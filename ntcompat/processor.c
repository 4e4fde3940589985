// SPDX-License-Identifier: MIT
/*
 * What NT tells programs about the processor: PF_* flags and its model, out of CPUID.
 *
 * Source: Intel SDM vol. 2A, CPUID; learn.microsoft.com, IsProcessorFeaturePresent
 */

#include "processor.h"

#include <arch/cpu.h>

struct cpuid processor_cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid r;
    __asm__ volatile("cpuid"
                     : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                     : "a"(leaf), "c"(subleaf));
    return r;
}

static struct cpuid cpuid(uint32_t leaf)
{
    return processor_cpuid(leaf, 0);
}

const struct processor_model *processor_model(void)
{
    static struct processor_model model;
    if (model.family == 0) {
        struct cpuid one = cpuid(1);
        unsigned family = one.eax >> 8 & 0xF, number = one.eax >> 4 & 0xF;
        // Extensions count for these families only (SDM, CPUID leaf 01H).
        if (family == 0x6 || family == 0xF)
            number |= one.eax >> 12 & 0xF0;
        if (family == 0xF)
            family += one.eax >> 20 & 0xFF;
        model =
            (struct processor_model){ (uint16_t)family, (uint8_t)number, one.eax & 0xF, one.edx };
    }
    return &model;
}

static bool bit(uint32_t word, unsigned number)
{
    return (word >> number & 1) != 0;
}

void processor_list_features(BOOLEAN features[PROCESSOR_FEATURE_MAX])
{
    struct cpuid one = cpuid(1);
    struct cpuid seven = { 0, 0, 0, 0 };
    if (cpuid(0).eax >= 7)
        seven = cpuid(7);
    // Wide registers count only if the kernel saves them.
    bool saves_ymm = (cpu_features.xsave_mask & 4) != 0;

    // Every processor that runs 64-bit code has these.
    static const uint8_t always[] = {
        PF_COMPARE_EXCHANGE_DOUBLE,
        PF_MMX_INSTRUCTIONS_AVAILABLE,
        PF_XMMI_INSTRUCTIONS_AVAILABLE,
        PF_RDTSC_INSTRUCTION_AVAILABLE,
        PF_PAE_ENABLED,
        PF_XMMI64_INSTRUCTIONS_AVAILABLE,
        PF_NX_ENABLED,
        PF_FASTFAIL_AVAILABLE,
    };
    for (unsigned i = 0; i < ARRAY_SIZE(always); i++)
        features[always[i]] = true;
    features[PF_SSE3_INSTRUCTIONS_AVAILABLE] = bit(one.ecx, 0);
    features[PF_SSSE3_INSTRUCTIONS_AVAILABLE] = bit(one.ecx, 9);
    features[PF_COMPARE_EXCHANGE128] = bit(one.ecx, 13);
    features[PF_SSE4_1_INSTRUCTIONS_AVAILABLE] = bit(one.ecx, 19);
    features[PF_SSE4_2_INSTRUCTIONS_AVAILABLE] = bit(one.ecx, 20);
    features[PF_RDRAND_INSTRUCTION_AVAILABLE] = bit(one.ecx, 30);
    features[PF_XSAVE_ENABLED] = cpu_features.has_xsave;
    features[PF_AVX_INSTRUCTIONS_AVAILABLE] = saves_ymm && bit(one.ecx, 28);
    features[PF_AVX2_INSTRUCTIONS_AVAILABLE] = saves_ymm && bit(seven.ebx, 5);
    features[PF_RDPID_INSTRUCTION_AVAILABLE] = bit(seven.ecx, 22);
    if (cpuid(0x80000000).eax >= 0x80000001)
        features[PF_RDTSCP_INSTRUCTION_AVAILABLE] = bit(cpuid(0x80000001).edx, 27);
}

// The finalizer of a 64-bit hash: every input bit changes about half of the output bits.
static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 32) * 0xD6E8FEB86659FD93ull;
    x = (x ^ x >> 32) * 0xD6E8FEB86659FD93ull;
    return x ^ x >> 32;
}

uint64_t processor_random(void)
{
    static uint64_t state;
    uint64_t value = 0;
    bool is_good = false;
    // RDRAND may be out of numbers for a moment; ten tries are Intel's advice.
    for (int i = 0; i < 10 && !is_good && cpu_features.has_rdrand; i++)
        __asm__ volatile("rdrand %0; setc %1" : "=r"(value), "=qm"(is_good)::"cc");
    state = mix(state + value + cpu_timestamp());
    return state;
}
