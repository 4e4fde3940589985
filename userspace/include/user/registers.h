// SPDX-License-Identifier: MIT
// All registers at once: for tests of what an exception, an APC or a context switch must keep.

#pragma once

#include <nt/types.h>
#include <stdbool.h>

// In this order in registers.asm. RSP is not among them.
struct registers {
    ULONGLONG rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15;
    ULONGLONG flags; // the arithmetic ones
    UCHAR ymm[16][32];
};

#define ARITHMETIC_FLAGS 0x8D5u

// Whether YMM registers exist, for the program: else only their lower halves are XMM's.
bool has_ymm(void);

/*
 * Loads all registers from *from, executes instruction, and stores them to *to. `instruction` is
 * the address of code that ends in JMP to registers_landing with RSP as it was.
 */
void exchange_registers(const struct registers *from, struct registers *to, const void *instruction,
                        bool with_ymm);
extern const char registers_landing[];

// Code for exchange_registers: UD2, whose handler goes on 2 bytes further; and a loop that lasts
// while registers_spin_flag is not 0.
extern const char registers_ud2[], registers_spin[], registers_spin_end[];
extern volatile ULONG registers_spin_flag;

// Fills them with bytes that depend on seed and place.
void fill_registers(struct registers *registers, ULONG seed);

// Prints the names of those that differ; returns whether all are equal. Without YMM upper halves
// do not count.
bool same_registers(const struct registers *got, const struct registers *wanted);
