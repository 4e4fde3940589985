// SPDX-License-Identifier: MIT
// Attribute lists (nt/create.h): copied once, then checked, so that the program cannot change them
// while they are looked at.

#include "ps_attributes.h"

#include <kernel/status.h>
#include <kernel/user_copy.h>

#include "service.h"

static bool has_duplicates(const struct ps_attributes *attributes)
{
    for (size_t i = 1; i < attributes->count; i++)
        for (size_t j = 0; j < i; j++)
            if (attributes->list[i].Attribute == attributes->list[j].Attribute)
                return true;
    return false;
}

status_t ps_attributes_capture(const void USER *from, struct ps_attributes *out)
{
    out->count = 0;
    if (from == NULL)
        return STATUS_SUCCESS;
    SIZE_T length;
    status_t status = copy_from_user(&length, from, sizeof(length));
    if (status != STATUS_SUCCESS)
        return status;
    if (length < sizeof(length) || (length - sizeof(length)) % sizeof(PS_ATTRIBUTE) != 0 ||
        (length - sizeof(length)) / sizeof(PS_ATTRIBUTE) > PS_ATTRIBUTES_MAX)
        return STATUS_INVALID_PARAMETER;
    size_t count = (length - sizeof(length)) / sizeof(PS_ATTRIBUTE);
    status = copy_from_user(out->list, (const char USER *)from + sizeof(length),
                            count * sizeof(PS_ATTRIBUTE));
    if (status != STATUS_SUCCESS)
        return status;
    out->count = count;
    return has_duplicates(out) ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

const PS_ATTRIBUTE *ps_attributes_find(const struct ps_attributes *attributes, ULONG_PTR which)
{
    for (size_t i = 0; i < attributes->count; i++)
        if (attributes->list[i].Attribute == which)
            return &attributes->list[i];
    return NULL;
}

status_t ps_attribute_read(const PS_ATTRIBUTE *attribute, void *to, size_t size)
{
    if (attribute->Size != size)
        return STATUS_INFO_LENGTH_MISMATCH;
    return copy_from_user(to, (const void USER *)attribute->Value, size);
}

status_t ps_attribute_write(const PS_ATTRIBUTE *attribute, const void *value, size_t size)
{
    if (attribute == NULL)
        return STATUS_SUCCESS;
    SIZE_T done = MIN(size, attribute->Size);
    status_t status = copy_to_user((void USER *)attribute->Value, value, done);
    if (status == STATUS_SUCCESS && attribute->ReturnLength != NULL)
        status = put_user((SIZE_T USER *)attribute->ReturnLength, &done);
    return status;
}

status_t ps_attributes_check(const struct ps_attributes *attributes, const ULONG *known,
                             size_t known_count, const char *service)
{
    for (size_t i = 0; i < attributes->count; i++) {
        ULONG_PTR attribute = attributes->list[i].Attribute;
        bool is_known = false;
        for (size_t j = 0; j < known_count; j++)
            is_known |= attribute == known[j];
        if (!is_known)
            return service_lacks(service, "attribute", attribute);
    }
    return STATUS_SUCCESS;
}
