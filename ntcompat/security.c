// SPDX-License-Identifier: MIT
/*
 * The security of objects. Most have none of their own, which stands for the default: they belong
 * to the user, who may do everything. An object gets a descriptor when its maker or
 * NtSetSecurityObject gives it one; from then on it is asked whenever somebody opens the object.
 *
 * The object holds one reference to its descriptor; whoever looks at it takes another, and keeps
 * the object meanwhile, so at the object's end the block is the kernel's to free (object.h).
 *
 * Source: learn.microsoft.com, NtQuerySecurityObject, NtSetSecurityObject, GetKernelObjectSecurity,
 * SECURITY_INFORMATION
 */

#include "security_descriptor.h"

#include "services_generated.h"

#include <kernel/heap.h>
#include <kernel/spinlock.h>
#include <kernel/status.h>
#include <kernel/string.h>
#include <kernel/user_copy.h>

#include "object_attributes.h"
#include "token.h"

// Guards every object's pointer to its descriptor.
static struct spinlock security_lock = SPINLOCK("security", LOCK_RANK_SECURITY);

// ---- of an object ------------------------------------------------------------------------------

// A reference, or NULL.
static struct security *security_of(struct object *object)
{
    irq_state_t state = spin_lock(&security_lock);
    struct security *security = object->security;
    if (security != NULL)
        __atomic_add_fetch(&security->references, 1, __ATOMIC_RELAXED);
    spin_unlock(&security_lock, state);
    return security;
}

static void replace(struct object *object, struct security *security)
{
    irq_state_t state = spin_lock(&security_lock);
    struct security *old = object->security;
    __atomic_store_n(&object->security, security, __ATOMIC_RELAXED);
    spin_unlock(&security_lock, state);
    security_put(old);
}

// The default descriptor of objects of a type. room: for its DACL.
static struct security_parts default_parts(const struct object_type *type, void *room)
{
    struct security_parts parts = {
        .control = SE_DACL_PRESENT,
        .owner = logon_sid(LOGON_USER),
        .group = logon_sid(LOGON_PRIMARY_GROUP),
        .dacl = room,
    };
    logon_default_dacl(room);
    acl_map_generic(room, &type->access);
    return parts;
}

// What a maker left out is as in the default.
static void fill_in(struct security_parts *parts, const struct security_parts *defaults)
{
    if (parts->owner == NULL)
        parts->owner = defaults->owner;
    if (parts->group == NULL)
        parts->group = defaults->group;
    if (!(parts->control & SE_DACL_PRESENT)) {
        parts->control |= SE_DACL_PRESENT;
        parts->dacl = defaults->dacl;
    }
}

status_t security_attach(struct object *object, vaddr_t from)
{
    struct security *captured, *complete;
    _Alignas(4) UCHAR room[LOGON_DACL_MAX];
    if (from == 0)
        return STATUS_SUCCESS;
    status_t status = security_capture((const void USER *)from, &captured);
    if (status != STATUS_SUCCESS)
        return status;
    struct security_parts parts = security_parts_of(captured);
    struct security_parts defaults = default_parts(object->type, room);
    fill_in(&parts, &defaults);
    status = security_build(&parts, &complete);
    security_put(captured);
    if (status != STATUS_SUCCESS)
        return status;
    parts = security_parts_of(complete);
    if (parts.dacl != NULL)
        acl_map_generic((ACL *)parts.dacl, &object->type->access); // nobody else has it yet
    object->security = complete;
    return STATUS_SUCCESS;
}

status_t security_check_slowly(struct object *object, ACCESS_MASK wanted, ACCESS_MASK *granted)
{
    const struct access_mapping *mapping = &object->type->access;
    struct security *security = security_of(object);
    struct token_state state;
    if (security == NULL)
        return STATUS_SUCCESS;
    struct token *token = token_effective();
    token_read(token, &state);
    token_put(token);
    ACCESS_MASK mapped = wanted & ACCESS_MAXIMUM;
    mapped |= access_map(mapping, wanted & ~ACCESS_MAXIMUM);
    struct security_parts parts = security_parts_of(security);
    status_t status = security_check(&parts, &state, mapping, mapped, granted);
    security_put(security);
    return status;
}

// ---- services ----------------------------------------------------------------------------------

#define QUERY_NEEDS_READ                                                                           \
    (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION |         \
     LABEL_SECURITY_INFORMATION)
#define SET_NEEDS_OWNER                                                                            \
    (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION)

static void select(struct security_parts *parts, SECURITY_INFORMATION which)
{
    if (!(which & OWNER_SECURITY_INFORMATION))
        parts->owner = NULL;
    if (!(which & GROUP_SECURITY_INFORMATION))
        parts->group = NULL;
    if (!(which & DACL_SECURITY_INFORMATION)) {
        parts->dacl = NULL;
        parts->control &= (USHORT) ~(SE_DACL_PRESENT | SE_DACL_PROTECTED | SE_DACL_AUTO_INHERITED);
    }
    if (!(which & (SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION))) {
        parts->sacl = NULL;
        parts->control &= (USHORT) ~(SE_SACL_PRESENT | SE_SACL_PROTECTED | SE_SACL_AUTO_INHERITED);
    }
}

