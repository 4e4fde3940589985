// SPDX-License-Identifier: MIT
// Arguments that services of all subjects have, see arguments.h.

#include "arguments.h"

#include <kernel/panic.h>

status_t nt_probe_result(void USER *result, size_t size)
{
    LONG value;
    assert(size <= sizeof(value));
    status_t status = copy_from_user(&value, result, size);
    return status == STATUS_SUCCESS ? copy_to_user(result, &value, size) : status;
}

status_t nt_publish_information(void USER *to, const void *information, ULONG size,
                                ULONG USER *ReturnLength)
{
    status_t status = copy_to_user(to, information, size);
    if (status == STATUS_SUCCESS && ReturnLength != NULL)
        status = put_user(ReturnLength, &size);
    return status;
}

status_t nt_publish_length(status_t status, ULONG length, ULONG USER *to)
{
    status_t published = to != NULL ? put_user(to, &length) : STATUS_SUCCESS;
    return published == STATUS_SUCCESS ? status : published;
}
