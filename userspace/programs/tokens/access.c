// SPDX-License-Identifier: MIT
// NtAccessCheck: the walk through a DACL, from a table, and what is refused before it.

#include "tokens.h"

#include <user/memory.h>

#define READ    0x1u
#define WRITE   0x2u
#define EXECUTE 0x4u
#define ALL     (STANDARD_RIGHTS_REQUIRED | READ | WRITE | EXECUTE)

static GENERIC_MAPPING mapping = { READ | READ_CONTROL, WRITE | READ_CONTROL,
                                   EXECUTE | READ_CONTROL, ALL };

#define ALLOW ACCESS_ALLOWED_ACE_TYPE
#define DENY  ACCESS_DENIED_ACE_TYPE

static const struct access_case {
    const char *name;
    struct {
        UCHAR type, flags;
        ACCESS_MASK mask;
        const struct known_sid *sid; // NULL: no more entries
    } entries[3];
    bool user_owns;
    ACCESS_MASK wanted;
    NTSTATUS status;
    ACCESS_MASK granted;
} cases[] = {
    { "an empty DACL", { { 0 } }, false, READ, STATUS_ACCESS_DENIED, 0 },
    { "an allowed right",
      { { ALLOW, 0, READ, &sid_everyone } },
      false,
      READ,
      STATUS_SUCCESS,
      READ },
    { "one more than is allowed",
      { { ALLOW, 0, READ, &sid_everyone } },
      false,
      READ | WRITE,
      STATUS_ACCESS_DENIED,
      0 },
    { "rights of two entries",
      { { ALLOW, 0, READ, &sid_everyone }, { ALLOW, 0, WRITE, &sid_users } },
      false,
      READ | WRITE,
      STATUS_SUCCESS,
      READ | WRITE },
    { "denied first",
      { { DENY, 0, WRITE, &sid_users }, { ALLOW, 0, READ | WRITE, &sid_everyone } },
      false,
      WRITE,
      STATUS_ACCESS_DENIED,
      0 },
    { "denied too late",
      { { ALLOW, 0, READ | WRITE, &sid_everyone }, { DENY, 0, WRITE, &sid_users } },
      false,
      WRITE,
      STATUS_SUCCESS,
      WRITE },
    { "denied to others",
      { { DENY, 0, WRITE, &sid_guests }, { ALLOW, 0, WRITE, &sid_everyone } },
      false,
      WRITE,
      STATUS_SUCCESS,
      WRITE },
    { "an entry for children only",
      { { ALLOW, INHERIT_ONLY_ACE, READ, &sid_everyone } },
      false,
      READ,
      STATUS_ACCESS_DENIED,
      0 },
    { "a generic right in an entry",
      { { ALLOW, 0, GENERIC_ALL, &sid_user } },
      false,
      WRITE | DELETE,
      STATUS_SUCCESS,
      WRITE | DELETE },
    { "the owner's rights",
      { { 0 } },
      true,
      READ_CONTROL | WRITE_DAC,
      STATUS_SUCCESS,
      READ_CONTROL | WRITE_DAC },
    { "the owner gets no others", { { 0 } }, true, READ, STATUS_ACCESS_DENIED, 0 },
    { "as much as possible",
      { { DENY, 0, WRITE, &sid_users }, { ALLOW, 0, READ | WRITE | EXECUTE, &sid_everyone } },
      false,
      MAXIMUM_ALLOWED,
      STATUS_SUCCESS,
      READ | EXECUTE },
    { "as much as possible of nothing",
      { { 0 } },
      false,
      MAXIMUM_ALLOWED,
      STATUS_ACCESS_DENIED,
      0 },
};

static _Alignas(8) UCHAR dacl[256];
static SECURITY_DESCRIPTOR descriptor;

static void make_descriptor(const struct known_sid *owner)
{
    memset(&descriptor, 0, sizeof(descriptor));
    descriptor.Revision = SECURITY_DESCRIPTOR_REVISION;
    descriptor.Control = SE_DACL_PRESENT;
    descriptor.Owner = sid_of(owner);
    descriptor.Group = sid_of(&sid_users);
    descriptor.Dacl = (ACL *)dacl;
    acl_begin((ACL *)dacl, sizeof(dacl));
}

