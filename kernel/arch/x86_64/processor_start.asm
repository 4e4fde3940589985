; SPDX-License-Identifier: MIT
; The first instructions of the other processors. A start-up message makes a processor begin in real
; mode at a page below 1 MiB, to which processors.c has copied the code between processor_start and
; processor_start_end. It goes straight to long mode on the provisional page tables of boot.asm,
; which map it where it is and the kernel where it is linked, and leaves the page for good.

%include "arch_offsets.inc"

KERNEL_BASE equ 0xFFFFFFFF80000000

section .rodata align=16
bits 16

; Where a label of the copy is. CS is the page's segment, which is not needed again.
%define COPIED(label) (PROCESSOR_START_PAGE + (label) - processor_start)

; All registers are as INIT leaves them; interrupts are off.
global processor_start
processor_start:
    cli
    xor ax, ax
    mov ds, ax
    mov eax, BOOT_CR4
    mov cr4, eax
    mov eax, boot_pml4 - KERNEL_BASE
    mov cr3, eax
    mov ecx, 0xC0000080                 ; EFER
    mov eax, BOOT_EFER
    xor edx, edx
    wrmsr
    o32 lgdt [COPIED(.gdt_pointer)]
    mov eax, BOOT_CR0                   ; paging with long mode enabled: no detour by 32 bits
    mov cr0, eax
    jmp dword 0x08:COPIED(.long_mode)

align 8
.gdt:
    dq 0
    dq 0x00209A0000000000               ; 64-bit code
.gdt_pointer:
    dw 15
    dd COPIED(.gdt)

bits 64
.long_mode:
    mov rax, processor_enter
    jmp rax
global processor_start_end
processor_start_end:

section .text.entry exec align=16
extern boot_pml4
extern paging_kernel_root
extern processors_arrived
extern processors_admitted
extern processor_main

; No stack yet, and no use of one: the processors come here all at once. Each takes a number and
; waits until the boot processor has made what belongs to it: a stack, or 1 if it is not wanted.
global processor_enter:function
processor_enter:
    mov rax, [paging_kernel_root]
    mov cr3, rax
    mov ecx, 1
    lock xadd [processors_arrived], ecx
    cmp ecx, CPU_MAX - 1
    jae .park
.wait:
    pause
    mov rax, [processors_admitted + rcx * 8]
    test rax, rax
    jz .wait
    cmp rax, 1
    je .park
    xor edx, edx
    mov ss, dx                          ; its segment base and limit mean nothing in 64-bit mode
    mov ds, dx
    mov es, dx
    mov fs, dx
    mov gs, dx
    mov rdi, rax                        ; struct cpu
    mov rsp, [rax + CPU_KERNEL_STACK]
    xor ebp, ebp                        ; backtraces end here
    call processor_main
.park:
    cli
    hlt
    jmp .park
