// SPDX-License-Identifier: MIT
/*
 * User APCs: the services that queue them, and how one becomes a call. The thread's registers are
 * written to its stack as a CONTEXT and it goes on in KiUserApcDispatcher, which calls the routine
 * and then NtContinue with that CONTEXT and TestAlert, so that the next one comes, one by one,
 * until the last NtContinue goes on with what the first had interrupted.
 *
 * The frame, with RSP 8 below it as if behind a call:
 *   +00 home space   +20 routine   +28 unused   +30 CONTEXT
 * and if extended registers have to be kept, +500 CONTEXT_EX, and those from +520 on. At its end
 * are 10h bytes in which the dispatcher leaves what unwinding needs.
 *
 * Source: observed, by what KiUserApcDispatcher of Wine 8 reads
 */

#include "services_generated.h"

#include "apc.h"

#include <kernel/apc.h>
#include <kernel/heap.h>
#include <kernel/status.h>
#include <kernel/string.h>
#include <kernel/user_copy.h>

#include "context.h"
#include "exception.h"
#include "nt_handles.h"
#include "nt_process.h"
#include "service.h"

#define DISPATCHER_ROOM 0x10u

struct apc_frame {
    uint64_t home[4];
    uint64_t routine;
    uint64_t unused;
    CONTEXT context;
    CONTEXT_EX places; // from here on only with extended registers
    uint64_t padding;
};
#define FRAME_SIZE_SHORT offsetof(struct apc_frame, places)
static_assert(FRAME_SIZE_SHORT == 0x500, "APC frame");
static_assert(sizeof(struct apc_frame) == 0x520, "APC frame");

// What of a frame means something: the rest of CONTEXT stays what the stack was.
#define FIRST_PIECE (offsetof(struct apc_frame, context) + CONTEXT_LOADED_SIZE)

// Puts the frame at base on the program's stack; xstate: where extended registers go, 0: nowhere.
static status_t push_frame(const struct trap_frame *frame, const struct user_apc *apc, vaddr_t base,
                           vaddr_t xstate)
{
    struct apc_frame out;
    memset(&out, 0, offsetof(struct apc_frame, context.Rax));
    out.routine = apc->routine;
    context_capture(frame, CONTEXT_FULL | (xstate != 0 ? CONTEXT_XSTATE : 0), &out.context);
    status_t status = copy_to_user((void USER *)base, &out, FIRST_PIECE);
    if (status != STATUS_SUCCESS || xstate == 0)
        return status;
    context_fill_places(&out.places, base + FRAME_SIZE_SHORT, xstate);
    status = put_user((CONTEXT_EX USER *)(base + FRAME_SIZE_SHORT), &out.places);
    return status == STATUS_SUCCESS ? context_push_xstate(xstate) : status;
}

static status_t enter_dispatcher(struct trap_frame *frame, const struct user_apc *apc)
{
    // What a service's caller has in wide registers is lost by the calling convention; what an
    // interrupted program has in them is not.
    bool has_xstate = frame->vector != TRAP_VECTOR_SYSCALL && fpu_layout.mask != 0;
    vaddr_t top = ROUND_DOWN(frame->rsp, 16ull) - DISPATCHER_ROOM;
    vaddr_t xstate = has_xstate ? ROUND_DOWN(top - fpu_layout.size, 64ull) : 0;
    vaddr_t base = has_xstate ? xstate - sizeof(struct apc_frame) : top - FRAME_SIZE_SHORT;
    status_t status = push_frame(frame, apc, base, xstate);
    if (status != STATUS_SUCCESS)
        return status;
    frame->rcx = base + offsetof(struct apc_frame, context);
    frame->rdx = apc->arguments[0];
    frame->r8 = apc->arguments[1];
    frame->r9 = apc->arguments[2];
    context_enter_dispatcher(frame, current_nt_process()->dispatchers.apc, base - 8);
    return STATUS_SUCCESS;
}

