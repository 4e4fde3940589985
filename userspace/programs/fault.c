// SPDX-License-Identifier: MIT
/*
 * Provokes one exception of the CPU, by name; each must end the program with the status that the
 * table says.
 *
 *   fault KIND     says what it expects, then does it
 *   fault          lists the kinds and their statuses
 *
 * QEMU's TCG (7.2) implements neither SSE exceptions nor INT1: there, sse-divide survives and says
 * so, and int1 is an illegal instruction.
 */

#include <nt/status.h>
#include <user/memory.h>
#include <user/print.h>
#include <user/services.h>
#include <user/start.h>

// An address that the page tables cannot express, one in the kernel's half, and one that programs
// can never have mapped.
#define NONCANONICAL 0x0000900000000000ull
#define KERNEL       0xFFFF800000000000ull
#define KERNEL_IMAGE 0xFFFFFFFF80100000ull
#define LAST_64_KIB  0x00007FFFFFFF0000ull

static char data[16] = { (char)0xC3 };

static void read_at(uint64_t address)
{
    __asm__ volatile("movb (%0), %%al" : : "r"(address) : "rax");
}

static void write_at(uint64_t address)
{
    __asm__ volatile("movb $1, (%0)" : : "r"(address) : "memory");
}

static void execute_at(uint64_t address)
{
    __asm__ volatile("call *%0" : : "r"(address) : "memory");
}

// A page that the program reserved or committed with this protection.
static uint64_t page(ULONG allocation_type, ULONG protection)
{
    PVOID base = NULL;
    SIZE_T size = 0x1000;
    NTSTATUS status =
        NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size, allocation_type, protection);

    if (!NT_SUCCESS(status))
        exit_process(status);
    return (uint64_t)base;
}

static void divide_overflow(void)
{
    __asm__ volatile("movl $0x80000000, %%eax\n\tcltd\n\tmovl $-1, %%ecx\n\tidivl %%ecx"
                     :
                     :
                     : "rax", "rcx", "rdx");
}

static void sse_divide(void)
{
    unsigned mxcsr = 0x1F80 & ~0x200u; // division by zero is no longer masked

    __asm__ volatile("ldmxcsr %0\n\tpxor %%xmm1, %%xmm1\n\tmovl $1, %%eax\n\t"
                     "cvtsi2sdl %%eax, %%xmm0\n\tdivsd %%xmm1, %%xmm0"
                     :
                     : "m"(mxcsr)
                     : "rax", "xmm0", "xmm1");
}

static void x87_divide(void)
{
    unsigned short control = 0x37F & ~0x4u;
    short zero = 0;

    // The exception is reported by the next x87 instruction that waits.
    __asm__ volatile("fldcw %0\n\tfld1\n\tfidivs %1\n\tfwait" : : "m"(control), "m"(zero));
}

static void single_step(void)
{
    __asm__ volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\tnop" : : : "memory", "cc");
}

// The trap flag is set when SYSCALL enters the kernel: the trap belongs to the program.
static void step_syscall(void)
{
    __asm__ volatile("movl %0, %%eax\n\tpushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\tsyscall\n\tnop"
                     :
                     : "i"(NUMBER_NtYieldExecution)
                     : "rax", "rcx", "r11", "memory", "cc");
}

static void bad_stack(void)
{
    __asm__ volatile("movq %0, %%rsp\n\tpushq $0" : : "r"(NONCANONICAL) : "memory");
}

