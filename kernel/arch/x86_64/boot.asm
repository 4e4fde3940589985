; SPDX-License-Identifier: MIT
; The first instructions, from either loader to C. GRUB (Multiboot2) and PVH both enter in 32-bit
; protected mode with paging off; they differ in the magic and in what EBX points at, which C sorts
; out. Here: check that the processor can run us, build provisional page tables, enter long mode.
;
; The provisional tables map the first 4 GiB three times with 2 MiB pages: at 0 (we are running
; there), at the direct map and at KERNEL_BASE (1 GiB). paging.c replaces them.
;
; The whole kernel is linked at KERNEL_BASE; until paging is on, PHYSICAL() says where things are.

%include "arch_offsets.inc"

KERNEL_BASE equ 0xFFFFFFFF80000000
%define PHYSICAL(symbol) ((symbol) - KERNEL_BASE)

MULTIBOOT2_MAGIC equ 0xE85250D6
PVH_MAGIC        equ 0x336EC578         ; what start_info itself begins with

section .boot.multiboot exec align=8
multiboot_header:
    dd MULTIBOOT2_MAGIC, 0, multiboot_header_end - multiboot_header
    dd 0x100000000 - (MULTIBOOT2_MAGIC + 0 + (multiboot_header_end - multiboot_header))
    align 8
    dw 5, 1                             ; frame buffer, optional: any size and depth
    dd 20, 0, 0, 0
    align 8
    dw 6, 0                             ; modules on page boundaries
    dd 8
    align 8
    dw 0, 0
    dd 8
multiboot_header_end:

section .note.pvh note align=4
    dd 4, 4, 18                         ; name size, value size, XEN_ELFNOTE_PHYS32_ENTRY
    db "Xen", 0
    dd PHYSICAL(boot_pvh)

section .boot.text exec align=16
bits 32

; PVH: EBX = physical address of hvm_start_info.
global boot_pvh
boot_pvh:
    mov esi, PVH_MAGIC
    jmp boot_common

; Multiboot2: EAX = 0x36D76289, EBX = physical address of the boot information.
global boot_multiboot2
boot_multiboot2:
    mov esi, eax

; ESI = magic, EBX = information. Both stay there until C.
boot_common:
    cli
    cld
    mov esp, PHYSICAL(boot_stack_top)

    ; A processor without CPUID cannot flip RFLAGS.ID.
    pushfd
    pop eax
    mov ecx, eax
    xor eax, 1 << 21
    push eax
    popfd
    pushfd
    pop eax
    cmp eax, ecx
    mov edi, PHYSICAL(message_cpuid)
    je boot_refuse

    mov [PHYSICAL(boot_saved_information)], ebx
    mov eax, 0x80000000
    cpuid
    mov edi, PHYSICAL(message_long_mode)
    cmp eax, 0x80000001
    jb boot_refuse
    mov eax, 0x80000001
    cpuid
    bt edx, 29
    jnc boot_refuse
    mov edi, PHYSICAL(message_nx)
    bt edx, 20
    jnc boot_refuse
    mov edi, PHYSICAL(message_syscall)
    bt edx, 11
    jnc boot_refuse
    mov eax, 1
    cpuid
    mov edi, PHYSICAL(message_sse2)
    bt edx, 26
    jnc boot_refuse
    mov edi, PHYSICAL(message_fxsr)
    bt edx, 24
    jnc boot_refuse
    mov edi, PHYSICAL(message_apic)
    bt edx, 9
    jnc boot_refuse
    mov edi, PHYSICAL(message_pge)
    bt edx, 13
    jnc boot_refuse
    mov ebx, [PHYSICAL(boot_saved_information)]

    ; Four page directories of 2 MiB pages: present, writable.
    mov edi, PHYSICAL(boot_directories)
    mov eax, 0x83
    xor edx, edx
