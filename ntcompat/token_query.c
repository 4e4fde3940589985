// SPDX-License-Identifier: MIT
/*
 * NtQueryInformationToken. An answer is a structure, what it points to, and the SIDs that those
 * name; it is put together here with pointers to where it will lie in the program, and copied in
 * one go.
 *
 * Source: learn.microsoft.com, TOKEN_INFORMATION_CLASS and the pages of its structures
 */

#include "token.h"

#include "services_generated.h"

#include <kernel/panic.h>
#include <kernel/status.h>
#include <kernel/string.h>
#include <kernel/user_copy.h>

#include "nt_process.h"
#include "service.h"

#define ANSWER_MAX 1536u // groups and privileges together need some 1,000

struct answer {
    vaddr_t address; // where it will lie
    ULONG length;
    _Alignas(8) UCHAR bytes[ANSWER_MAX];
};

// ---- pieces ------------------------------------------------------------------------------------

// Appends size bytes of zeroes and returns their place.
static void *append(struct answer *answer, size_t size)
{
    void *place = answer->bytes + answer->length;
    assert(size <= ANSWER_MAX - answer->length);
    memset(place, 0, size);
    answer->length += (ULONG)size;
    return place;
}

// What a pointer in the answer has to be, to mean a place in it.
static PVOID pointer_to(const struct answer *answer, const void *place)
{
    return (PVOID)(answer->address + (vaddr_t)((const UCHAR *)place - answer->bytes));
}

static PVOID append_sid(struct answer *answer, const SID *sid)
{
    void *place = append(answer, sid_size(sid));
    memcpy(place, sid, sid_size(sid));
    return pointer_to(answer, place);
}

static void answer_word(struct answer *answer, ULONG value)
{
    *(ULONG *)append(answer, sizeof(value)) = value;
}

// ---- groups ------------------------------------------------------------------------------------

// The groups of the token, and its integrity level, which counts as one.
static void fill_groups(struct answer *answer, const struct token_state *state,
                        SID_AND_ATTRIBUTES *entries)
{
    for (unsigned i = 0; i < state->group_count; i++) {
        entries[i].Sid = append_sid(answer, logon_sid(state->groups[i].sid));
        entries[i].Attributes = state->groups[i].attributes;
    }
    struct short_sid label = logon_integrity_sid(state->integrity);
    entries[state->group_count].Sid = append_sid(answer, (const SID *)&label);
    entries[state->group_count].Attributes = SE_GROUP_INTEGRITY | SE_GROUP_INTEGRITY_ENABLED;
}

static void answer_groups(struct answer *answer, const struct token_state *state)
{
    ULONG count = state->group_count + 1u;
    TOKEN_GROUPS *head = append(answer, sizeof(*head));
    head->GroupCount = count;
    fill_groups(answer, state, append(answer, count * sizeof(SID_AND_ATTRIBUTES)));
}

static void answer_no_groups(struct answer *answer, const struct token_state *state)
{
    (void)state;
    append(answer, sizeof(TOKEN_GROUPS));
}

static void answer_logon_sid(struct answer *answer, const struct token_state *state)
{
    TOKEN_GROUPS *head = append(answer, sizeof(*head));
    SID_AND_ATTRIBUTES *entry;
    for (unsigned i = 0; i < state->group_count; i++) {
        if (state->groups[i].sid != LOGON_SESSION)
            continue;
        head->GroupCount = 1;
        entry = append(answer, sizeof(*entry));
        entry->Attributes = state->groups[i].attributes;
        entry->Sid = append_sid(answer, logon_sid(LOGON_SESSION));
    }
}

static void answer_user(struct answer *answer, const struct token_state *state)
{
    TOKEN_USER *head = append(answer, sizeof(*head));
    head->User.Attributes = state->user_attributes;
    head->User.Sid = append_sid(answer, logon_sid(LOGON_USER));
}

static void answer_owner(struct answer *answer, const struct token_state *state)
{
    TOKEN_OWNER *head = append(answer, sizeof(*head));
    head->Owner = append_sid(answer, logon_sid(state->owner));
}

static void answer_primary_group(struct answer *answer, const struct token_state *state)
{
    TOKEN_PRIMARY_GROUP *head = append(answer, sizeof(*head));
    head->PrimaryGroup = append_sid(answer, logon_sid(state->primary_group));
}

static void answer_integrity(struct answer *answer, const struct token_state *state)
{
    struct short_sid label = logon_integrity_sid(state->integrity);
    TOKEN_MANDATORY_LABEL *head = append(answer, sizeof(*head));
    head->Label.Attributes = SE_GROUP_INTEGRITY | SE_GROUP_INTEGRITY_ENABLED;
    head->Label.Sid = append_sid(answer, (const SID *)&label);
}

// ---- privileges, DACL, numbers -----------------------------------------------------------------

