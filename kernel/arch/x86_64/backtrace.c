// SPDX-License-Identifier: MIT
// Registers and stacks for panics. Nothing here trusts what it reads: a frame is followed only
// inside the one stack that holds RBP, upwards, while the pages are there.

#include <arch/context.h>
#include <arch/paging.h>

#include <kernel/frames.h>
#include <kernel/kernel_space.h>
#include <kernel/log.h>

#include "arch_private.h"

static bool is_readable(vaddr_t va)
{
    struct paging_entry entry;
    if (va >= (vaddr_t)kernel_data_start && va < (vaddr_t)kernel_data_end)
        return !(va >= (vaddr_t)boot_stack_guard && va < (vaddr_t)boot_stack_guard + PAGE_SIZE) &&
               !descriptors_describe_stack(va);
    return va >= KERNEL_VA_BASE && va < KERNEL_VA_END && paging_kernel_root &&
           paging_lookup(paging_kernel_root, va, &entry);
}

void arch_backtrace(vaddr_t rbp, unsigned limit, void (*visit)(vaddr_t return_address))
{
    for (unsigned i = 0; i < limit; i++) {
        if (rbp % 8 != 0 || !is_readable(rbp) || !is_readable(rbp + 8))
            return;
        const uint64_t *frame = (const uint64_t *)rbp;
        if (frame[1] < KERNEL_BASE)
            return;
        visit(frame[1]);
        // Interrupt stacks lie apart from thread stacks, so the next frame may be anywhere once.
        if (frame[0] == rbp)
            return;
        rbp = frame[0];
    }
}

vaddr_t arch_caller_of_bad_jump(const struct trap_frame *frame)
{
    bool is_fetch = frame->vector == TRAP_PAGE_FAULT && (frame->error_code & PAGE_FAULT_EXECUTE);
    if (!is_fetch || frame->rsp % 8 != 0 || !is_readable(frame->rsp))
        return 0;
    vaddr_t caller = *(const uint64_t *)frame->rsp;
    return caller >= (vaddr_t)kernel_text_start && caller < (vaddr_t)kernel_text_end ? caller : 0;
}

void arch_capture_frame(struct trap_frame *frame)
{
    *frame = (struct trap_frame){ .cs = SELECTOR_KERNEL_CODE, .ss = SELECTOR_KERNEL_DATA };
    __asm__ volatile("movq %%rbx, %0" : "=m"(frame->rbx));
    __asm__ volatile("movq %%r12, %0" : "=m"(frame->r12));
    __asm__ volatile("movq %%r13, %0" : "=m"(frame->r13));
    __asm__ volatile("movq %%r14, %0" : "=m"(frame->r14));
    __asm__ volatile("movq %%r15, %0" : "=m"(frame->r15));
    __asm__ volatile("pushfq; popq %0" : "=r"(frame->rflags));
}

void arch_print_registers(const struct trap_frame *f)
{
    log_raw("rax %016lx  rbx %016lx  rcx %016lx  rdx %016lx\n", f->rax, f->rbx, f->rcx, f->rdx);
    log_raw("rsi %016lx  rdi %016lx  rbp %016lx  rsp %016lx\n", f->rsi, f->rdi, f->rbp, f->rsp);
    log_raw("r8  %016lx  r9  %016lx  r10 %016lx  r11 %016lx\n", f->r8, f->r9, f->r10, f->r11);
    log_raw("r12 %016lx  r13 %016lx  r14 %016lx  r15 %016lx\n", f->r12, f->r13, f->r14, f->r15);
    log_raw("rip %016lx  flags %08lx  cs %02lx  ss %02lx  vector %lu  error %lx\n", f->rip,
            f->rflags, f->cs, f->ss, f->vector, f->error_code);
    log_raw("cr0 %08lx  cr2 %016lx  cr3 %016lx  cr4 %08lx\n", cr0_read(), cr2_read(), cr3_read(),
            cr4_read());
}
