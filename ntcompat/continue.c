// SPDX-License-Identifier: MIT
/*
 * The services by which a program loads registers of its own: to go on behind an exception, an APC
 * or an unwind, or to raise an exception with them. If they succeed they do not return: the
 * registers on the way out are those of the CONTEXT, RAX included.
 */

#include "services_generated.h"

#include <kernel/apc.h>
#include <kernel/status.h>
#include <kernel/thread.h>
#include <kernel/user_copy.h>

#include "context.h"
#include "exception.h"
#include "nt_thread.h"
#include "thread_memory.h"

// NtContinueEx's second argument is a boolean up to here, and a pointer above.
#define LAST_BOOLEAN 0xFFu

// Loads the CONTEXT at an address of the program. Fails as context_read; nothing has changed then.
static status_t load(const CONTEXT USER *at, struct trap_frame *frame)
{
    struct context_load load;
    status_t status = context_read(at, &load);
    if (status != STATUS_SUCCESS)
        return status;
    context_load(frame, &load);
    frame->vector = TRAP_VECTOR_CONTEXT;
    return STATUS_SUCCESS;
}

static status_t load_and_test(const CONTEXT USER *at, bool test_alert)
{
    struct trap_frame *frame = thread_user_frame(current_thread());
    status_t status = load(at, frame);
    if (status == STATUS_SUCCESS &&
        unlikely((vaddr_t)at == nt_thread_of(current_thread())->start_context))
        thread_left_thunk(frame);
    if (status == STATUS_SUCCESS && test_alert)
        (void)thread_test_user_apcs();
    return status;
}

NTSTATUS NtContinue(CONTEXT USER *ContextRecord, BOOLEAN TestAlert)
{
    return load_and_test(ContextRecord, TestAlert);
}

NTSTATUS NtContinueEx(CONTEXT USER *ContextRecord, void USER *ContinueArgument)
{
    KCONTINUE_ARGUMENT argument;
    if ((vaddr_t)ContinueArgument <= LAST_BOOLEAN)
        return load_and_test(ContextRecord, (vaddr_t)ContinueArgument != 0);
    status_t status = get_user(&argument, (const KCONTINUE_ARGUMENT USER *)ContinueArgument);
    if (status != STATUS_SUCCESS)
        return status;
    if ((ULONG)argument.ContinueType >= KCONTINUE_LAST)
        return STATUS_INVALID_PARAMETER;
    return load_and_test(
        ContextRecord,
        (argument.ContinueFlags & (KCONTINUE_FLAG_TEST_ALERT | KCONTINUE_FLAG_DELIVER_APC)) != 0);
}

// Reads a record no further than its parameters reach.
static status_t read_record(const EXCEPTION_RECORD USER *at, EXCEPTION_RECORD *out)
{
    *out = (EXCEPTION_RECORD){ 0 };
    status_t status = copy_from_user(out, at, offsetof(EXCEPTION_RECORD, ExceptionInformation));
    if (status != STATUS_SUCCESS)
        return status;
    if (out->NumberParameters > EXCEPTION_MAXIMUM_PARAMETERS)
        return STATUS_INVALID_PARAMETER;
    return copy_from_user(out->ExceptionInformation, at->ExceptionInformation,
                          out->NumberParameters * sizeof(out->ExceptionInformation[0]));
}

NTSTATUS NtRaiseException(EXCEPTION_RECORD USER *ExceptionRecord, CONTEXT USER *ContextRecord,
                          BOOLEAN FirstChance)
{
    struct trap_frame *frame = thread_user_frame(current_thread());
    EXCEPTION_RECORD record;
    status_t status = read_record(ExceptionRecord, &record);
    if (status == STATUS_SUCCESS)
        status = load(ContextRecord, frame);
    if (status == STATUS_SUCCESS)
        exception_raise(frame, &record, FirstChance);
    return status;
}
