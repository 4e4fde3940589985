# SPDX-License-Identifier: MIT
# What `scons debug` adds to gdb (docs/debugging.md).

set confirm off
set pagination off

define kernel
    thbreak kernel_main
    continue
end
document kernel
kernel: run to the first line of C.
end

define program
    # By now the kernel has mapped the image; RCX will be the program's PEB, which holds its address.
    thbreak load_trap_frame
    continue
    set $image_base = *(unsigned long *)(((struct trap_frame *)$rdi)->rcx + 0x10)
    add-symbol-file $arg0 -o $image_base-0x140000000
end
document program
program FILE.exe: run until the kernel enters a program, and add the symbols of its file.
For images that prefer the address 0x140000000, as MinGW's do.
end
