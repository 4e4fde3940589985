// SPDX-License-Identifier: MIT
/*
 * The one logon (logon.h), and what can be said of SIDs without knowing any token.
 *
 * Source: [MS-DTYP] 2.4.2.4 for well-known SIDs; learn.microsoft.com, "Privilege Constants"
 */

#include "logon.h"

#include <kernel/string.h>

#define GROUP_ALWAYS (SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED)

// clang-format off
#define AUTHORITY(value) { 0, 0, 0, 0, 0, (value) }
static const struct short_sid sids[LOGON_NAMED_COUNT] = {
    [LOGON_USER]          = { 1, 5, AUTHORITY(5), { 21, 0, 0, 0, 1000 } },
    [LOGON_PRIMARY_GROUP] = { 1, 5, AUTHORITY(5), { 21, 0, 0, 0, 513 } },
    [LOGON_EVERYONE]      = { 1, 1, AUTHORITY(1), { 0 } },
    [LOGON_USERS]         = { 1, 2, AUTHORITY(5), { 32, 545 } },
    [LOGON_INTERACTIVE]   = { 1, 1, AUTHORITY(5), { 4 } },
    [LOGON_CONSOLE]       = { 1, 1, AUTHORITY(2), { 1 } },
    [LOGON_AUTHENTICATED] = { 1, 1, AUTHORITY(5), { 11 } },
    [LOGON_ORGANIZATION]  = { 1, 1, AUTHORITY(5), { 15 } },
    [LOGON_LOCAL_ACCOUNT] = { 1, 1, AUTHORITY(5), { 113 } },
    [LOGON_SESSION]       = { 1, 3, AUTHORITY(5), { 5, 0, 0x10001 } },
    [LOGON_LOCAL]         = { 1, 1, AUTHORITY(2), { 0 } },
    [LOGON_SYSTEM]        = { 1, 1, AUTHORITY(5), { 18 } },
    [LOGON_OWNER_RIGHTS]  = { 1, 1, AUTHORITY(3), { 4 } },
};
// clang-format on

const LUID_AND_ATTRIBUTES logon_privileges[LOGON_PRIVILEGE_COUNT] = {
    { { SE_SHUTDOWN_PRIVILEGE, 0 }, 0 },
    { { SE_CHANGE_NOTIFY_PRIVILEGE, 0 }, SE_PRIVILEGE_ENABLED | SE_PRIVILEGE_ENABLED_BY_DEFAULT },
    { { SE_UNDOCK_PRIVILEGE, 0 }, 0 },
    { { SE_INCREASE_WORKING_SET_PRIVILEGE, 0 }, 0 },
    { { SE_TIME_ZONE_PRIVILEGE, 0 }, 0 },
};

const SID *logon_sid(enum logon_sid which)
{
    static_assert(offsetof(struct short_sid, sub) == offsetof(SID, SubAuthority), "the same");
    return (const SID *)&sids[which];
}

ULONG logon_group_attributes(enum logon_sid which)
{
    return which == LOGON_SESSION ? GROUP_ALWAYS | SE_GROUP_LOGON_ID : GROUP_ALWAYS;
}

struct short_sid logon_integrity_sid(ULONG rid)
{
    return (struct short_sid){ 1, 1, AUTHORITY(16), { rid } };
}

bool sid_is_valid(const SID *sid, size_t room)
{
    return room >= sizeof(SID) && sid->Revision == SID_REVISION &&
           sid->SubAuthorityCount <= SID_MAX_SUB_AUTHORITIES && sid_size(sid) <= room;
}

bool sid_equal(const SID *a, const SID *b)
{
    return a->SubAuthorityCount == b->SubAuthorityCount && memcmp(a, b, sid_size(a)) == 0;
}

// Appends an ACE to an ACL that has room for it.
static void allow(ACL *acl, enum logon_sid who, ACCESS_MASK mask)
{
    const SID *sid = logon_sid(who);
    USHORT size = (USHORT)(offsetof(ACCESS_ALLOWED_ACE, SidStart) + sid_size(sid));
    ACCESS_ALLOWED_ACE *ace = (void *)((char *)acl + acl->AclSize);
    ace->Header = (ACE_HEADER){ ACCESS_ALLOWED_ACE_TYPE, 0, size };
    ace->Mask = mask;
    memcpy(&ace->SidStart, sid, sid_size(sid));
    acl->AclSize = (USHORT)(acl->AclSize + size);
    acl->AceCount++;
}

ULONG logon_default_dacl(void *to)
{
    ACL *acl = to;
    *acl = (ACL){ .AclRevision = ACL_REVISION, .AclSize = sizeof(ACL) };
    allow(acl, LOGON_USER, GENERIC_ALL);
    allow(acl, LOGON_SYSTEM, GENERIC_ALL);
    allow(acl, LOGON_SESSION, GENERIC_READ | GENERIC_EXECUTE);
    return acl->AclSize;
}
