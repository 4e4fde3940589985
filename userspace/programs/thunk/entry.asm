; SPDX-License-Identifier: MIT
;
; The two functions by which threads come from the kernel, as ntdll has them: each stores the
; registers that it finds and passes them to C. thunk.h has the structure.

bits 64

section .drectve info
    db ' -export:LdrInitializeThunk -export:RtlUserThreadStart'

section .text

extern thread_entered
extern thread_begun

; In: all registers as the kernel gives them. Calls %1(struct entry *), which does not return.
%macro pass_registers 1
    pushfq
    push rsp
    add qword [rsp], 8              ; RSP of the first instruction: above the flags
    push r15
    push r14
    push r13
    push r12
    push r11
    push r10
    push r9
    push r8
    push rdi
    push rsi
    push rbp
    push rbx
    push rdx
    push rcx
    push rax
    mov rcx, rsp
    and rsp, -16
    sub rsp, 20h
    call %1
    ud2
%endmacro

global LdrInitializeThunk
LdrInitializeThunk:
    pass_registers thread_entered

global RtlUserThreadStart
RtlUserThreadStart:
    pass_registers thread_begun