static void answer_privileges(struct answer *answer, const struct token_state *state)
{
    size_t size = state->privilege_count * sizeof(state->privileges[0]);
    TOKEN_PRIVILEGES *head = append(answer, sizeof(*head));
    head->PrivilegeCount = state->privilege_count;
    memcpy(append(answer, size), state->privileges, size);
}

static void answer_groups_and_privileges(struct answer *answer, const struct token_state *state)
{
    TOKEN_GROUPS_AND_PRIVILEGES *head = append(answer, sizeof(*head));
    size_t size = state->privilege_count * sizeof(state->privileges[0]);
    head->SidCount = state->group_count + 2u; // the user comes first
    ULONG start = answer->length;
    SID_AND_ATTRIBUTES *entries = append(answer, head->SidCount * sizeof(*entries));
    head->Sids = pointer_to(answer, entries);
    entries[0].Attributes = state->user_attributes;
    entries[0].Sid = append_sid(answer, logon_sid(LOGON_USER));
    fill_groups(answer, state, entries + 1);
    head->SidLength = answer->length - start;
    LUID_AND_ATTRIBUTES *privileges = append(answer, size);
    memcpy(privileges, state->privileges, size);
    head->PrivilegeCount = state->privilege_count;
    head->PrivilegeLength = (ULONG)size;
    head->Privileges = pointer_to(answer, privileges);
    head->AuthenticationId = LOGON_ID;
}

static void answer_default_dacl(struct answer *answer, const struct token_state *state)
{
    TOKEN_DEFAULT_DACL *head = append(answer, sizeof(*head));
    if (state->dacl_length == 0)
        return;
    void *dacl = append(answer, state->dacl_length);
    memcpy(dacl, state->dacl, state->dacl_length);
    head->DefaultDacl = pointer_to(answer, dacl);
}

static void answer_source(struct answer *answer, const struct token_state *state)
{
    static const CHAR name[8] = "User32 "; // who logs users on at the console, on Windows
    TOKEN_SOURCE *source = append(answer, sizeof(*source));
    (void)state;
    memcpy(source->SourceName, name, sizeof(name));
    source->SourceIdentifier = LOGON_ID;
}

static void answer_statistics(struct answer *answer, const struct token_state *state)
{
    TOKEN_STATISTICS *statistics = append(answer, sizeof(*statistics));
    statistics->TokenId = state->id;
    statistics->AuthenticationId = LOGON_ID;
    statistics->ExpirationTime.QuadPart = INT64_MAX; // never
    statistics->TokenType = state->type;
    statistics->ImpersonationLevel = state->level;
    statistics->DynamicCharged = TOKEN_DYNAMIC_SIZE;
    statistics->DynamicAvailable = TOKEN_DYNAMIC_SIZE - state->dacl_length;
    statistics->GroupCount = state->group_count + 1u;
    statistics->PrivilegeCount = state->privilege_count;
    statistics->ModifiedId = state->modified_id;
}

static void answer_type(struct answer *answer, const struct token_state *state)
{
    answer_word(answer, state->type);
}

static void answer_level(struct answer *answer, const struct token_state *state)
{
    answer_word(answer, state->level);
}

static void answer_session(struct answer *answer, const struct token_state *state)
{
    (void)state;
    answer_word(answer, NT_SESSION);
}

static void answer_elevation_type(struct answer *answer, const struct token_state *state)
{
    (void)state;
    answer_word(answer, TokenElevationTypeDefault);
}

static void answer_has_restrictions(struct answer *answer, const struct token_state *state)
{
    answer_word(answer, state->is_filtered);
}

static void answer_policy(struct answer *answer, const struct token_state *state)
{
    (void)state;
    answer_word(answer,
                TOKEN_MANDATORY_POLICY_NO_WRITE_UP | TOKEN_MANDATORY_POLICY_NEW_PROCESS_MIN);
}

static void answer_attributes(struct answer *answer, const struct token_state *state)
{
    (void)state;
    ((TOKEN_ATTRIBUTES_INFORMATION *)append(answer, sizeof(TOKEN_ATTRIBUTES_INFORMATION)))
        ->Version = 1;
}

static void answer_no(struct answer *answer, const struct token_state *state)
{
    (void)state;
    answer_word(answer, 0);
}

static void answer_null(struct answer *answer, const struct token_state *state)
{
    (void)state;
    append(answer, sizeof(PVOID));
}

static void answer_no_isolation(struct answer *answer, const struct token_state *state)
{
    (void)state;
    append(answer, sizeof(TOKEN_BNO_ISOLATION_INFORMATION));
}

static void answer_origin(struct answer *answer, const struct token_state *state)
{
    (void)state;
    *(LUID *)append(answer, sizeof(LUID)) = (LUID){ 0x3E7, 0 }; // the system itself logged on
}

// ---- the classes -------------------------------------------------------------------------------

