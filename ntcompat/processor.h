// SPDX-License-Identifier: MIT
// What NT tells programs about the processor.

#pragma once

#include <nt/shared_data.h>

struct processor_model {
    uint16_t family;
    uint8_t model;
    uint8_t stepping;
    ULONG feature_bits; // SYSTEM_PROCESSOR_INFORMATION.ProcessorFeatureBits
};

const struct processor_model *processor_model(void);

struct cpuid {
    uint32_t eax, ebx, ecx, edx;
};
struct cpuid processor_cpuid(uint32_t leaf, uint32_t subleaf);

// Sets features[PF_...] for what processor and kernel offer to programs.
void processor_list_features(BOOLEAN features[PROCESSOR_FEATURE_MAX]);

// 64 bits that nobody outside can foresee, where the processor has RDRAND; else mixed from time.
uint64_t processor_random(void);
