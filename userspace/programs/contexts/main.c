// SPDX-License-Identifier: MIT
/*
 * Contexts that a program loads: whatever it writes into them, what it gets is a thread in 64-bit
 * user mode, an exception of its own, or a status.
 *
 *   contexts                       one forged field after the other; exit code: failed checks
 *   contexts random [SEED [N]]     N contexts of random contents
 */

#include "contexts.h"

#include <user/memory.h>

struct landing landing;

__asm__(".text\n"
        ".globl enter_context\n"
        "enter_context:\n\t"
        "pushq %rbx\n\tpushq %rbp\n\tpushq %rsi\n\tpushq %rdi\n\t"
        "pushq %r12\n\tpushq %r13\n\tpushq %r14\n\tpushq %r15\n\t"
        "subq $0xC8, %rsp\n\t"
        "movaps %xmm6, 0x20(%rsp)\n\tmovaps %xmm7, 0x30(%rsp)\n\t"
        "movaps %xmm8, 0x40(%rsp)\n\tmovaps %xmm9, 0x50(%rsp)\n\t"
        "movaps %xmm10, 0x60(%rsp)\n\tmovaps %xmm11, 0x70(%rsp)\n\t"
        "movaps %xmm12, 0x80(%rsp)\n\tmovaps %xmm13, 0x90(%rsp)\n\t"
        "movaps %xmm14, 0xA0(%rsp)\n\tmovaps %xmm15, 0xB0(%rsp)\n\t"
        "movq %rsp, landing(%rip)\n\t"
        "xorl %edx, %edx\n\t"
        "call NtContinue\n\t"
        "jmp 1f\n"
        // Here RSP, flags and everything else may be anything.
        ".globl context_landing\n"
        "context_landing:\n\t"
        "movq %rsp, landing+8(%rip)\n\t"
        "movq landing(%rip), %rsp\n\t"
        "pushfq\n\tpopq landing+16(%rip)\n\t"
        "pushq $0x202\n\tpopfq\n\t"
        "movq %rax, landing+24(%rip)\n\t"
        "movq %r15, landing+32(%rip)\n\t"
        "movl %cs, %eax\n\tmovl %eax, landing+40(%rip)\n\t"
        "movl %ss, %eax\n\tmovl %eax, landing+44(%rip)\n\t"
        "stmxcsr landing+48(%rip)\n\t"
        "fnstcw landing+52(%rip)\n\t"
        "movdqu %xmm0, landing+56(%rip)\n\t"
        "fninit\n\tpushq $0x27F\n\tfldcw (%rsp)\n\t"
        "movl $0x1F80, (%rsp)\n\tldmxcsr (%rsp)\n\tpopq %rax\n\t"
        "movl $0x4C414E44, %eax\n"
        "1:\n\t"
        "movaps 0x20(%rsp), %xmm6\n\tmovaps 0x30(%rsp), %xmm7\n\t"
        "movaps 0x40(%rsp), %xmm8\n\tmovaps 0x50(%rsp), %xmm9\n\t"
        "movaps 0x60(%rsp), %xmm10\n\tmovaps 0x70(%rsp), %xmm11\n\t"
        "movaps 0x80(%rsp), %xmm12\n\tmovaps 0x90(%rsp), %xmm13\n\t"
        "movaps 0xA0(%rsp), %xmm14\n\tmovaps 0xB0(%rsp), %xmm15\n\t"
        "addq $0xC8, %rsp\n\t"
        "popq %r15\n\tpopq %r14\n\tpopq %r13\n\tpopq %r12\n\t"
        "popq %rdi\n\tpopq %rsi\n\tpopq %rbp\n\tpopq %rbx\n\t"
        "ret");

CONTEXT landing_context(void)
{
    CONTEXT context;

    memset(&context, 0, sizeof(context));
    context.ContextFlags = CONTEXT_CONTROL | CONTEXT_INTEGER;
    context.Rip = (ULONGLONG)context_landing;
    context.Rsp = (ULONGLONG)&context;
    context.EFlags = 0x202;
    context.SegCs = 0x33;
    context.SegSs = 0x2B;
    context.FltSave.ControlWord = 0x27F;
    context.FltSave.MxCsr = context.MxCsr = 0x1F80;
    return context;
}

void init_extended_context(struct extended_context *context, ULONG flags)
{
    memset(context, 0, sizeof(*context));
    context->context = landing_context();
    context->context.ContextFlags |= flags;
    context->places.Legacy = (CONTEXT_CHUNK){ -(LONG)sizeof(CONTEXT), sizeof(CONTEXT) };
    context->places.XState = (CONTEXT_CHUNK){
        (LONG)(offsetof(struct extended_context, xstate) - sizeof(CONTEXT)),
        sizeof(XSTATE) + sizeof(context->components),
    };
    context->places.All = (CONTEXT_CHUNK){ -(LONG)sizeof(CONTEXT), sizeof(*context) };
}

int main(int argc, char **argv)
{
    uint64_t seed = 1, rounds = 20000;

    if (argc == 1) {
        test_forged();
        test_xstate();
        test_debug_registers();
        test_groups();
        test_threads();
        return check_summary("contexts");
    }
    if (argc > 4 || strcmp(argv[1], "random") != 0 ||
        (argc > 2 && !parse_number(argv[2], UINT64_MAX, &seed)) ||
        (argc > 3 && !parse_number(argv[3], 100000000, &rounds))) {
        print_error("usage: contexts [random [SEED [N]]]\n");
        return 1;
    }
    return random_contexts(seed, (unsigned)rounds);
}
