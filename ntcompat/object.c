// SPDX-License-Identifier: MIT
/*
 * The services about handles and objects of any type: closing, duplicating, comparing, attributes,
 * permanence (object_query.c answers questions).
 *
 * Permanent objects need no privilege here, so what Windows would refuse an ordinary user works.
 *
 * Source: learn.microsoft.com, NtClose, DuplicateHandle, SetHandleInformation,
 * CompareObjectHandles, ZwMakeTemporaryObject
 */

#include "services_generated.h"

#include <kernel/user_copy.h>

#include "nt_handles.h"
#include "object_attributes.h"
#include "security_descriptor.h"
#include "service.h"

NTSTATUS NtClose(HANDLE Handle)
{
    if (nt_is_pseudo_handle(Handle))
        return STATUS_SUCCESS; // allowed, and does nothing
    return handle_close(&current_process()->handles, (handle_t)Handle);
}

// ---- duplicating -------------------------------------------------------------------------------

// The table of a process that may be another's. false: that process has ended.
static bool enter_table(struct process *process)
{
    return process == current_process() || handle_table_enter(&process->handles);
}

static void leave_table(struct process *process)
{
    if (process != current_process())
        handle_table_leave(&process->handles);
}

// What `handle` means in process. NtCurrentProcess() is that process, NtCurrentThread() the caller.
static status_t query_source(struct process *process, HANDLE handle, struct handle_info *out)
{
    if (process == current_process() || handle == NtCurrentThread())
        return nt_query_handle(handle, out);
    if (handle == NtCurrentProcess()) {
        object_get(&process->object);
        *out =
            (struct handle_info){ .object = &process->object, .access = process_type.access.valid };
        return STATUS_SUCCESS;
    }
    if (!enter_table(process))
        return STATUS_PROCESS_IS_TERMINATING;
    status_t status = handle_query(&process->handles, (handle_t)handle, out);
    leave_table(process);
    return status;
}

static void close_source(struct process *process, HANDLE handle)
{
    if (nt_is_pseudo_handle(handle) || !enter_table(process))
        return;
    // The duplicate was made or not; that the source stays because it is protected changes nothing.
    status_t ignored = handle_close(&process->handles, (handle_t)handle);
    (void)ignored;
    leave_table(process);
}

// Makes the new handle in a table that the caller has entered; its number goes to the program
// before it becomes one.
static status_t insert_duplicate(struct handle_table *table, const struct handle_info *what,
                                 HANDLE USER *to)
{
    handle_t handle;
    status_t status = handle_reserve(table, &handle);
    if (status != STATUS_SUCCESS)
        return status;
    HANDLE value = (HANDLE)handle;
    if (to != NULL && (status = put_user(to, &value)) != STATUS_SUCCESS) {
        handle_cancel(table, handle);
        return status;
    }
    object_get(what->object);
    object_open(what->object);
    handle_commit(table, handle, what->object, what->access, what->attributes);
    return STATUS_SUCCESS;
}

static status_t duplicate(struct process *source, HANDLE handle, struct process *target,
                          HANDLE USER *to, ACCESS_MASK access, ULONG attributes, ULONG options)
{
    struct handle_info info;
    status_t status = query_source(source, handle, &info);
    if (status != STATUS_SUCCESS)
        return status;
    if (!(options & DUPLICATE_SAME_ACCESS)) {
        // More than the source has is asked of the object, as if it were opened.
        ACCESS_MASK wanted = access_map(&info.object->type->access, access);
        if (wanted & ~info.access)
            status = security_check_object(info.object, access, &access);
        info.access = access_map(&info.object->type->access, access);
    }
    if (status != STATUS_SUCCESS) {
        object_put(info.object);
        return status;
    }
    if (!(options & DUPLICATE_SAME_ATTRIBUTES))
        info.attributes = attributes & (HANDLE_PROTECTED | HANDLE_INHERITED);
    if (enter_table(target)) {
        status = insert_duplicate(&target->handles, &info, to);
        leave_table(target);
    } else {
        status = STATUS_PROCESS_IS_TERMINATING;
    }
    object_put(info.object);
    return status;
}

