// SPDX-License-Identifier: MIT
// NtQueryInformationToken: every class' length, from a table, and what the answers say.

#include "tokens.h"

#include <user/memory.h>

#define VARIES 0u

static const struct query_case {
    const char *name;
    TOKEN_INFORMATION_CLASS kind;
    ULONG size;
} cases[] = {
    { "user", TokenUser, 44 },
    { "groups", TokenGroups, VARIES },
    { "privileges", TokenPrivileges, 4 + 5 * 12 },
    { "owner", TokenOwner, 36 },
    { "primary group", TokenPrimaryGroup, 36 },
    { "default DACL", TokenDefaultDacl, VARIES },
    { "source", TokenSource, 16 },
    { "type", TokenType, 4 },
    { "statistics", TokenStatistics, 56 },
    { "session", TokenSessionId, 4 },
    { "groups and privileges", TokenGroupsAndPrivileges, VARIES },
    { "sandbox", TokenSandBoxInert, 4 },
    { "origin", TokenOrigin, 8 },
    { "elevation type", TokenElevationType, 4 },
    { "elevation", TokenElevation, 4 },
    { "restrictions", TokenHasRestrictions, 4 },
    { "virtualization allowed", TokenVirtualizationAllowed, 4 },
    { "virtualization enabled", TokenVirtualizationEnabled, 4 },
    { "integrity", TokenIntegrityLevel, 28 },
    { "user-interface access", TokenUIAccess, 4 },
    { "policy", TokenMandatoryPolicy, 4 },
    { "logon SID", TokenLogonSid, VARIES },
    { "app container", TokenIsAppContainer, 4 },
    { "app container's SID", TokenAppContainerSid, 8 },
    { "app container's number", TokenAppContainerNumber, 4 },
    { "claims", TokenUserClaimAttributes, 16 },
    { "attributes", TokenSecurityAttributes, 16 },
    { "restricted", TokenIsRestricted, 4 },
    { "isolation", TokenBnoIsolation, 16 },
    { "sandboxed", TokenIsSandboxed, 4 },
};

static char name[100];

static const char *named(const struct query_case *c, const char *fact)
{
    size_t length = strlen(c->name);

    memcpy(name, c->name, length);
    memcpy(name + length, ": ", 2);
    memcpy(name + length + 2, fact, strlen(fact) + 1);
    return name;
}

static void test_length(HANDLE token, const struct query_case *c)
{
    ULONG needed = 0, length = 0;

    check_status(named(c, "no room"), ask(token, c->kind, 0, &needed), STATUS_BUFFER_TOO_SMALL);
    if (c->size != VARIES)
        check_equal(named(c, "its length"), needed, c->size);
    memset(buffer, 0x55, BUFFER_SIZE);
    check_status(named(c, "exactly enough room"), ask(token, c->kind, needed, &length),
                 STATUS_SUCCESS);
    check_equal(named(c, "the same length"), length, needed);
    check(named(c, "no byte more"), buffer[needed] == 0x55 && buffer[needed + 1] == 0x55);
    check_status(named(c, "one byte less"), ask(token, c->kind, needed - 1, &length),
                 STATUS_BUFFER_TOO_SMALL);
    check_status(named(c, "much room"), ask(token, c->kind, BUFFER_SIZE, &length), STATUS_SUCCESS);
    check_status(named(c, "into the kernel"),
                 NtQueryInformationToken(token, c->kind, KERNEL_ADDRESS, BUFFER_SIZE, &length),
                 STATUS_ACCESS_VIOLATION);
    check_status(named(c, "its length into the kernel"),
                 NtQueryInformationToken(token, c->kind, buffer, BUFFER_SIZE, KERNEL_ADDRESS),
                 STATUS_ACCESS_VIOLATION);
}

