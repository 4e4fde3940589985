// SPDX-License-Identifier: MIT
// Attacks through what the processor lets a program do: other code segments, its own IRET, and
// selectors that nobody else would set.

#include "hostile.h"

#define CODE32 0x23 // where 64-bit Windows has its segment for 32-bit code

// In 32-bit code SYSCALL has an entry of its own, on AMD's processors and in QEMU. It would leave
// the kernel on the stack of the program, so the stack is one that can be written.
int hostile_code32(void)
{
    static const unsigned char code[] = { 0x31, 0xC0, 0x0F, 0x05, 0xCC }; // xor eax; syscall; int3
    static struct {
        unsigned offset;
        unsigned short selector;
    } __attribute__((packed)) target;
    PVOID low = (PVOID)0x20000000;
    unsigned char *page;

    if (!NT_SUCCESS(allocate(&low, 0x2000, MEM_RESERVE | MEM_COMMIT, PAGE_EXECUTE_READWRITE)))
        return 1;
    page = low;
    for (unsigned i = 0; i < sizeof(code); i++)
        page[i] = code[i];
    target.offset = (unsigned)(ULONGLONG)page;
    target.selector = CODE32;
    print("hostile: jumping to 32-bit code\n");
    __asm__ volatile("leaq 0x2000(%0), %%rsp\n\tljmpl *%1" : : "r"(page), "m"(target) : "memory");
    return 1;
}

// QEMU 7.2 reads the frame as the kernel would, which SMAP stops: there, the kernel carries it out.
int hostile_iret(void)
{
    print("hostile: leaving by iret\n");
    __asm__ volatile("movq %%rsp, %%rax\n\t"
                     "movl %%ss, %%ecx\n\tpushq %%rcx\n\t"
                     "pushq %%rax\n\t"
                     "pushfq\n\t"
                     "movl %%cs, %%ecx\n\tpushq %%rcx\n\t"
                     "leaq 1f(%%rip), %%rax\n\tpushq %%rax\n\t"
                     "iretq\n"
                     "1:"
                     :
                     :
                     : "rax", "rcx", "memory", "cc");
    print("hostile: arrived\n");
    return 0;
}

// A null selector with a privilege that nothing else gives it.
#define MARK 1

int hostile_selectors(void)
{
    unsigned ds, es, fs, gs;
    NTSTATUS failed;

    __asm__("movl %%ds, %0\n\tmovl %%es, %1\n\tmovl %%fs, %2\n\tmovl %%gs, %3"
            : "=r"(ds), "=r"(es), "=r"(fs), "=r"(gs));
    check("DS is not another program's", ds != MARK);
    check("ES is not another program's", es != MARK);
    check("FS is not another program's", fs != MARK);
    check("GS is not another program's", gs != MARK);
    failed = check_summary("hostile");
    // With GS goes the TEB: from here on there are only services.
    __asm__ volatile("movl %0, %%ds\n\tmovl %0, %%es\n\tmovl %0, %%fs\n\tmovl %0, %%gs"
                     :
                     : "r"(MARK));
    exit_process(failed);
}
