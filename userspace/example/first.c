// SPDX-License-Identifier: MIT
/*
 * A whole Windows program without any library: two system calls, numbered as in Windows 10, build
 * 19045. Build and run it with
 *
 *   x86_64-w64-mingw32-gcc -O2 -ffreestanding -nostdlib -o first.exe first.c
 *   pekoe first.exe
 */

#define NT_WRITE_FILE        0x08
#define NT_TERMINATE_PROCESS 0x2C

typedef unsigned long long word;

// Enters the kernel: the number in EAX, arguments in R10, RDX, R8, R9, then on the stack. RCX and
// R11 are SYSCALL's own. `stack` is laid out as the kernel expects it to be at RSP.
static word system_call(word number, word a, word b, word c, word d, const word *stack)
{
    register word r10 __asm__("r10") = a;
    register word r8 __asm__("r8") = c;
    register word r9 __asm__("r9") = d;

    __asm__ volatile("xchgq %[stack], %%rsp\n\tsyscall\n\txchgq %[stack], %%rsp"
                     : "+a"(number), "+r"(r10), "+d"(b), "+r"(r8), "+r"(r9), [stack] "+b"(stack)
                     :
                     : "rcx", "r11", "memory");
    return number;
}

void mainCRTStartup(const char *peb);

// The entry point; the kernel passes the process environment block.
void mainCRTStartup(const char *peb)
{
    static const char text[] = "Hello from the first program.\n";
    const char *parameters = *(const char *const *)(peb + 0x20);
    word standard_output = *(const word *)(parameters + 0x28);
    word result[2];
    // Five words that the kernel skips: return address and home space. Then arguments 5 to 9.
    word stack[10] = { 0, 0, 0, 0, 0, (word)result, (word)text, sizeof(text) - 1, 0, 0 };

    system_call(NT_WRITE_FILE, standard_output, 0, 0, 0, stack);
    system_call(NT_TERMINATE_PROCESS, (word)-1, 0, 0, 0, stack);
}
