// SPDX-License-Identifier: MIT
/*
 * What a token's state says: whether it has a SID or a privilege, and whether two are the same. And
 * the services that make tokens out of others.
 *
 * Source: learn.microsoft.com, DuplicateTokenEx, CreateRestrictedToken, "SID Attributes in an
 * Access Token", PrivilegeCheck
 */

#include "token.h"

#include "services_generated.h"

#include <kernel/heap.h>
#include <kernel/status.h>
#include <kernel/user_copy.h>

#include "object_attributes.h"
#include "service.h"
#include "token_capture.h"

// ---- questions ---------------------------------------------------------------------------------

static bool counts(ULONG attributes, bool for_denial)
{
    return (attributes & SE_GROUP_ENABLED) != 0 ||
           (for_denial && attributes & SE_GROUP_USE_FOR_DENY_ONLY);
}

bool token_has_sid(const struct token_state *state, const SID *sid, bool for_denial)
{
    if (sid_equal(sid, logon_sid(LOGON_USER)))
        return for_denial || !(state->user_attributes & SE_GROUP_USE_FOR_DENY_ONLY);
    for (unsigned i = 0; i < state->group_count; i++)
        if (sid_equal(sid, logon_sid(state->groups[i].sid)))
            return counts(state->groups[i].attributes, for_denial);
    return false;
}

LUID_AND_ATTRIBUTES *token_find_privilege(struct token_state *state, LUID privilege)
{
    for (unsigned i = 0; i < state->privilege_count; i++) {
        LUID_AND_ATTRIBUTES *entry = &state->privileges[i];
        if (entry->Luid.LowPart == privilege.LowPart && entry->Luid.HighPart == privilege.HighPart)
            return entry;
    }
    return NULL;
}

bool token_is_privileged(ULONG privilege)
{
    struct token_state state;
    struct token *token = token_effective();
    token_read(token, &state);
    token_put(token);
    if (state.type == TokenImpersonation && state.level < SecurityImpersonation)
        return false;
    const LUID_AND_ATTRIBUTES *entry = token_find_privilege(&state, (LUID){ privilege, 0 });
    return entry != NULL && entry->Attributes & SE_PRIVILEGE_ENABLED;
}

// ---- duplicates --------------------------------------------------------------------------------

// Keeps what is enabled only.
static void make_effective(struct token_state *state)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < state->privilege_count; i++)
        if (state->privileges[i].Attributes & SE_PRIVILEGE_ENABLED)
            state->privileges[kept++] = state->privileges[i];
    state->privilege_count = (uint8_t)kept;
    kept = 0;
    for (unsigned i = 0; i < state->group_count; i++)
        if (state->groups[i].attributes & (SE_GROUP_ENABLED | SE_GROUP_USE_FOR_DENY_ONLY))
            state->groups[kept++] = state->groups[i];
    state->group_count = (uint8_t)kept;
}

