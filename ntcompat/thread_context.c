// SPDX-License-Identifier: MIT
/*
 * NtGetContextThread and NtSetContextThread. The registers of another thread are read and written in
 * its own context, at the edge of user mode; the caller waits for that. The CONTEXT lies in the
 * caller's memory, so it is copied here, before and after.
 */

#include "services_generated.h"

#include <kernel/apc.h>
#include <kernel/status.h>
#include <kernel/user_copy.h>

#include "context.h"
#include "nt_handles.h"

#define CONTEXT_ALIGNMENT 16u

// What travels between caller and thread.
struct exchange {
    CONTEXT context;
    bool has_xstate;
    struct context_extension extension;
    struct context_xstate xstate;
};

static void get_in_thread(struct trap_frame *frame, void *argument)
{
    struct exchange *exchange = argument;
    context_capture(frame, exchange->context.ContextFlags, &exchange->context);
    if (exchange->has_xstate)
        context_capture_xstate(&exchange->xstate);
}

static void set_in_thread(struct trap_frame *frame, void *argument)
{
    struct exchange *exchange = argument;
    context_apply(frame, &exchange->context);
    if (exchange->has_xstate)
        context_apply_xstate(&exchange->xstate);
}

// Reads the program's CONTEXT, and where its extended state lies.
static status_t read_context(const CONTEXT USER *at, struct exchange *out)
{
    if ((vaddr_t)at % CONTEXT_ALIGNMENT != 0)
        return STATUS_DATATYPE_MISALIGNMENT;
    status_t status = get_user(&out->context, at);
    if (status != STATUS_SUCCESS)
        return status;
    if ((out->context.ContextFlags & CONTEXT_AMD64) == 0)
        return STATUS_INVALID_PARAMETER;
    out->has_xstate = context_has_xstate(out->context.ContextFlags);
    return out->has_xstate ? context_find_extension(at, &out->extension) : STATUS_SUCCESS;
}

static status_t run_in_thread(HANDLE handle, ACCESS_MASK access, struct exchange *exchange,
                              void (*function)(struct trap_frame *frame, void *exchange))
{
    struct thread *thread;
    status_t status = nt_thread_of_handle(handle, access, &thread);
    if (status != STATUS_SUCCESS)
        return status;
    if (thread->process == NULL)
        status = STATUS_INVALID_HANDLE; // the kernel's own threads have no user mode
    else
        status = thread_run(thread, function, exchange);
    object_put(&thread->object);
    return status;
}

NTSTATUS NtGetContextThread(HANDLE ThreadHandle, CONTEXT USER *ThreadContext)
{
    struct exchange exchange;
    status_t status = read_context(ThreadContext, &exchange);
    if (status == STATUS_SUCCESS)
        status = run_in_thread(ThreadHandle, THREAD_GET_CONTEXT, &exchange, get_in_thread);
    if (status == STATUS_SUCCESS)
        status = put_user(ThreadContext, &exchange.context);
    if (status == STATUS_SUCCESS && exchange.has_xstate)
        status = context_write_xstate(&exchange.extension, &exchange.xstate);
    return status;
}

NTSTATUS NtSetContextThread(HANDLE ThreadHandle, CONTEXT USER *ThreadContext)
{
    struct exchange exchange;
    status_t status = read_context(ThreadContext, &exchange);
    if (status == STATUS_SUCCESS && exchange.has_xstate)
        status = context_read_xstate(&exchange.extension, &exchange.xstate);
    if (status == STATUS_SUCCESS)
        status = run_in_thread(ThreadHandle, THREAD_SET_CONTEXT, &exchange, set_in_thread);
    return status;
}
