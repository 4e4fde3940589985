// SPDX-License-Identifier: MIT
/*
 * Arguments that services accept. Most follow from an argument's type and name; the others stand in
 * a table by service.
 */

#include "good.h"

#include <nt/create.h>
#include <nt/memory.h>
#include <nt/object.h>
#include <nt/power.h>
#include <nt/section.h>
#include <nt/status.h>
#include <nt/sync.h>
#include <nt/token.h>
#include <user/print.h>
#include <user/services.h>

ULONGLONG good_slot(unsigned argument)
{
    return world.slots + argument * SLOT;
}

// ---- which arguments are pointers ---------------------------------------------------------------

bool is_length(const struct service *service, unsigned index)
{
    if (index >= service->argument_count)
        return false;
    const char *name = service->arguments[index].name;
    return begins_with(name, "NumberOfBytesTo") ||
           (ends_with(name, "Length") && service->arguments[index].size_bytes == 0);
}

bool is_pointer(const struct service *service, unsigned index)
{
    const struct service_argument *argument = &service->arguments[index];

    if (argument->size_bytes > 0)
        return true;
    if (is(argument->type, "PSECURITY_DESCRIPTOR"))
        return true;
    if (!is(argument->type, "PVOID"))
        return false;
    if (argument->direction == ARGUMENT_OUT || argument->direction == ARGUMENT_OUT_OPT ||
        argument->direction == ARGUMENT_INOUT || is(argument->name, "AttributeList") ||
        is(argument->name, "ProcessParameters"))
        return true;
    // What a service reads has a length; addresses to work on have one, too.
    return is_length(service, index + 1) && !is(argument->name, "BaseAddress");
}

bool is_output(const struct service *service, unsigned index)
{
    UCHAR direction = service->arguments[index].direction;

    return direction != ARGUMENT_IN && direction != ARGUMENT_IN_OPT;
}

bool is_written(const struct call *call, unsigned index)
{
    bool is_buffer = call->service->arguments[index].size_bytes == 0;

    return is_output(call->service, index) && !(call->is_input && is_buffer);
}

ULONGLONG pointer_size(const struct call *call, unsigned index)
{
    const struct service_argument *argument = &call->service->arguments[index];

    if (is(argument->type, "PTOKEN_GROUPS") || is(argument->type, "PTOKEN_PRIVILEGES"))
        return sizeof(ULONG); // the count, which is 0
    if (argument->size_bytes > 0)
        return argument->size_bytes;
    return is_length(call->service, index + 1) ? call->words[index + 1] : 1;
}

// ---- values -------------------------------------------------------------------------------------

static const struct {
    const char *service, *argument;
    ULONGLONG value;
} values[] = {
    { "NtCreateSemaphore", "MaximumCount", 10 },
    { "NtReleaseSemaphore", "ReleaseCount", 1 },
    { "NtAddAtom", "Length", sizeof(atom_name) - sizeof(WCHAR) },
    { "NtAddAtomEx", "Length", sizeof(atom_name) - sizeof(WCHAR) },
    { "NtFindAtom", "Length", sizeof(atom_name) - sizeof(WCHAR) },
    { "NtDuplicateToken", "Type", TokenImpersonation },
    { "NtPowerInformation", "InformationLevel", SystemBatteryState },
    { "NtPowerInformation", "InputBuffer", 0 },
    { "NtPowerInformation", "InputBufferLength", 0 },
    { "NtPowerInformation", "OutputBufferLength", 32 },
    { "NtCreateThreadEx", "AttributeList", 0 },
    { "NtCreateThreadEx", "CreateFlags", THREAD_CREATE_FLAGS_CREATE_SUSPENDED },
    { "NtCreateUserProcess", "ThreadFlags", THREAD_CREATE_FLAGS_CREATE_SUSPENDED },
    { "NtDuplicateObject", "Options", DUPLICATE_SAME_ACCESS },
    { "NtFreeVirtualMemory", "FreeType", MEM_DECOMMIT },
    { "NtGetNextThread", "ThreadHandle", 0 },
    { "NtGetNextProcess", "ProcessHandle", 0 },
    { "NtLockVirtualMemory", "MapType", 1 },
    { "NtUnlockVirtualMemory", "MapType", 1 },
    { "NtMapViewOfSection", "InheritDisposition", ViewUnmap },
    { "NtMapViewOfSection", "AllocationType", 0 },
    { "NtMapViewOfSectionEx", "AllocationType", 0 },
    { "NtOpenFile", "DesiredAccess", GENERIC_READ | SYNCHRONIZE },
    { "NtOpenFile", "ShareAccess", 1 },
    { "NtOpenFile", "OpenOptions", 0x20 }, // synchronous
    { "NtQueryDirectoryObject", "Length", 0x400 },
    { "NtQueryDirectoryObject", "RestartScan", TRUE },
    { "NtSetSecurityObject", "SecurityInformation", DACL_SECURITY_INFORMATION },
    { "NtQuerySecurityObject", "Length", 0x400 },
    { "NtQuerySecurityObject", "SecurityInformation", DACL_SECURITY_INFORMATION },
    { "NtSetTimerResolution", "DesiredTime", 156250 },
    { "NtSetTimerResolution", "SetResolution", TRUE },
    { "NtWaitForMultipleObjects", "WaitType", WaitAny },
    { "NtRaiseHardError", "ErrorStatus", 0x40000000 },
    { "NtRaiseHardError", "ValidResponseOptions", 1 },
    { "NtRaiseHardError", "NumberOfParameters", 1 },
};

