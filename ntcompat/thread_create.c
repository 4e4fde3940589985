// SPDX-License-Identifier: MIT
/*
 * NtCreateThreadEx, and what NT adds to a thread object.
 *
 * A thread's stack and TEB are made by ordinary copies into the address space at hand. So a thread
 * of the caller's process is complete before it exists for anybody else; one of another process
 * starts in the kernel, completes itself there, and its maker waits for that.
 *
 * Source: learn.microsoft.com, CreateRemoteThreadEx, UpdateProcThreadAttribute
 */

#include "services_generated.h"

#include <arch/user.h>
#include <kernel/dispatcher.h>
#include <kernel/heap.h>
#include <kernel/status.h>
#include <kernel/user_copy.h>

#include "nt_handles.h"
#include "nt_process.h"
#include "nt_thread.h"
#include "ps_attributes.h"
#include "service.h"
#include "thread_memory.h"

#define ZERO_BITS_MAX 21u // more, and below 32, leaves no room for a stack

// Flags that change nothing here: there is no loader that could attach, nothing that is frozen.
#define FLAGS_WITHOUT_EFFECT                                                                       \
    (THREAD_CREATE_FLAGS_SKIP_THREAD_ATTACH | THREAD_CREATE_FLAGS_LOADER_WORKER |                  \
     THREAD_CREATE_FLAGS_SKIP_LOADER_INIT | THREAD_CREATE_FLAGS_BYPASS_PROCESS_FREEZE)
#define FLAGS_KNOWN                                                                                \
    (FLAGS_WITHOUT_EFFECT | THREAD_CREATE_FLAGS_CREATE_SUSPENDED |                                 \
     THREAD_CREATE_FLAGS_HIDE_FROM_DEBUGGER)

// What is wanted, checked.
struct request {
    struct process *process; // a reference
    vaddr_t start, argument;
    uint64_t stack_reserve, stack_commit;
    ULONG flags;
    GROUP_AFFINITY affinity; // Mask 0: the process'
    bool has_ideal;
    PROCESSOR_NUMBER ideal;
};

// ---- NT's part of a thread --------------------------------------------------------------------

status_t nt_thread_create(struct thread *thread, vaddr_t start_address)
{
    const struct nt_process *process = nt_process_of(thread->process);
    struct nt_thread *nt = heap_alloc_zeroed(sizeof(*nt));
    if (nt == NULL)
        return STATUS_NO_MEMORY;
    nt->start_address = start_address;
    nt->may_make_code = true;
    thread->boost_disabled = process->boost_disabled;
    thread_set_priority(thread, priority_of_class(process->priority_class));
    if (process->affinity != nt_processors())
        thread_set_affinity(thread, process->affinity);
    __atomic_store_n(&thread->personality_data, nt, __ATOMIC_RELEASE);
    return STATUS_SUCCESS;
}

void nt_thread_destroyed(struct thread *thread)
{
    struct nt_thread *nt = nt_thread_of(thread);
    nt_text_put(nt->name);
    if (nt->token != NULL)
        object_put(nt->token);
    heap_free(nt);
}

void thread_enter_program(void *ignored)
{
    (void)ignored;
    arch_enter_user();
}

void thread_abandon(struct thread *thread)
{
    thread_terminate(thread, STATUS_UNSUCCESSFUL);
    thread_start(thread);
}

// ---- making it --------------------------------------------------------------------------------

// For a thread whose stack and TEB exist, in the address space of its process.
static status_t complete(struct thread *thread, const struct request *request,
                         const struct thread_memory *memory)
{
    status_t status = nt_thread_create(thread, request->start);
    if (status == STATUS_SUCCESS)
        status = thread_prepare(thread, memory, request->start, request->argument);
    return status;
}

