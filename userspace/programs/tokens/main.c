// SPDX-License-Identifier: MIT
/*
 * Checks tokens and security: who the program runs for, privileges, impersonation, security
 * descriptors of objects, and access checks. Expectations come from learn.microsoft.com and
 * [MS-DTYP].
 */

#include "tokens.h"

#include <user/memory.h>
#include <user/start.h>

_Alignas(16) char buffer[BUFFER_SIZE];

const struct known_sid sid_everyone = { 1, 1, { 0, 0, 0, 0, 0, 1 }, { 0 } };
const struct known_sid sid_user = { 1, 5, { 0, 0, 0, 0, 0, 5 }, { 21, 0, 0, 0, 1000 } };
const struct known_sid sid_users = { 1, 2, { 0, 0, 0, 0, 0, 5 }, { 32, 545 } };
const struct known_sid sid_system = { 1, 1, { 0, 0, 0, 0, 0, 5 }, { 18 } };
const struct known_sid sid_guests = { 1, 2, { 0, 0, 0, 0, 0, 5 }, { 32, 546 } };

static size_t sid_size(const struct known_sid *sid)
{
    return 8 + sid->count * sizeof(ULONG);
}

bool is_sid(const void *sid, const struct known_sid *wanted)
{
    return sid != NULL && memcmp(sid, wanted, sid_size(wanted)) == 0;
}

HANDLE open_own_token(void)
{
    HANDLE token = NULL;

    if (!NT_SUCCESS(NtOpenProcessToken(NtCurrentProcess(), TOKEN_ALL_ACCESS, &token)))
        (void)NtTerminateProcess(NtCurrentProcess(), 1);
    return token;
}

HANDLE duplicate_as(HANDLE token, SECURITY_IMPERSONATION_LEVEL level)
{
    SECURITY_QUALITY_OF_SERVICE quality = { sizeof(quality), level, FALSE, FALSE };
    OBJECT_ATTRIBUTES attributes = { .Length = sizeof(attributes),
                                     .SecurityQualityOfService = &quality };
    HANDLE duplicate = NULL;

    (void)NtDuplicateToken(token, TOKEN_ALL_ACCESS, &attributes, FALSE, TokenImpersonation,
                           &duplicate);
    return duplicate;
}

NTSTATUS impersonate(HANDLE token)
{
    return NtSetInformationThread(NtCurrentThread(), ThreadImpersonationToken, &token,
                                  sizeof(token));
}

void acl_begin(ACL *acl, ULONG size)
{
    memset(acl, 0, size);
    acl->AclRevision = ACL_REVISION;
    acl->AclSize = sizeof(*acl);
}

void acl_add(ACL *acl, UCHAR type, ACCESS_MASK mask, const struct known_sid *sid)
{
    ACCESS_ALLOWED_ACE *ace = (void *)((char *)acl + acl->AclSize);

    ace->Header.AceType = type;
    ace->Header.AceSize = (USHORT)(8 + sid_size(sid));
    ace->Mask = mask;
    memcpy(&ace->SidStart, sid, sid_size(sid));
    acl->AclSize = (USHORT)(acl->AclSize + ace->Header.AceSize);
    acl->AceCount++;
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    test_opening();
    test_queries();
    test_privileges();
    test_duplicates();
    test_defaults();
    test_descriptors();
    test_access();
    test_races();
    return check_summary("tokens");
}
