// SPDX-License-Identifier: MIT
/*
 * The services that change a token. While one looks and changes, it holds the token's lock, and
 * touches program memory under it: so what it reports is what it replaced.
 *
 * Source: learn.microsoft.com, AdjustTokenPrivileges, AdjustTokenGroups, SetTokenInformation
 */

#include "token.h"

#include "services_generated.h"

#include <kernel/heap.h>
#include <kernel/status.h>
#include <kernel/string.h>
#include <kernel/user_copy.h>

#include "security_descriptor.h"
#include "service.h"
#include "token_capture.h"

// ---- privileges --------------------------------------------------------------------------------

// Applies one change to state. Returns the privilege as it was, or a count of 0 if nothing changed.
static ULONG change_privilege(struct token_state *state, LUID_AND_ATTRIBUTES *entry, ULONG wanted,
                              LUID_AND_ATTRIBUTES *previous)
{
    const ULONG mutable = SE_PRIVILEGE_ENABLED;
    *previous = *entry;
    if (wanted & SE_PRIVILEGE_REMOVED) {
        LUID_AND_ATTRIBUTES *end = &state->privileges[state->privilege_count];
        for (; entry + 1 < end; entry++)
            entry[0] = entry[1];
        state->privilege_count--;
        return 1;
    }
    if (((entry->Attributes ^ wanted) & mutable) == 0)
        return 0;
    entry->Attributes = (entry->Attributes & ~mutable) | (wanted & mutable);
    return 1;
}

// The previous state of what was changed, as the program gets it.
struct changed_privileges {
    ULONG count;
    LUID_AND_ATTRIBUTES entries[LOGON_PRIVILEGE_COUNT];
};

// Returns STATUS_NOT_ALL_ASSIGNED, a success, if a privilege is not there.
static status_t change_privileges(struct token_state *state, const LUID_AND_ATTRIBUTES *wanted,
                                  ULONG count, struct changed_privileges *changed)
{
    status_t status = STATUS_SUCCESS;
    for (ULONG i = 0; i < count; i++) {
        LUID_AND_ATTRIBUTES before;
        LUID_AND_ATTRIBUTES *entry = token_find_privilege(state, wanted[i].Luid);
        if (entry == NULL)
            status = STATUS_NOT_ALL_ASSIGNED;
        // A list may name a privilege again; what counts is how it was before the first time.
        else if (change_privilege(state, entry, wanted[i].Attributes, &before) != 0 &&
                 changed->count < ARRAY_SIZE(changed->entries))
            changed->entries[changed->count++] = before;
    }
    return status;
}

static void disable_all(struct token_state *state, struct changed_privileges *changed)
{
    for (unsigned i = 0; i < state->privilege_count; i++) {
        LUID_AND_ATTRIBUTES before;
        if (change_privilege(state, &state->privileges[i], 0, &before) != 0)
            changed->entries[changed->count++] = before;
    }
}

// Where a program wants to be told the previous state.
struct previous {
    vaddr_t buffer; // 0: nowhere
    ULONG room;
    ULONG USER *length;
};

static status_t publish_previous(const struct previous *to, const void *data, ULONG size)
{
    if (to->buffer == 0)
        return STATUS_SUCCESS;
    status_t status = put_user(to->length, &size);
    if (status != STATUS_SUCCESS)
        return status;
    if (to->room < size)
        return STATUS_BUFFER_TOO_SMALL;
    return copy_to_user((void USER *)to->buffer, data, size);
}

// NULL, 0 for the list: disable all.
static status_t adjust_privileges(struct token *token, const LUID_AND_ATTRIBUTES *list, ULONG count,
                                  bool all, const struct previous *to)
{
    struct changed_privileges changed = { 0 };
    status_t assigned = STATUS_SUCCESS;
    mutex_lock(&token->lock);
    struct token_state state = token->state;
    if (all)
        disable_all(&state, &changed);
    else
        assigned = change_privileges(&state, list, count, &changed);
    ULONG size = (ULONG)(offsetof(struct changed_privileges, entries) +
                         changed.count * sizeof(changed.entries[0]));
    status_t status = publish_previous(to, &changed, size);
    if (status == STATUS_SUCCESS) {
        if (changed.count != 0)
            state.modified_id = luid_next();
        token->state = state;
        status = assigned;
    }
    mutex_unlock(&token->lock);
    return status;
}

