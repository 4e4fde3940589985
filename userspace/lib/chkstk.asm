; SPDX-License-Identifier: MIT
;
; ___chkstk_ms: GCC calls it before a frame of a page or more. A stack grows only when its guard
; page is touched, so every page between here and the new RSP has to be touched in order.

bits 64
section .text

PAGE equ 1000h

; In: RAX bytes that the caller will subtract from RSP. Preserves everything but the flags.
; Stack: +00 saved RAX, +08 saved RCX, +10 return address, +18 the caller's RSP.
global ___chkstk_ms
___chkstk_ms:
    push rcx
.saved_rcx:
    push rax
.saved_rax:
    lea rcx, [rsp + 18h]
.next_page:
    cmp rax, PAGE
    jb .last
    sub rcx, PAGE
    or byte [rcx], 0            ; a write: reading would do, but a write finds read-only stacks too
    sub rax, PAGE
    jmp .next_page
.last:
    sub rcx, rax
    or byte [rcx], 0
    pop rax
    pop rcx
    ret
.end:

; A stack overflow happens in here, and the report must show who recursed: two pushes to undo.
section .xdata rdata align=4
unwind:
    db 1, ___chkstk_ms.saved_rax - ___chkstk_ms, 2, 0
    db ___chkstk_ms.saved_rax - ___chkstk_ms, 0 << 4 | 0    ; UWOP_PUSH_NONVOL RAX
    db ___chkstk_ms.saved_rcx - ___chkstk_ms, 1 << 4 | 0    ; UWOP_PUSH_NONVOL RCX

section .pdata rdata align=4
    dd ___chkstk_ms wrt ..imagebase, ___chkstk_ms.end wrt ..imagebase, unwind wrt ..imagebase