static void test_who(HANDLE token)
{
    const TOKEN_USER *user = (void *)buffer;
    const TOKEN_GROUPS *groups = (void *)buffer;
    const TOKEN_MANDATORY_LABEL *label = (void *)buffer;
    bool everyone = false, users = false, logon = false, administrators = false;
    static const struct known_sid admins = { 1, 2, { 0, 0, 0, 0, 0, 5 }, { 32, 544 } };
    ULONG length;

    (void)ask(token, TokenUser, BUFFER_SIZE, &length);
    check("the user is known", is_sid(user->User.Sid, &sid_user));
    check("the SID lies in the answer", (char *)user->User.Sid == buffer + sizeof(*user));
    (void)ask(token, TokenGroups, BUFFER_SIZE, &length);
    for (ULONG i = 0; i < groups->GroupCount; i++) {
        const SID_AND_ATTRIBUTES *group = &groups->Groups[i];
        everyone |= is_sid(group->Sid, &sid_everyone) && group->Attributes == 7;
        users |= is_sid(group->Sid, &sid_users) && group->Attributes == 7;
        administrators |= is_sid(group->Sid, &admins);
        logon |= (group->Attributes & SE_GROUP_LOGON_ID) == SE_GROUP_LOGON_ID;
    }
    check("Everyone is one of the groups", everyone);
    check("Users is", users);
    check("the logon's own group is", logon);
    check("Administrators is not", !administrators);
    (void)ask(token, TokenIntegrityLevel, BUFFER_SIZE, &length);
    check_equal("integrity is medium", *(ULONG *)(void *)((char *)label->Label.Sid + 8), 0x2000);
    check_equal("as an integrity group", label->Label.Attributes, 0x60);
}

static void test_numbers(HANDLE token)
{
    const TOKEN_STATISTICS *statistics = (void *)buffer;
    const TOKEN_GROUPS_AND_PRIVILEGES *both = (void *)buffer;
    const ULONG *word = (void *)buffer;
    ULONG length;

    (void)ask(token, TokenType, BUFFER_SIZE, &length);
    check_equal("it is a primary token", *word, TokenPrimary);
    check_status("which has no level", ask(token, TokenImpersonationLevel, BUFFER_SIZE, &length),
                 STATUS_INVALID_PARAMETER);
    (void)ask(token, TokenElevation, BUFFER_SIZE, &length);
    check_equal("it is not elevated", *word, 0);
    (void)ask(token, TokenElevationType, BUFFER_SIZE, &length);
    check_equal("nor could it be", *word, TokenElevationTypeDefault);
    check_status("so it has no linked token", ask(token, TokenLinkedToken, BUFFER_SIZE, &length),
                 STATUS_NO_SUCH_LOGON_SESSION);
    (void)ask(token, TokenSessionId, BUFFER_SIZE, &length);
    check_equal("it is in session 1", *word, 1);
    (void)ask(token, TokenStatistics, BUFFER_SIZE, &length);
    check("its statistics name it", statistics->TokenId.LowPart != 0);
    check_equal("five privileges", statistics->PrivilegeCount, 5);
    (void)ask(token, TokenGroupsAndPrivileges, BUFFER_SIZE, &length);
    check("the user is the first of all SIDs", is_sid(both->Sids[0].Sid, &sid_user));
    check_equal("five privileges again", both->PrivilegeCount, 5);
    check("pointers lie in the answer",
          (char *)both->Privileges >= buffer &&
              (char *)both->Privileges + both->PrivilegeLength <= buffer + length);
}

void test_queries(void)
{
    HANDLE token = open_own_token();
    ULONG length;

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        test_length(token, &cases[i]);
    test_who(token);
    test_numbers(token);
    check_status("class 0", ask(token, 0, BUFFER_SIZE, &length), STATUS_INVALID_INFO_CLASS);
    check_status("a class that nobody has", ask(token, 1000, BUFFER_SIZE, &length),
                 STATUS_INVALID_INFO_CLASS);
    check_status("a negative class", ask(token, (TOKEN_INFORMATION_CLASS)-1, BUFFER_SIZE, &length),
                 STATUS_INVALID_INFO_CLASS);
    check_status("auditing takes a privilege", ask(token, TokenAuditPolicy, BUFFER_SIZE, &length),
                 STATUS_PRIVILEGE_NOT_HELD);
    check_status("a token that is a process",
                 ask(NtCurrentProcess(), TokenUser, BUFFER_SIZE, &length),
                 STATUS_OBJECT_TYPE_MISMATCH);
    (void)NtClose(token);
}
