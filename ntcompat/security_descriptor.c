// SPDX-License-Identifier: MIT
/*
 * Security descriptors: how they come in, and how they are put together (security_descriptor.h).
 *
 * Each part is copied out of the program once, into its place, and checked there. Only the two
 * bytes or words that say how long a part is are read before, and they are kept.
 *
 * Source: [MS-DTYP] 2.4.2 SID, 2.4.4 ACE, 2.4.5 ACL, 2.4.6 SECURITY_DESCRIPTOR
 */

#include "security_descriptor.h"

#include <kernel/heap.h>
#include <kernel/status.h>
#include <kernel/string.h>
#include <kernel/user_copy.h>

#include "token_capture.h"

#define PART_ALIGNMENT 4u
#define KEPT_CONTROL                                                                               \
    (SE_DACL_PRESENT | SE_SACL_PRESENT | SE_DACL_PROTECTED | SE_SACL_PROTECTED |                   \
     SE_DACL_AUTO_INHERITED | SE_SACL_AUTO_INHERITED)

// ---- ACLs --------------------------------------------------------------------------------------

static bool has_sid(UCHAR type)
{
    return type <= SYSTEM_AUDIT_ACE_TYPE || type == SYSTEM_MANDATORY_LABEL_ACE_TYPE;
}

// ACEs of types that nobody here knows are kept; they only have to lie within.
static bool ace_is_valid(const ACE_HEADER *ace, size_t room)
{
    const size_t sid_start = offsetof(ACCESS_ALLOWED_ACE, SidStart);
    if (room < sizeof(*ace) || ace->AceSize < sizeof(*ace) || ace->AceSize > room ||
        ace->AceSize % PART_ALIGNMENT != 0)
        return false;
    if (!has_sid(ace->AceType))
        return true;
    return ace->AceSize > sid_start &&
           sid_is_valid((const SID *)((const char *)ace + sid_start), ace->AceSize - sid_start);
}

static bool acl_is_valid(const ACL *acl)
{
    size_t at = sizeof(*acl);
    for (unsigned i = 0; i < acl->AceCount; i++) {
        const ACE_HEADER *ace = (const ACE_HEADER *)((const char *)acl + at);
        if (at > acl->AclSize || !ace_is_valid(ace, acl->AclSize - at))
            return false;
        at += ace->AceSize;
    }
    return true;
}

static bool acl_head_is_valid(const ACL *head)
{
    return head->AclRevision >= ACL_REVISION && head->AclRevision <= ACL_REVISION_DS &&
           head->AclSize >= sizeof(*head) && head->AclSize % PART_ALIGNMENT == 0;
}

// Fetches the contents of an ACL whose head has been read, and is kept.
static status_t acl_fetch(vaddr_t from, const ACL *head, void *to)
{
    memcpy(to, head, sizeof(*head));
    status_t status =
        copy_from_user((char *)to + sizeof(*head), (const void USER *)(from + sizeof(*head)),
                       head->AclSize - sizeof(*head));
    if (status == STATUS_SUCCESS && !acl_is_valid(to))
        status = STATUS_INVALID_ACL;
    return status;
}

status_t acl_capture(vaddr_t from, void *to, ULONG room, ULONG *length)
{
    ACL head;
    status_t status = copy_from_user(&head, (const void USER *)from, sizeof(head));
    if (status != STATUS_SUCCESS)
        return status;
    if (!acl_head_is_valid(&head))
        return STATUS_INVALID_ACL;
    if (head.AclSize > room)
        return STATUS_BUFFER_TOO_SMALL;
    *length = head.AclSize;
    return acl_fetch(from, &head, to);
}

void acl_map_generic(ACL *acl, const struct access_mapping *mapping)
{
    const ACCESS_MASK generic = GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL;
    ACCESS_ALLOWED_ACE *ace = (void *)(acl + 1);
    for (unsigned i = 0; i < acl->AceCount; i++) {
        if (ace->Header.AceType <= SYSTEM_AUDIT_ACE_TYPE && ace->Mask & generic)
            ace->Mask = (ace->Mask & ~generic) | access_map(mapping, ace->Mask & generic);
        ace = (void *)((char *)ace + ace->Header.AceSize);
    }
}

// ---- putting together --------------------------------------------------------------------------

static ULONG acl_size(const ACL *acl)
{
    return acl != NULL ? acl->AclSize : 0;
}

static ULONG sid_size_or_0(const SID *sid)
{
    return sid != NULL ? sid_size(sid) : 0;
}

static struct security *allocate(ULONG parts_size)
{
    struct security *security = heap_alloc(sizeof(*security) + parts_size);
    if (security == NULL)
        return NULL;
    memset(security, 0, sizeof(*security));
    security->references = 1;
    security->length = (ULONG)sizeof(security->descriptor);
    security->descriptor.Revision = SECURITY_DESCRIPTOR_REVISION;
    return security;
}

// Appends a part; *offset receives where it is. Returns its place, for the caller to fill.
static void *append(struct security *security, ULONG size, ULONG *offset)
{
    *offset = security->length;
    security->length += size;
    return (char *)&security->descriptor + *offset;
}

