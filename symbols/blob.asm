; SPDX-License-Identifier: MIT
; Puts the packed symbol table, symbols.bin of nasm's include path, into the kernel's section
; .symbols.

section .symbols alloc noexec nowrite progbits align=16
    incbin "symbols.bin"
