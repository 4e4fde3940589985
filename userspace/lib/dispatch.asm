; SPDX-License-Identifier: MIT
;
; Where the kernel enters a program that has no ntdll: the names are ntdll's, and a program that
; links this file exports them. exception.h says what C makes of it.

bits 64

section .drectve info
    db ' -export:KiUserExceptionDispatcher -export:KiUserApcDispatcher'

section .text

extern dispatch_exception
extern NtContinue

CONTEXT_TO_RECORD equ 4F0h
FRAME_APC_ROUTINE equ 28h       ; from RSP at entry

; In: RSP the frame: CONTEXT, CONTEXT_EX, EXCEPTION_RECORD; a multiple of 16, no return address.
global KiUserExceptionDispatcher
KiUserExceptionDispatcher:
    mov rdx, rsp
    lea rcx, [rsp + CONTEXT_TO_RECORD]
    sub rsp, 20h
    call dispatch_exception     ; does not return
    ud2

; In: RCX CONTEXT, RDX R8 R9 the APC's arguments, [RSP+28h] its routine; RSP as after a call.
global KiUserApcDispatcher
KiUserApcDispatcher:
    mov rbx, rcx
    mov rax, [rsp + FRAME_APC_ROUTINE]
    mov rcx, rdx
    mov rdx, r8
    mov r8, r9
    mov r9, rbx
    sub rsp, 28h
    call rax                    ; (argument, argument, argument, CONTEXT)
    mov rcx, rbx
    mov edx, 1                  ; the next one, if there is one
    call NtContinue
    ud2

CATCHER_RSP      equ 0
CATCHER_RIP      equ 8
CATCHER_PREVIOUS equ 10h
TEB_CATCHER      equ 1480h      ; the first TLS slot, which nobody gives out without ntdll
FRAME            equ 0C8h       ; home space 20h, XMM6-XMM15, 8 bytes for alignment

; In: RCX struct catcher, RDX function, R8 its argument. Out: EAX 0, or 1 from catch_exception's
; CONTEXT, which also brings RSP back.
global call_with_catcher
call_with_catcher:
    push rbx
    push rbp
    push rsi
    push rdi
    push r12
    push r13
    push r14
    push r15
    sub rsp, FRAME
%assign i 6
%rep 10
    movaps [rsp + 20h + 10h * (i - 6)], xmm %+ i
%assign i i + 1
%endrep
    mov [rcx + CATCHER_RSP], rsp
    lea rax, [rel .landing]
    mov [rcx + CATCHER_RIP], rax
    mov rax, [gs:TEB_CATCHER]
    mov [rcx + CATCHER_PREVIOUS], rax
    mov [gs:TEB_CATCHER], rcx
    mov rcx, r8
    call rdx
    xor eax, eax
.landing:
    mov rcx, [gs:TEB_CATCHER]
    mov rcx, [rcx + CATCHER_PREVIOUS]
    mov [gs:TEB_CATCHER], rcx
%assign i 6
%rep 10
    movaps xmm %+ i, [rsp + 20h + 10h * (i - 6)]
%assign i i + 1
%endrep
    add rsp, FRAME
    pop r15
    pop r14
    pop r13
    pop r12
    pop rdi
    pop rsi
    pop rbp
    pop rbx
    ret