status_t security_build(const struct security_parts *parts, struct security **out)
{
    const struct {
        const void *from;
        ULONG size;
    } list[] = { { parts->sacl, acl_size(parts->sacl) },
                 { parts->dacl, acl_size(parts->dacl) },
                 { parts->owner, sid_size_or_0(parts->owner) },
                 { parts->group, sid_size_or_0(parts->group) } };
    struct security *security = allocate(list[0].size + list[1].size + list[2].size + list[3].size);
    if (security == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    SECURITY_DESCRIPTOR_RELATIVE *to = &security->descriptor;
    ULONG *offsets[] = { &to->Sacl, &to->Dacl, &to->Owner, &to->Group };
    to->Control = (parts->control & KEPT_CONTROL) | SE_SELF_RELATIVE;
    for (size_t i = 0; i < ARRAY_SIZE(list); i++)
        if (list[i].from != NULL)
            memcpy(append(security, list[i].size, offsets[i]), list[i].from, list[i].size);
    *out = security;
    return STATUS_SUCCESS;
}

struct security_parts security_parts_of(const struct security *security)
{
    const SECURITY_DESCRIPTOR_RELATIVE *d = &security->descriptor;
    const char *base = (const char *)d;
    return (struct security_parts){
        .control = d->Control,
        .owner = d->Owner != 0 ? (const SID *)(base + d->Owner) : NULL,
        .group = d->Group != 0 ? (const SID *)(base + d->Group) : NULL,
        .sacl = d->Sacl != 0 ? (const ACL *)(base + d->Sacl) : NULL,
        .dacl = d->Dacl != 0 ? (const ACL *)(base + d->Dacl) : NULL,
    };
}

void security_put(struct security *security)
{
    if (security != NULL && __atomic_sub_fetch(&security->references, 1, __ATOMIC_ACQ_REL) == 0)
        heap_free(security);
}

// ---- capturing ---------------------------------------------------------------------------------

// Where the parts of a program's descriptor are; 0: not there.
struct places {
    USHORT control;
    vaddr_t owner, group, sacl, dacl;
};

static vaddr_t place(vaddr_t base, ULONG offset)
{
    return offset != 0 ? base + offset : 0;
}

static status_t find_places(vaddr_t from, struct places *out)
{
    union {
        SECURITY_DESCRIPTOR_RELATIVE relative; // both begin alike
        SECURITY_DESCRIPTOR absolute;
    } d;
    status_t status = copy_from_user(&d, (const void USER *)from, sizeof(d.relative));
    if (status != STATUS_SUCCESS)
        return status;
    if (d.relative.Revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    out->control = d.relative.Control;
    if (out->control & SE_SELF_RELATIVE) {
        out->owner = place(from, d.relative.Owner);
        out->group = place(from, d.relative.Group);
        out->sacl = place(from, d.relative.Sacl);
        out->dacl = place(from, d.relative.Dacl);
    } else {
        const size_t known = offsetof(SECURITY_DESCRIPTOR, Owner);
        status = copy_from_user((char *)&d + known, (const void USER *)(from + known),
                                sizeof(d) - known);
        out->owner = (vaddr_t)d.absolute.Owner;
        out->group = (vaddr_t)d.absolute.Group;
        out->sacl = (vaddr_t)d.absolute.Sacl;
        out->dacl = (vaddr_t)d.absolute.Dacl;
    }
    if (!(out->control & SE_SACL_PRESENT))
        out->sacl = 0;
    if (!(out->control & SE_DACL_PRESENT))
        out->dacl = 0;
    return status;
}

// Reads the head of an ACL that may not be there.
static status_t read_head(vaddr_t from, ACL *head)
{
    memset(head, 0, sizeof(*head));
    if (from == 0)
        return STATUS_SUCCESS;
    status_t status = copy_from_user(head, (const void USER *)from, sizeof(*head));
    if (status == STATUS_SUCCESS && !acl_head_is_valid(head))
        status = STATUS_INVALID_ACL;
    return status;
}

status_t security_capture(const void USER *from, struct security **out)
{
    struct places places;
    struct captured_sid owner, group;
    ACL sacl, dacl;
    status_t status = find_places((vaddr_t)from, &places);
    if (status == STATUS_SUCCESS && places.owner != 0)
        status = capture_sid((PSID)places.owner, &owner);
    if (status == STATUS_SUCCESS && places.group != 0)
        status = capture_sid((PSID)places.group, &group);
    if (status == STATUS_SUCCESS)
        status = read_head(places.sacl, &sacl);
    if (status == STATUS_SUCCESS)
        status = read_head(places.dacl, &dacl);
    if (status != STATUS_SUCCESS)
        return status;

    struct security *security =
        allocate((ULONG)(sacl.AclSize + dacl.AclSize) + 2 * SECURITY_MAX_SID_SIZE);
    if (security == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    SECURITY_DESCRIPTOR_RELATIVE *to = &security->descriptor;
    to->Control = (places.control & KEPT_CONTROL) | SE_SELF_RELATIVE;
    if (places.sacl != 0)
        status = acl_fetch(places.sacl, &sacl, append(security, sacl.AclSize, &to->Sacl));
    if (status == STATUS_SUCCESS && places.dacl != 0)
        status = acl_fetch(places.dacl, &dacl, append(security, dacl.AclSize, &to->Dacl));
    if (places.owner != 0)
        memcpy(append(security, sid_size(&owner.sid), &to->Owner), &owner.sid,
               sid_size(&owner.sid));
    if (places.group != 0)
        memcpy(append(security, sid_size(&group.sid), &to->Group), &group.sid,
               sid_size(&group.sid));
    if (status == STATUS_SUCCESS)
        *out = security;
    else
        heap_free(security);
    return status;
}
