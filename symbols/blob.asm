; SPDX-License-Identifier: MIT
; Puts the packed symbol table, the file named by TABLE, into the kernel's section .symbols.

section .symbols alloc noexec nowrite progbits align=16
    incbin TABLE
