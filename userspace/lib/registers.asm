; SPDX-License-Identifier: MIT
;
; Loads and stores all registers at once; registers.h says what for.

bits 64
section .text

FLAGS equ 15 * 8
YMM   equ 16 * 8

; In: RCX from, RDX to, R8 code, R9B whether there are YMM registers.
; Stack between: +00 to, +08 with_ymm, +10 code, +18 RFLAGS, then XMM6-15, then what was pushed.
global exchange_registers
exchange_registers:
    push rbx
    push rbp
    push rsi
    push rdi
    push r12
    push r13
    push r14
    push r15
    sub rsp, 0C8h
%assign i 6
%rep 10
    movaps [rsp + 20h + 10h * (i - 6)], xmm %+ i
%assign i i + 1
%endrep
    mov [rsp], rdx
    movzx r9d, r9b
    mov [rsp + 8], r9
    mov [rsp + 10h], r8
    test r9d, r9d
    jz .load_xmm
%assign i 0
%rep 16
    vmovdqu ymm %+ i, [rcx + YMM + 32 * i]
%assign i i + 1
%endrep
    jmp .load_general
.load_xmm:
%assign i 0
%rep 16
    movdqu xmm %+ i, [rcx + YMM + 32 * i]
%assign i i + 1
%endrep
.load_general:
    pushfq
    mov rax, [rcx + FLAGS]
    or [rsp], rax
    popfq                           ; the flags wanted were clear: CLD, and no arithmetic follows
    mov rax, [rcx]
    mov rdx, [rcx + 16]
    mov rbx, [rcx + 24]
    mov rbp, [rcx + 32]
    mov rsi, [rcx + 40]
    mov rdi, [rcx + 48]
    mov r8, [rcx + 56]
    mov r9, [rcx + 64]
    mov r10, [rcx + 72]
    mov r11, [rcx + 80]
    mov r12, [rcx + 88]
    mov r13, [rcx + 96]
    mov r14, [rcx + 104]
    mov r15, [rcx + 112]
    mov rcx, [rcx + 8]
    jmp [rsp + 10h]

global registers_landing
registers_landing:
    xchg rcx, [rsp]                 ; RCX to, [RSP] the RCX that counts
    mov [rcx], rax
    pushfq
    pop rax
    mov [rcx + FLAGS], rax
    mov rax, [rsp]
    mov [rcx + 8], rax
    mov [rcx + 16], rdx
    mov [rcx + 24], rbx
    mov [rcx + 32], rbp
    mov [rcx + 40], rsi
    mov [rcx + 48], rdi
    mov [rcx + 56], r8
    mov [rcx + 64], r9
    mov [rcx + 72], r10
    mov [rcx + 80], r11
    mov [rcx + 88], r12
    mov [rcx + 96], r13
    mov [rcx + 104], r14
    mov [rcx + 112], r15
    cmp qword [rsp + 8], 0
    je .store_xmm
%assign i 0
%rep 16
    vmovdqu [rcx + YMM + 32 * i], ymm %+ i
%assign i i + 1
%endrep
    vzeroupper
    jmp .restore
.store_xmm:
%assign i 0
%rep 16
    movdqu [rcx + YMM + 32 * i], xmm %+ i
%assign i i + 1
%endrep
.restore:
    cld
%assign i 6
%rep 10
    movaps xmm %+ i, [rsp + 20h + 10h * (i - 6)]
%assign i i + 1
%endrep
    add rsp, 0C8h
    pop r15
    pop r14
    pop r13
    pop r12
    pop rdi
    pop rsi
    pop rbp
    pop rbx
    ret

; The handler adds 2 to RIP.
global registers_ud2
registers_ud2:
    ud2
    jmp registers_landing

; Goes round until somebody moves RIP behind the loop, or the registers' owner clears the word.
global registers_spin
global registers_spin_flag
registers_spin:
    pause
    cmp dword [rel registers_spin_flag], 0
    jne registers_spin
global registers_spin_end
registers_spin_end:
    jmp registers_landing

section .data
registers_spin_flag:
    dd 0
