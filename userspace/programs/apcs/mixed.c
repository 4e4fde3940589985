// SPDX-License-Identifier: MIT
// APCs and exceptions in one another, and what is refused.

#include "apcs.h"

static volatile unsigned count;

static void fail(void *argument)
{
    (void)argument;
    __asm__ volatile("ud2");
}

static void fail_and_catch(PVOID a, PVOID b, PVOID c, CONTEXT *context)
{
    struct catcher caught;

    (void)a;
    (void)b;
    (void)c;
    (void)context;
    if (catch_exception(&caught, fail, NULL) &&
        caught.record.ExceptionCode == STATUS_ILLEGAL_INSTRUCTION)
        count++;
}

static void fail_alone(PVOID a, PVOID b, PVOID c, CONTEXT *context)
{
    (void)a;
    (void)b;
    (void)c;
    (void)context;
    fail(NULL);
}

static void test_alert(void *argument)
{
    (void)argument;
    (void)NtTestAlert();
}

static LONG run_apcs(EXCEPTION_RECORD *record, CONTEXT *context)
{
    if (record->ExceptionCode != STATUS_BREAKPOINT)
        return EXCEPTION_CONTINUE_SEARCH;
    (void)queue_to_self(fail_and_catch, 0, 0, 0);
    (void)NtTestAlert();
    context->Rip++;
    return EXCEPTION_CONTINUE_EXECUTION;
}

void test_mixed(void)
{
    struct catcher caught;

    (void)queue_to_self(fail_and_catch, 0, 0, 0);
    (void)queue_to_self(fail_and_catch, 0, 0, 0);
    (void)NtTestAlert();
    check_equal("exceptions in APCs", count, 2);

    (void)queue_to_self(fail_alone, 0, 0, 0);
    (void)queue_to_self(fail_and_catch, 0, 0, 0);
    check("an exception that leaves an APC", catch_exception(&caught, test_alert, NULL));
    check_equal("the next APC waits", count, 2);
    (void)NtTestAlert();
    check_equal("for the next test", count, 3);

    set_exception_handler(run_apcs);
    __asm__ volatile("int3");
    __asm__ volatile("int3");
    set_exception_handler(NULL);
    check_equal("APCs in exception handlers", count, 5);

    (void)NtQueueApcThread(NtCurrentThread(), (PVOID)0x0000900000000000, NULL, NULL, NULL);
    check("an APC at an address that is none", catch_exception(&caught, test_alert, NULL));
    check_status("its code", caught.record.ExceptionCode, STATUS_ACCESS_VIOLATION);
}

void test_refusals(void)
{
    PVOID routine = (PVOID)fail_alone;

    check_status("no thread", NtQueueApcThread(NULL, routine, NULL, NULL, NULL),
                 STATUS_INVALID_HANDLE);
    check_status("a file as thread", NtQueueApcThread(standard_output(), routine, NULL, NULL, NULL),
                 STATUS_OBJECT_TYPE_MISMATCH);
    check_status("unknown flags",
                 NtQueueApcThreadEx2(NtCurrentThread(), NULL, 0x80, routine, NULL, NULL, NULL),
                 STATUS_INVALID_PARAMETER);
    check_status("nothing was queued", NtTestAlert(), STATUS_SUCCESS);
}