// Without a target process the source is only closed; it is closed even if the rest fails.
NTSTATUS NtDuplicateObject(HANDLE SourceProcessHandle, HANDLE SourceHandle,
                           HANDLE TargetProcessHandle, HANDLE USER *TargetHandle,
                           ACCESS_MASK DesiredAccess, ULONG HandleAttributes, ULONG Options)
{
    struct process *source, *target = NULL;
    status_t status = nt_process_of_handle(SourceProcessHandle, PROCESS_DUP_HANDLE, &source);
    if (status != STATUS_SUCCESS)
        return status;
    if (TargetProcessHandle != NULL)
        status = nt_process_of_handle(TargetProcessHandle, PROCESS_DUP_HANDLE, &target);
    else if (!(Options & DUPLICATE_CLOSE_SOURCE))
        status = STATUS_INVALID_HANDLE;
    if (status == STATUS_SUCCESS && target != NULL) {
        status = duplicate(source, SourceHandle, target, TargetHandle, DesiredAccess,
                           HandleAttributes, Options);
        object_put(&target->object);
    }
    if (Options & DUPLICATE_CLOSE_SOURCE)
        close_source(source, SourceHandle);
    object_put(&source->object);
    return status;
}

// ---- comparing, attributes, permanence ---------------------------------------------------------

NTSTATUS NtCompareObjects(HANDLE FirstObjectHandle, HANDLE SecondObjectHandle)
{
    struct object *first, *second;
    status_t status = nt_find_object(FirstObjectHandle, NULL, 0, &first);
    if (status != STATUS_SUCCESS)
        return status;
    status = nt_find_object(SecondObjectHandle, NULL, 0, &second);
    if (status == STATUS_SUCCESS) {
        if (first != second)
            status = STATUS_NOT_SAME_OBJECT;
        object_put(second);
    }
    object_put(first);
    return status;
}

NTSTATUS NtSetInformationObject(HANDLE Handle, OBJECT_INFORMATION_CLASS ObjectInformationClass,
                                void USER *ObjectInformation, ULONG ObjectInformationLength)
{
    OBJECT_HANDLE_FLAG_INFORMATION flags;
    if ((ULONG)ObjectInformationClass == ObjectSessionInformation ||
        (ULONG)ObjectInformationClass == ObjectSessionObjectInformation)
        return service_lacks("NtSetInformationObject", "information class",
                             (ULONG)ObjectInformationClass);
    if (ObjectInformationClass != ObjectHandleFlagInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (ObjectInformationLength != sizeof(flags))
        return STATUS_INFO_LENGTH_MISMATCH;
    status_t status = copy_from_user(&flags, ObjectInformation, sizeof(flags));
    if (status != STATUS_SUCCESS)
        return status;
    unsigned attributes =
        (flags.Inherit ? HANDLE_INHERITED : 0) | (flags.ProtectFromClose ? HANDLE_PROTECTED : 0);
    return handle_set_attributes(&current_process()->handles, (handle_t)Handle,
                                 HANDLE_INHERITED | HANDLE_PROTECTED, attributes);
}

NTSTATUS NtMakeTemporaryObject(HANDLE Handle)
{
    struct object *object;
    status_t status = nt_find_object(Handle, NULL, DELETE, &object);
    if (status != STATUS_SUCCESS)
        return status;
    namespace_make_temporary(object);
    object_put(object);
    return STATUS_SUCCESS;
}

NTSTATUS NtMakePermanentObject(HANDLE Handle)
{
    struct object *object;
    status_t status = nt_find_object(Handle, NULL, 0, &object);
    if (status != STATUS_SUCCESS)
        return status;
    namespace_make_permanent(object);
    object_put(object);
    return STATUS_SUCCESS;
}