static status_t copy_selected(struct object *object, SECURITY_INFORMATION which,
                              struct security **out)
{
    _Alignas(4) UCHAR room[LOGON_DACL_MAX];
    struct security *security = security_of(object);
    struct security_parts parts =
        security != NULL ? security_parts_of(security) : default_parts(object->type, room);
    select(&parts, which);
    status_t status = security_build(&parts, out);
    security_put(security);
    return status;
}

NTSTATUS NtQuerySecurityObject(HANDLE Handle, SECURITY_INFORMATION SecurityInformation,
                               void USER *SecurityDescriptor, ULONG Length,
                               ULONG USER *LengthNeeded)
{
    struct object *object;
    struct security *selected;
    ACCESS_MASK access = SecurityInformation & QUERY_NEEDS_READ ? READ_CONTROL : 0;
    if (SecurityInformation & SACL_SECURITY_INFORMATION)
        access |= ACCESS_SYSTEM_SECURITY;
    status_t status = nt_find_object(Handle, NULL, access, &object);
    if (status != STATUS_SUCCESS)
        return status;
    status = copy_selected(object, SecurityInformation, &selected);
    object_put(object);
    if (status != STATUS_SUCCESS)
        return status;
    status = put_user(LengthNeeded, &selected->length);
    if (status == STATUS_SUCCESS && Length < selected->length)
        status = STATUS_BUFFER_TOO_SMALL;
    else if (status == STATUS_SUCCESS)
        status = copy_to_user(SecurityDescriptor, &selected->descriptor, selected->length);
    security_put(selected);
    return status;
}

// Who may own something: the user, but no group.
static status_t check_new_parts(const struct security_parts *parts, SECURITY_INFORMATION which)
{
    if (which & OWNER_SECURITY_INFORMATION &&
        (parts->owner == NULL || !sid_equal(parts->owner, logon_sid(LOGON_USER))))
        return STATUS_INVALID_OWNER;
    if (which & GROUP_SECURITY_INFORMATION && parts->group == NULL)
        return STATUS_INVALID_PRIMARY_GROUP;
    return STATUS_SUCCESS;
}

// Takes the parts that `which` names from `from`.
static void take_parts(struct security_parts *to, const struct security_parts *from,
                       SECURITY_INFORMATION which)
{
    const USHORT dacl_bits = SE_DACL_PRESENT | SE_DACL_PROTECTED | SE_DACL_AUTO_INHERITED;
    const USHORT sacl_bits = SE_SACL_PRESENT | SE_SACL_PROTECTED | SE_SACL_AUTO_INHERITED;
    if (which & OWNER_SECURITY_INFORMATION)
        to->owner = from->owner;
    if (which & GROUP_SECURITY_INFORMATION)
        to->group = from->group;
    if (which & DACL_SECURITY_INFORMATION) {
        to->dacl = from->dacl;
        to->control = (USHORT)((to->control & ~dacl_bits) | (from->control & dacl_bits));
    }
    if (which & (SACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION)) {
        to->sacl = from->sacl;
        to->control = (USHORT)((to->control & ~sacl_bits) | (from->control & sacl_bits));
    }
}

static status_t change(struct object *object, const struct security_parts *from,
                       SECURITY_INFORMATION which)
{
    _Alignas(4) UCHAR room[LOGON_DACL_MAX];
    struct security *old = security_of(object), *changed;
    struct security_parts parts =
        old != NULL ? security_parts_of(old) : default_parts(object->type, room);
    take_parts(&parts, from, which);
    status_t status = security_build(&parts, &changed);
    security_put(old);
    if (status != STATUS_SUCCESS)
        return status;
    parts = security_parts_of(changed);
    if (parts.dacl != NULL)
        acl_map_generic((ACL *)parts.dacl, &object->type->access); // nobody else has it yet
    replace(object, changed);
    return STATUS_SUCCESS;
}

NTSTATUS NtSetSecurityObject(HANDLE Handle, SECURITY_INFORMATION SecurityInformation,
                             void USER *SecurityDescriptor)
{
    struct object *object;
    struct security *captured;
    ACCESS_MASK access = 0;
    if (SecurityInformation & SET_NEEDS_OWNER)
        access |= WRITE_OWNER;
    if (SecurityInformation & DACL_SECURITY_INFORMATION)
        access |= WRITE_DAC;
    if (SecurityInformation & SACL_SECURITY_INFORMATION)
        access |= ACCESS_SYSTEM_SECURITY;
    if (SecurityDescriptor == NULL)
        return STATUS_ACCESS_VIOLATION;
    status_t status = nt_find_object(Handle, NULL, access, &object);
    if (status != STATUS_SUCCESS)
        return status;
    status = security_capture(SecurityDescriptor, &captured);
    if (status == STATUS_SUCCESS) {
        struct security_parts from = security_parts_of(captured);
        status = check_new_parts(&from, SecurityInformation);
        if (status == STATUS_SUCCESS)
            status = change(object, &from, SecurityInformation);
        security_put(captured);
    }
    object_put(object);
    return status;
}
