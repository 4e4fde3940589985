// SPDX-License-Identifier: MIT
// One forged field at a time: selectors, flags, addresses, floating-point state.

#include "contexts.h"

#include <user/memory.h>

#define FLAGS_ALL_BUT_TRAP 0xFFFFFEFFu
#define FLAG_INTERRUPT     0x00200u
#define FLAGS_PRIVILEGED   0x1A7000u // IOPL, NT, VM, VIF, VIP
#define FLAGS_ARITHMETIC   0x008D5u

static void test_selectors(void)
{
    static const USHORT selectors[] = { 0, 3, 0x10, 0x18, 0x23, 0x2B, 0x40, 0x43, 0xFFFF };
    bool have_landed = true, are_ours = true;

    for (size_t i = 0; i < sizeof(selectors) / sizeof(selectors[0]); i++) {
        CONTEXT context = landing_context();
        context.ContextFlags |= CONTEXT_SEGMENTS;
        context.SegCs = context.SegSs = context.SegDs = context.SegEs = context.SegFs =
            context.SegGs = selectors[i];
        have_landed &= enter_context(&context) == LANDED;
        are_ours &= landing.cs == 0x33 && landing.ss == 0x2B;
    }
    check("any selectors are accepted", have_landed);
    check("CS and SS are the user's", are_ours);
    check("GS still leads to the TEB", current_teb()->NtTib.Self == (PVOID)current_teb());
}

static void test_flags(void)
{
    CONTEXT context = landing_context();

    context.EFlags = FLAGS_ALL_BUT_TRAP;
    check_equal("all flags but TF are accepted", enter_context(&context), LANDED);
    check_equal("interrupts are on", landing.flags & FLAG_INTERRUPT, FLAG_INTERRUPT);
    check_equal("IOPL, NT, VM, VIF, VIP are off", landing.flags & FLAGS_PRIVILEGED, 0);
    check_equal("arithmetic flags and DF are on", landing.flags & (FLAGS_ARITHMETIC | 0x400),
                FLAGS_ARITHMETIC | 0x400);
    context.EFlags = 0;
    check_equal("no flags are accepted", enter_context(&context), LANDED);
    check_equal("interrupts are on all the same", landing.flags & FLAG_INTERRUPT, FLAG_INTERRUPT);
    check_equal("arithmetic flags are off", landing.flags & FLAGS_ARITHMETIC, 0);
}

static void enter(void *context)
{
    (void)enter_context(context);
}

// RIP where there is no code: the program's exception, with its own registers in the context.
static void test_addresses(void)
{
    static const struct {
        const char *name;
        ULONGLONG rip;
        ULONG_PTR kind, address;
    } cases[] = {
        { "RIP is 0", 0, 8, 0 },
        { "RIP at the end of user addresses", 0x00007FFFFFFF0000, 8, 0x00007FFFFFFF0000 },
        { "RIP at the last canonical one", 0x00007FFFFFFFFFFF, 8, 0x00007FFFFFFFFFFF },
        { "RIP is not canonical", 0x0000800000000000, 0, ~0ull },
        { "RIP is far from canonical", 0x1234567800000000, 0, ~0ull },
        { "RIP is the last that is not canonical", 0xFFFF7FFFFFFFFFFF, 0, ~0ull },
        { "RIP is the kernel's", 0xFFFF800000000000, 8, 0xFFFF800000000000 },
        { "RIP is the last address", ~0ull, 8, ~0ull },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CONTEXT context = landing_context();
        struct catcher caught;
        ULONGLONG room[0x800];

        context.Rip = cases[i].rip;
        context.Rsp = (ULONGLONG)&room[0x7F0];
        context.R15 = 0x15151515 + i;
        check(cases[i].name, catch_exception(&caught, enter, &context));
        check_status("  the code", caught.record.ExceptionCode, STATUS_ACCESS_VIOLATION);
        check_equal("  the kind", caught.record.ExceptionInformation[0], cases[i].kind);
        check_equal("  the address accessed", caught.record.ExceptionInformation[1],
                    cases[i].address);
        check_equal("  the address of the exception", (ULONGLONG)caught.record.ExceptionAddress,
                    cases[i].rip);
        check_equal("  RIP in the context", caught.context.Rip, cases[i].rip);
        check_equal("  another register", caught.context.R15, context.R15);
    }
}

static void test_stack_pointers(void)
{
    static const ULONGLONG stacks[] = {
        0, 1, 8, 0x7FFE0000, 0x00007FFFFFFF0000, 0x0000800000000000, 0xFFFF800000001000, ~0ull
    };
    bool have_landed = true, are_kept = true;

    for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++) {
        CONTEXT context = landing_context();
        context.Rsp = stacks[i];
        have_landed &= enter_context(&context) == LANDED;
        are_kept &= landing.rsp == stacks[i];
    }
    check("any RSP is accepted", have_landed);
    check("and arrives", are_kept);
}

static void test_floating_point(void)
{
    CONTEXT context = landing_context();

    context.ContextFlags |= CONTEXT_FLOATING_POINT;
    memset(&context.FltSave, 0xFF, sizeof(context.FltSave));
    check_equal("floating-point state of ones", enter_context(&context), LANDED);
    check_equal("reserved bits of MXCSR are off", landing.mxcsr & 0xFFFF0000, 0);
    check_equal("its other bits are on", landing.mxcsr & 0xFFBF, 0xFFBF);
    memset(&context.FltSave, 0, sizeof(context.FltSave));
    check_equal("floating-point state of zeroes", enter_context(&context), LANDED);
    check_equal("MXCSR is 0", landing.mxcsr, 0);
    context = landing_context();
    context.MxCsr = 0xFFFF0000;
    check_equal("MXCSR counts where FltSave has it", enter_context(&context), LANDED);
    check_equal("and the other one does not", landing.mxcsr, 0x1F80);
}

// Groups that are not named are not loaded.
static void test_unnamed(void)
{
    CONTEXT context = landing_context();

    context.ContextFlags = CONTEXT_CONTROL;
    context.R15 = 0x1515;
    __asm__ volatile("movq %0, %%r15" : : "r"(0x2323ull) : "r15");
    check_equal("CONTROL alone", enter_context(&context), LANDED);
    check("leaves R15 alone", landing.r15 != 0x1515);
    context.ContextFlags |= CONTEXT_INTEGER;
    context.Rax = 0xAAAABBBBCCCCDDDD;
    check_equal("with INTEGER", enter_context(&context), LANDED);
    check_equal("R15 is loaded", landing.r15, 0x1515);
    check_equal("RAX is loaded, all of it", landing.rax, 0xAAAABBBBCCCCDDDD);
}

void test_forged(void)
{
    test_selectors();
    test_flags();
    test_addresses();
    test_stack_pointers();
    test_floating_point();
    test_unnamed();
}
