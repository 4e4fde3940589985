// SPDX-License-Identifier: MIT
// Threads as the processor sees them: a stack, an address space, a GS base, vector registers.

#include <arch/context.h>
#include <arch/debug.h>
#include <arch/fpu.h>
#include <arch/paging.h>
#include <arch/user.h>

#include <kernel/kernel_space.h>
#include <kernel/process.h>

#include "arch_private.h"

extern char arch_thread_trampoline[];
void arch_switch_stack(vaddr_t *save, vaddr_t load);
NORETURN void load_trap_frame(struct trap_frame *frame);

#define SAVED_REGISTERS 6 // those that arch_switch_stack pushes

vaddr_t arch_prepare_stack(vaddr_t stack_top)
{
    // From the top: a zero that keeps the stack aligned as a CALL would, and the trampoline.
    uint64_t *top = (uint64_t *)stack_top;
    *--top = 0;
    *--top = (vaddr_t)arch_thread_trampoline;
    for (int i = 0; i < SAVED_REGISTERS; i++)
        *--top = 0;
    return (vaddr_t)top;
}

void arch_switch(struct cpu *cpu, struct thread *from, struct thread *to)
{
    if (from->fpu_state)
        fpu_save(from->fpu_state);
    descriptors_set_kernel_stack(cpu, (vaddr_t)to->kernel_stack + KERNEL_STACK_SIZE);
    // A kernel thread runs in whatever address space is current, so going to one costs nothing.
    if (to->process && to->process->space)
        space_switch(to->process->space);
    else
        paging_idle_root();
    debug_registers_switch(&from->debug, &to->debug);
    if (to->fpu_state) {
        msr_write(MSR_KERNEL_GS_BASE, to->user_gs_base);
        fpu_load(to->fpu_state);
    }
    arch_switch_stack(&from->saved_stack_pointer, to->saved_stack_pointer);
}

/*
 * Selectors of data segments mean nothing in 64-bit mode, but stay as the program before has left
 * them. The one in GS goes while its base is the program's: ours is lost with the selector.
 */
static void clear_data_selectors(void)
{
    __asm__ volatile("movl %0, %%ds\n\t"
                     "movl %0, %%es\n\t"
                     "movl %0, %%fs\n\t"
                     "swapgs\n\t"
                     "movl %0, %%gs\n\t"
                     "swapgs" ::"r"(0));
}

void arch_enter_user(void)
{
    irq_disable();
    clear_data_selectors();
    // The thread may have set its GS base only now, behind its first switch.
    msr_write(MSR_KERNEL_GS_BASE, current_thread()->user_gs_base);
    load_trap_frame(thread_user_frame(current_thread()));
}