void apc_deliver(struct trap_frame *frame)
{
    struct user_apc *apc = thread_take_user_apc();
    if (apc == NULL)
        return;
    status_t status = STATUS_SUCCESS;
    // Without a dispatcher only the APC of a timer or a file can have been queued: it is lost.
    if (current_nt_process()->dispatchers.apc != 0)
        status = enter_dispatcher(frame, apc);
    apc->release(apc);
    if (status == STATUS_SUCCESS)
        return;
    exception_of_stack(frame, status); // there is no room for it
}

static void release(struct user_apc *apc)
{
    heap_free(apc);
}

static status_t queue(HANDLE handle, const struct user_apc *what)
{
    struct thread *thread;
    status_t status = nt_thread_of_handle(handle, THREAD_SET_CONTEXT, &thread);
    if (status != STATUS_SUCCESS)
        return status;
    struct user_apc *apc = NULL;
    const struct nt_process *nt =
        thread->process != NULL ? thread->process->personality_data : NULL;
    if (nt == NULL)
        status = STATUS_INVALID_HANDLE; // the kernel's own threads have no user mode
    else if (nt->dispatchers.apc == 0)
        status = STATUS_NOT_SUPPORTED;
    else if ((apc = heap_alloc(sizeof(*apc))) == NULL)
        status = STATUS_NO_MEMORY;
    if (status == STATUS_SUCCESS) {
        *apc = *what;
        apc->release = release;
        if (!thread_queue_user_apc(thread, apc)) {
            heap_free(apc);
            status = STATUS_UNSUCCESSFUL;
        }
    }
    object_put(&thread->object);
    return status;
}

NTSTATUS NtQueueApcThread(HANDLE ThreadHandle, void USER *ApcRoutine, void USER *ApcArgument1,
                          void USER *ApcArgument2, void USER *ApcArgument3)
{
    return NtQueueApcThreadEx2(ThreadHandle, NULL, 0, ApcRoutine, ApcArgument1, ApcArgument2,
                               ApcArgument3);
}

NTSTATUS NtQueueApcThreadEx(HANDLE ThreadHandle, HANDLE ReserveHandle, void USER *ApcRoutine,
                            void USER *ApcArgument1, void USER *ApcArgument2,
                            void USER *ApcArgument3)
{
    ULONG flags = 0;
    // The flag stands in the place of the handle, where 1 cannot be one.
    if (ReserveHandle == (HANDLE)QUEUE_USER_APC_FLAGS_SPECIAL_USER_APC) {
        flags = QUEUE_USER_APC_FLAGS_SPECIAL_USER_APC;
        ReserveHandle = NULL;
    }
    return NtQueueApcThreadEx2(ThreadHandle, ReserveHandle, flags, ApcRoutine, ApcArgument1,
                               ApcArgument2, ApcArgument3);
}

NTSTATUS NtQueueApcThreadEx2(HANDLE ThreadHandle, HANDLE ReserveHandle, ULONG ApcFlags,
                             void USER *ApcRoutine, void USER *ApcArgument1,
                             void USER *ApcArgument2, void USER *ApcArgument3)
{
    if (ReserveHandle != NULL)
        return service_lacks("NtQueueApcThreadEx2", "reserve object", 0);
    if (ApcFlags & QUEUE_USER_APC_FLAGS_CALLBACK_DATA_CONTEXT)
        return service_lacks("NtQueueApcThreadEx2", "flag", ApcFlags);
    if (ApcFlags & ~QUEUE_USER_APC_FLAGS_SPECIAL_USER_APC)
        return STATUS_INVALID_PARAMETER;
    return queue(ThreadHandle, &(struct user_apc){
                                   .routine = (vaddr_t)ApcRoutine,
                                   .arguments = { (vaddr_t)ApcArgument1, (vaddr_t)ApcArgument2,
                                                  (vaddr_t)ApcArgument3 },
                                   .is_special = ApcFlags != 0,
                               });
}

NTSTATUS NtTestAlert(void)
{
    if (thread_test_alert())
        return STATUS_ALERTED;
    (void)thread_test_user_apcs();
    return STATUS_SUCCESS;
}
