// SPDX-License-Identifier: MIT
// Hardware breakpoints: set by NtSetContextThread, hit, and what is dropped of forged ones.

#include "contexts.h"

#include <user/memory.h>

#define ENABLE(number)         (1ull << (2 * (number)))
#define TYPE(number, type)     ((ULONGLONG)(type) << (16 + 4 * (number)))
#define LENGTH(number, length) ((ULONGLONG)(length) << (18 + 4 * (number)))
#define ON_EXECUTION           0
#define ON_WRITE               1
#define ON_IO                  2
#define ON_ACCESS              3
#define FOUR_BYTES             3
#define EIGHT_BYTES            2
#define FLAG_RESUME            0x10000u
#define DR7_GENERAL_DETECT     0x2000u

static volatile ULONGLONG watched[4];

static struct {
    volatile unsigned count;
    CONTEXT context;
} hits;

__asm__(".text\n.globl breakpoint_target\nbreakpoint_target:\n\tmovl $5, %eax\n\tret");
ULONG breakpoint_target(void);

static LONG count_hit(EXCEPTION_RECORD *record, CONTEXT *context)
{
    if (record->ExceptionCode != STATUS_SINGLE_STEP)
        return EXCEPTION_CONTINUE_SEARCH;
    hits.count++;
    hits.context = *context;
    context->EFlags |= FLAG_RESUME;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static NTSTATUS set_breakpoints(ULONGLONG address, ULONGLONG control)
{
    CONTEXT context;

    memset(&context, 0, sizeof(context));
    context.ContextFlags = CONTEXT_DEBUG_REGISTERS;
    context.Dr0 = context.Dr1 = context.Dr2 = context.Dr3 = address;
    context.Dr6 = ~0ull;
    context.Dr7 = control;
    return NtSetContextThread(NtCurrentThread(), &context);
}

static CONTEXT get_breakpoints(void)
{
    CONTEXT context;

    memset(&context, 0, sizeof(context));
    context.ContextFlags = CONTEXT_DEBUG_REGISTERS;
    check_status("reading debug registers", NtGetContextThread(NtCurrentThread(), &context),
                 STATUS_SUCCESS);
    return context;
}

static void test_hits(void)
{
    ULONGLONG address = (ULONGLONG)&watched[1];

    hits.count = 0;
    check_status("a breakpoint on writing",
                 set_breakpoints(address, ENABLE(0) | TYPE(0, ON_WRITE) | LENGTH(0, EIGHT_BYTES)),
                 STATUS_SUCCESS);
    watched[0] = 1;
    check_equal("its neighbour is not watched", hits.count, 0);
    watched[1] = 1;
    check_equal("a write is noticed", hits.count, 1);
    check_equal("DR6 names the breakpoint", hits.context.Dr6 & 0xF, 1);
    check_equal("DR0 is in the context", hits.context.Dr0, address);
    check("a read is not", watched[1] == 1 && hits.count == 1);
    check_status("the kernel writes there", NtQuerySystemTime((LARGE_INTEGER *)address),
                 STATUS_SUCCESS);
    check_equal("which is not noticed", hits.count, 1);
    watched[1] = 2;
    check_equal("but the next write is", hits.count, 2);

    check_status("another one, on reading",
                 set_breakpoints(address, ENABLE(2) | TYPE(2, ON_ACCESS) | LENGTH(2, FOUR_BYTES)),
                 STATUS_SUCCESS);
    check("a read is noticed", watched[1] == 2 && hits.count == 3);
    check_equal("DR6 names that breakpoint", hits.context.Dr6 & 0xF, 4);
    check_status("none", set_breakpoints(0, 0), STATUS_SUCCESS);
    watched[1] = 3;
    check_equal("nothing is noticed any more", hits.count, 3);
}

static void test_execution(void)
{
    hits.count = 0;
    check_status("a breakpoint on code",
                 set_breakpoints((ULONGLONG)breakpoint_target, ENABLE(3) | TYPE(3, ON_EXECUTION)),
                 STATUS_SUCCESS);
    check_equal("the code runs in the end", breakpoint_target(), 5);
    check_equal("after one exception", hits.count, 1);
    check_equal("before its first instruction", hits.context.Rip, (ULONGLONG)breakpoint_target);
    check_equal("it runs again", breakpoint_target(), 5);
    check_equal("after another exception", hits.count, 2);
    check_status("none", set_breakpoints(0, 0), STATUS_SUCCESS);
}

static void test_forgeries(void)
{
    CONTEXT context;

    check_status("breakpoints on the kernel", set_breakpoints(0xFFFFFFFF80000000, ~0ull),
                 STATUS_SUCCESS);
    context = get_breakpoints();
    check("their addresses are dropped",
          context.Dr0 == 0 && context.Dr1 == 0 && context.Dr2 == 0 && context.Dr3 == 0);
    check_equal("none is enabled", context.Dr7 & 0xFF, 0);
    check_equal("DR7 does not guard the registers", context.Dr7 & DR7_GENERAL_DETECT, 0);
    check_equal("nothing above 32 bits", context.Dr7 >> 32, 0);
    check_equal("DR6 has its own bits only", context.Dr6 & ~0xE00Full, 0);
    check_status("breakpoints on I/O",
                 set_breakpoints((ULONGLONG)watched, ENABLE(1) | TYPE(1, ON_IO)), STATUS_SUCCESS);
    context = get_breakpoints();
    check_equal("are not enabled", context.Dr7 & 0xFF, 0);
    check_equal("their address stays", context.Dr1, (ULONGLONG)watched);
    check_status("global ones", set_breakpoints((ULONGLONG)watched, 2 | TYPE(0, ON_WRITE)),
                 STATUS_SUCCESS);
    context = get_breakpoints();
    check_equal("are not enabled either", context.Dr7 & 0xFF, 0);
    (void)set_breakpoints(0, 0);
}

void test_debug_registers(void)
{
    set_exception_handler(count_hit);
    test_hits();
    test_execution();
    test_forgeries();
    set_exception_handler(NULL);
}
