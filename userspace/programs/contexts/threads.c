// SPDX-License-Identifier: MIT
/*
 * Registers of other threads: read and written from outside, and kept apart from one another by the
 * scheduler. Threads hold a pattern in every register while they go round in registers_spin, so
 * that interrupts, switches and other processors come in between.
 */

#include "contexts.h"

#include <user/memory.h>
#include <user/registers.h>
#include <user/thread.h>

#define SPINNERS 6u
#define ROUNDS   20u

struct spinner {
    struct registers from, to;
    LONG is_wrong;
};

static NTSTATUS spin(void *argument)
{
    struct spinner *spinner = argument;

    exchange_registers(&spinner->from, &spinner->to, registers_spin, has_ymm());
    return STATUS_SUCCESS;
}

static void sleep_ms(unsigned ms)
{
    LARGE_INTEGER delay = { .QuadPart = -10000ll * ms };
    (void)NtDelayExecution(FALSE, &delay);
}

// Starts a thread and waits until it goes round.
static HANDLE start_spinner(struct spinner *spinner, ULONG seed)
{
    CONTEXT context;
    HANDLE thread;

    fill_registers(&spinner->from, seed);
    registers_spin_flag = 1;
    thread = thread_start(spin, spinner);
    context.ContextFlags = CONTEXT_CONTROL;
    context.Rip = 0;
    while (context.Rip < (ULONGLONG)registers_spin ||
           context.Rip >= (ULONGLONG)registers_spin_end) {
        sleep_ms(1);
        if (NtGetContextThread(thread, &context) != STATUS_SUCCESS)
            exit_process(1);
    }
    return thread;
}

static void to_registers(const struct extended_context *from, struct registers *out)
{
    const CONTEXT *context = &from->context;

    *out = (struct registers){
        .rax = context->Rax,
        .rcx = context->Rcx,
        .rdx = context->Rdx,
        .rbx = context->Rbx,
        .rbp = context->Rbp,
        .rsi = context->Rsi,
        .rdi = context->Rdi,
        .r8 = context->R8,
        .r9 = context->R9,
        .r10 = context->R10,
        .r11 = context->R11,
        .r12 = context->R12,
        .r13 = context->R13,
        .r14 = context->R14,
        .r15 = context->R15,
    };
    for (unsigned i = 0; i < 16; i++) {
        memcpy(out->ymm[i], &context->FltSave.XmmRegisters[i], 16);
        memcpy(out->ymm[i] + 16, from->components + 16 * i, 16);
    }
}

static void from_registers(const struct registers *from, struct extended_context *out)
{
    CONTEXT *context = &out->context;

    context->Rax = from->rax;
    context->Rcx = from->rcx;
    context->Rdx = from->rdx;
    context->Rbx = from->rbx;
    context->Rbp = from->rbp;
    context->Rsi = from->rsi;
    context->Rdi = from->rdi;
    context->R8 = from->r8;
    context->R9 = from->r9;
    context->R10 = from->r10;
    context->R11 = from->r11;
    context->R12 = from->r12;
    context->R13 = from->r13;
    context->R14 = from->r14;
    context->R15 = from->r15;
    for (unsigned i = 0; i < 16; i++) {
        memcpy(&context->FltSave.XmmRegisters[i], from->ymm[i], 16);
        memcpy(out->components + 16 * i, from->ymm[i] + 16, 16);
    }
    out->xstate.Mask = XSTATE_MASK_GSSE;
}

// The loop itself changes the flags.
static bool are_same(struct registers *got, const struct registers *wanted)
{
    got->flags = wanted->flags;
    return same_registers(got, wanted);
}

