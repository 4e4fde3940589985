// SPDX-License-Identifier: MIT
/*
 * Security descriptors inside the kernel: self-relative, checked from end to end when they come in,
 * and never changed afterwards, so that several may use one at a time.
 */

#pragma once

#include <kernel/object.h>
#include <kernel/status.h>
#include <nt/security.h>

struct token_state;

struct security {
    uint32_t references; // atomic
    ULONG length;        // of what follows
    SECURITY_DESCRIPTOR_RELATIVE descriptor;
};

// The parts of a descriptor: pointers into one, or to what shall become one. NULL: not there.
struct security_parts {
    USHORT control; // SE_DACL_PRESENT with dacl NULL: everybody may do everything
    const SID *owner, *group;
    const ACL *sacl, *dacl;
};

/*
 * Copies a descriptor, absolute or self-relative, out of a program.
 * Fails    STATUS_ACCESS_VIOLATION, STATUS_UNKNOWN_REVISION, STATUS_INVALID_SID,
 *          STATUS_INVALID_ACL, STATUS_INSUFFICIENT_RESOURCES
 */
status_t security_capture(const void USER *from, struct security **out) MUST_CHECK;

// Puts parts together. STATUS_INSUFFICIENT_RESOURCES.
status_t security_build(const struct security_parts *parts, struct security **out) MUST_CHECK;

struct security_parts security_parts_of(const struct security *security);

// NULL is allowed.
void security_put(struct security *security);

/*
 * Copies an ACL out of a program into room bytes at `to`, and checks it.
 * Fails    STATUS_ACCESS_VIOLATION, STATUS_INVALID_ACL; STATUS_BUFFER_TOO_SMALL
 */
status_t acl_capture(vaddr_t from, void *to, ULONG room, ULONG *length) MUST_CHECK;

// Turns the generic rights in an ACL into those of a type of object.
void acl_map_generic(ACL *acl, const struct access_mapping *mapping);

/*
 * What token may do with something of that security, out of what is wanted (generic bits mapped).
 * wanted   with ACCESS_MAXIMUM: *granted is all that is allowed
 * Fails    STATUS_ACCESS_DENIED: not all of it; STATUS_PRIVILEGE_NOT_HELD
 */
status_t security_check(const struct security_parts *parts, const struct token_state *token,
                        const struct access_mapping *mapping, ACCESS_MASK wanted,
                        ACCESS_MASK *granted) MUST_CHECK;

// ---- of objects --------------------------------------------------------------------------------

/*
 * Gives a new object that nobody else knows the descriptor that its maker wants.
 * from     0: none; the object has the default one
 * Fails    as security_capture
 */
status_t security_attach(struct object *object, vaddr_t from) MUST_CHECK;

// Whether the running thread may open object like that. An object with the default security grants
// everything, so this costs next to nothing. STATUS_ACCESS_DENIED.
status_t security_check_slowly(struct object *object, ACCESS_MASK wanted,
                               ACCESS_MASK *granted) MUST_CHECK;
static inline status_t security_check_object(struct object *object, ACCESS_MASK wanted,
                                             ACCESS_MASK *granted)
{
    *granted = wanted;
    if (likely(__atomic_load_n(&object->security, __ATOMIC_RELAXED) == NULL))
        return STATUS_SUCCESS;
    return security_check_slowly(object, wanted, granted);
}
