// SPDX-License-Identifier: MIT
// What an APC is given, and that what it interrupts does not notice.

#include "apcs.h"

#include <user/memory.h>
#include <user/registers.h>

static struct {
    PVOID a, b, c;
    CONTEXT context;
    ULONGLONG context_at, rsp;
    volatile unsigned count;
} seen;

static void look(PVOID a, PVOID b, PVOID c, CONTEXT *context)
{
    seen.a = a;
    seen.b = b;
    seen.c = c;
    seen.context = *context;
    seen.context_at = (ULONGLONG)context;
    seen.rsp = (ULONGLONG)__builtin_frame_address(0);
    seen.count++;
}

// Leaves nothing as it was in the registers that a function may change.
static void spoil(PVOID a, PVOID b, PVOID c, CONTEXT *context)
{
    look(a, b, c, context);
    if (has_ymm())
        __asm__ volatile("vpcmpeqd %%xmm0, %%xmm0, %%xmm0\n\tvinsertf128 $1, %%xmm0, %%ymm0, "
                         "%%ymm0\n\tvmovaps %%ymm0, %%ymm1\n\tvmovaps %%ymm0, %%ymm6\n\t"
                         "vmovaps %%ymm0, %%ymm15"
                         :
                         :
                         : "xmm0", "xmm1", "xmm6", "xmm15");
    __asm__ volatile("movq $-1, %%rax\n\tmovq %%rax, %%rcx\n\tmovq %%rax, %%rdx\n\t"
                     "movq %%rax, %%r8\n\tmovq %%rax, %%r9\n\tmovq %%rax, %%r10\n\t"
                     "movq %%rax, %%r11\n\tstc"
                     :
                     :
                     : "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "cc");
}

static void test_arguments(void)
{
    ULONGLONG here = (ULONGLONG)__builtin_frame_address(0);
    ULONGLONG stub = (ULONGLONG)NtTestAlert;

    (void)queue_to_self(look, 0x1111222233334444, 0x5555, ~0ull);
    check_status("an APC with arguments", NtTestAlert(), STATUS_SUCCESS);
    check("its three arguments",
          seen.a == (PVOID)0x1111222233334444 && seen.b == (PVOID)0x5555 && seen.c == (PVOID)~0ull);
    check_equal("its context is FULL", seen.context.ContextFlags, CONTEXT_FULL);
    check_equal("a multiple of 16", seen.context_at % 16, 0);
    check("RIP is behind the service", seen.context.Rip > stub && seen.context.Rip < stub + 0x20);
    check_equal("RAX is the service's result", seen.context.Rax, STATUS_SUCCESS);
    check_equal("CS", seen.context.SegCs, 0x33);
    check("RSP is the caller's", seen.context.Rsp <= here && here - seen.context.Rsp < 0x800);
    check("16 bytes below it are free", seen.context_at + 0x4D0 + 0x10 <= seen.context.Rsp);
    check("the routine runs below the context", seen.rsp < seen.context_at);

    LARGE_INTEGER hour = { .QuadPart = -36000000000 };
    (void)queue_to_self(look, 0, 0, 0);
    check_status("one in a wait", NtDelayExecution(TRUE, &hour), STATUS_USER_APC);
    check_equal("RAX is the wait's result", seen.context.Rax, STATUS_USER_APC);
}

// An exception whose handler goes on with "test alert": the APC runs in the middle of it all.
static LONG queue_and_continue(EXCEPTION_RECORD *record, CONTEXT *context)
{
    (void)record;
    context->Rip += 2;
    (void)queue_to_self(spoil, 0, 0, 0);
    (void)queue_to_self(spoil, 0, 0, 0);
    (void)NtContinue(context, TRUE);
    return EXCEPTION_CONTINUE_SEARCH;
}

static void test_registers(void)
{
    static struct registers from, to;
    bool are_kept = true;

    seen.count = 0;
    set_exception_handler(queue_and_continue);
    for (ULONG seed = 1; seed <= 8; seed++) {
        fill_registers(&from, seed);
        exchange_registers(&from, &to, registers_ud2, has_ymm());
        are_kept &= same_registers(&to, &from);
    }
    set_exception_handler(NULL);
    check_equal("NtContinue with TestAlert runs APCs", seen.count, 16);
    check("and every register comes back", are_kept);
}

void test_contents(void)
{
    test_arguments();
    test_registers();
}