static status_t make_here(const struct request *request, struct thread **out)
{
    struct process *process = request->process;
    struct thread_memory memory;
    status_t status =
        thread_memory_create(process, request->stack_reserve, request->stack_commit, &memory);
    if (status != STATUS_SUCCESS)
        return status;
    status = process_add_thread(process, process->name, thread_enter_program, NULL, out);
    if (status == STATUS_SUCCESS) {
        status = complete(*out, request, &memory);
        if (status != STATUS_SUCCESS) {
            thread_abandon(*out);
            object_put(&(*out)->object);
        }
    }
    if (status != STATUS_SUCCESS)
        thread_memory_destroy(process, &memory);
    return status;
}

// What a thread of another process needs to complete itself; on its maker's stack.
struct remote {
    const struct request *request;
    struct event done;
    status_t status;
};

static void complete_remotely(void *argument)
{
    struct remote *remote = argument;
    struct thread *self = current_thread();
    struct thread_memory memory;
    status_t status = thread_memory_create(self->process, remote->request->stack_reserve,
                                           remote->request->stack_commit, &memory);
    if (status == STATUS_SUCCESS) {
        status = complete(self, remote->request, &memory);
        if (status != STATUS_SUCCESS)
            thread_memory_destroy(self->process, &memory);
    }
    uint32_t previous;
    if (status == STATUS_SUCCESS)
        status = thread_suspend(self, &previous); // until its maker has told about it
    remote->status = status;
    event_set(&remote->done); // from here on, remote is gone
    if (status != STATUS_SUCCESS)
        thread_terminate(self, status);
    arch_enter_user();
}

static status_t make_there(const struct request *request, struct thread **out)
{
    struct remote remote = { .request = request };
    waitable_init(&remote.done.waitable, WAITABLE_NOTIFICATION, 0);
    status_t status = process_add_thread(request->process, request->process->name,
                                         complete_remotely, &remote, out);
    if (status != STATUS_SUCCESS)
        return status;
    thread_start(*out);
    struct waitable *done = &remote.done.waitable;
    status = wait_for(&done, 1, 0, NO_DEADLINE);
    if (remote.status != STATUS_SUCCESS) {
        object_put(&(*out)->object);
        return remote.status;
    }
    return STATUS_SUCCESS;
}

// ---- the service ------------------------------------------------------------------------------

static status_t read_attributes(const struct ps_attributes *attributes, struct request *request)
{
    static const ULONG known[] = { PS_ATTRIBUTE_CLIENT_ID, PS_ATTRIBUTE_TEB_ADDRESS,
                                   PS_ATTRIBUTE_GROUP_AFFINITY, PS_ATTRIBUTE_IDEAL_PROCESSOR };
    status_t status = ps_attributes_check(attributes, known, ARRAY_SIZE(known), "NtCreateThreadEx");
    const PS_ATTRIBUTE *affinity = ps_attributes_find(attributes, PS_ATTRIBUTE_GROUP_AFFINITY);
    const PS_ATTRIBUTE *ideal = ps_attributes_find(attributes, PS_ATTRIBUTE_IDEAL_PROCESSOR);
    if (status == STATUS_SUCCESS && affinity != NULL) {
        status = ps_attribute_read(affinity, &request->affinity, sizeof(request->affinity));
        if (status == STATUS_SUCCESS)
            status = nt_check_group_affinity(&request->affinity);
    }
    if (status == STATUS_SUCCESS && ideal != NULL) {
        request->has_ideal = true;
        status = ps_attribute_read(ideal, &request->ideal, sizeof(request->ideal));
        if (status == STATUS_SUCCESS)
            status = nt_check_processor(&request->ideal);
    }
    return status;
}

// Tells the program about the new thread, which cannot run yet.
static status_t publish(HANDLE USER *handle, ACCESS_MASK access, ULONG handle_attributes,
                        const struct ps_attributes *attributes, struct thread *thread)
{
    CLIENT_ID client_id = nt_client_id(thread);
    status_t status = ps_attribute_write(ps_attributes_find(attributes, PS_ATTRIBUTE_CLIENT_ID),
                                         &client_id, sizeof(client_id));
    if (status == STATUS_SUCCESS)
        status = ps_attribute_write(ps_attributes_find(attributes, PS_ATTRIBUTE_TEB_ADDRESS),
                                    &nt_thread_of(thread)->teb, sizeof(vaddr_t));
    if (status != STATUS_SUCCESS)
        return status;
    return nt_open_handle(handle, access, handle_attributes, &thread->object);
}

