// SPDX-License-Identifier: MIT
/*
 * The record of each CPU exception: code, parameters, address, and where RIP is left. Every case is
 * a few instructions of which one is stopped, with labels at it and behind it.
 */

#include "exceptions.h"

#include <user/memory.h>

#define NONCANONICAL 0x0000900000000000ull
#define KERNEL       0xFFFF800000001000ull
#define PAGE         0x1000ull

// RIP of the context: at the instruction, behind it, or nowhere in the snippet.
enum place {
    AT,
    BEHIND,
    ELSEWHERE
};

#define SNIPPET(name, before, instruction)                                                         \
    __asm__(".text\n\t.globl snippet_" #name "\nsnippet_" #name ":\n\t" before                     \
            "\n.globl at_" #name "\nat_" #name ":\n\t" instruction "\n.globl behind_" #name        \
            "\nbehind_" #name ":\n\tnop\n\tret");                                                  \
    void snippet_##name(void *argument);                                                           \
    extern const char at_##name[], behind_##name[];

// The argument is in RCX.
SNIPPET(read, "", "movb (%rcx), %al")
SNIPPET(write, "", "movb %al, (%rcx)")
SNIPPET(modify, "", "lock incb (%rcx)")
SNIPPET(jump, "", "jmp *%rcx")
SNIPPET(halt, "", "hlt")
SNIPPET(rex_halt, "", ".byte 0x66, 0x48, 0xF4")
SNIPPET(port, "", "outb %al, $0x80")
SNIPPET(control, "", "movq %cr0, %rax")
SNIPPET(debug_register, "", "movq %rax, %dr7")
SNIPPET(read_msr, "", "rdmsr")
SNIPPET(illegal, "", "ud2")
SNIPPET(int3, "", "int3")
SNIPPET(int3_long, "", ".byte 0xCD, 0x03")
SNIPPET(int4, "", "int $4")
SNIPPET(int80, "", "int $0x80")
SNIPPET(assertion, "", "int $0x2C")
SNIPPET(debug_prompt, "movl $2, %eax", "int $0x2D\n\tnop")
SNIPPET(step, "pushfq\n\torq $0x100, (%rsp)\n\tpopfq", "nop")
SNIPPET(divide, "xorl %edx, %edx\n\tmovl $1, %eax\n\txorl %ecx, %ecx", "divl %ecx")
SNIPPET(quotient, "movl $0x80000000, %eax\n\tcltd\n\tmovl $-1, %ecx", "idivl %ecx")
SNIPPET(divide_memory, "xorl %edx, %edx\n\tmovl $1, %eax", "divl (%rcx)")
SNIPPET(quotient_memory, "movl $2, %edx", "divl 8(%rcx)")
SNIPPET(quotient_indexed, "movq $-4, %r9\n\tmovl $2, %edx", "divl 24(%rcx,%r9,4)")
SNIPPET(quotient_relative, "movl $2, %edx", "divl divisor_of_two(%rip)")
SNIPPET(quotient_gs, "movl $-1, %edx", "divw %gs:0x40")
SNIPPET(quotient_byte, "movl $0x200, %eax\n\tmovb $1, %ch", "divb %ch")
SNIPPET(quotient_wide, "movl $2, %edx\n\tmovl $1, %r9d", "divq %r9")
SNIPPET(x87, "fninit\n\tpushq $0x37B\n\tfldcw (%rsp)\n\tpopq %rax\n\tfld1\n\tfldz\n\tfdivrp",
        "fwait")
__asm__(".data\n.globl divisor_of_two\ndivisor_of_two: .long 2\n.text");

static unsigned divisors[4] = { 0, 0, 1, 0 };

struct expectation {
    const char *name;
    void (*snippet)(void *argument);
    const char *at, *behind;
    enum place rip;
    NTSTATUS code;
    ULONG parameter_count;
    ULONG_PTR parameters[2];
};

#define CASE(name, snippet, rip, ...)                                                              \
    {                                                                                              \
        name, snippet_##snippet, at_##snippet, behind_##snippet, rip, __VA_ARGS__                  \
    }

static const struct expectation plain[] = {
    CASE("HLT", halt, AT, STATUS_PRIVILEGED_INSTRUCTION, 0, { 0 }),
    CASE("HLT behind prefixes", rex_halt, AT, STATUS_PRIVILEGED_INSTRUCTION, 0, { 0 }),
    CASE("OUT", port, AT, STATUS_PRIVILEGED_INSTRUCTION, 0, { 0 }),
    CASE("MOV from CR0", control, AT, STATUS_PRIVILEGED_INSTRUCTION, 0, { 0 }),
    CASE("MOV to DR7", debug_register, AT, STATUS_PRIVILEGED_INSTRUCTION, 0, { 0 }),
    CASE("RDMSR", read_msr, AT, STATUS_PRIVILEGED_INSTRUCTION, 0, { 0 }),
    CASE("UD2", illegal, AT, STATUS_ILLEGAL_INSTRUCTION, 0, { 0 }),
    CASE("INT3", int3, AT, STATUS_BREAKPOINT, 1, { 0 }),
    CASE("INT 4", int4, BEHIND, STATUS_INTEGER_OVERFLOW, 0, { 0 }),
    CASE("INT 80h", int80, AT, STATUS_ACCESS_VIOLATION, 2, { 0, ~0ull }),
    CASE("INT 2Ch", assertion, AT, STATUS_ASSERTION_FAILURE, 0, { 0 }),
    CASE("a single step", step, BEHIND, STATUS_SINGLE_STEP, 0, { 0 }),
    CASE("a division by zero", divide, AT, STATUS_INTEGER_DIVIDE_BY_ZERO, 0, { 0 }),
    CASE("a quotient too large", quotient, AT, STATUS_INTEGER_OVERFLOW, 0, { 0 }),
    CASE("the same, relative to RIP", quotient_relative, AT, STATUS_INTEGER_OVERFLOW, 0, { 0 }),
    CASE("the same, in the TEB", quotient_gs, AT, STATUS_INTEGER_OVERFLOW, 0, { 0 }),
    CASE("the same, in a byte", quotient_byte, AT, STATUS_INTEGER_OVERFLOW, 0, { 0 }),
    CASE("the same, in 64 bits", quotient_wide, AT, STATUS_INTEGER_OVERFLOW, 0, { 0 }),
    CASE("x87's division by zero", x87, AT, STATUS_FLOAT_DIVIDE_BY_ZERO, 0, { 0 }),
};

static bool has_parameters(const EXCEPTION_RECORD *record, const struct expectation *expected)
{
    if (record->NumberParameters != expected->parameter_count)
        return false;
    for (ULONG i = 0; i < record->NumberParameters; i++)
        if (record->ExceptionInformation[i] != expected->parameters[i])
            return false;
    return true;
}

static void expect(const struct expectation *expected, void *argument)
{
    struct catcher caught;

    if (!check(expected->name, catch_exception(&caught, expected->snippet, argument)))
        return;
    check_status("  its code", caught.record.ExceptionCode, expected->code);
    check("  its parameters", has_parameters(&caught.record, expected));
    check_equal("  its flags", caught.record.ExceptionFlags, 0);
    ULONGLONG rip = expected->rip == AT       ? (ULONGLONG)expected->at
                    : expected->rip == BEHIND ? (ULONGLONG)expected->behind
                                              : (ULONGLONG)argument;
    check_equal("  its address", (ULONGLONG)caught.record.ExceptionAddress, rip);
    check_equal("  its RIP", caught.context.Rip, rip);
}

// An access to an address, by one of the snippets with a memory operand.
static void expect_access(const char *name, void (*snippet)(void *argument), const char *at,
                          NTSTATUS code, ULONG_PTR kind, ULONGLONG address)
{
    struct expectation expected = { name, snippet, at, at, AT, code, 2, { kind, address } };

    if (address == NONCANONICAL)
        expected.parameters[1] = ~0ull;
    expect(&expected, (void *)address);
}

static char *allocate_pages(ULONG protection)
{
    PVOID base = NULL;
    SIZE_T size = 2 * PAGE;
    NTSTATUS status = NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size,
                                              MEM_RESERVE | MEM_COMMIT, protection);

    if (!NT_SUCCESS(status))
        exit_process(status);
    return base;
}