static void test_other_thread(void)
{
    static struct spinner spinner;
    static struct extended_context context;
    static struct registers seen;
    HANDLE thread = start_spinner(&spinner, 77);

    init_extended_context(&context, CONTEXT_FULL | CONTEXT_XSTATE);
    context.xstate.Mask = XSTATE_MASK_GSSE;
    check_status("a running thread's context", NtGetContextThread(thread, &context.context),
                 STATUS_SUCCESS);
    to_registers(&context, &seen);
    check("every register of it", are_same(&seen, &spinner.from));
    check_status("suspending it", NtSuspendThread(thread, NULL), STATUS_SUCCESS);
    check_status("its context while it is suspended", NtGetContextThread(thread, &context.context),
                 STATUS_SUCCESS);
    to_registers(&context, &seen);
    check("every register of it", are_same(&seen, &spinner.from));

    fill_registers(&seen, 99);
    from_registers(&seen, &context);
    check_status("writing all registers", NtSetContextThread(thread, &context.context),
                 STATUS_SUCCESS);
    registers_spin_flag = 0;
    check_status("resuming it", NtResumeThread(thread, NULL), STATUS_SUCCESS);
    check_status("it ends", thread_join(thread), STATUS_SUCCESS);
    check("it went on with what was written", are_same(&spinner.to, &seen));
}

static NTSTATUS elsewhere(void *argument)
{
    (void)argument;
    return 0x1234;
}

static void end_elsewhere(void)
{
    thread_end(0x5678);
}

static void test_unstarted(void)
{
    HANDLE thread = thread_start_suspended(elsewhere, NULL);
    CONTEXT context;

    memset(&context, 0, sizeof(context));
    context.ContextFlags = CONTEXT_CONTROL | CONTEXT_INTEGER;
    check_status("the context of a thread that has not run", NtGetContextThread(thread, &context),
                 STATUS_SUCCESS);
    check("RSP is a stack", context.Rsp > 0x10000 && context.Rip != 0);
    context.Rip = (ULONGLONG)end_elsewhere;
    check_status("sending it elsewhere", NtSetContextThread(thread, &context), STATUS_SUCCESS);
    (void)NtResumeThread(thread, NULL);
    check_status("there it goes", thread_join(thread), 0x5678);
}

static void spin_without_result(void *argument)
{
    (void)spin(argument);
}

static NTSTATUS catch_spin(void *argument)
{
    struct catcher caught;

    return catch_exception(&caught, spin_without_result, argument) ? caught.record.ExceptionCode
                                                                   : STATUS_SUCCESS;
}

// RIP where IRETQ itself would fail: the thread's own exception, whoever wrote it.
static void test_bad_rip(void)
{
    static struct spinner spinner;
    CONTEXT context;

    fill_registers(&spinner.from, 5);
    registers_spin_flag = 1;
    HANDLE thread = thread_start(catch_spin, &spinner);
    context.ContextFlags = CONTEXT_CONTROL;
    do {
        sleep_ms(1);
        (void)NtGetContextThread(thread, &context);
    } while (context.Rip < (ULONGLONG)registers_spin ||
             context.Rip >= (ULONGLONG)registers_spin_end);
    context.Rip = 0x0000800000000000;
    check_status("a RIP that is not canonical, for another thread",
                 NtSetContextThread(thread, &context), STATUS_SUCCESS);
    check_status("is that thread's exception", thread_join(thread), STATUS_ACCESS_VIOLATION);
    registers_spin_flag = 0;
}

// More threads than processors, each with a pattern, and one that suspends them now and then.
static void test_apart(void)
{
    static struct spinner spinners[SPINNERS];
    HANDLE threads[SPINNERS];
    unsigned wrong = 0;

    for (unsigned round = 0; round < ROUNDS; round++) {
        registers_spin_flag = 1;
        for (unsigned i = 0; i < SPINNERS; i++) {
            fill_registers(&spinners[i].from, round * SPINNERS + i);
            threads[i] = thread_start(spin, &spinners[i]);
        }
        for (unsigned i = 0; i < SPINNERS; i++) {
            (void)NtSuspendThread(threads[i], NULL);
            (void)NtYieldExecution();
            (void)NtResumeThread(threads[i], NULL);
        }
        sleep_ms(5);
        registers_spin_flag = 0;
        for (unsigned i = 0; i < SPINNERS; i++) {
            (void)thread_join(threads[i]);
            wrong += !are_same(&spinners[i].to, &spinners[i].from);
        }
    }
    check_equal("threads keep their registers apart", wrong, 0);
}

