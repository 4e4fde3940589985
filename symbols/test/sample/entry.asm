; SPDX-License-Identifier: MIT
;
; The sample's assembler file: a function with a size, one without, and a label without a type.

bits 64
section .text

extern sample_called_from_assembler

global sample_entry:function (sample_entry.end - sample_entry)
sample_entry:
    mov edi, 7
    call sample_called_from_assembler
.again:
    hlt
    jmp .again
.end:

align 16, int3
global sample_without_size:function
sample_without_size:
    xor eax, eax
    ret

global sample_label
sample_label:
    nop
    mov eax, 1
.inside:
    ret