NTSTATUS NtAdjustPrivilegesToken(HANDLE TokenHandle, BOOLEAN DisableAllPrivileges,
                                 TOKEN_PRIVILEGES USER *NewState, ULONG BufferLength,
                                 TOKEN_PRIVILEGES USER *PreviousState, ULONG USER *ReturnLength)
{
    struct previous to = { (vaddr_t)PreviousState, BufferLength, ReturnLength };
    ACCESS_MASK access = TOKEN_ADJUST_PRIVILEGES | (PreviousState != NULL ? TOKEN_QUERY : 0);
    LUID_AND_ATTRIBUTES *list = NULL;
    ULONG count = 0;
    struct token *token;
    status_t status = STATUS_SUCCESS;
    if (!DisableAllPrivileges) {
        if (NewState == NULL)
            return STATUS_INVALID_PARAMETER;
        status = capture_privileges(NewState, &list, &count);
    }
    if (status == STATUS_SUCCESS)
        status = token_of_handle(TokenHandle, access, &token);
    if (status == STATUS_SUCCESS) {
        status = adjust_privileges(token, list, count, DisableAllPrivileges, &to);
        token_put(token);
    }
    heap_free(list);
    return status;
}

// ---- groups ------------------------------------------------------------------------------------

/*
 * All groups are mandatory or, in a filtered token, good for denials only: none can be changed. So
 * the previous state of what was changed is an empty list.
 */
static status_t check_groups(const struct token_state *state, const struct captured_sid *list,
                             ULONG count)
{
    status_t status = STATUS_SUCCESS;
    for (ULONG i = 0; i < count; i++) {
        bool is_known = token_has_sid(state, &list[i].sid, true) &&
                        !sid_equal(&list[i].sid, logon_sid(LOGON_USER));
        bool is_enabled = token_has_sid(state, &list[i].sid, false);
        if (!is_known)
            status = STATUS_NOT_ALL_ASSIGNED;
        else if (is_enabled && !(list[i].attributes & SE_GROUP_ENABLED))
            return STATUS_CANT_DISABLE_MANDATORY;
        else if (!is_enabled && list[i].attributes & SE_GROUP_ENABLED)
            return STATUS_CANT_ENABLE_DENY_ONLY;
    }
    return status;
}

NTSTATUS NtAdjustGroupsToken(HANDLE TokenHandle, BOOLEAN ResetToDefault,
                             TOKEN_GROUPS USER *NewState, ULONG BufferLength,
                             TOKEN_GROUPS USER *PreviousState, ULONG USER *ReturnLength)
{
    static const ULONGLONG none = 0; // a TOKEN_GROUPS without groups
    struct previous to = { (vaddr_t)PreviousState, BufferLength, ReturnLength };
    ACCESS_MASK access = TOKEN_ADJUST_GROUPS | (PreviousState != NULL ? TOKEN_QUERY : 0);
    struct captured_sid *list = NULL;
    struct token_state state;
    ULONG count = 0;
    struct token *token;
    status_t status = STATUS_SUCCESS;
    if (!ResetToDefault) {
        if (NewState == NULL)
            return STATUS_INVALID_PARAMETER;
        status = capture_groups(NewState, &list, &count);
    }
    if (status == STATUS_SUCCESS)
        status = token_of_handle(TokenHandle, access, &token);
    if (status == STATUS_SUCCESS) {
        token_read(token, &state);
        token_put(token);
        status = check_groups(&state, list, count);
    }
    if (status_is_success(status)) {
        status_t published = publish_previous(&to, &none, sizeof(none));
        if (published != STATUS_SUCCESS)
            status = published;
    }
    heap_free(list);
    return status;
}

// ---- defaults ----------------------------------------------------------------------------------

// The user or one of the groups; anything else is `refusal`.
static status_t capture_member(const struct token_state *state, PSID from, status_t refusal,
                               uint8_t *out)
{
    struct captured_sid sid;
    status_t status = capture_sid(from, &sid);
    if (status != STATUS_SUCCESS)
        return status;
    if (sid_equal(&sid.sid, logon_sid(LOGON_USER))) {
        *out = LOGON_USER;
        return STATUS_SUCCESS;
    }
    for (unsigned i = 0; i < state->group_count; i++)
        if (sid_equal(&sid.sid, logon_sid(state->groups[i].sid))) {
            *out = state->groups[i].sid;
            return STATUS_SUCCESS;
        }
    return refusal;
}

// What new objects belong to: no group may own any, so it is the user.
static status_t set_owner(struct token_state *state, vaddr_t from)
{
    TOKEN_OWNER owner;
    uint8_t which;
    status_t status = copy_from_user(&owner, (const void USER *)from, sizeof(owner));
    if (status == STATUS_SUCCESS)
        status = capture_member(state, owner.Owner, STATUS_INVALID_OWNER, &which);
    if (status == STATUS_SUCCESS && which != LOGON_USER)
        status = STATUS_INVALID_OWNER;
    return status;
}