static void test_accesses(void)
{
    const NTSTATUS violation = STATUS_ACCESS_VIOLATION;
    ULONGLONG pages = (ULONGLONG)allocate_pages(PAGE_READONLY);
    struct expectation jump = { "a jump to data", snippet_jump, at_jump, at_jump,
                                ELSEWHERE,        violation,    2,       { 8, pages } };

    expect_access("a read of address 0", snippet_read, at_read, violation, 0, 0);
    expect_access("a write to address 10h", snippet_write, at_write, violation, 1, 0x10);
    expect_access("a read of the kernel", snippet_read, at_read, violation, 0, KERNEL);
    expect_access("a write to the kernel", snippet_write, at_write, violation, 1, KERNEL);
    expect_access("a read beyond all addresses", snippet_read, at_read, violation, 0, NONCANONICAL);
    expect_access("a write to a page for reading", snippet_write, at_write, violation, 1,
                  pages + 5);
    expect_access("a locked change of it", snippet_modify, at_modify, violation, 1, pages + 6);
    expect(&jump, (void *)pages);
    jump.name = "a jump into the kernel";
    jump.parameters[1] = KERNEL;
    expect(&jump, (void *)KERNEL);
}

static void test_guard_pages(void)
{
    ULONGLONG pages = (ULONGLONG)allocate_pages(PAGE_READWRITE | PAGE_GUARD);
    struct catcher caught;

    expect_access("a write to a guard page", snippet_write, at_write, STATUS_GUARD_PAGE_VIOLATION,
                  1, pages + 8);
    check("it is an ordinary page then",
          !catch_exception(&caught, snippet_write, (void *)(pages + 8)));

    // An HLT as the last byte before a guard page: to find out what it is, the kernel must not read
    // on into that page.
    char *code = allocate_pages(PAGE_EXECUTE_READWRITE);
    PVOID guard = code + PAGE;
    SIZE_T size = PAGE;
    ULONG old;
    code[PAGE - 1] = (char)0xF4;
    (void)NtProtectVirtualMemory(NtCurrentProcess(), &guard, &size, PAGE_READWRITE | PAGE_GUARD,
                                 &old);
    check("HLT at the end of a page",
          catch_exception(&caught, (void (*)(void *))(code + PAGE - 1), NULL) &&
              caught.record.ExceptionCode == STATUS_PRIVILEGED_INSTRUCTION);
    check("the guard page behind it still guards",
          catch_exception(&caught, snippet_read, code + PAGE) &&
              caught.record.ExceptionCode == STATUS_GUARD_PAGE_VIOLATION);
}

