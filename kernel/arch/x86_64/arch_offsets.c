// SPDX-License-Identifier: MIT
// Compiled to assembly only: each line "->NAME value" becomes a constant for the .asm files, so
// that no offset is written twice.

#include <kernel/early_memory.h>
#include <kernel/thread.h>

#include "arch_private.h"

#define CONSTANT(name, value) __asm__ volatile("\n->" #name " %c0" ::"i"(value))

void arch_offsets(void);

void arch_offsets(void)
{
    CONSTANT(FRAME_SIZE, sizeof(struct trap_frame));
    CONSTANT(FRAME_RBP, offsetof(struct trap_frame, rbp));
    CONSTANT(FRAME_RIP, offsetof(struct trap_frame, rip));
    CONSTANT(FRAME_CS, offsetof(struct trap_frame, cs));
    CONSTANT(FRAME_VECTOR, offsetof(struct trap_frame, vector));
    CONSTANT(CPU_KERNEL_STACK, offsetof(struct cpu, kernel_stack_top));
    CONSTANT(CPU_USER_STACK, offsetof(struct cpu, user_stack_scratch));
    CONSTANT(CPU_THREAD, offsetof(struct cpu, thread));
    CONSTANT(CPU_NEEDS_RESCHEDULE, offsetof(struct cpu, needs_reschedule));
    CONSTANT(THREAD_WORK, offsetof(struct thread, work));
    CONSTANT(SELECTOR_USER_DATA, SELECTOR_USER_DATA);
    CONSTANT(SELECTOR_USER_CODE, SELECTOR_USER_CODE);
    CONSTANT(CPU_MAX, CPU_MAX);
    CONSTANT(BOOT_CR0, BOOT_CR0);
    CONSTANT(BOOT_CR4, BOOT_CR4);
    CONSTANT(BOOT_EFER, BOOT_EFER);
    CONSTANT(PROCESSOR_START_PAGE, PROCESSOR_START_PAGE);
    CONSTANT(VECTOR_SYSCALL, TRAP_VECTOR_SYSCALL);
}