static bool find_value(const char *service, const char *argument, ULONGLONG *out)
{
    for (unsigned i = 0; i < ARRAY_SIZE(values); i++) {
        if (is(values[i].service, service) && is(values[i].argument, argument)) {
            *out = values[i].value;
            return true;
        }
    }
    return false;
}

static ULONGLONG make_handle(const char *name, UCHAR direction)
{
    if (is(name, "ThreadId"))
        return world.helper_id;
    if (ends_with(name, "ProcessHandle"))
        return (ULONGLONG)NtCurrentProcess();
    if (begins_with(name, "Thread"))
        return (ULONGLONG)world.helper;
    if (contains(name, "Token"))
        return (ULONGLONG)world.token;
    if (direction == ARGUMENT_IN_OPT && !begins_with(name, "KeyedEvent") &&
        !begins_with(name, "Job"))
        return 0;
    return (ULONGLONG)object_for(name)->handle;
}

static ULONGLONG make_value(const struct service *service, unsigned index)
{
    const struct service_argument *argument = &service->arguments[index];
    const char *name = argument->name;

    if (is(service->name, "NtReadFile") && is(name, "FileHandle"))
        return (ULONGLONG)standard_input();
    if (is(service->name, "NtWriteFile") && is(name, "FileHandle"))
        return (ULONGLONG)standard_error();
    if (is(argument->type, "HANDLE"))
        return make_handle(name, argument->direction);
    if (is(argument->type, "ACCESS_MASK"))
        return MAXIMUM_ALLOWED;
    if (is(name, "BaseAddress"))
        return ends_with(service->name, "Watch") ? world.watched : world.scratch;
    if (is(name, "RegionSize"))
        return PAGE;
    if (is(name, "Key") || is(name, "StartRoutine"))
        return world.scratch; // any address; nothing runs there
    if (is(argument->type, "RTL_ATOM"))
        return world.atom;
    if (is(name, "AllocationType"))
        return MEM_RESERVE | MEM_COMMIT;
    if (is(name, "AllocationAttributes"))
        return SEC_COMMIT;
    if (ends_with(name, "Protect") || ends_with(name, "PageProtection"))
        return PAGE_READWRITE;
    if (is(name, "Count") || is(name, "ExtendedParameterCount"))
        return 1;
    return is_length(service, index) ? BUFFER_BYTES : 0;
}

// ---- all of them --------------------------------------------------------------------------------

void good_arguments(struct call *call, const struct service *service)
{
    *call = (struct call){ .service = service };
    for (unsigned i = 0; i < service->argument_count; i++) {
        if (find_value(service->name, service->arguments[i].name, &call->words[i]))
            continue;
        if (!is_pointer(service, i)) {
            call->words[i] = make_value(service, i);
            continue;
        }
        call->words[i] = good_slot(i);
        fill_slot(good_slot(i), service, i);
    }
}