// What a new thread finds in the registers that its code has not touched.
static NTSTATUS look_at_ymm(void *argument)
{
    UCHAR upper[16];
    unsigned mxcsr;
    unsigned short control;
    ULONGLONG bits = 0;

    (void)argument;
    __asm__("fnstcw %0" : "=m"(control));
    __asm__("stmxcsr %0" : "=m"(mxcsr));
    if (has_ymm())
        __asm__("vextractf128 $1, %%ymm13, %0" : "=m"(upper));
    else
        memset(upper, 0, sizeof(upper));
    for (unsigned i = 0; i < sizeof(upper); i++)
        bits |= upper[i];
    return bits != 0 ? 1 : control != 0x27F ? 2 : mxcsr != 0x1F80 ? 3 : 0;
}

static void test_fresh(void)
{
    static struct spinner spinner;
    HANDLE thread = start_spinner(&spinner, 31);
    unsigned short control = 0x37F;
    unsigned mxcsr = 0x1FC0, wrong = 0;

    // The thread that starts them has other control words, too.
    __asm__ volatile("fldcw %0\n\tldmxcsr %1" : : "m"(control), "m"(mxcsr));
    for (unsigned i = 0; i < 50; i++)
        wrong += thread_join(thread_start(look_at_ymm, NULL)) != STATUS_SUCCESS;
    registers_spin_flag = 0;
    (void)thread_join(thread);
    control = 0x27F;
    mxcsr = 0x1F80;
    __asm__ volatile("fldcw %0\n\tldmxcsr %1" : : "m"(control), "m"(mxcsr));
    check_equal("new threads find nothing of others", wrong, 0);
}

static volatile LONG watched, hits;

static LONG count_hit(EXCEPTION_RECORD *record, CONTEXT *context)
{
    (void)context;
    if (record->ExceptionCode != STATUS_SINGLE_STEP)
        return EXCEPTION_CONTINUE_SEARCH;
    atomic_add(&hits, 1);
    return EXCEPTION_CONTINUE_EXECUTION;
}

static NTSTATUS write_often(void *argument)
{
    (void)argument;
    for (unsigned i = 0; i < 100; i++) {
        atomic_add(&watched, 1);
        (void)NtYieldExecution();
    }
    return STATUS_SUCCESS;
}

// A breakpoint is the thread's that has it.
static void test_breakpoints(void)
{
    HANDLE thread = thread_start_suspended(write_often, NULL);
    CONTEXT context;

    memset(&context, 0, sizeof(context));
    context.ContextFlags = CONTEXT_DEBUG_REGISTERS;
    context.Dr1 = (ULONGLONG)&watched;
    context.Dr7 = 1ull << 2 | 1ull << 20 | 3ull << 22; // DR1, writing, four bytes
    set_exception_handler(count_hit);
    check_status("a breakpoint for another thread", NtSetContextThread(thread, &context),
                 STATUS_SUCCESS);
    HANDLE other = thread_start(write_often, NULL);
    (void)NtResumeThread(thread, NULL);
    (void)thread_join(thread);
    (void)thread_join(other);
    set_exception_handler(NULL);
    check_equal("both threads wrote", (ULONGLONG)watched, 200);
    check_equal("one was stopped each time", (ULONGLONG)hits, 100);
}

void test_threads(void)
{
    test_other_thread();
    test_unstarted();
    test_bad_rip();
    test_apart();
    test_fresh();
    test_breakpoints();
}
