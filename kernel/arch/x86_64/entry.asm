; SPDX-License-Identifier: MIT
; Every way into the kernel and out of it: exceptions, interrupts, SYSCALL.
;
; All entries build a struct trap_frame (trap_frame.h). The stack after trap_common's pushes, high
; to low:
;       ss rsp rflags cs rip        pushed by the processor (by syscall_entry itself for SYSCALL)
;       error_code vector           pushed by the stub
;       rdi rsi rdx rcx rax r8 r9 r10 r11 rbx rbp r12 r13 r14 r15
;
; GS: in user mode GS.base is the program's TEB and KERNEL_GS_BASE our struct cpu; one SWAPGS on the
; way in and one on the way out exchange them. An entry from user mode (CS.RPL = 3) always swaps. An
; entry from the kernel never does, except those on their own stacks (NMI, #MC, #DB, #DF), which can
; hit between SYSCALL and its SWAPGS: they look at the sign of GS.base.

%include "arch_offsets.inc"

bits 64
section .text.entry exec align=16

extern trap_from_user
extern trap_from_kernel
extern trap_on_own_stack
extern trap_return_work
extern service_entry

; Three bytes that become CLAC if the processor has SMAP (smap.c).
%macro CLAC_SITE 0
%%site:
    db 0x0F, 0x1F, 0x00                 ; 3-byte NOP
    [section .smap_patches]
    dq %%site, 0xCA010F                 ; 0F 01 CA: CLAC
    __SECT__
%endmacro

%macro PUSH_REGISTERS 0
    push rdi
    push rsi
    push rdx
    push rcx
    push rax
    push r8
    push r9
    push r10
    push r11
    push rbx
    push rbp
    push r12
    push r13
    push r14
    push r15
%endmacro

%macro POP_REGISTERS 0
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbp
    pop rbx
    pop r11
    pop r10
    pop r9
    pop r8
    pop rax
    pop rcx
    pop rdx
    pop rsi
    pop rdi
%endmacro

; In: the frame up to vector on the stack; interrupts off; GS as it was.
global trap_common:function
trap_common:
    cld
    CLAC_SITE                           ; an interrupt gate leaves AC as the program set it
    PUSH_REGISTERS
    mov rdi, rsp
    test byte [rsp + FRAME_CS], 3
    jz .from_kernel
    swapgs                              ; partner: trap_return_user
    xor ebp, ebp                        ; the kernel's backtrace ends at the frame
    call trap_from_user
    jmp trap_return_user
.from_kernel:
    push qword [rsp + FRAME_RIP]        ; RIP and RBP in the places where a call would have left
    push qword [rsp + 8 + FRAME_RBP]    ; them, so that a backtrace walks on into what was
    mov rbp, rsp                        ; interrupted
    call trap_from_kernel
    add rsp, 16
    POP_REGISTERS
    add rsp, 16                         ; vector, error code
    iretq

; Leaves to user mode with everything from the frame at RSP. Interrupts off, GS the kernel's.
global trap_return_user:function
trap_return_user:
    POP_REGISTERS
    add rsp, 16
    swapgs                              ; partner: trap_common, syscall_entry, or a new thread
    iretq

; void load_trap_frame(const struct trap_frame *frame): loads all registers from frame, which lies
; on this thread's kernel stack or elsewhere in the kernel, and goes to user mode. Does not return.
global load_trap_frame:function
load_trap_frame:
    cli
    mov rsp, rdi
    xor ebp, ebp
    call trap_return_work
    jmp trap_return_user

; NMI, #MC, #DF and #DB arrive here on stacks of their own. A #DB from user mode is an ordinary
; trap and moves to the thread's stack; the others stay. EBX remembers whether to swap back.
global trap_own_stack:function
trap_own_stack:
    cld
    CLAC_SITE
    PUSH_REGISTERS
    test byte [rsp + FRAME_CS], 3
    jnz .from_user
    mov ecx, 0xC0000101                 ; GS.base
    rdmsr
    xor ebx, ebx
    test edx, edx
    js .gs_is_ours                      ; kernel addresses have the top bit
    swapgs                              ; partner: below, by EBX
    inc ebx
.gs_is_ours:
    mov rdi, rsp
    push qword [rsp + FRAME_RIP]
    push qword [rsp + 8 + FRAME_RBP]
    mov rbp, rsp
    call trap_on_own_stack
    add rsp, 16
    test ebx, ebx
    jz .no_swap
    swapgs                              ; partner: above
.no_swap:
    POP_REGISTERS
    add rsp, 16
    iretq
.from_user:
    swapgs                              ; partner: trap_return_user
    cmp qword [rsp + FRAME_VECTOR], 1
    je .to_thread_stack
    mov rdi, rsp
    xor ebp, ebp
    call trap_on_own_stack
    jmp trap_return_user
.to_thread_stack:
    mov rsi, rsp
    mov rdi, [gs:CPU_KERNEL_STACK]
    sub rdi, FRAME_SIZE
    mov rsp, rdi
    mov ecx, FRAME_SIZE / 8
    rep movsq
    mov rdi, rsp
    xor ebp, ebp
    call trap_from_user
    jmp trap_return_user

; SYSCALL: RCX = the program's RIP, R11 = its RFLAGS, RSP still its own, interrupts and TF, DF, AC,
; NT off (SFMASK). RAX number, R10 RDX R8 R9 arguments.
align 64
global syscall_entry:function
syscall_entry:
    swapgs                              ; partner: below, or trap_return_user
    mov [gs:CPU_USER_STACK], rsp
    mov rsp, [gs:CPU_KERNEL_STACK]
    push SELECTOR_USER_DATA
    push qword [gs:CPU_USER_STACK]
    push r11
    push SELECTOR_USER_CODE
    push rcx
    push 0                              ; error code
    push VECTOR_SYSCALL
    PUSH_REGISTERS
    sti
    xor ebp, ebp
    mov rdi, rsp
    call [service_entry]
    cli
    mov rax, [gs:CPU_THREAD]
    cmp dword [rax + THREAD_WORK], 0
    jne .with_care
    cmp byte [gs:CPU_NEEDS_RESCHEDULE], 0
    jne .with_care
    POP_REGISTERS
    ; RCX and R11 were pushed as the program's RIP and RFLAGS, so they are right for SYSRET. RIP is
    ; below USER_END, as no page above it can hold code: SYSRET cannot fault.
    mov rsp, [rsp + 16 + 24]            ; the program's RSP, behind vector, error, rip, cs, rflags
    swapgs                              ; partner: above
    o64 sysret
.with_care:
    mov rdi, rsp
    call trap_return_work
    jmp trap_return_user

; One stub per vector. Vectors 8, 10-14, 17, 21 push an error code themselves.
%assign vector 0
%rep 256
trap_stub_ %+ vector:
%if vector != 8 && !(vector >= 10 && vector <= 14) && vector != 17 && vector != 21
    push 0
%endif
    push vector
%if vector == 1 || vector == 2 || vector == 8 || vector == 18
    jmp trap_own_stack
%else
    jmp trap_common
%endif
%assign vector vector + 1
%endrep

section .rodata align=8
global trap_stubs
trap_stubs:
%assign vector 0
%rep 256
    dq trap_stub_ %+ vector
%assign vector vector + 1
%endrep
