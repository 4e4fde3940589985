// SPDX-License-Identifier: MIT
// Process and thread handles of a program, see nt_handles.h.

#include "nt_handles.h"

#include <arch/cpu.h>
#include <kernel/status.h>

#include "nt_process.h"
#include "object_attributes.h"
#include "security_descriptor.h"

status_t nt_process_of_handle(HANDLE handle, ACCESS_MASK access, struct process **out)
{
    struct object *object;
    status_t status = nt_find_object(handle, &process_type, access, &object);
    if (status == STATUS_SUCCESS)
        *out = container_of(object, struct process, object);
    return status;
}

status_t nt_thread_of_handle(HANDLE handle, ACCESS_MASK access, struct thread **out)
{
    struct object *object;
    status_t status = nt_find_object(handle, &thread_type, access, &object);
    if (status == STATUS_SUCCESS)
        *out = container_of(object, struct thread, object);
    return status;
}

status_t nt_handle_attributes(const OBJECT_ATTRIBUTES USER *from, ULONG *out)
{
    struct nt_attributes attributes;
    status_t status = nt_capture_attributes(from, &attributes);
    if (status != STATUS_SUCCESS)
        return status;
    if (attributes.has_name && attributes.name.length != 0)
        status = STATUS_INVALID_PARAMETER_MIX;
    *out = attributes.attributes;
    nt_release_attributes(&attributes);
    return status;
}

// Who may do the whole may do the harmless part of it: rights that come with others.
static ACCESS_MASK with_implied(const struct object_type *type, ACCESS_MASK access)
{
    if (type == &thread_type) {
        if (access & THREAD_QUERY_INFORMATION)
            access |= THREAD_QUERY_LIMITED_INFORMATION;
        if (access & THREAD_SET_INFORMATION)
            access |= THREAD_SET_LIMITED_INFORMATION;
        if (access & THREAD_SUSPEND_RESUME)
            access |= THREAD_RESUME;
    } else if (type == &process_type) {
        if (access & PROCESS_QUERY_INFORMATION)
            access |= PROCESS_QUERY_LIMITED_INFORMATION;
        if (access & PROCESS_SET_INFORMATION)
            access |= PROCESS_SET_LIMITED_INFORMATION;
    }
    return access;
}

status_t nt_open_handle(HANDLE USER *handle, ACCESS_MASK access, ULONG attributes,
                        struct object *object)
{
    status_t status = security_check_object(object, access, &access);
    if (status != STATUS_SUCCESS)
        return status;
    object_get(object);
    object_open(object);
    return nt_make_handle(handle,
                          with_implied(object->type, access_map(&object->type->access, access)),
                          attributes, object);
}

KAFFINITY nt_processors(void)
{
    return ~0ull >> (64 - cpu_count());
}

status_t nt_check_group_affinity(const GROUP_AFFINITY *affinity)
{
    bool is_valid = affinity->Group == 0 && affinity->Mask != 0 &&
                    (affinity->Mask & ~nt_processors()) == 0 && affinity->Reserved[0] == 0 &&
                    affinity->Reserved[1] == 0 && affinity->Reserved[2] == 0;
    return is_valid ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

status_t nt_check_processor(const PROCESSOR_NUMBER *processor)
{
    bool is_valid =
        processor->Group == 0 && processor->Reserved == 0 && processor->Number < cpu_count();
    return is_valid ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}
