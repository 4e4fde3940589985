// SPDX-License-Identifier: MIT
/*
 * What an entry into the kernel leaves on the kernel stack: every general register of whoever was
 * interrupted. One layout for exceptions, interrupts and services; entry.asm builds it.
 */

#pragma once

#include <kernel/types.h>

struct trap_frame {
    uint64_t r15, r14, r13, r12, rbp, rbx; // preserved by calls; pushed last
    uint64_t r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
    uint64_t vector; // of the exception or interrupt; TRAP_VECTOR_SYSCALL for SYSCALL
    uint64_t error_code;
    uint64_t rip, cs, rflags, rsp, ss; // pushed by the processor
};

#define TRAP_VECTOR_SYSCALL 0x100u
// In a service: the registers are no longer those of its caller, who gets no result.
#define TRAP_VECTOR_CONTEXT 0x101u

// Selectors, in the places where SYSCALL and SYSRET want them; the user's are those of Windows.
#define SELECTOR_KERNEL_CODE 0x10
#define SELECTOR_KERNEL_DATA 0x18
#define SELECTOR_USER_CODE32 0x23
#define SELECTOR_USER_DATA   0x2B
#define SELECTOR_USER_CODE   0x33
#define SELECTOR_TSS         0x40

enum trap_vector {
    TRAP_DIVIDE = 0,
    TRAP_DEBUG = 1,
    TRAP_NMI = 2,
    TRAP_BREAKPOINT = 3,
    TRAP_OVERFLOW = 4,
    TRAP_BOUND = 5,
    TRAP_INVALID_OPCODE = 6,
    TRAP_NO_DEVICE = 7,
    TRAP_DOUBLE_FAULT = 8,
    TRAP_INVALID_TSS = 10,
    TRAP_NOT_PRESENT = 11,
    TRAP_STACK = 12,
    TRAP_PROTECTION = 13,
    TRAP_PAGE_FAULT = 14,
    TRAP_X87 = 16,
    TRAP_ALIGNMENT = 17,
    TRAP_MACHINE_CHECK = 18,
    TRAP_SIMD = 19,
    TRAP_CONTROL = 21,
    TRAP_FASTFAIL = 0x29,      // int 29h: NT's fail fast
    TRAP_ASSERTION = 0x2C,     // int 2Ch: NT's assertion
    TRAP_DEBUG_SERVICE = 0x2D, // int 2Dh: NT's debug print and prompt
    TRAP_SERVICE = 0x2E,       // int 2Eh: NT's older way to call a service
    TRAP_IRQ_FIRST = 0x40,     // device interrupts, assigned by interrupt_connect
    TRAP_TIMER = 0xF0,
    TRAP_RESCHEDULE = 0xF1, // from other processors: cpu_reschedule
    TRAP_CALL = 0xF2,       // and cpus_call
    TRAP_SPURIOUS = 0xFF,
};

enum page_fault_bits {
    PAGE_FAULT_PRESENT = 1 << 0,
    PAGE_FAULT_WRITE = 1 << 1,
    PAGE_FAULT_USER = 1 << 2,
    PAGE_FAULT_RESERVED = 1 << 3,
    PAGE_FAULT_EXECUTE = 1 << 4,
};