static void test_breakpoints(void)
{
    struct catcher caught;

    // CD 03 is two bytes, but the kernel cannot tell, and reports the last of them.
    check("INT 3 in two bytes", catch_exception(&caught, snippet_int3_long, NULL));
    check_equal("  its address", (ULONGLONG)caught.record.ExceptionAddress,
                (ULONGLONG)at_int3_long + 1);
    check("INT 2Dh, a prompt", catch_exception(&caught, snippet_debug_prompt, NULL));
    check_status("  its code", caught.record.ExceptionCode, STATUS_BREAKPOINT);
    check_equal("  its parameter", caught.record.ExceptionInformation[0], 2);
    check_equal("  its address", (ULONGLONG)caught.record.ExceptionAddress,
                (ULONGLONG)at_debug_prompt + 3);
    check_equal("  its RIP", caught.context.Rip, (ULONGLONG)at_debug_prompt + 2);
}

// INT 2Dh with a request that only a debugger would serve: the program goes on behind the next
// byte.
static bool print_request_goes_on(void)
{
    ULONGLONG result;

    __asm__ volatile("movl $1, %%eax\n\tint $0x2D\n\t.byte 0xCC\n\tmovl $77, %%eax"
                     : "=a"(result)
                     :
                     : "memory");
    return result == 77;
}

void test_codes(void)
{
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
        expect(&plain[i], NULL);
    expect(&(struct expectation)CASE("a division by zero in memory", divide_memory, AT,
                                     STATUS_INTEGER_DIVIDE_BY_ZERO, 0, { 0 }),
           divisors);
    expect(&(struct expectation)CASE("a quotient too large, divisor in memory", quotient_memory, AT,
                                     STATUS_INTEGER_OVERFLOW, 0, { 0 }),
           divisors);
    expect(&(struct expectation)CASE("the same, with an index", quotient_indexed, AT,
                                     STATUS_INTEGER_OVERFLOW, 0, { 0 }),
           divisors);
    test_accesses();
    test_guard_pages();
    test_breakpoints();
    check("INT 2Dh, a debugger's own request", print_request_goes_on());
}