static void apply(const struct request *request, struct thread *thread)
{
    if (request->affinity.Mask != 0)
        thread_set_affinity(thread, request->affinity.Mask);
    if (request->has_ideal)
        thread_set_ideal_processor(thread, request->ideal.Number);
    if (request->flags & THREAD_CREATE_FLAGS_HIDE_FROM_DEBUGGER)
        nt_thread_of(thread)->is_hidden = true;
}

// Lets it go, or not yet: a thread of this process has not started, another's is suspended.
static void release(const struct request *request, struct thread *thread)
{
    bool is_suspended = request->flags & THREAD_CREATE_FLAGS_CREATE_SUSPENDED;
    uint32_t previous;
    if (request->process != current_process()) {
        if (!is_suspended)
            thread_resume(thread);
        return;
    }
    status_t status = STATUS_SUCCESS;
    if (is_suspended)
        status = thread_suspend(thread, &previous);
    (void)status; // it can only fail where somebody has ended the thread already
    thread_start(thread);
}

static status_t create(HANDLE USER *handle, ACCESS_MASK access, ULONG handle_attributes,
                       const struct ps_attributes *attributes, const struct request *request)
{
    bool is_here = request->process == current_process();
    struct thread *thread;
    status_t status = is_here ? make_here(request, &thread) : make_there(request, &thread);
    if (status != STATUS_SUCCESS)
        return status;
    apply(request, thread);
    status = publish(handle, access, handle_attributes, attributes, thread);
    if (status == STATUS_SUCCESS)
        release(request, thread);
    else if (is_here)
        thread_abandon(thread);
    else
        thread_terminate(thread, status);
    object_put(&thread->object);
    return status;
}

NTSTATUS NtCreateThreadEx(HANDLE USER *ThreadHandle, ACCESS_MASK DesiredAccess,
                          OBJECT_ATTRIBUTES USER *ObjectAttributes, HANDLE ProcessHandle,
                          void USER *StartRoutine, void USER *Argument, ULONG CreateFlags,
                          SIZE_T ZeroBits, SIZE_T StackSize, SIZE_T MaximumStackSize,
                          void USER *AttributeList)
{
    struct request request = {
        .start = (vaddr_t)StartRoutine,
        .argument = (vaddr_t)Argument,
        .stack_reserve = MaximumStackSize,
        .stack_commit = StackSize,
        .flags = CreateFlags,
    };
    if (ZeroBits > ZERO_BITS_MAX && ZeroBits < 32)
        return STATUS_INVALID_PARAMETER_3;
    if ((CreateFlags & ~FLAGS_KNOWN) != 0)
        return STATUS_INVALID_PARAMETER;
    if (ZeroBits != 0)
        return service_lacks("NtCreateThreadEx", "ZeroBits", ZeroBits);
    struct ps_attributes attributes;
    status_t status = ps_attributes_capture(AttributeList, &attributes);
    if (status == STATUS_SUCCESS)
        status = read_attributes(&attributes, &request);
    ULONG handle_attributes = 0;
    if (status == STATUS_SUCCESS)
        status = nt_handle_attributes(ObjectAttributes, &handle_attributes);
    if (status != STATUS_SUCCESS)
        return status;
    status = nt_process_of_handle(ProcessHandle, PROCESS_CREATE_THREAD, &request.process);
    if (status != STATUS_SUCCESS)
        return status;
    status = create(ThreadHandle, DesiredAccess, handle_attributes, &attributes, &request);
    object_put(&request.process->object);
    return status;
}
