// SPDX-License-Identifier: MIT
// Exceptions in handlers, catchers in catchers, and single steps.

#include "exceptions.h"

#include <user/memory.h>

#define DEPTH 20u
#define STEPS 100u

#define FLAG_TRAP 0x100u

static unsigned handled, depth;

// Fails itself, until it is DEPTH calls deep; then each goes on behind the UD2 of the one before.
static LONG fail_again(EXCEPTION_RECORD *record, CONTEXT *context)
{
    if (record->ExceptionCode != STATUS_ILLEGAL_INSTRUCTION)
        return EXCEPTION_CONTINUE_SEARCH;
    handled++;
    if (++depth < DEPTH)
        __asm__ volatile("ud2");
    depth--;
    context->Rip += 2;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void test_nesting(void)
{
    set_exception_handler(fail_again);
    __asm__ volatile("ud2");
    set_exception_handler(NULL);
    check_equal("exceptions in handlers", handled, DEPTH);
    check_equal("all of them returned", depth, 0);
}

static void fail_and_catch(void *argument)
{
    unsigned *levels = argument;
    struct catcher caught;

    if (*levels == DEPTH)
        write_to(0);
    ++*levels;
    if (catch_exception(&caught, fail_and_catch, levels))
        --*levels;
    write_to(*levels + 1);
}

static void test_catchers(void)
{
    unsigned levels = 0;
    struct catcher caught;

    check("catchers in catchers", catch_exception(&caught, fail_and_catch, &levels));
    check_equal("the outermost one's exception", caught.record.ExceptionInformation[1], 1);
    check_equal("each had its turn", levels, 0);
}

static struct {
    unsigned count;
    ULONGLONG last_rip;
    bool always_moved, flag_was_clear;
} steps;

static LONG step_on(EXCEPTION_RECORD *record, CONTEXT *context)
{
    if (record->ExceptionCode != STATUS_SINGLE_STEP)
        return EXCEPTION_CONTINUE_SEARCH;
    steps.always_moved &= context->Rip != steps.last_rip;
    steps.flag_was_clear &= (context->EFlags & FLAG_TRAP) == 0;
    steps.last_rip = context->Rip;
    if (++steps.count < STEPS)
        context->EFlags |= FLAG_TRAP;
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void test_steps(void)
{
    unsigned sum = 0;

    steps.always_moved = steps.flag_was_clear = true;
    set_exception_handler(step_on);
    __asm__ volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\t"
                     "movl $100, %%ecx\n"
                     "1:\taddl %%ecx, %0\n\tdecl %%ecx\n\tjnz 1b"
                     : "+r"(sum)
                     :
                     : "rcx", "cc", "memory");
    set_exception_handler(NULL);
    check_equal("single steps, one after the other", steps.count, STEPS);
    check("each is another instruction", steps.always_moved);
    check("the trap flag is off in the handler's context", steps.flag_was_clear);
    check_equal("the stepped code does what it should", sum, 5050);
}

// Steps through a service: the kernel does not step, the program does, also right behind it.
static void test_step_service(void)
{
    LARGE_INTEGER time = { .QuadPart = 0 };

    steps.count = STEPS - 12;
    steps.always_moved = true;
    set_exception_handler(step_on);
    __asm__ volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq" : : : "memory", "cc");
    NTSTATUS status = NtQuerySystemTime(&time);
    __asm__ volatile("nop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop");
    set_exception_handler(NULL);
    check_status("a service that is stepped over", status, STATUS_SUCCESS);
    check("its result has arrived", time.QuadPart != 0);
    check_equal("the steps behind it were taken", steps.count, STEPS);
}

void test_handlers(void)
{
    test_nesting();
    test_catchers();
    test_steps();
    test_step_service();
}