static PRIVILEGE_SET privileges;
static ACCESS_MASK granted;
static NTSTATUS verdict;

static NTSTATUS check_access(HANDLE token, ACCESS_MASK wanted)
{
    ULONG length = sizeof(privileges);

    granted = 0x55;
    verdict = 0x55;
    return NtAccessCheck(&descriptor, token, wanted, &mapping, &privileges, &length, &granted,
                         &verdict);
}

static void test_case(HANDLE token, const struct access_case *c)
{
    make_descriptor(c->user_owns ? &sid_user : &sid_system);
    for (unsigned i = 0; i < 3 && c->entries[i].sid != NULL; i++) {
        ACL *acl = (ACL *)dacl;
        ACE_HEADER *ace = (void *)(dacl + acl->AclSize);
        acl_add(acl, c->entries[i].type, c->entries[i].mask, c->entries[i].sid);
        ace->AceFlags = c->entries[i].flags;
    }
    NTSTATUS status = check_access(token, c->wanted);
    check(c->name, status == STATUS_SUCCESS && verdict == c->status && granted == c->granted);
}

static void test_refusals(HANDLE own, HANDLE token)
{
    HANDLE anonymous = duplicate_as(own, SecurityAnonymous);
    ULONG length = 0;

    make_descriptor(&sid_system);
    check_status("check a primary token", check_access(own, READ), STATUS_NO_IMPERSONATION_TOKEN);
    check_status("check an anonymous one", check_access(anonymous, READ),
                 STATUS_BAD_IMPERSONATION_LEVEL);
    check_status("generic rights are the caller's to map", check_access(token, GENERIC_READ),
                 STATUS_GENERIC_NOT_MAPPED);
    descriptor.Owner = NULL;
    check_status("nobody's descriptor", check_access(token, READ), STATUS_INVALID_SECURITY_DESCR);
    make_descriptor(&sid_system);
    check_status(
        "no room for privileges",
        NtAccessCheck(&descriptor, token, READ, &mapping, &privileges, &length, &granted, &verdict),
        STATUS_BUFFER_TOO_SMALL);
    check_equal("their length", length, sizeof(privileges));
    descriptor.Control = 0;
    check_status("no DACL", check_access(token, ALL), STATUS_SUCCESS);
    check("everything is allowed", verdict == STATUS_SUCCESS && granted == ALL);
    check_status("but auditing", check_access(token, ACCESS_SYSTEM_SECURITY), STATUS_SUCCESS);
    check_status("takes a privilege", verdict, STATUS_PRIVILEGE_NOT_HELD);
    (void)NtClose(anonymous);
}

// A token of low integrity may not write to what has medium integrity, whatever the DACL says.
static void test_integrity(HANDLE token)
{
    struct known_sid low = { 1, 1, { 0, 0, 0, 0, 0, 16 }, { SECURITY_MANDATORY_LOW_RID } };
    SID_AND_ATTRIBUTES label = { sid_of(&low), SE_GROUP_INTEGRITY };

    (void)NtSetInformationToken(token, TokenIntegrityLevel, &label, sizeof(label));
    make_descriptor(&sid_system);
    acl_add((ACL *)dacl, ACCESS_ALLOWED_ACE_TYPE, ALL, &sid_everyone);
    check_status("low integrity: write", check_access(token, WRITE), STATUS_SUCCESS);
    check_status("is denied", verdict, STATUS_ACCESS_DENIED);
    check_status("low integrity: read", check_access(token, READ | READ_CONTROL), STATUS_SUCCESS);
    check_status("is allowed", verdict, STATUS_SUCCESS);
}

void test_access(void)
{
    HANDLE own = open_own_token();
    HANDLE token = duplicate_as(own, SecurityIdentification);

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        test_case(token, &cases[i]);
    test_refusals(own, token);
    test_integrity(token);
    (void)NtClose(token);
    (void)NtClose(own);
}