.next_large_page:
    mov [edi], eax
    mov [edi + 4], edx
    add edi, 8
    add eax, 0x200000
    jnc .next_large_page                ; wraps to 0 behind the last of 4 GiB

    mov eax, PHYSICAL(boot_directories) + 3
    mov [PHYSICAL(boot_pdpt_low)], eax
    mov [PHYSICAL(boot_pdpt_high) + 510 * 8], eax
    add eax, 0x1000
    mov [PHYSICAL(boot_pdpt_low) + 8], eax
    add eax, 0x1000
    mov [PHYSICAL(boot_pdpt_low) + 16], eax
    add eax, 0x1000
    mov [PHYSICAL(boot_pdpt_low) + 24], eax
    mov eax, PHYSICAL(boot_pdpt_low) + 3
    mov [PHYSICAL(boot_pml4)], eax
    mov [PHYSICAL(boot_pml4) + 256 * 8], eax
    mov dword [PHYSICAL(boot_pml4) + 511 * 8], PHYSICAL(boot_pdpt_high) + 3

    mov eax, PHYSICAL(boot_pml4)
    mov cr3, eax
    mov eax, cr4
    or eax, BOOT_CR4
    mov cr4, eax
    mov ecx, 0xC0000080                 ; EFER
    rdmsr
    or eax, BOOT_EFER
    wrmsr
    mov eax, BOOT_CR0
    mov cr0, eax
    lgdt [PHYSICAL(boot_gdt_pointer)]
    jmp 0x10:PHYSICAL(boot_long_mode)

; EDI = what is missing. Says so on the serial line and on a VGA text screen, and stops.
boot_refuse:
    mov ebx, edi
    mov esi, PHYSICAL(message_prefix)
    mov edi, 0xB8000
    call boot_print
    mov esi, ebx
    call boot_print
    mov esi, PHYSICAL(message_suffix)
    call boot_print
    mov eax, 0x11                       ; isa-debug-exit: as a panic
    mov dx, 0x501
    out dx, eax
.stop:
    hlt
    jmp .stop

; ESI = text, EDI = place on the screen, moved on. Destroys EAX, EDX.
boot_print:
    lodsb
    test al, al
    jz .done
    mov ah, 0x4F                        ; white on red
    cmp al, 10
    je .serial
    mov [edi], ax
    add edi, 2
.serial:
    mov dx, 0x3F8
    out dx, al
    jmp boot_print
.done:
    ret

message_prefix    db "pekoe: this processor cannot run the kernel: it lacks ", 0
message_suffix    db ". Try another -cpu.", 10, 0
message_cpuid     db "CPUID", 0
message_long_mode db "64-bit mode (LM)", 0
message_nx        db "no-execute pages (NX)", 0
message_syscall   db "SYSCALL", 0
message_sse2      db "SSE2", 0
message_fxsr      db "FXSAVE", 0
message_apic      db "a local APIC", 0
message_pge       db "global pages (PGE)", 0

align 8
boot_gdt:
    dq 0, 0
    dq 0x00209A0000000000               ; 0x10: 64-bit code
    dq 0x0000920000000000               ; 0x18: data
boot_gdt_pointer:
    dw $ - boot_gdt - 1
    dd PHYSICAL(boot_gdt)
boot_saved_information dd 0

bits 64
boot_long_mode:
    mov ax, 0x18
    mov ds, ax
    mov es, ax
    mov ss, ax
    xor eax, eax
    mov fs, ax
    mov gs, ax
    mov rax, boot_high
    jmp rax

section .text.entry exec align=16
extern kernel_main

; From here on at the linked address. RDI = magic, RSI = physical address of the information.
global boot_high:function
boot_high:
    mov rsp, boot_stack_top
    xor ebp, ebp                        ; backtraces end here
    mov edi, esi
    mov esi, ebx
    call kernel_main
    ud2

section .bss.page nobits alloc write align=4096
global boot_pml4                        ; the other processors start on it, too
boot_pml4        resb 4096
boot_pdpt_low    resb 4096
boot_pdpt_high   resb 4096
boot_directories resb 4 * 4096
; paging.c leaves the page below the boot stack unmapped.
global boot_stack_guard
boot_stack_guard resb 4096
global boot_stack
boot_stack       resb 16384
boot_stack_top:
global boot_stack_top
