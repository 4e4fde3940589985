; SPDX-License-Identifier: MIT
; Changing from one kernel stack to another, and the first steps of a new thread.

%include "arch_offsets.inc"

bits 64
section .text.entry exec align=16

extern thread_begin

; void arch_switch_stack(vaddr_t *save, vaddr_t load)
; RDI = where to keep this thread's RSP, RSI = the next thread's. Stack while switched out, from RSP
; up: r15 r14 r13 r12 rbx rbp return-address. Interrupts are off throughout.
global arch_switch_stack:function
arch_switch_stack:
    push rbp
    push rbx
    push r12
    push r13
    push r14
    push r15
    mov [rdi], rsp
    mov rsp, rsi
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbx
    pop rbp
    ret

; Where a new thread's first switch returns to. RBP = 0 from its prepared stack, so backtraces end.
global arch_thread_trampoline:function
arch_thread_trampoline:
    call thread_begin
    ud2
