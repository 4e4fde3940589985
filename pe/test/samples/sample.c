// SPDX-License-Identifier: MIT
// What the tests on real images are built from: exports, imports, relocations, thread callbacks,
// and functions whose prologues differ as much as one compiler can make them. Each function returns
// a number that depends on everything it did, so that nothing is optimised away.

#include <stdarg.h>
#include <stdint.h>

#define EXPORT __declspec(dllexport)
#define APART  __attribute__((noinline, noclone))

__declspec(dllimport) uint32_t GetCurrentProcessId(void);
__declspec(dllimport) void ExitProcess(uint32_t code);

int exported_data EXPORT = 7;
static int table[] = { 1, 2, 3 };
int *const relocated[] = { &table[0], &table[1], &exported_data };
volatile uint64_t sink;
char zeros[70000];

// Touches the RAX bytes below the caller's frame. libgcc's own has no unwind information.
__asm__(".text\n"
        ".globl ___chkstk_ms\n"
        ".def ___chkstk_ms; .scl 2; .type 32; .endef\n"
        ".seh_proc ___chkstk_ms\n"
        "___chkstk_ms:\n"
        "    push %rcx\n"
        "    .seh_pushreg %rcx\n"
        "    push %rax\n"
        "    .seh_pushreg %rax\n"
        "    .seh_endprologue\n"
        "    lea 24(%rsp), %rcx\n"
        "1:  cmp $0x1000, %rax\n"
        "    jb 2f\n"
        "    sub $0x1000, %rcx\n"
        "    orq $0, (%rcx)\n"
        "    sub $0x1000, %rax\n"
        "    jmp 1b\n"
        "2:  sub %rax, %rcx\n"
        "    orq $0, (%rcx)\n"
        "    pop %rax\n"
        "    pop %rcx\n"
        "    ret\n"
        "    .seh_endproc\n");

static APART uint64_t leaf(uint64_t x)
{
    return x * 3 + sink;
}

EXPORT APART uint64_t saves_many(uint64_t x)
{
    uint64_t a = leaf(x), b = leaf(a), c = leaf(b), d = leaf(c), e = leaf(d), f = leaf(e);
    uint64_t g = leaf(f), h = leaf(g);
    return leaf(a ^ b) + leaf(c ^ d) + leaf(e ^ f) + leaf(g ^ h) + a + b + c + d + e + f + g + h;
}

EXPORT APART uint64_t saves_floats(uint64_t x)
{
    double a = (double)x, b = a * 1.5, c = b + a, d = c * b, e = d - a, f = e * 0.5;
    __asm__ volatile("" : "+x"(a), "+x"(b), "+x"(c), "+x"(d), "+x"(e), "+x"(f)); // compute now
    uint64_t y = leaf(x);
    return (uint64_t)(a + b * c + d * e + f) + y;
}

// More than a page, so that the stack is probed.
EXPORT APART uint64_t big_frame(uint64_t x)
{
    volatile uint8_t space[20000];
    space[0] = (uint8_t)x;
    space[19999] = (uint8_t)leaf(x);
    return leaf(space[0]) + space[19999];
}

EXPORT APART uint64_t dynamic_frame(uint64_t x)
{
    volatile uint8_t *space = __builtin_alloca(x % 100 + 16);
    space[3] = (uint8_t)x;
    uint64_t y = leaf(space[3]);
    return y + saves_many(y) + space[3];
}

EXPORT APART uint64_t recursive(uint64_t x)
{
    if (x % 5 == 0)
        return leaf(x);
    return recursive(x - 1) * 2 + x;
}

EXPORT APART uint64_t tail_call(uint64_t x)
{
    uint64_t y = saves_many(x);
    return recursive(y % 64 + x);
}

static APART uint64_t sum(int count, ...)
{
    va_list list;
    va_start(list, count);
    uint64_t total = 0;
    for (int i = 0; i < count; i++)
        total += leaf(va_arg(list, uint64_t));
    va_end(list);
    return total;
}

EXPORT APART uint64_t many_arguments(uint64_t x)
{
    return sum(7, x, x + 1, x + 2, x + 3, x + 4, x + 5, x + 6);
}

EXPORT APART uint64_t through_pointer(uint64_t x)
{
    uint64_t (*const volatile functions[])(uint64_t) = { leaf, saves_many, big_frame };
    return functions[x % 3](x);
}

EXPORT APART uint64_t branches(uint64_t x)
{
    switch (x % 6) {
    case 0:
        return leaf(x);
    case 1:
        return saves_floats(x) + 1;
    case 2:
        return recursive(x + 2);
    case 3:
        if (__builtin_expect(x > 1000, 0))
            ExitProcess((uint32_t)x);
        return dynamic_frame(x);
    case 4:
        return through_pointer(x) ^ many_arguments(x);
    default:
        return (uint64_t)*relocated[x % 3] + (uint64_t)zeros[x % 70000];
    }
}

EXPORT uint64_t run(uint64_t x)
{
    uint64_t total = big_frame(x) + tail_call(x);
    for (uint64_t i = 0; i < 6; i++)
        total += branches(x + i);
    return total + through_pointer(x + 1);
}

EXPORT int entry(void)
{
    return (int)run(GetCurrentProcessId());
}
