// SPDX-License-Identifier: MIT
// Where the frame goes when there is little stack or none; and the ends that nobody prevents.

#include "exceptions.h"

#include <user/memory.h>

static volatile unsigned recursions;

static __attribute__((noipa)) void recurse(void *argument)
{
    volatile char room[0x300];

    room[0] = 1;
    recursions++;
    if (argument == NULL) // always
        recurse(argument);
    room[1] = room[0];
}

static void fail(void *argument)
{
    (void)argument;
    __asm__ volatile("ud2");
}

static LONG skip_two(EXCEPTION_RECORD *record, CONTEXT *context)
{
    if (record->ExceptionCode != STATUS_ILLEGAL_INSTRUCTION)
        return EXCEPTION_CONTINUE_SEARCH;
    context->Rip += 2;
    return EXCEPTION_CONTINUE_EXECUTION;
}

// Exceptions at every distance from a page's start, so that frames cross every border of pages.
static void test_placement(void)
{
    ULONGLONG rsp;
    unsigned done = 0;

    set_exception_handler(skip_two);
    for (unsigned distance = 0; distance < 0x2000; distance += 8) {
        // RSP itself may be any multiple of 8, or none at all.
        rsp = distance + distance / 8 % 3;
        __asm__ volatile("movq %%rsp, %%rbx\n\tsubq %0, %%rsp\n\tud2\n\tmovq %%rbx, %%rsp"
                         :
                         : "r"(rsp)
                         : "rbx", "memory", "cc");
        done++;
    }
    set_exception_handler(NULL);
    check_equal("RSP may be anything", done, 0x400);
}

void test_stacks(void)
{
    struct catcher caught;

    test_placement();
    check("a stack overflow", catch_exception(&caught, recurse, NULL));
    check_status("its code", caught.record.ExceptionCode, STATUS_STACK_OVERFLOW);
    check_equal("its parameters", caught.record.NumberParameters, 2);
    check_equal("it was a write", caught.record.ExceptionInformation[0], EXCEPTION_WRITE_FAULT);
    check("it used up nearly all of the stack", recursions > 0x400);
    check("other exceptions are handled as before", catch_exception(&caught, fail, NULL));
    check_status("their code", caught.record.ExceptionCode, STATUS_ILLEGAL_INSTRUCTION);
}

static LONG decline(EXCEPTION_RECORD *record, CONTEXT *context)
{
    (void)context;
    print("exceptions: declining %s\n", status_text(record->ExceptionCode));
    return EXCEPTION_CONTINUE_SEARCH;
}

int end_unhandled(void)
{
    set_exception_handler(decline);
    write_to(0x20);
    return 1;
}

int end_fast_fail(void)
{
    set_exception_handler(decline);
    print("exceptions: failing fast\n");
    __asm__ volatile("int $0x29" : : "c"(FAST_FAIL_RANGE_CHECK_FAILURE));
    return 1;
}

int end_bad_stack(void)
{
    set_exception_handler(decline);
    print("exceptions: RSP is no stack\n");
    __asm__ volatile("movq %0, %%rsp\n\tud2" : : "r"(0x7FFE0800ull) : "memory");
    return 1;
}

static LONG fail_at_once(EXCEPTION_RECORD *record, CONTEXT *context)
{
    (void)record;
    (void)context;
    __asm__ volatile("ud2");
    return EXCEPTION_CONTINUE_EXECUTION;
}

int end_in_dispatcher(void)
{
    set_exception_handler(fail_at_once);
    print("exceptions: a handler that fails\n");
    __asm__ volatile("ud2");
    return 1;
}

static LONG recurse_on(EXCEPTION_RECORD *record, CONTEXT *context)
{
    (void)context;
    print("exceptions: %s\n", status_text(record->ExceptionCode));
    recurse(NULL);
    return EXCEPTION_CONTINUE_EXECUTION;
}

int end_overflow(void)
{
    set_exception_handler(recurse_on);
    recurse(NULL);
    return 1;
}