static status_t set_primary_group(struct token_state *state, vaddr_t from)
{
    TOKEN_PRIMARY_GROUP group;
    status_t status = copy_from_user(&group, (const void USER *)from, sizeof(group));
    if (status == STATUS_SUCCESS)
        status = capture_member(state, group.PrimaryGroup, STATUS_INVALID_PRIMARY_GROUP,
                                &state->primary_group);
    return status;
}

static status_t set_default_dacl(struct token_state *state, vaddr_t from)
{
    TOKEN_DEFAULT_DACL dacl;
    ULONG length = 0;
    status_t status = copy_from_user(&dacl, (const void USER *)from, sizeof(dacl));
    if (status == STATUS_SUCCESS && dacl.DefaultDacl != NULL)
        status = acl_capture((vaddr_t)dacl.DefaultDacl, state->dacl, sizeof(state->dacl), &length);
    if (status == STATUS_BUFFER_TOO_SMALL)
        status = STATUS_ALLOTTED_SPACE_EXCEEDED;
    if (status == STATUS_SUCCESS)
        state->dacl_length = length;
    return status;
}

// Integrity may only fall: the rest takes a privilege that nobody holds.
static status_t set_integrity(struct token_state *state, vaddr_t from)
{
    TOKEN_MANDATORY_LABEL label;
    struct captured_sid sid;
    status_t status = copy_from_user(&label, (const void USER *)from, sizeof(label));
    if (status == STATUS_SUCCESS)
        status = capture_sid(label.Label.Sid, &sid);
    if (status != STATUS_SUCCESS)
        return status;
    struct short_sid expected = logon_integrity_sid(sid.sid.SubAuthority[0]);
    if (!sid_equal(&sid.sid, (const SID *)&expected))
        return STATUS_INVALID_SID;
    if (sid.sid.SubAuthority[0] > state->integrity)
        return STATUS_PRIVILEGE_NOT_HELD;
    state->integrity = sid.sid.SubAuthority[0];
    return STATUS_SUCCESS;
}

static const struct settable {
    uint8_t kind;
    uint8_t size;
    status_t (*set)(struct token_state *state, vaddr_t from); // NULL: takes a privilege
} settables[] = {
    { TokenOwner, sizeof(TOKEN_OWNER), set_owner },
    { TokenPrimaryGroup, sizeof(TOKEN_PRIMARY_GROUP), set_primary_group },
    { TokenDefaultDacl, sizeof(TOKEN_DEFAULT_DACL), set_default_dacl },
    { TokenIntegrityLevel, sizeof(TOKEN_MANDATORY_LABEL), set_integrity },
    { TokenSessionId, sizeof(ULONG), NULL },
    { TokenSessionReference, sizeof(ULONG), NULL },
    { TokenAuditPolicy, 0, NULL },
    { TokenOrigin, sizeof(LUID), NULL },
    { TokenLinkedToken, sizeof(HANDLE), NULL },
    { TokenVirtualizationAllowed, sizeof(ULONG), NULL },
    { TokenVirtualizationEnabled, sizeof(ULONG), NULL },
    { TokenUIAccess, sizeof(ULONG), NULL },
    { TokenMandatoryPolicy, sizeof(ULONG), NULL },
};

NTSTATUS NtSetInformationToken(HANDLE TokenHandle, TOKEN_INFORMATION_CLASS TokenInformationClass,
                               void USER *TokenInformation, ULONG TokenInformationLength)
{
    const struct settable *settable = NULL;
    struct token *token;
    for (size_t i = 0; i < ARRAY_SIZE(settables); i++)
        if (settables[i].kind == (ULONG)TokenInformationClass)
            settable = &settables[i];
    if (settable == NULL)
        return STATUS_INVALID_INFO_CLASS;
    if (TokenInformationLength < settable->size)
        return STATUS_INFO_LENGTH_MISMATCH;
    status_t status = token_of_handle(TokenHandle, TOKEN_ADJUST_DEFAULT, &token);
    if (status != STATUS_SUCCESS)
        return status;
    if (settable->set == NULL) {
        token_put(token);
        return STATUS_PRIVILEGE_NOT_HELD;
    }
    mutex_lock(&token->lock);
    struct token_state state = token->state;
    status = settable->set(&state, (vaddr_t)TokenInformation);
    if (status == STATUS_SUCCESS) {
        state.modified_id = luid_next();
        token->state = state;
    }
    mutex_unlock(&token->lock);
    token_put(token);
    return status;
}