// Name (with hyphens on the command line), status, and how it comes about.
// clang-format off
#define KINDS(X)                                                                                   \
    X(read_null, ACCESS_VIOLATION, read_at(0))                                                     \
    X(write_null, ACCESS_VIOLATION, write_at(0))                                                   \
    X(exec_null, ACCESS_VIOLATION, execute_at(0))                                                  \
    X(write_code, ACCESS_VIOLATION, write_at((uint64_t)main))                                      \
    X(write_const, ACCESS_VIOLATION, write_at((uint64_t) "constant"))                              \
    X(exec_data, ACCESS_VIOLATION, execute_at((uint64_t)data))                                     \
    X(exec_stack, ACCESS_VIOLATION, execute_at((uint64_t)__builtin_frame_address(0)))              \
    X(read_kernel, ACCESS_VIOLATION, read_at(KERNEL))                                              \
    X(write_kernel, ACCESS_VIOLATION, write_at(KERNEL_IMAGE))                                      \
    X(exec_kernel, ACCESS_VIOLATION, execute_at(KERNEL_IMAGE))                                     \
    X(read_noncanonical, ACCESS_VIOLATION, read_at(NONCANONICAL))                                  \
    X(exec_noncanonical, ACCESS_VIOLATION, execute_at(NONCANONICAL))                               \
    X(read_last, ACCESS_VIOLATION, read_at(LAST_64_KIB))                                           \
    X(read_reserved, ACCESS_VIOLATION, read_at(page(MEM_RESERVE, PAGE_READWRITE)))                 \
    X(read_noaccess, ACCESS_VIOLATION, read_at(page(MEM_RESERVE | MEM_COMMIT, PAGE_NOACCESS)))     \
    X(write_shared, ACCESS_VIOLATION, write_at(0x7FFE0000))                                        \
    X(bad_stack, ACCESS_VIOLATION, bad_stack())                                                    \
    X(interrupt, ACCESS_VIOLATION, __asm__ volatile("int $0x80"))                                  \
    X(double_fault, ACCESS_VIOLATION, __asm__ volatile("int $8"))                                  \
    X(divide, INTEGER_DIVIDE_BY_ZERO, __asm__ volatile("divl %0" : : "r"(0) : "rax", "rdx"))       \
    X(divide_overflow, INTEGER_OVERFLOW, divide_overflow())                                        \
    X(int4, INTEGER_OVERFLOW, __asm__ volatile("int $4"))                                          \
    X(sse_divide, FLOAT_DIVIDE_BY_ZERO, sse_divide())                                              \
    X(x87_divide, FLOAT_DIVIDE_BY_ZERO, x87_divide())                                              \
    X(int3, BREAKPOINT, __asm__ volatile("int3"))                                                  \
    X(int2d, BREAKPOINT, __asm__ volatile("movl $2, %%eax\n\tint $0x2D\n\tnop" : : : "rax"))       \
    X(int1, SINGLE_STEP, __asm__ volatile(".byte 0xF1"))                                           \
    X(single_step, SINGLE_STEP, single_step())                                                     \
    X(step_syscall, SINGLE_STEP, step_syscall())                                                   \
    X(int29, STACK_BUFFER_OVERRUN, __asm__ volatile("int $0x29" : : "c"(7)))                       \
    X(int2c, ASSERTION_FAILURE, __asm__ volatile("int $0x2C"))                                     \
    X(illegal, ILLEGAL_INSTRUCTION, __asm__ volatile("ud2"))                                       \
    X(halt, PRIVILEGED_INSTRUCTION, __asm__ volatile("hlt"))                                       \
    X(cli, PRIVILEGED_INSTRUCTION, __asm__ volatile("cli"))                                        \
    X(port, PRIVILEGED_INSTRUCTION, __asm__ volatile("inb $0x60, %%al" : : : "rax"))               \
    X(cr3, PRIVILEGED_INSTRUCTION, __asm__ volatile("movq %%cr3, %%rax" : : : "rax"))
// clang-format on

// One function for each, so that the report of the crash has a name to show.
#define KIND_FUNCTION(name, status, action)                                                        \
    static __attribute__((noipa)) void fault_##name(void)                                          \
    {                                                                                              \
        action;                                                                                    \
    }
KINDS(KIND_FUNCTION)

static const struct kind {
    const char *name;
    NTSTATUS status;
    void (*provoke)(void);
} kinds[] = {
#define KIND_ENTRY(name, status, action) { #name, STATUS_##status, fault_##name },
    KINDS(KIND_ENTRY)
};

#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

// The words of the command line have hyphens where C's names have underscores.
static void hyphenate(char *to, size_t room, const char *name)
{
    size_t i = 0;

    for (; name[i] != '\0' && i < room - 1; i++)
        to[i] = name[i] == '_' ? '-' : name[i];
    to[i] = '\0';
}

int main(int argc, char **argv)
{
    char name[32];

    for (size_t i = 0; i < KIND_COUNT; i++) {
        hyphenate(name, sizeof(name), kinds[i].name);
        if (argc == 1)
            print("%-18s %s\n", name, status_text(kinds[i].status));
        if (argc != 2 || strcmp(argv[1], name) != 0)
            continue;
        print("fault: %s, expecting %s\n", name, status_text(kinds[i].status));
        kinds[i].provoke();
        print("fault: nothing happened\n");
        return 1;
    }
    if (argc == 1)
        return 0;
    print_error("usage: fault [KIND]; without KIND it lists them\n");
    return 1;
}
