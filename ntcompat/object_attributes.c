// SPDX-License-Identifier: MIT
/*
 * From OBJECT_ATTRIBUTES to a handle (object_attributes.h).
 *
 * The order makes that nothing has to be taken back from the program: a number is reserved, the
 * object gets or is found by its name, the number is written to the program, and then it becomes a
 * handle, which cannot fail. A service that fails leaves the program's variable as it was.
 *
 * Source: learn.microsoft.com, OBJECT_ATTRIBUTES, InitializeObjectAttributes
 */

#include "object_attributes.h"

#include <kernel/heap.h>
#include <kernel/user_copy.h>

#include "security_descriptor.h"

// ---- handles -----------------------------------------------------------------------------------

status_t nt_find_pseudo(HANDLE handle, const struct object_type *type, struct object **out)
{
    struct object *object;
    if (handle == NtCurrentProcess())
        object = &current_process()->object;
    else if (handle == NtCurrentThread())
        object = &current_thread()->object;
    else
        return STATUS_INVALID_HANDLE;
    if (type != NULL && object->type != type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    object_get(object);
    *out = object;
    return STATUS_SUCCESS;
}

status_t nt_query_handle(HANDLE handle, struct handle_info *out)
{
    if (!nt_is_pseudo_handle(handle))
        return handle_query(&current_process()->handles, (handle_t)handle, out);
    struct object *object;
    status_t status = nt_find_pseudo(handle, NULL, &object);
    if (status == STATUS_SUCCESS)
        *out = (struct handle_info){ .handle = (handle_t)handle,
                                     .object = object,
                                     .access = object->type->access.valid };
    return status;
}

// ---- capturing ---------------------------------------------------------------------------------

static status_t capture_name(const UNICODE_STRING USER *from, struct nt_attributes *out)
{
    UNICODE_STRING string;
    status_t status = get_user(&string, from);
    if (status != STATUS_SUCCESS)
        return status;
    if (string.Length % sizeof(WCHAR) != 0)
        return STATUS_OBJECT_NAME_INVALID;
    out->has_name = true;
    if (string.Length == 0)
        return STATUS_SUCCESS;
    out->text = heap_alloc(string.Length);
    if (out->text == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    out->name = (struct name){ out->text, string.Length / sizeof(WCHAR) };
    return copy_from_user(out->text, (const void USER *)string.Buffer, string.Length);
}

status_t nt_capture_attributes(const OBJECT_ATTRIBUTES USER *from, struct nt_attributes *out)
{
    OBJECT_ATTRIBUTES attributes;
    *out = (struct nt_attributes){ 0 };
    if (from == NULL)
        return STATUS_SUCCESS;
    status_t status = get_user(&attributes, from);
    if (status != STATUS_SUCCESS)
        return status;
    if (attributes.Length != sizeof(attributes) || attributes.Attributes & ~OBJ_VALID_ATTRIBUTES)
        return STATUS_INVALID_PARAMETER;
    out->attributes = attributes.Attributes;
    out->security = (vaddr_t)attributes.SecurityDescriptor;
    if (attributes.ObjectName == NULL)
        return attributes.RootDirectory == NULL ? STATUS_SUCCESS : STATUS_OBJECT_NAME_INVALID;
    status = capture_name((const UNICODE_STRING USER *)attributes.ObjectName, out);
    if (status == STATUS_SUCCESS && attributes.RootDirectory != NULL)
        status = nt_find_object(attributes.RootDirectory, NULL, 0, &out->root);
    if (status != STATUS_SUCCESS)
        nt_release_attributes(out);
    return status;
}

void nt_release_attributes(struct nt_attributes *attributes)
{
    if (attributes->root != NULL)
        object_put(attributes->root);
    heap_free(attributes->text);
    *attributes = (struct nt_attributes){ 0 };
}

// ---- making and opening ------------------------------------------------------------------------

status_t nt_make_handle(HANDLE USER *Handle, ACCESS_MASK DesiredAccess, ULONG attributes,
                        struct object *object)
{
    struct handle_table *table = &current_process()->handles;
    uint32_t access = access_map(&object->type->access, DesiredAccess);
    handle_t handle;
    status_t status = handle_reserve(table, &handle);
    if (status != STATUS_SUCCESS)
        goto out;
    HANDLE value = (HANDLE)handle;
    status = put_user(Handle, &value);
    if (status != STATUS_SUCCESS) {
        handle_cancel(table, handle);
        goto out;
    }
    handle_commit(table, handle, object, access, attributes & (OBJ_INHERIT | OBJ_PROTECT_CLOSE));
    return STATUS_SUCCESS;
out:
    object_cancel_open(object);
    object_put(object);
    return status;
}

static unsigned name_flags(ULONG attributes)
{
    static const struct {
        ULONG attribute;
        unsigned flag;
    } pairs[] = {
        { OBJ_CASE_INSENSITIVE, NAME_IGNORE_CASE },
        { OBJ_OPENLINK, NAME_OPEN_LINK },
        { OBJ_OPENIF, NAME_OPEN_IF },
        { OBJ_EXCLUSIVE, NAME_EXCLUSIVE },
        { OBJ_PERMANENT, NAME_PERMANENT },
        { OBJ_DONT_REPARSE, NAME_NO_LINKS },
    };
    unsigned flags = 0;
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
        if (attributes & pairs[i].attribute)
            flags |= pairs[i].flag;
    return flags;
}

static struct name_walk begin_walk(const struct nt_attributes *attributes, ACCESS_MASK access,
                                   const struct object_type *type)
{
    return (struct name_walk){
        .root = attributes->root,
        .path = attributes->name,
        .type = type,
        .flags = name_flags(attributes->attributes),
        .opener = &current_process()->handles,
        .access = access,
    };
}

// No security descriptor lists who is to be watched, so nobody holds the right to change such
// lists.
static bool asks_for_auditing(ACCESS_MASK access)
{
    return (access & ACCESS_SYSTEM_SECURITY) != 0;
}

// Makes a handle for an object that was there before, if its security allows that.
static status_t hand_out(HANDLE USER *Handle, ACCESS_MASK access, ULONG attributes,
                         struct object *object)
{
    status_t status = security_check_object(object, access, &access);
    if (status == STATUS_SUCCESS)
        return nt_make_handle(Handle, access, attributes, object);
    object_cancel_open(object);
    object_put(object);
    return status;
}

status_t nt_create_object(HANDLE USER *Handle, ACCESS_MASK DesiredAccess,
                          const OBJECT_ATTRIBUTES USER *ObjectAttributes, struct object *object)
{
    struct nt_attributes attributes;
    struct object *opened = object;
    status_t named = STATUS_SUCCESS;
    status_t status = nt_capture_attributes(ObjectAttributes, &attributes);
    if (status == STATUS_SUCCESS && asks_for_auditing(DesiredAccess))
        status = STATUS_PRIVILEGE_NOT_HELD;
    if (status == STATUS_SUCCESS)
        status = security_attach(object, attributes.security);
    if (status != STATUS_SUCCESS)
        goto out;
    if (attributes.name.length == 0) {
        object_get(object);
        object_open(object);
    } else {
        struct name_walk walk = begin_walk(&attributes, DesiredAccess, object->type);
        status = named = namespace_insert(&walk, object, &opened);
    }
    if (status_is_success(status) && opened != object)
        status = hand_out(Handle, DesiredAccess, attributes.attributes, opened);
    else if (status_is_success(status))
        status = nt_make_handle(Handle, DesiredAccess, attributes.attributes, opened);
out:
    nt_release_attributes(&attributes);
    object_put(object);
    return status == STATUS_SUCCESS ? named : status;
}

status_t nt_open_object(HANDLE USER *Handle, ACCESS_MASK DesiredAccess,
                        const OBJECT_ATTRIBUTES USER *ObjectAttributes,
                        const struct object_type *type)
{
    struct nt_attributes attributes;
    struct object *object;
    if (ObjectAttributes == NULL)
        return STATUS_INVALID_PARAMETER;
    status_t status = nt_capture_attributes(ObjectAttributes, &attributes);
    if (status != STATUS_SUCCESS)
        return status;
    struct name_walk walk = begin_walk(&attributes, DesiredAccess, type);
    if (asks_for_auditing(DesiredAccess))
        status = STATUS_PRIVILEGE_NOT_HELD;
    else
        status = namespace_find(&walk, &object);
    if (status == STATUS_SUCCESS)
        status = hand_out(Handle, DesiredAccess, attributes.attributes, object);
    nt_release_attributes(&attributes);
    return status;
}
