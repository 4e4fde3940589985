// SPDX-License-Identifier: MIT
// Lists of privileges, groups and SIDs on their way out of a program (token_capture.h).

#include "token_capture.h"

#include <kernel/heap.h>
#include <kernel/status.h>
#include <kernel/string.h>
#include <kernel/user_copy.h>

status_t capture_sid(PSID from, struct captured_sid *out)
{
    SID head;
    vaddr_t address = (vaddr_t)from;
    memset(out, 0, sizeof(*out));
    status_t status = copy_from_user(&head, (const void USER *)address, sizeof(head));
    if (status != STATUS_SUCCESS)
        return status;
    if (!sid_is_valid(&head, SECURITY_MAX_SID_SIZE))
        return STATUS_INVALID_SID;
    memcpy(out->bytes, &head, sizeof(head));
    return copy_from_user(out->bytes + sizeof(head), (const void USER *)(address + sizeof(head)),
                          sid_size(&head) - sizeof(head));
}

static status_t capture_group(vaddr_t from, struct captured_sid *out)
{
    SID_AND_ATTRIBUTES entry;
    status_t status = copy_from_user(&entry, (const void USER *)from, sizeof(entry));
    if (status == STATUS_SUCCESS)
        status = capture_sid(entry.Sid, out);
    if (status == STATUS_SUCCESS)
        out->attributes = entry.Attributes;
    return status;
}

// The count that both kinds of lists begin with.
static status_t capture_count(const void USER *from, ULONG *count)
{
    status_t status = copy_from_user(count, from, sizeof(*count));
    if (status == STATUS_SUCCESS && *count > CAPTURE_COUNT_MAX)
        status = STATUS_INVALID_PARAMETER;
    return status;
}

status_t capture_groups(const TOKEN_GROUPS USER *from, struct captured_sid **out, ULONG *count)
{
    *out = NULL;
    *count = 0;
    if (from == NULL)
        return STATUS_SUCCESS;
    status_t status = capture_count(from, count);
    if (status != STATUS_SUCCESS || *count == 0)
        return status;
    struct captured_sid *list = heap_alloc(*count * sizeof(*list));
    if (list == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    vaddr_t entries = (vaddr_t)from + offsetof(TOKEN_GROUPS, Groups);
    for (ULONG i = 0; i < *count && status == STATUS_SUCCESS; i++)
        status = capture_group(entries + i * sizeof(SID_AND_ATTRIBUTES), &list[i]);
    if (status == STATUS_SUCCESS)
        *out = list;
    else
        heap_free(list);
    return status;
}

status_t capture_privilege_array(vaddr_t from, ULONG count, LUID_AND_ATTRIBUTES **out)
{
    *out = NULL;
    if (count > CAPTURE_COUNT_MAX)
        return STATUS_INVALID_PARAMETER;
    if (count == 0)
        return STATUS_SUCCESS;
    LUID_AND_ATTRIBUTES *list = heap_alloc(count * sizeof(*list));
    if (list == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    status_t status = copy_from_user(list, (const void USER *)from, count * sizeof(*list));
    if (status == STATUS_SUCCESS)
        *out = list;
    else
        heap_free(list);
    return status;
}

status_t capture_privileges(const TOKEN_PRIVILEGES USER *from, LUID_AND_ATTRIBUTES **out,
                            ULONG *count)
{
    *out = NULL;
    *count = 0;
    if (from == NULL)
        return STATUS_SUCCESS;
    status_t status = capture_count(from, count);
    if (status != STATUS_SUCCESS)
        return status;
    return capture_privilege_array((vaddr_t)from + offsetof(TOKEN_PRIVILEGES, Privileges), *count,
                                   out);
}
