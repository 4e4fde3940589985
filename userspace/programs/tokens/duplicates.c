// SPDX-License-Identifier: MIT
// Duplicates, filtered tokens, impersonation, comparing.

#include "tokens.h"

static void test_levels(HANDLE own)
{
    HANDLE identification = duplicate_as(own, SecurityIdentification), other = NULL;
    SECURITY_QUALITY_OF_SERVICE quality = { sizeof(quality), SecurityImpersonation, 0, 0 };
    OBJECT_ATTRIBUTES attributes = { .Length = sizeof(attributes),
                                     .SecurityQualityOfService = &quality };
    const ULONG *word = (void *)buffer;
    ULONG length;

    check("duplicate for identification", identification != NULL);
    (void)ask(identification, TokenType, BUFFER_SIZE, &length);
    check_equal("it is for impersonation", *word, TokenImpersonation);
    (void)ask(identification, TokenImpersonationLevel, BUFFER_SIZE, &length);
    check_equal("of that level", *word, SecurityIdentification);
    check_status(
        "its level cannot rise",
        NtDuplicateToken(identification, 0, &attributes, FALSE, TokenImpersonation, &other),
        STATUS_BAD_IMPERSONATION_LEVEL);
    check_status("nor can it become a primary token",
                 NtDuplicateToken(identification, 0, NULL, FALSE, TokenPrimary, &other),
                 STATUS_BAD_IMPERSONATION_LEVEL);
    check_status("a type that is none", NtDuplicateToken(own, 0, NULL, FALSE, 3, &other),
                 STATUS_INVALID_PARAMETER);
    quality.Length = 8;
    check_status("a quality of service of another length",
                 NtDuplicateToken(own, 0, &attributes, FALSE, TokenPrimary, &other),
                 STATUS_INVALID_PARAMETER);
    (void)NtClose(identification);
}

static void test_effective_only(HANDLE own)
{
    const TOKEN_PRIVILEGES *list = (void *)buffer;
    HANDLE token = NULL;
    ULONG length;

    check_status("duplicate what is effective",
                 NtDuplicateToken(own, 0, NULL, TRUE, TokenPrimary, &token), STATUS_SUCCESS);
    (void)ask(token, TokenPrivileges, BUFFER_SIZE, &length);
    check("that is one privilege", list->PrivilegeCount == 1 && list->Privileges[0].Luid.LowPart ==
                                                                    SE_CHANGE_NOTIFY_PRIVILEGE);
    (void)NtClose(token);
}

static void test_filter(HANDLE own)
{
    struct {
        ULONG count;
        SID_AND_ATTRIBUTES entries[1];
    } groups = { 1, { { sid_of(&sid_users), 0 } } };
    const TOKEN_GROUPS *list = (void *)buffer;
    HANDLE token = NULL;
    BOOLEAN equal = TRUE;
    ULONG length, attributes = 0;

    check_status(
        "filter a group and all privileges",
        NtFilterToken(own, DISABLE_MAX_PRIVILEGE, (PTOKEN_GROUPS)&groups, NULL, NULL, &token),
        STATUS_SUCCESS);
    (void)ask(token, TokenGroups, BUFFER_SIZE, &length);
    for (ULONG i = 0; i < list->GroupCount; i++)
        if (is_sid(list->Groups[i].Sid, &sid_users))
            attributes = list->Groups[i].Attributes;
    check_equal("the group is for denials only", attributes, SE_GROUP_USE_FOR_DENY_ONLY);
    (void)ask(token, TokenPrivileges, BUFFER_SIZE, &length);
    check_equal("one privilege is left", *(ULONG *)(void *)buffer, 1);
    (void)ask(token, TokenHasRestrictions, BUFFER_SIZE, &length);
    check_equal("it knows that it is filtered", *(ULONG *)(void *)buffer, 1);
    check_status("compare it", NtCompareTokens(own, token, &equal), STATUS_SUCCESS);
    check_equal("it is not equal", equal, FALSE);
    (void)NtClose(token);
    check_status("compare a token with itself",
                 NtCompareTokens(own, NtCurrentProcessToken(), &equal), STATUS_SUCCESS);
    check_equal("that is equal", equal, TRUE);
    check_status("flags that are none", NtFilterToken(own, 0x100, NULL, NULL, NULL, &token),
                 STATUS_INVALID_PARAMETER);
}

static void test_impersonation(HANDLE own)
{
    HANDLE token = duplicate_as(own, SecurityImpersonation), opened = NULL;
    HANDLE anonymous = duplicate_as(own, SecurityAnonymous);
    const TOKEN_STATISTICS *statistics = (void *)buffer;
    ULONG length, id;

    check_status("impersonate with a primary token", impersonate(own), STATUS_BAD_TOKEN_TYPE);
    check_status("impersonate", impersonate(token), STATUS_SUCCESS);
    (void)ask(token, TokenStatistics, BUFFER_SIZE, &length);
    id = statistics->TokenId.LowPart;
    check_status("the thread has a token",
                 NtOpenThreadToken(NtCurrentThread(), TOKEN_QUERY, TRUE, &opened), STATUS_SUCCESS);
    (void)ask(opened, TokenStatistics, BUFFER_SIZE, &length);
    check_equal("that one", statistics->TokenId.LowPart, id);
    (void)ask(NtCurrentEffectiveToken(), TokenStatistics, BUFFER_SIZE, &length);
    check_equal("it is the effective one", statistics->TokenId.LowPart, id);
    (void)NtClose(opened);
    (void)NtClose(token);
    check_status("it stays when its handles are closed",
                 ask(NtCurrentThreadToken(), TokenStatistics, BUFFER_SIZE, &length),
                 STATUS_SUCCESS);
    check_status("impersonate anonymously", impersonate(anonymous), STATUS_SUCCESS);
    check_status("that cannot be opened",
                 NtOpenThreadToken(NtCurrentThread(), TOKEN_QUERY, TRUE, &opened),
                 STATUS_CANT_OPEN_ANONYMOUS);
    check_status("revert", impersonate(NULL), STATUS_SUCCESS);
    check_status("the thread has none again",
                 NtOpenThreadToken(NtCurrentThread(), TOKEN_QUERY, TRUE, &opened), STATUS_NO_TOKEN);
    check_status("impersonate with nothing", impersonate((HANDLE)0x7770), STATUS_INVALID_HANDLE);
    (void)NtClose(anonymous);
}

void test_duplicates(void)
{
    HANDLE own = open_own_token();

    test_levels(own);
    test_effective_only(own);
    test_filter(own);
    test_impersonation(own);
    (void)NtClose(own);
}
