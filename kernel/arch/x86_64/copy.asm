; SPDX-License-Identifier: MIT
; The only instructions that touch a program's memory. Each may fault: the entry in .copy_fixups
; says where to go on if the page fault handler cannot help. AC is set (STAC) only between the first
; and the last of them, if the processor has SMAP (smap.c patches the sites).

bits 64
section .text.entry exec align=16

%macro SMAP_SITE 1
%%site:
    db 0x0F, 0x1F, 0x00                 ; 3-byte NOP
    [section .smap_patches]
    dq %%site, %1
    __SECT__
%endmacro
%define STAC_CODE 0xCB010F
%define CLAC_CODE 0xCA010F

%macro MAY_FAULT 2                      ; instruction, where to go on
    [section .copy_fixups]
    dq %1, %2
    __SECT__
%endmacro

; bool arch_copy_user(void *to, const void *from, size_t size)
; RDI, RSI, RDX as in C; returns AL = whether all was copied. Destroys RCX, RDI, RSI.
global arch_copy_user:function
arch_copy_user:
    SMAP_SITE STAC_CODE
    mov rcx, rdx
    shr rcx, 3
    jz .tail
.words:
    rep movsq
.tail:
    mov ecx, edx
    and ecx, 7
    jz .done
.bytes:
    rep movsb
.done:
    SMAP_SITE CLAC_CODE
    mov eax, 1
    ret
    MAY_FAULT .words, user_access_failed
    MAY_FAULT .bytes, user_access_failed

; bool arch_copy_user64(void *to, const void *from): the same for eight bytes. Destroys RCX.
global arch_copy_user64:function
arch_copy_user64:
    SMAP_SITE STAC_CODE
.load:
    mov rcx, [rsi]
.store:
    mov [rdi], rcx
    SMAP_SITE CLAC_CODE
    mov eax, 1
    ret
    MAY_FAULT .load, user_access_failed
    MAY_FAULT .store, user_access_failed

user_access_failed:
    SMAP_SITE CLAC_CODE
    xor eax, eax
    ret
