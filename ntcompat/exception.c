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
    XSTATE xstate; // from here on only with extended registers; the components follow
};
#define FRAME_SIZE   offsetof(struct exception_frame, xstate)
#define SECOND_PIECE offsetof(struct exception_frame, context.VectorControl) // see push_frame
static_assert(offsetof(struct exception_frame, places) == 0x4D0, "exception frame");
static_assert(offsetof(struct exception_frame, record) == 0x4F0, "exception frame");
static_assert(FRAME_SIZE == 0x590, "exception frame");

// The fields that are shown and hold nothing; one by one, as GCC calls memset for less.
static void clear_unused(CONTEXT *context)
{
    context->P1Home = context->P2Home = context->P3Home = 0;
    context->P4Home = context->P5Home = context->P6Home = 0;
    context->VectorControl = context->DebugControl = 0;
    context->LastBranchToRip = context->LastBranchFromRip = 0;
    context->LastExceptionToRip = context->LastExceptionFromRip = 0;
}

// Writes a frame to the program's stack, in two pieces: what lies between them means nothing, and
// stays what the stack was. size: with or without the head of the extended registers.
static status_t push_frame(vaddr_t base, const struct exception_frame *out, size_t size)
{
    status_t status = copy_to_user((void USER *)base, out, CONTEXT_LOADED_SIZE);
    if (status == STATUS_SUCCESS)
        status = copy_to_user((void USER *)(base + SECOND_PIECE),
                              (const uint8_t *)out + SECOND_PIECE, size - SECOND_PIECE);
    return status;
}

// The same with the extended registers behind it: of those in their initial state only that they
// are.
static status_t push_extended_frame(vaddr_t base, struct exception_frame *out)
{
    uint64_t present;
    const uint8_t *extended = fpu_read_extended(&present);
    out->xstate = (XSTATE){ .Mask = present };
    status_t status = push_frame(base, out, sizeof(*out));
    if (status == STATUS_SUCCESS && present != 0)
        status = copy_to_user((void USER *)(base + sizeof(*out)), extended + sizeof(XSTATE),
                              fpu_layout.size - sizeof(XSTATE));
    return status;
}

/*
 * Makes the program go on in its dispatcher with the exception in out->record. Anything that fails
 * leaves frame as it was.
 */
static status_t enter_dispatcher(struct trap_frame *frame, struct exception_frame *out)
{
    bool has_xstate = fpu_layout.mask != 0;
    vaddr_t top = ROUND_DOWN(frame->rsp, 16ull) - FREE_BELOW_RSP;
    vaddr_t xstate = has_xstate ? ROUND_DOWN(top - fpu_layout.size, 64ull) : 0;
    vaddr_t base = (has_xstate ? xstate : top) - FRAME_SIZE;

    context_capture(frame, CONTEXT_ALL | (has_xstate ? CONTEXT_XSTATE : 0), &out->context);
    clear_unused(&out->context);
    context_fill_places(&out->places, base + offsetof(struct exception_frame, places), xstate);
    out->unused = out->padding = 0;
    status_t status =
        has_xstate ? push_extended_frame(base, out) : push_frame(base, out, FRAME_SIZE);
    if (status != STATUS_SUCCESS)
        return status;

    if (out->context.FltSave.StatusWord & X87_EXCEPTION_PENDING)
        fpu_clear_exceptions();
    context_enter_dispatcher(frame, current_nt_process()->dispatchers.exception, base);
    return STATUS_SUCCESS;
}

/*
 * The first chance. A stack that ends under the frame is an overflow at the same instruction, and
 * the pages that an overflow sets free take the frame.
 */
static bool deliver(struct trap_frame *frame, struct exception_frame *out)
{
    if (current_nt_process()->dispatchers.exception == 0)
        return false;
    status_t status = enter_dispatcher(frame, out);
    if (likely(status != STATUS_STACK_OVERFLOW))
        return status == STATUS_SUCCESS;
    out->record = (EXCEPTION_RECORD){
        .ExceptionCode = STATUS_STACK_OVERFLOW,
        .ExceptionAddress = out->record.ExceptionAddress,
        .NumberParameters = 2,
        .ExceptionInformation = { EXCEPTION_WRITE_FAULT, frame->rsp },
    };
    return enter_dispatcher(frame, out) == STATUS_SUCCESS;
}

// Ends the process of an exception that nobody handles. Of several threads that fail, the first one
// reports and gives the exit status; the others only end.
static void end_process(const struct trap_frame *frame, const EXCEPTION_RECORD *record)
{
    struct user_exception exception = {
        .code = record->ExceptionCode,
        .address = (vaddr_t)record->ExceptionAddress,
        .parameter_count = MIN(record->NumberParameters, ARRAY_SIZE(exception.parameters)),
    };
    for (unsigned i = 0; i < exception.parameter_count; i++)
        exception.parameters[i] = record->ExceptionInformation[i];
    if (__atomic_exchange_n(&current_nt_process()->has_crashed, true, __ATOMIC_RELAXED)) {
        thread_terminate(current_thread(), exception.code);
        return;
    }
    crash_report(frame, &exception);
    process_terminate(current_process(), exception.code);
}

void exception_handle(struct trap_frame *frame, const struct user_exception *exception)
{
    struct exception_frame out;
    out.record = (EXCEPTION_RECORD){
        .ExceptionCode = exception->code,
        .ExceptionFlags = exception->is_fatal ? EXCEPTION_NONCONTINUABLE : 0,
        .ExceptionAddress = (PVOID)exception->address,
        .NumberParameters = exception->parameter_count,
    };
    for (unsigned i = 0; i < exception->parameter_count; i++)
        out.record.ExceptionInformation[i] = exception->parameters[i];
    if (exception->is_fatal || !deliver(frame, &out))
        end_process(frame, &out.record);
}

void exception_of_stack(struct trap_frame *frame, status_t status)
{
    EXCEPTION_RECORD record = {
        .ExceptionCode = status,
        .ExceptionAddress = (PVOID)frame->rip,
        .NumberParameters = 2,
        .ExceptionInformation = { EXCEPTION_WRITE_FAULT, frame->rsp },
    };
    exception_raise(frame, &record, true);
}

void exception_raise(struct trap_frame *frame, const EXCEPTION_RECORD *record, bool first_chance)
{
    struct exception_frame out;
    out.record = *record;
    // Handlers of a breakpoint expect its own address, and raisers give the one behind it.
    if (first_chance && record->ExceptionCode == STATUS_BREAKPOINT)
        frame->rip--;
    if (!first_chance || !deliver(frame, &out))
        end_process(frame, &out.record);
}
