// SPDX-License-Identifier: MIT
/*
 * What all services that make, open or take objects have in common: handles, OBJECT_ATTRIBUTES and
 * the way from an object to a handle in the caller's variable. A creating service is three steps:
 *
 *     check the arguments; make the object;
 *     return nt_create_object(Handle, Access, Attributes, it);
 */

#pragma once

#include <kernel/namespace.h>
#include <kernel/process.h>
#include <kernel/status.h>
#include <nt/object.h>
#include <nt/types.h>

// -1 to -6 stand for the caller's process, thread and tokens without being in the table.
static ALWAYS_INLINE bool nt_is_pseudo_handle(HANDLE handle)
{
    return (handle_t)handle >= (handle_t)-6;
}

// The object that NtCurrentProcess() or NtCurrentThread() means. STATUS_INVALID_HANDLE: neither.
status_t nt_find_pseudo(HANDLE handle, const struct object_type *type,
                        struct object **out) MUST_CHECK;

/*
 * Finds the object behind a handle of the caller's and takes a reference. NtCurrentProcess() and
 * NtCurrentThread() work, with all rights.
 * type     NULL: any
 * access   rights that the handle must have
 * Fails    STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED
 */
static ALWAYS_INLINE status_t nt_find_object(HANDLE handle, const struct object_type *type,
                                             ACCESS_MASK access, struct object **out)
{
    if (unlikely(nt_is_pseudo_handle(handle)))
        return nt_find_pseudo(handle, type, out);
    return handle_lookup(&current_process()->handles, (handle_t)handle, type, access, out);
}

// All about a handle of the caller's, which may be such a one; a reference. STATUS_INVALID_HANDLE.
status_t nt_query_handle(HANDLE handle, struct handle_info *out) MUST_CHECK;

/*
 * Ends a creating service: gives object its name, if ObjectAttributes has one, and makes a handle
 * in the caller's table, whose number goes to *Handle. Takes over the caller's reference to object,
 * whatever happens; on failure nothing is left of it.
 *
 * DesiredAccess       may have generic bits and MAXIMUM_ALLOWED
 * ObjectAttributes    may be NULL; an empty name is none
 * Returns  STATUS_SUCCESS, or STATUS_OBJECT_NAME_EXISTS (a success; only with OBJ_OPENIF): the
 *          handle is for an older object of the same type and name
 * Fails    STATUS_ACCESS_VIOLATION and what namespace_insert and nt_capture_attributes do
 */
status_t nt_create_object(HANDLE USER *Handle, ACCESS_MASK DesiredAccess,
                          const OBJECT_ATTRIBUTES USER *ObjectAttributes,
                          struct object *object) MUST_CHECK;

/*
 * Opens an object by name.
 * type     NULL: any
 * Fails    as namespace_find and nt_capture_attributes
 *          STATUS_INVALID_PARAMETER: no ObjectAttributes
 */
status_t nt_open_object(HANDLE USER *Handle, ACCESS_MASK DesiredAccess,
                        const OBJECT_ATTRIBUTES USER *ObjectAttributes,
                        const struct object_type *type) MUST_CHECK;

/*
 * Makes a handle for an object that has been opened (object_open) in the caller's table, and writes
 * its number to *Handle. Takes over the opening and the caller's reference, whatever happens.
 * attributes  OBJ_*
 */
status_t nt_make_handle(HANDLE USER *Handle, ACCESS_MASK DesiredAccess, ULONG attributes,
                        struct object *object) MUST_CHECK;

// OBJECT_ATTRIBUTES, copied out of the program and checked.
struct nt_attributes {
    struct object *root; // of RootDirectory, a reference; or NULL
    struct name name;
    bool has_name; // ObjectName was given; it may be empty
    ULONG attributes;
    uint16_t *text;   // that name lies in
    vaddr_t security; // where the program has a descriptor for a new object; 0: nowhere
};

/*
 * from     NULL: no name, no attributes
 * Fails    STATUS_ACCESS_VIOLATION, STATUS_INVALID_PARAMETER: wrong Length or unknown Attributes;
 *          STATUS_OBJECT_NAME_INVALID: an odd length, or a RootDirectory without a name;
 *          STATUS_INVALID_HANDLE: RootDirectory;
 *          STATUS_INSUFFICIENT_RESOURCES
 */
status_t nt_capture_attributes(const OBJECT_ATTRIBUTES USER *from,
                               struct nt_attributes *out) MUST_CHECK;
void nt_release_attributes(struct nt_attributes *attributes);
