// SPDX-License-Identifier: MIT
// Patterns for registers, and comparing them (registers.h).

#include <user/registers.h>

#include <user/memory.h>
#include <user/print.h>

#define GENERAL_COUNT 15

static const char *const names[GENERAL_COUNT] = { "rax", "rcx", "rdx", "rbx", "rbp",
                                                  "rsi", "rdi", "r8",  "r9",  "r10",
                                                  "r11", "r12", "r13", "r14", "r15" };

bool has_ymm(void)
{
    ULONG a = 1, b, c = 0, d, low = 0, high;

    __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    if ((c >> 27 & 3) != 3) // OSXSAVE and AVX
        return false;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & 6) == 6;
}

void fill_registers(struct registers *registers, ULONG seed)
{
    ULONGLONG *general = &registers->rax;

    for (ULONG i = 0; i < GENERAL_COUNT; i++)
        general[i] = (ULONGLONG)(seed + i) * 0x9E3779B97F4A7C15ull;
    registers->flags = seed * 0x45 & ARITHMETIC_FLAGS;
    for (ULONG i = 0; i < 16; i++)
        for (ULONG j = 0; j < 32; j++)
            registers->ymm[i][j] = (UCHAR)(seed * 7 + i * 32 + j);
}

bool same_registers(const struct registers *got, const struct registers *wanted)
{
    const ULONGLONG *general = &got->rax, *expected = &wanted->rax;
    size_t vector_size = has_ymm() ? 32 : 16;
    bool are_same = true;

    for (ULONG i = 0; i < GENERAL_COUNT; i++)
        if (general[i] != expected[i]) {
            print("  %s is %llx instead of %llx\n", names[i], general[i], expected[i]);
            are_same = false;
        }
    if (((got->flags ^ wanted->flags) & ARITHMETIC_FLAGS) != 0) {
        print("  flags are %llx instead of %llx\n", got->flags, wanted->flags);
        are_same = false;
    }
    for (ULONG i = 0; i < 16; i++)
        if (memcmp(got->ymm[i], wanted->ymm[i], vector_size) != 0) {
            print("  vector register %u differs\n", i);
            are_same = false;
        }
    return are_same;
}
