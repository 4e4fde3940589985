// SPDX-License-Identifier: MIT
// NtSetInformationToken: what an ordinary user may change, and what not.

#include "tokens.h"

#include <user/memory.h>

static NTSTATUS set(HANDLE token, TOKEN_INFORMATION_CLASS kind, PVOID what, ULONG length)
{
    return NtSetInformationToken(token, kind, what, length);
}

static void test_members(HANDLE token)
{
    PSID user = sid_of(&sid_user), users = sid_of(&sid_users), guests = sid_of(&sid_guests);
    struct known_sid broken = sid_users;
    PSID bad = sid_of(&broken);
    const TOKEN_PRIMARY_GROUP *group = (void *)buffer;
    ULONG length;

    broken.count = 16;
    check_status("the user owns", set(token, TokenOwner, &user, sizeof(user)), STATUS_SUCCESS);
    check_status("a group does not", set(token, TokenOwner, &users, sizeof(users)),
                 STATUS_INVALID_OWNER);
    check_status("another primary group", set(token, TokenPrimaryGroup, &users, sizeof(users)),
                 STATUS_SUCCESS);
    (void)ask(token, TokenPrimaryGroup, BUFFER_SIZE, &length);
    check("it is told", is_sid(group->PrimaryGroup, &sid_users));
    check_status("a primary group that the token has not",
                 set(token, TokenPrimaryGroup, &guests, sizeof(guests)),
                 STATUS_INVALID_PRIMARY_GROUP);
    check_status("a SID that is none", set(token, TokenPrimaryGroup, &bad, sizeof(bad)),
                 STATUS_INVALID_SID);
    check_status("too short", set(token, TokenOwner, &user, 4), STATUS_INFO_LENGTH_MISMATCH);
}

static void test_dacl(HANDLE token)
{
    _Alignas(8) static UCHAR room[1024];
    ACL *acl = (ACL *)room;
    PACL given = acl;
    const TOKEN_DEFAULT_DACL *told = (void *)buffer;
    ULONG length;

    acl_begin(acl, sizeof(room));
    acl_add(acl, ACCESS_ALLOWED_ACE_TYPE, GENERIC_ALL, &sid_everyone);
    check_status("a default DACL", set(token, TokenDefaultDacl, &given, sizeof(given)),
                 STATUS_SUCCESS);
    (void)ask(token, TokenDefaultDacl, BUFFER_SIZE, &length);
    check("it is told",
          length == 8u + acl->AclSize && memcmp(told->DefaultDacl, acl, acl->AclSize) == 0);
    for (unsigned i = 0; i < 30; i++)
        acl_add(acl, ACCESS_ALLOWED_ACE_TYPE, GENERIC_ALL, &sid_everyone);
    check_status("one that is too long", set(token, TokenDefaultDacl, &given, sizeof(given)),
                 STATUS_ALLOTTED_SPACE_EXCEEDED);
    acl->AclSize = 60; // in the middle of an entry
    check_status("one that is broken", set(token, TokenDefaultDacl, &given, sizeof(given)),
                 STATUS_INVALID_ACL);
    given = NULL;
    check_status("none", set(token, TokenDefaultDacl, &given, sizeof(given)), STATUS_SUCCESS);
    (void)ask(token, TokenDefaultDacl, BUFFER_SIZE, &length);
    check("that is told, too", length == 8 && told->DefaultDacl == NULL);
}

static void test_integrity(HANDLE token)
{
    struct known_sid level = { 1, 1, { 0, 0, 0, 0, 0, 16 }, { SECURITY_MANDATORY_LOW_RID } };
    SID_AND_ATTRIBUTES label = { sid_of(&level), SE_GROUP_INTEGRITY };
    ULONG session = 2;

    check_status("integrity may fall", set(token, TokenIntegrityLevel, &label, sizeof(label)),
                 STATUS_SUCCESS);
    level.sub[0] = SECURITY_MANDATORY_MEDIUM_RID;
    check_status("and not rise", set(token, TokenIntegrityLevel, &label, sizeof(label)),
                 STATUS_PRIVILEGE_NOT_HELD);
    level.authority[5] = 5;
    check_status("it is a SID of its own kind",
                 set(token, TokenIntegrityLevel, &label, sizeof(label)), STATUS_INVALID_SID);
    check_status("the session stays", set(token, TokenSessionId, &session, sizeof(session)),
                 STATUS_PRIVILEGE_NOT_HELD);
    check_status("the user, too", set(token, TokenUser, &label, sizeof(label)),
                 STATUS_INVALID_INFO_CLASS);
}

void test_defaults(void)
{
    HANDLE own = open_own_token(), token = NULL;

    check_status("a token to change", NtDuplicateToken(own, 0, NULL, FALSE, TokenPrimary, &token),
                 STATUS_SUCCESS);
    test_members(token);
    test_dacl(token);
    test_integrity(token);
    (void)NtClose(token);
    (void)NtClose(own);
}
