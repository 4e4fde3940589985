// SPDX-License-Identifier: MIT
// Calls with good arguments: what has to happen before, and what undoes them.

#include "good.h"

#include <nt/memory.h>
#include <nt/status.h>
#include <nt/sync.h>
#include <user/services.h>

static void prepare(const char *service)
{
    if (begins_with(service, "NtRemoveIoCompletion"))
        (void)NtSetIoCompletion(objects[PORT].handle, NULL, NULL, STATUS_SUCCESS, 0);
    else if (is(service, "NtReleaseMutant"))
        (void)NtWaitForSingleObject(objects[MUTANT].handle, FALSE, NULL);
    else if (is(service, "NtResumeThread") || is(service, "NtAlertResumeThread"))
        (void)NtSuspendThread(world.helper, NULL);
    else if (is(service, "NtGetWriteWatch"))
        *(volatile char *)world.watched = 1;
}

// Leaves the helper suspended once.
static void calm_helper(void)
{
    ULONG count = 0;

    (void)NtSuspendThread(world.helper, &count);
    for (; count > 0; count--)
        (void)NtResumeThread(world.helper, NULL);
}

static void commit_scratch(void)
{
    PVOID base = (PVOID)world.scratch;
    SIZE_T size = SLOT;

    (void)NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size, MEM_COMMIT, PAGE_READWRITE);
}

// The base that the call has put into its slot.
static PVOID new_base(const struct call *call)
{
    for (unsigned i = 0; i < call->service->argument_count; i++)
        if (is(call->service->arguments[i].type, "PVOID *"))
            return *(PVOID *)call->words[i];
    return NULL;
}

static void undo(const struct call *call)
{
    const char *name = call->service->name;
    PVOID base = NULL;
    SIZE_T size = 0;

    if (begins_with(name, "NtAllocateVirtualMemory") &&
        (base = new_base(call)) != (PVOID)world.scratch)
        (void)NtFreeVirtualMemory(NtCurrentProcess(), &base, &size, MEM_RELEASE);
    if (begins_with(name, "NtMapViewOfSection"))
        (void)NtUnmapViewOfSection(NtCurrentProcess(), new_base(call));
    if (is(name, "NtFreeVirtualMemory"))
        commit_scratch();
    for (unsigned i = 0; begins_with(name, "NtAddAtom") && i < call->service->argument_count; i++)
        if (is(call->service->arguments[i].type, "PRTL_ATOM") && call->words[i])
            (void)NtDeleteAtom(*(USHORT *)call->words[i]);
    // In reverse, so that the next handle will be the same again.
    for (unsigned i = call->service->argument_count; i-- > 0;) {
        if (!is(call->service->arguments[i].type, "PHANDLE") || !is_output(call->service, i))
            continue;
        HANDLE handle = call->words[i] ? *(HANDLE *)call->words[i] : NULL;
        if (handle && is(name, "NtCreateThreadEx")) {
            (void)NtTerminateThread(handle, STATUS_SUCCESS);
            (void)NtWaitForSingleObject(handle, FALSE, NULL);
        } else if (handle && is(name, "NtCreateUserProcess") && i == 0) {
            (void)NtTerminateProcess(handle, STATUS_SUCCESS);
            (void)NtWaitForSingleObject(handle, FALSE, NULL);
        }
        if (handle)
            (void)NtClose(handle);
    }
}

NTSTATUS good_call(struct call *call)
{
    prepare(call->service->name);
    NTSTATUS status = (NTSTATUS)call_syscall(call->service->number, call->words);
    if (NT_SUCCESS(status))
        undo(call);
    if (call->words[0] == (ULONGLONG)world.helper)
        calm_helper();
    return status;
}
