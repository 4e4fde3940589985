// SPDX-License-Identifier: MIT
/*
 * NtGetContextThread and NtSetContextThread. The registers of another thread are read and written
 * in its own context, at the edge of user mode; the caller waits for that. The CONTEXT lies in the
 * caller's memory, so it is copied here, before and after.
 */

#include "services_generated.h"

#include <kernel/apc.h>
#include <kernel/status.h>
#include <kernel/string.h>
#include <kernel/user_copy.h>

#include "context.h"
#include "nt_handles.h"

// What comes back from the thread.
struct context_store {
    CONTEXT context;
    bool has_xstate;
    uint64_t present;
    uint8_t extended[FPU_EXTENDED_MAX] ALIGNED(8);
};

static void get_in_thread(struct trap_frame *frame, void *argument)
{
    struct context_store *store = argument;
    context_capture(frame, store->context.ContextFlags, &store->context);
    if (store->has_xstate)
        memcpy(store->extended, fpu_read_extended(&store->present), fpu_layout.size);
}

static void set_in_thread(struct trap_frame *frame, void *argument)
{
    context_load(frame, argument);
}

static status_t run_in_thread(HANDLE handle, ACCESS_MASK access,
                              void (*function)(struct trap_frame *frame, void *argument),
                              void *argument)
{
    struct thread *thread;
    status_t status = nt_thread_of_handle(handle, access, &thread);
    if (status != STATUS_SUCCESS)
        return status;
    if (thread->process == NULL)
        status = STATUS_INVALID_HANDLE; // the kernel's own threads have no user mode
    else
        status = thread_run(thread, function, argument);
    object_put(&thread->object);
    return status;
}

NTSTATUS NtGetContextThread(HANDLE ThreadHandle, CONTEXT USER *ThreadContext)
{
    struct context_store store;
    struct context_extension extension;
    if ((vaddr_t)ThreadContext % CONTEXT_ALIGNMENT != 0)
        return STATUS_DATATYPE_MISALIGNMENT;
    status_t status = get_user(&store.context, ThreadContext);
    if (status != STATUS_SUCCESS)
        return status;
    if ((store.context.ContextFlags & CONTEXT_AMD64) == 0)
        return STATUS_INVALID_PARAMETER;
    store.has_xstate = context_has_xstate(store.context.ContextFlags);
    if (store.has_xstate)
        status = context_find_extension(ThreadContext, &extension);
    if (status == STATUS_SUCCESS)
        status = run_in_thread(ThreadHandle, THREAD_GET_CONTEXT, get_in_thread, &store);
    if (status == STATUS_SUCCESS)
        status = put_user(ThreadContext, &store.context);
    if (status == STATUS_SUCCESS && store.has_xstate)
        status = context_write_extended(&extension, store.extended, store.present);
    return status;
}

NTSTATUS NtSetContextThread(HANDLE ThreadHandle, CONTEXT USER *ThreadContext)
{
    struct context_load load;
    status_t status = context_read(ThreadContext, &load);
    if (status == STATUS_SUCCESS)
        status = run_in_thread(ThreadHandle, THREAD_SET_CONTEXT, set_in_thread, &load);
    return status;
}
