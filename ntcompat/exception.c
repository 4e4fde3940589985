// SPDX-License-Identifier: MIT
/*
 * How a program hears of an exception: its registers and the exception's record are written to its
 * stack, and it goes on in KiUserExceptionDispatcher, which looks for a handler. If one wants to go
 * on, it calls NtContinue with the registers, changed or not; if there is none, NtRaiseException
 * comes back for the second chance, which is the end.
 *
 * The frame, from RSP at the dispatcher's first instruction on:
 *   +000 CONTEXT   +4D0 CONTEXT_EX   +4F0 EXCEPTION_RECORD   +590 extended state, if there is any
 * Below the interrupted RSP 20h bytes stay free: the dispatcher puts there what unwinding needs.
 *
 * Source: observed, by what KiUserExceptionDispatcher of Wine 8 reads; learn.microsoft.com, "x64
 * exception handling", "EXCEPTION_RECORD structure"
 */

#include "services_generated.h"

#include "exception.h"

#include <kernel/process.h>
#include <kernel/status.h>
#include <kernel/string.h>
#include <kernel/user_copy.h>

#include "context.h"
#include "nt_process.h"

#define FREE_BELOW_RSP 0x20u

#define X87_EXCEPTION_PENDING 0x80u // in the status word

struct exception_frame {
    CONTEXT context;
    CONTEXT_EX places;
    uint64_t unused;
    EXCEPTION_RECORD record;
    uint64_t padding;
};
static_assert(offsetof(struct exception_frame, places) == 0x4D0, "exception frame");
static_assert(offsetof(struct exception_frame, record) == 0x4F0, "exception frame");
static_assert(sizeof(struct exception_frame) == 0x590, "exception frame");

/*
 * Makes the program go on in its dispatcher with this exception. Anything that fails leaves frame
 * as it was.
 */
static status_t enter_dispatcher(struct trap_frame *frame, const EXCEPTION_RECORD *record)
{
    struct exception_frame out;
    bool has_xstate = fpu_layout.mask != 0;
    vaddr_t top = ROUND_DOWN(frame->rsp, 16ull) - FREE_BELOW_RSP;
    vaddr_t xstate = has_xstate ? ROUND_DOWN(top - fpu_layout.size, 64ull) : 0;
    vaddr_t base = (has_xstate ? xstate : top) - sizeof(out);

    memset(&out.context, 0, offsetof(CONTEXT, ContextFlags));
    context_capture(frame, CONTEXT_ALL | (has_xstate ? CONTEXT_XSTATE : 0), &out.context);
    memset(&out.context.VectorRegister, 0, sizeof(CONTEXT) - offsetof(CONTEXT, VectorRegister));
    context_fill_places(&out.places, base + offsetof(struct exception_frame, places), xstate);
    out.unused = out.padding = 0;
    out.record = *record;
    status_t status = copy_to_user((void USER *)base, &out, sizeof(out));
    if (status == STATUS_SUCCESS && has_xstate)
        status = context_push_xstate(xstate);
    if (status != STATUS_SUCCESS)
        return status;

    if (out.context.FltSave.StatusWord & X87_EXCEPTION_PENDING)
        fpu_clear_exceptions();
    context_enter_dispatcher(frame, current_nt_process()->dispatchers.exception, base);
    return STATUS_SUCCESS;
}

/*
 * The first chance. A stack that ends under the frame is an overflow at the same instruction, and
 * the pages that an overflow sets free take the frame.
 */
static bool deliver(struct trap_frame *frame, EXCEPTION_RECORD *record)
{
    if (current_nt_process()->dispatchers.exception == 0)
        return false;
    status_t status = enter_dispatcher(frame, record);
    if (status != STATUS_STACK_OVERFLOW)
        return status == STATUS_SUCCESS;
    *record = (EXCEPTION_RECORD){
        .ExceptionCode = STATUS_STACK_OVERFLOW,
        .ExceptionAddress = record->ExceptionAddress,
        .NumberParameters = 2,
        .ExceptionInformation = { EXCEPTION_WRITE_FAULT, frame->rsp },
    };
    return enter_dispatcher(frame, record) == STATUS_SUCCESS;
}

// Ends the process of an exception that nobody handles. Of several threads that fail, one reports.
static void end_process(const struct trap_frame *frame, const EXCEPTION_RECORD *record)
{
    struct user_exception exception = {
        .code = record->ExceptionCode,
        .address = (vaddr_t)record->ExceptionAddress,
        .parameter_count = MIN(record->NumberParameters, ARRAY_SIZE(exception.parameters)),
    };
    for (unsigned i = 0; i < exception.parameter_count; i++)
        exception.parameters[i] = record->ExceptionInformation[i];
    if (!__atomic_exchange_n(&current_nt_process()->has_crashed, true, __ATOMIC_RELAXED))
        crash_report(frame, &exception);
    process_terminate(current_process(), exception.code);
}

void exception_handle(struct trap_frame *frame, const struct user_exception *exception)
{
    EXCEPTION_RECORD record = {
        .ExceptionCode = exception->code,
        .ExceptionFlags = exception->is_fatal ? EXCEPTION_NONCONTINUABLE : 0,
        .ExceptionAddress = (PVOID)exception->address,
        .NumberParameters = exception->parameter_count,
    };
    for (unsigned i = 0; i < exception->parameter_count; i++)
        record.ExceptionInformation[i] = exception->parameters[i];
    if (exception->is_fatal || !deliver(frame, &record))
        end_process(frame, &record);
}

void exception_raise(struct trap_frame *frame, EXCEPTION_RECORD *record, bool first_chance)
{
    // Handlers of a breakpoint expect its own address, and raisers give the one behind it.
    if (first_chance && record->ExceptionCode == STATUS_BREAKPOINT)
        frame->rip--;
    if (!first_chance || !deliver(frame, record))
        end_process(frame, record);
}
