; SPDX-License-Identifier: MIT
;
; Services called in unusual ways; call.h says what each function does.
;
; At a service's entry: RAX number, R10 RDX R8 R9 the first four arguments, further ones from
; [RSP+28h] on, as if a stub had been called whose return address is at [RSP].

bits 64
section .text

RESERVE equ 78h                 ; keeps RSP a multiple of 16, room for eight stack arguments

; In:   ECX number, RDX words. Out: RAX. Destroyed: RCX RDX R8-R11, as any call.
;
; Stack at the entry of the service:
;   +00 "return address", unused   +08 home space, unused   +28 words 4 to 11   +68 unused
;   +78 our return address
%macro RAW_CALL 2
global %1
%1:
    sub rsp, RESERVE
%1_frame:
    mov eax, ecx
%assign i 4
%rep 8
    mov rcx, [rdx + 8 * i]
    mov [rsp + 8 + 8 * i], rcx
%assign i i + 1
%endrep
    mov r10, [rdx]
    mov rcx, r10                ; int 2Eh keeps RCX; some kernels read it
    mov r8, [rdx + 10h]
    mov r9, [rdx + 18h]
    mov rdx, [rdx + 8]
    %2
    add rsp, RESERVE
    ret
%1_end:
%endmacro

RAW_CALL call_syscall, syscall
RAW_CALL call_int2e, {int 2Eh}

; In:   RCX entry, EDX number, R8 words. Out: RAX bits of lost registers.
; Stack while the service runs: +00 home space, +20 XMM6-XMM15, +C0 saved registers, return address.
; No unwind data: nothing in here can fault but the entry, which has its own.
global call_lost_registers
call_lost_registers:
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
    movups [rsp + 20h + 10h * (i - 6)], xmm %+ i
%assign i i + 1
%endrep

    mov rax, rcx
    mov ecx, edx
    mov rdx, r8
    mov rbx, 0B0B0B0B0F00D0001h
    lea rbp, [rbx + 1]
    lea rsi, [rbx + 2]
    lea rdi, [rbx + 3]
    lea r12, [rbx + 4]
    lea r13, [rbx + 5]
    lea r14, [rbx + 6]
    lea r15, [rbx + 7]
%assign i 6
%rep 10
    lea r9, [rbx + 100h + i]
    movq xmm %+ i, r9
    punpcklqdq xmm %+ i, xmm %+ i
%assign i i + 1
%endrep
    call rax

    xor eax, eax
    mov rcx, 0B0B0B0B0F00D0001h
%macro EXPECT 3                 ; register, offset of its pattern, bit
    lea rdx, [rcx + %2]
    cmp %1, rdx
    je %%kept
    or eax, 1 << %3
%%kept:
%endmacro
    EXPECT rbx, 0, 0
    EXPECT rbp, 1, 1
    EXPECT rsi, 2, 2
    EXPECT rdi, 3, 3
    EXPECT r12, 4, 4
    EXPECT r13, 5, 5
    EXPECT r14, 6, 6
    EXPECT r15, 7, 7
%assign i 6
%rep 10
    movq r8, xmm %+ i
    EXPECT r8, 100h + i, i + 2
    movhlps xmm0, xmm %+ i
    movq r8, xmm0
    EXPECT r8, 100h + i, i + 2
%assign i i + 1
%endrep

%assign i 6
%rep 10
    movups xmm %+ i, [rsp + 20h + 10h * (i - 6)]
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

; In: ECX number, RDX bits to set in RFLAGS. Out: RAX. The flags are as before when it returns.
global call_with_flags
call_with_flags:
    mov eax, ecx
    pushfq
    pushfq
    or [rsp], rdx
    popfq
    syscall
    popfq
    ret

; In: ECX number, RDX words, R8 stack. Out: RAX. RSP is kept in R12 meanwhile.
global call_with_stack
call_with_stack:
    push r12
    mov r12, rsp
    mov eax, ecx
    mov rsp, r8
    mov r10, [rdx]
    mov r8, [rdx + 10h]
    mov r9, [rdx + 18h]
    mov rdx, [rdx + 8]
    syscall
    mov rsp, r12
    pop r12
    ret

; How to unwind the two functions that move RSP and may stop in a service for long: version 1, the
; prologue is the four bytes (or seven) of `sub rsp`, one code: UWOP_ALLOC_SMALL of RESERVE bytes.
section .xdata rdata align=4
unwind_raw_call:
    db 1, call_syscall_frame - call_syscall, 1, 0
    db call_syscall_frame - call_syscall, ((RESERVE - 8) / 8) << 4 | 2
    dw 0

section .pdata rdata align=4
    dd call_syscall wrt ..imagebase, call_syscall_end wrt ..imagebase
    dd unwind_raw_call wrt ..imagebase
    dd call_int2e wrt ..imagebase, call_int2e_end wrt ..imagebase
    dd unwind_raw_call wrt ..imagebase
