// SPDX-License-Identifier: MIT
// NtGetContextThread and NtSetContextThread of the calling thread: which fields belong to which
// group, and what they refuse.

#include "contexts.h"

#include <user/memory.h>

#define PATTERN 0xA5

static CONTEXT context_of_pattern(ULONG flags)
{
    CONTEXT context;

    memset(&context, PATTERN, sizeof(context));
    context.ContextFlags = flags;
    return context;
}

static bool is_untouched(const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (((const UCHAR *)bytes)[i] != PATTERN)
            return false;
    return true;
}

static void test_get(void)
{
    ULONGLONG here = (ULONGLONG)__builtin_frame_address(0);
    CONTEXT context = context_of_pattern(CONTEXT_CONTROL);

    check_status("CONTROL", NtGetContextThread(NtCurrentThread(), &context), STATUS_SUCCESS);
    check("RSP is in this function's frame", context.Rsp <= here && here - context.Rsp < 0x1000);
    check("RIP is in the service's stub", context.Rip > (ULONGLONG)NtGetContextThread &&
                                              context.Rip < (ULONGLONG)NtGetContextThread + 0x20);
    check_equal("CS", context.SegCs, 0x33);
    check("registers of INTEGER are left alone",
          is_untouched(&context.R8, 8 * sizeof(context.R8)) && is_untouched(&context.Rax, 32));
    check("so are floating-point and debug registers",
          is_untouched(&context.FltSave, sizeof(context.FltSave)) &&
              is_untouched(&context.Dr0, 48));

    context = context_of_pattern(CONTEXT_INTEGER | CONTEXT_FLOATING_POINT);
    check_status("INTEGER and FLOATING_POINT", NtGetContextThread(NtCurrentThread(), &context),
                 STATUS_SUCCESS);
    check("RIP and RSP are left alone",
          is_untouched(&context.Rip, 8) && is_untouched(&context.Rsp, 8));
    check_equal("MXCSR", context.FltSave.MxCsr, 0x1F80);
    check_equal("ContextFlags are as they were", context.ContextFlags,
                CONTEXT_INTEGER | CONTEXT_FLOATING_POINT);
}

static void test_set(void)
{
    static ULONGLONG rbx, r15;
    CONTEXT context = context_of_pattern(CONTEXT_INTEGER);
    NTSTATUS status;

    check_status("INTEGER is read", NtGetContextThread(NtCurrentThread(), &context),
                 STATUS_SUCCESS);
    context.Rbp = (ULONGLONG)__builtin_frame_address(0);
    context.R15 = 0x1515;
    context.Rbx = 0xBBBB;
    // Between the call and the next instruction the compiler must not rely on registers.
    __asm__ volatile("subq $0x20, %%rsp\n\tcall NtSetContextThread\n\taddq $0x20, %%rsp\n\t"
                     "movq %%rbx, %1\n\tmovq %%r15, %2"
                     : "=a"(status), "=m"(rbx), "=m"(r15)
                     : "c"(NtCurrentThread()), "d"(&context)
                     : "rbx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
                       "memory", "cc");
    check_status("INTEGER is written; the result is in RAX", status, STATUS_SUCCESS);
    check_equal("RBX has arrived", rbx, 0xBBBB);
    check_equal("R15 has arrived", r15, 0x1515);
}

static void test_refusals(void)
{
    CONTEXT context = context_of_pattern(CONTEXT_FULL);
    CONTEXT *misaligned = (CONTEXT *)((char *)&context + 8);

    check_status("no context", NtGetContextThread(NtCurrentThread(), NULL),
                 STATUS_ACCESS_VIOLATION);
    check_status("a misaligned one", NtGetContextThread(NtCurrentThread(), misaligned),
                 STATUS_DATATYPE_MISALIGNMENT);
    check_status("no thread", NtGetContextThread(NULL, &context), STATUS_INVALID_HANDLE);
    check_status("a file as thread", NtSetContextThread(standard_output(), &context),
                 STATUS_OBJECT_TYPE_MISMATCH);
    check_status("a context that cannot be written",
                 NtGetContextThread(NtCurrentThread(), (CONTEXT *)0x7FFE0000),
                 STATUS_INVALID_PARAMETER);
    context.ContextFlags = 1;
    check_status("another processor's", NtGetContextThread(NtCurrentThread(), &context),
                 STATUS_INVALID_PARAMETER);
    check_status("another processor's, to write", NtSetContextThread(NtCurrentThread(), &context),
                 STATUS_INVALID_PARAMETER);
}

void test_groups(void)
{
    test_get();
    test_set();
    test_refusals();
}
