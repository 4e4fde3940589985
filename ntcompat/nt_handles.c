// SPDX-License-Identifier: MIT
// Process and thread handles of a program, see nt_handles.h.

#include "nt_handles.h"

#include <kernel/status.h>

static status_t find(HANDLE handle, const struct object_type *type, ACCESS_MASK access,
                     struct object **out)
{
    return handle_lookup(&current_process()->handles, (handle_t)handle, type, access, out);
}

status_t nt_process_of_handle(HANDLE handle, ACCESS_MASK access, struct process **out)
{
    struct object *object;
    if (handle == NtCurrentProcess()) {
        *out = current_process();
        object_get(&(*out)->object);
        return STATUS_SUCCESS;
    }
    status_t status = find(handle, &process_type, access, &object);
    if (status == STATUS_SUCCESS)
        *out = container_of(object, struct process, object);
    return status;
}

status_t nt_thread_of_handle(HANDLE handle, ACCESS_MASK access, struct thread **out)
{
    struct object *object;
    if (handle == NtCurrentThread()) {
        *out = current_thread();
        object_get(&(*out)->object);
        return STATUS_SUCCESS;
    }
    status_t status = find(handle, &thread_type, access, &object);
    if (status == STATUS_SUCCESS)
        *out = container_of(object, struct thread, object);
    return status;
}