static void (*const classes[])(struct answer *answer, const struct token_state *state) = {
    [TokenUser] = answer_user,
    [TokenGroups] = answer_groups,
    [TokenPrivileges] = answer_privileges,
    [TokenOwner] = answer_owner,
    [TokenPrimaryGroup] = answer_primary_group,
    [TokenDefaultDacl] = answer_default_dacl,
    [TokenSource] = answer_source,
    [TokenType] = answer_type,
    [TokenImpersonationLevel] = answer_level,
    [TokenStatistics] = answer_statistics,
    [TokenRestrictedSids] = answer_no_groups,
    [TokenSessionId] = answer_session,
    [TokenGroupsAndPrivileges] = answer_groups_and_privileges,
    [TokenSandBoxInert] = answer_no,
    [TokenOrigin] = answer_origin,
    [TokenElevationType] = answer_elevation_type,
    [TokenElevation] = answer_no,
    [TokenHasRestrictions] = answer_has_restrictions,
    [TokenVirtualizationAllowed] = answer_no,
    [TokenVirtualizationEnabled] = answer_no,
    [TokenIntegrityLevel] = answer_integrity,
    [TokenUIAccess] = answer_no,
    [TokenMandatoryPolicy] = answer_policy,
    [TokenLogonSid] = answer_logon_sid,
    [TokenIsAppContainer] = answer_no,
    [TokenCapabilities] = answer_no_groups,
    [TokenAppContainerSid] = answer_null,
    [TokenAppContainerNumber] = answer_no,
    [TokenUserClaimAttributes] = answer_attributes,
    [TokenDeviceClaimAttributes] = answer_attributes,
    [TokenDeviceGroups] = answer_no_groups,
    [TokenRestrictedDeviceGroups] = answer_no_groups,
    [TokenSecurityAttributes] = answer_attributes,
    [TokenIsRestricted] = answer_no,
    [TokenProcessTrustLevel] = answer_null,
    [TokenPrivateNameSpace] = answer_no,
    [TokenSingletonAttributes] = answer_attributes,
    [TokenBnoIsolation] = answer_no_isolation,
    [TokenChildProcessFlags] = answer_no,
    [TokenIsLessPrivilegedAppContainer] = answer_no,
    [TokenIsSandboxed] = answer_no,
};

// Whether this token has an answer to that class at all.
static status_t check_class(TOKEN_INFORMATION_CLASS kind, const struct token_state *state)
{
    switch ((ULONG)kind) {
    case TokenImpersonationLevel:
        return state->type == TokenImpersonation ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    case TokenAuditPolicy:
        return STATUS_PRIVILEGE_NOT_HELD; // SeSecurityPrivilege
    case TokenLinkedToken:
        return STATUS_NO_SUCH_LOGON_SESSION; // the user has no other, elevated one
    case TokenAccessInformation:
    case TokenRestrictedUserClaimAttributes:
    case TokenRestrictedDeviceClaimAttributes:
        return service_lacks("NtQueryInformationToken", "information class", (ULONG)kind);
    default:
        return STATUS_SUCCESS;
    }
}

static status_t answer_class(struct token *token, TOKEN_INFORMATION_CLASS kind,
                             struct answer *answer)
{
    struct token_state state;
    token_read(token, &state);
    status_t status = check_class(kind, &state);
    if (status == STATUS_SUCCESS)
        classes[kind](answer, &state);
    return status;
}

static bool is_known(TOKEN_INFORMATION_CLASS kind)
{
    return (ULONG)kind < ARRAY_SIZE(classes) &&
           (classes[kind] != NULL || kind == TokenAuditPolicy || kind == TokenLinkedToken ||
            kind == TokenAccessInformation || kind == TokenRestrictedUserClaimAttributes ||
            kind == TokenRestrictedDeviceClaimAttributes);
}

NTSTATUS NtQueryInformationToken(HANDLE TokenHandle, TOKEN_INFORMATION_CLASS TokenInformationClass,
                                 void USER *TokenInformation, ULONG TokenInformationLength,
                                 ULONG USER *ReturnLength)
{
    ACCESS_MASK access = TokenInformationClass == TokenSource ? TOKEN_QUERY_SOURCE : TOKEN_QUERY;
    struct answer answer;
    struct token *token;
    if (!is_known(TokenInformationClass))
        return STATUS_INVALID_INFO_CLASS;
    status_t status = token_of_handle(TokenHandle, access, &token);
    if (status != STATUS_SUCCESS)
        return status;
    answer.address = (vaddr_t)TokenInformation;
    answer.length = 0; // its bytes are set as they are used
    status = answer_class(token, TokenInformationClass, &answer);
    token_put(token);
    if (status == STATUS_SUCCESS && ReturnLength != NULL)
        status = put_user(ReturnLength, &answer.length);
    if (status != STATUS_SUCCESS)
        return status;
    if (TokenInformationLength < answer.length)
        return STATUS_BUFFER_TOO_SMALL;
    return copy_to_user(TokenInformation, answer.bytes, answer.length);
}