// The level that the caller asks for in OBJECT_ATTRIBUTES; nothing is asked for without these.
static status_t capture_quality(const OBJECT_ATTRIBUTES USER *from,
                                SECURITY_QUALITY_OF_SERVICE *quality)
{
    OBJECT_ATTRIBUTES attributes;
    *quality = (SECURITY_QUALITY_OF_SERVICE){ .ImpersonationLevel = SecurityAnonymous };
    if (from == NULL)
        return STATUS_SUCCESS;
    status_t status = get_user(&attributes, from);
    if (status != STATUS_SUCCESS || attributes.SecurityQualityOfService == NULL)
        return status;
    status = copy_from_user(quality, (const void USER *)attributes.SecurityQualityOfService,
                            sizeof(*quality));
    if (status != STATUS_SUCCESS)
        return status;
    if (quality->Length != sizeof(*quality) ||
        (ULONG)quality->ImpersonationLevel > SecurityDelegation)
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

// Makes state that of the duplicate. A token that may not act for its user cannot beget one that
// may.
static status_t change_type(struct token_state *state, TOKEN_TYPE type,
                            const SECURITY_QUALITY_OF_SERVICE *quality)
{
    if (state->type == TokenImpersonation) {
        bool is_enough = type == TokenPrimary ? state->level >= SecurityImpersonation
                                              : quality->ImpersonationLevel <= state->level;
        if (!is_enough)
            return STATUS_BAD_IMPERSONATION_LEVEL;
    }
    state->type = type;
    state->level = type == TokenImpersonation ? quality->ImpersonationLevel : SecurityAnonymous;
    return STATUS_SUCCESS;
}

// The token behind handle, its state, and what the handle grants.
static status_t read_original(HANDLE handle, struct token_state *state, ACCESS_MASK *granted)
{
    struct token *token;
    struct handle_info info;
    status_t status = token_of_handle(handle, TOKEN_DUPLICATE, &token);
    if (status != STATUS_SUCCESS)
        return status;
    token_read(token, state);
    token_put(token);
    status = handle_query(&current_process()->handles, (handle_t)handle, &info);
    if (status != STATUS_SUCCESS)
        return status;
    *granted = info.access;
    object_put(info.object);
    return STATUS_SUCCESS;
}

NTSTATUS NtDuplicateToken(HANDLE ExistingTokenHandle, ACCESS_MASK DesiredAccess,
                          OBJECT_ATTRIBUTES USER *ObjectAttributes, BOOLEAN EffectiveOnly,
                          TOKEN_TYPE Type, HANDLE USER *NewTokenHandle)
{
    struct token_state state;
    SECURITY_QUALITY_OF_SERVICE quality;
    struct token *token;
    ACCESS_MASK granted;
    if (Type != TokenPrimary && Type != TokenImpersonation)
        return STATUS_INVALID_PARAMETER;
    status_t status = capture_quality(ObjectAttributes, &quality);
    if (status == STATUS_SUCCESS)
        status = read_original(ExistingTokenHandle, &state, &granted);
    if (status == STATUS_SUCCESS)
        status = change_type(&state, Type, &quality);
    if (status != STATUS_SUCCESS)
        return status;
    if (EffectiveOnly || quality.EffectiveOnly)
        make_effective(&state);
    status = token_create(&state, &token);
    if (status != STATUS_SUCCESS)
        return status;
    return nt_create_object(NewTokenHandle, DesiredAccess != 0 ? DesiredAccess : granted,
                            ObjectAttributes, &token->object);
}

// ---- restricted tokens -------------------------------------------------------------------------

static void deny_only(struct token_state *state, const SID *sid)
{
    if (sid_equal(sid, logon_sid(LOGON_USER)))
        state->user_attributes |= SE_GROUP_USE_FOR_DENY_ONLY;
    for (unsigned i = 0; i < state->group_count; i++) {
        ULONG *attributes = &state->groups[i].attributes;
        if (!sid_equal(sid, logon_sid(state->groups[i].sid)))
            continue;
        *attributes &= ~(SE_GROUP_ENABLED | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_MANDATORY);
        *attributes |= SE_GROUP_USE_FOR_DENY_ONLY;
    }
}

static void delete_privilege(struct token_state *state, LUID privilege)
{
    LUID_AND_ATTRIBUTES *entry = token_find_privilege(state, privilege);
    if (entry == NULL)
        return;
    LUID_AND_ATTRIBUTES *last = &state->privileges[--state->privilege_count];
    for (; entry < last; entry++)
        entry[0] = entry[1];
}

static void filter(struct token_state *state, ULONG flags, const struct captured_sid *sids,
                   ULONG sid_count, const LUID_AND_ATTRIBUTES *privileges, ULONG privilege_count)
{
    static const LUID kept = { SE_CHANGE_NOTIFY_PRIVILEGE, 0 };
    for (ULONG i = 0; i < sid_count; i++)
        deny_only(state, &sids[i].sid);
    for (ULONG i = 0; i < privilege_count; i++)
        delete_privilege(state, privileges[i].Luid);
    const LUID_AND_ATTRIBUTES *notify = token_find_privilege(state, kept);
    if (flags & DISABLE_MAX_PRIVILEGE) {
        LUID_AND_ATTRIBUTES only = notify != NULL ? *notify : (LUID_AND_ATTRIBUTES){ 0 };
        state->privilege_count = notify != NULL;
        state->privileges[0] = only;
    }
    state->is_filtered = true;
}

NTSTATUS NtFilterToken(HANDLE ExistingTokenHandle, ULONG Flags, TOKEN_GROUPS USER *SidsToDisable,
                       TOKEN_PRIVILEGES USER *PrivilegesToDelete, TOKEN_GROUPS USER *RestrictedSids,
                       HANDLE USER *NewTokenHandle)
{
    struct token_state state;
    struct captured_sid *sids = NULL, *restricted = NULL;
    LUID_AND_ATTRIBUTES *privileges = NULL;
    ULONG sid_count, privilege_count, restricted_count;
    ACCESS_MASK granted;
    struct token *token;
    if (Flags & ~(DISABLE_MAX_PRIVILEGE | SANDBOX_INERT | LUA_TOKEN | WRITE_RESTRICTED))
        return STATUS_INVALID_PARAMETER;
    status_t status = read_original(ExistingTokenHandle, &state, &granted);
    if (status != STATUS_SUCCESS)
        return status;
    status = capture_groups(SidsToDisable, &sids, &sid_count);
    if (status == STATUS_SUCCESS)
        status = capture_privileges(PrivilegesToDelete, &privileges, &privilege_count);
    if (status == STATUS_SUCCESS)
        status = capture_groups(RestrictedSids, &restricted, &restricted_count);
    if (status == STATUS_SUCCESS && restricted_count != 0)
        status = service_lacks("NtFilterToken", "restricting SIDs", restricted_count);
    if (status == STATUS_SUCCESS && Flags & ~DISABLE_MAX_PRIVILEGE)
        status = service_lacks("NtFilterToken", "flags", Flags);
    if (status == STATUS_SUCCESS) {
        filter(&state, Flags, sids, sid_count, privileges, privilege_count);
        status = token_create(&state, &token);
    }
    if (status == STATUS_SUCCESS)
        status = nt_create_object(NewTokenHandle, granted, NULL, &token->object);
    heap_free(sids);
    heap_free(restricted);
    heap_free(privileges);
    return status;
}

// ---- comparing, checking -----------------------------------------------------------------------

// Whether each group of a is one of b, and counts there as it does here.
static bool groups_are_in(const struct token_state *a, const struct token_state *b)
{
    for (unsigned i = 0; i < a->group_count; i++) {
        const SID *sid = logon_sid(a->groups[i].sid);
        ULONG attributes = a->groups[i].attributes;
        if (token_has_sid(b, sid, false) != counts(attributes, false) ||
            token_has_sid(b, sid, true) != counts(attributes, true))
            return false;
    }
    return true;
}

static status_t read_for_query(HANDLE handle, struct token_state *state)
{
    struct token *token;
    status_t status = token_of_handle(handle, TOKEN_QUERY, &token);
    if (status != STATUS_SUCCESS)
        return status;
    token_read(token, state);
    token_put(token);
    return STATUS_SUCCESS;
}

// Equal are tokens that every access check treats alike; privileges are not looked at.
NTSTATUS NtCompareTokens(HANDLE FirstTokenHandle, HANDLE SecondTokenHandle, BOOLEAN USER *Equal)
{
    struct token_state first, second;
    status_t status = read_for_query(FirstTokenHandle, &first);
    if (status == STATUS_SUCCESS)
        status = read_for_query(SecondTokenHandle, &second);
    if (status != STATUS_SUCCESS)
        return status;
    BOOLEAN equal = first.user_attributes == second.user_attributes &&
                    groups_are_in(&first, &second) && groups_are_in(&second, &first);
    return put_user(Equal, &equal);
}

// Marks the privileges that are held and enabled. Returns whether they satisfy control.
static bool check_privileges(struct token_state *state, LUID_AND_ATTRIBUTES *list, ULONG count,
                             ULONG control)
{
    ULONG held = 0;
    for (ULONG i = 0; i < count; i++) {
        const LUID_AND_ATTRIBUTES *entry = token_find_privilege(state, list[i].Luid);
        if (entry == NULL || !(entry->Attributes & SE_PRIVILEGE_ENABLED))
            continue;
        list[i].Attributes |= SE_PRIVILEGE_USED_FOR_ACCESS;
        held++;
    }
    return control & PRIVILEGE_SET_ALL_NECESSARY ? held == count : held > 0 || count == 0;
}

NTSTATUS NtPrivilegeCheck(HANDLE ClientToken, PRIVILEGE_SET USER *RequiredPrivileges,
                          BOOLEAN USER *Result)
{
    struct token_state state;
    struct {
        ULONG count, control;
    } head;
    LUID_AND_ATTRIBUTES *list;
    vaddr_t entries = (vaddr_t)RequiredPrivileges + sizeof(head);
    status_t status = read_for_query(ClientToken, &state);
    if (status != STATUS_SUCCESS)
        return status;
    if (state.type == TokenImpersonation && state.level < SecurityIdentification)
        return STATUS_BAD_IMPERSONATION_LEVEL;
    status = copy_from_user(&head, RequiredPrivileges, sizeof(head));
    if (status == STATUS_SUCCESS)
        status = capture_privilege_array(entries, head.count, &list);
    if (status != STATUS_SUCCESS)
        return status;
    BOOLEAN result = check_privileges(&state, list, head.count, head.control);
    if (head.count != 0)
        status = copy_to_user((void USER *)entries, list, head.count * sizeof(*list));
    if (status == STATUS_SUCCESS)
        status = put_user(Result, &result);
    heap_free(list);
    return status;
}
