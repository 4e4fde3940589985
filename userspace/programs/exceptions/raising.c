// SPDX-License-Identifier: MIT
// NtRaiseException and NtContinue with what a program may pass, good and bad.

#include "exceptions.h"

#include <user/memory.h>

#define OWN_CODE ((NTSTATUS)0xE0123456)

static CONTEXT plain_context(void)
{
    CONTEXT context;

    memset(&context, 0, sizeof(context));
    context.ContextFlags = CONTEXT_CONTROL | CONTEXT_INTEGER;
    context.EFlags = 0x202;
    return context;
}

static void raise_own(void *argument)
{
    EXCEPTION_RECORD *record = argument;
    CONTEXT context = plain_context();

    // Nobody continues there: the catcher takes over.
    context.Rip = 0x123456789;
    context.Rsp = (ULONGLONG)&context;
    context.Rsi = 0x5151;
    (void)NtRaiseException(record, &context, TRUE);
}

static void test_own_code(void)
{
    EXCEPTION_RECORD record = { .ExceptionCode = OWN_CODE, .NumberParameters = 15 };
    struct catcher caught;

    record.ExceptionAddress = (PVOID)0x1000;
    record.ExceptionFlags = EXCEPTION_NONCONTINUABLE;
    for (ULONG i = 0; i < 15; i++)
        record.ExceptionInformation[i] = i * i;
    check("an exception of the program's own", catch_exception(&caught, raise_own, &record));
    check("its record is the one that was raised",
          memcmp(&caught.record, &record, sizeof(record)) == 0);
    check_equal("RIP is the context's", caught.context.Rip, 0x123456789);
    check_equal("registers are the context's", caught.context.Rsi, 0x5151);

    record.ExceptionCode = STATUS_BREAKPOINT;
    check("a breakpoint raised", catch_exception(&caught, raise_own, &record));
    check_equal("RIP is moved back over it", caught.context.Rip, 0x123456788);
}

static void test_bad_arguments(void)
{
    EXCEPTION_RECORD record = { .ExceptionCode = OWN_CODE, .NumberParameters = 16 };
    CONTEXT context = plain_context();
    CONTEXT *misaligned = (CONTEXT *)((char *)&context + 8);

    check_status("16 parameters", NtRaiseException(&record, &context, TRUE),
                 STATUS_INVALID_PARAMETER);
    record.NumberParameters = 0;
    check_status("no record", NtRaiseException(NULL, &context, TRUE), STATUS_ACCESS_VIOLATION);
    check_status("no context", NtRaiseException(&record, NULL, TRUE), STATUS_ACCESS_VIOLATION);
    check_status("a misaligned context", NtRaiseException(&record, misaligned, TRUE),
                 STATUS_DATATYPE_MISALIGNMENT);
    check_status("NtContinue: no context", NtContinue(NULL, FALSE), STATUS_ACCESS_VIOLATION);
    check_status("NtContinue: misaligned", NtContinue(misaligned, FALSE),
                 STATUS_DATATYPE_MISALIGNMENT);
    check_status("NtContinue: the kernel's address",
                 NtContinue((CONTEXT *)0xFFFF800000000000, FALSE), STATUS_ACCESS_VIOLATION);
    context.ContextFlags = 3;
    check_status("NtContinue: a context of another processor", NtContinue(&context, FALSE),
                 STATUS_INVALID_PARAMETER);
    check_status("NtContinueEx: the same", NtContinueEx(&context, (PVOID)1),
                 STATUS_INVALID_PARAMETER);
    check_status("NtContinueEx: no such argument", NtContinueEx(&context, (PVOID)0x1000),
                 STATUS_ACCESS_VIOLATION);
}

// Records and contexts that end with their page are read no further than they must be.
static void test_ends(void)
{
    PVOID base = NULL;
    SIZE_T size = 0x1000;
    struct catcher caught;

    if (!NT_SUCCESS(NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size,
                                            MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE)))
        exit_process(1);
    EXCEPTION_RECORD *record = (EXCEPTION_RECORD *)((char *)base + 0x1000 - 0x28);
    record->ExceptionCode = OWN_CODE;
    record->NumberParameters = 1;
    record->ExceptionInformation[0] = 42;
    check("a record with one parameter at the end of a page",
          catch_exception(&caught, raise_own, record));
    check_equal("its parameter", caught.record.ExceptionInformation[0], 42);
}

static PVOID continue_argument;

static LONG continue_ex(EXCEPTION_RECORD *record, CONTEXT *context)
{
    (void)record;
    context->Rip += 2;
    (void)NtContinueEx(context, continue_argument);
    return EXCEPTION_CONTINUE_SEARCH;
}

// All that NtContinueEx takes for "go on".
static void test_continue_ex(void)
{
    static const KCONTINUE_ARGUMENT wrong = { .ContinueType = KCONTINUE_LAST };
    static const KCONTINUE_ARGUMENT right = { .ContinueType = KCONTINUE_RESUME };
    static const PVOID arguments[] = { NULL, (PVOID)1, (PVOID)0xFF, (PVOID)&right };
    CONTEXT context = plain_context();

    check_status("NtContinueEx: an unknown type", NtContinueEx(&context, (PVOID)&wrong),
                 STATUS_INVALID_PARAMETER);
    set_exception_handler(continue_ex);
    for (size_t i = 0; i < sizeof(arguments) / sizeof(arguments[0]); i++) {
        continue_argument = arguments[i];
        __asm__ volatile("ud2" : : : "memory");
    }
    set_exception_handler(NULL);
    check("NtContinueEx with booleans and with an argument", true);
}

void test_raising(void)
{
    test_own_code();
    test_bad_arguments();
    test_ends();
    test_continue_ex();
}
