// SPDX-License-Identifier: MIT
/*
 * What a token may do with something that has a security descriptor: the walk through its DACL,
 * first the owner's rights and then each entry in order, until all that is wanted is allowed or
 * something of it is denied. NtAccessCheck is that for a descriptor of the caller's.
 *
 * Source: learn.microsoft.com, AccessCheck, "How AccessCheck Works", "Mandatory Integrity Control",
 * "Owner Rights"; [MS-DTYP] 2.5.3
 */

#include "security_descriptor.h"

#include "services_generated.h"

#include <kernel/status.h>
#include <kernel/string.h>
#include <kernel/user_copy.h>

#include "token.h"

#define OWNER_GETS (READ_CONTROL | WRITE_DAC)

// ---- mandatory integrity -----------------------------------------------------------------------

// What a thing's label forbids to those below it; without a label, writing below medium.
static void find_label(const ACL *sacl, ULONG *level, ACCESS_MASK *policy)
{
    *level = SECURITY_MANDATORY_MEDIUM_RID;
    *policy = SYSTEM_MANDATORY_LABEL_NO_WRITE_UP;
    if (sacl == NULL)
        return;
    const ACCESS_ALLOWED_ACE *ace = (const void *)(sacl + 1);
    for (unsigned i = 0; i < sacl->AceCount; i++) {
        const SID *sid = (const SID *)&ace->SidStart;
        if (ace->Header.AceType == SYSTEM_MANDATORY_LABEL_ACE_TYPE &&
            !(ace->Header.AceFlags & INHERIT_ONLY_ACE) && sid->SubAuthorityCount == 1) {
            *level = sid->SubAuthority[0];
            *policy = ace->Mask;
            return;
        }
        ace = (const void *)((const char *)ace + ace->Header.AceSize);
    }
}

// The rights that a token of lower integrity does not get, whatever the DACL says.
static ACCESS_MASK forbidden_by_integrity(const struct security_parts *parts,
                                          const struct token_state *token,
                                          const struct access_mapping *mapping)
{
    ULONG level;
    ACCESS_MASK policy, forbidden = 0, left = 0;
    find_label(parts->sacl, &level, &policy);
    if (token->integrity >= level)
        return 0;
    const struct {
        ACCESS_MASK policy, rights;
    } rules[] = { { SYSTEM_MANDATORY_LABEL_NO_WRITE_UP,
                    mapping->write | WRITE_DAC | WRITE_OWNER | DELETE },
                  { SYSTEM_MANDATORY_LABEL_NO_READ_UP, mapping->read },
                  { SYSTEM_MANDATORY_LABEL_NO_EXECUTE_UP, mapping->execute } };
    for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
        if (policy & rules[i].policy)
            forbidden |= rules[i].rights;
        else
            left |= rules[i].rights;
    }
    return forbidden & ~left; // what reading needs as well, such as READ_CONTROL, stays
}

// ---- the DACL ----------------------------------------------------------------------------------

// Whether an entry is about the token; one for the owner is when the token has the owner's SID.
static bool is_about(const ACCESS_ALLOWED_ACE *ace, const struct security_parts *parts,
                     const struct token_state *token, bool for_denial)
{
    const SID *sid = (const SID *)&ace->SidStart;
    if (sid_equal(sid, logon_sid(LOGON_OWNER_RIGHTS)) && parts->owner != NULL)
        sid = parts->owner;
    return token_has_sid(token, sid, for_denial);
}

static bool names_owner_rights(const ACL *dacl)
{
    const ACCESS_ALLOWED_ACE *ace = (const void *)(dacl + 1);
    for (unsigned i = 0; i < dacl->AceCount; i++) {
        if (ace->Header.AceType <= ACCESS_DENIED_ACE_TYPE &&
            !(ace->Header.AceFlags & INHERIT_ONLY_ACE) &&
            sid_equal((const SID *)&ace->SidStart, logon_sid(LOGON_OWNER_RIGHTS)))
            return true;
        ace = (const void *)((const char *)ace + ace->Header.AceSize);
    }
    return false;
}

// All rights that the entries allow and none before them denies.
static ACCESS_MASK walk(const struct security_parts *parts, const struct token_state *token,
                        const struct access_mapping *mapping, ACCESS_MASK denied)
{
    const ACL *dacl = parts->dacl;
    ACCESS_MASK allowed = 0;
    if (parts->owner != NULL && token_has_sid(token, parts->owner, false) &&
        !names_owner_rights(dacl))
        allowed = OWNER_GETS & ~denied;
    const ACCESS_ALLOWED_ACE *ace = (const void *)(dacl + 1);
    for (unsigned i = 0; i < dacl->AceCount; i++) {
        ACCESS_MASK mask = 0;
        bool is_denial = ace->Header.AceType == ACCESS_DENIED_ACE_TYPE;
        if (ace->Header.AceType <= ACCESS_DENIED_ACE_TYPE &&
            !(ace->Header.AceFlags & INHERIT_ONLY_ACE) && is_about(ace, parts, token, is_denial))
            mask = access_map(mapping, ace->Mask & ~MAXIMUM_ALLOWED);
        if (is_denial)
            denied |= mask & ~allowed;
        else
            allowed |= mask & ~denied;
        ace = (const void *)((const char *)ace + ace->Header.AceSize);
    }
    return allowed;
}

status_t security_check(const struct security_parts *parts, const struct token_state *token,
                        const struct access_mapping *mapping, ACCESS_MASK wanted,
                        ACCESS_MASK *granted)
{
    if (wanted & ACCESS_SYSTEM_SECURITY)
        return STATUS_PRIVILEGE_NOT_HELD; // SeSecurityPrivilege, which the user has not
    ACCESS_MASK forbidden = forbidden_by_integrity(parts, token, mapping);
    ACCESS_MASK allowed = mapping->valid & ~forbidden;
    if (parts->control & SE_DACL_PRESENT && parts->dacl != NULL)
        allowed = walk(parts, token, mapping, forbidden);
    if (wanted & ACCESS_MAXIMUM) {
        wanted &= ~ACCESS_MAXIMUM;
        if (wanted & ~allowed || allowed == 0)
            return STATUS_ACCESS_DENIED;
        *granted = allowed;
        return STATUS_SUCCESS;
    }
    if (wanted & ~allowed)
        return STATUS_ACCESS_DENIED;
    *granted = wanted;
    return STATUS_SUCCESS;
}

// ---- NtAccessCheck -----------------------------------------------------------------------------

// The client's state. Its token must be one that a server got to act for somebody.
static status_t read_client(HANDLE handle, struct token_state *state)
{
    struct token *token;
    status_t status = token_of_handle(handle, TOKEN_QUERY, &token);
    if (status != STATUS_SUCCESS)
        return status;
    token_read(token, state);
    token_put(token);
    if (state->type != TokenImpersonation)
        return STATUS_NO_IMPERSONATION_TOKEN;
    return state->level < SecurityIdentification ? STATUS_BAD_IMPERSONATION_LEVEL : STATUS_SUCCESS;
}

// No privilege was needed to grant the access: an empty set.
static status_t publish_privileges(PRIVILEGE_SET USER *set, ULONG USER *length)
{
    PRIVILEGE_SET none = { 0 };
    ULONG room, needed = sizeof(none);
    status_t status = get_user(&room, length);
    if (status != STATUS_SUCCESS)
        return status;
    bool is_enough = room >= needed;
    status = put_user(length, is_enough ? &room : &needed);
    if (status != STATUS_SUCCESS)
        return status;
    return is_enough ? put_user(set, &none) : STATUS_BUFFER_TOO_SMALL;
}

NTSTATUS NtAccessCheck(void USER *SecurityDescriptor, HANDLE ClientToken, ACCESS_MASK DesiredAccess,
                       GENERIC_MAPPING USER *GenericMapping, PRIVILEGE_SET USER *PrivilegeSet,
                       ULONG USER *PrivilegeSetLength, ACCESS_MASK USER *GrantedAccess,
                       NTSTATUS USER *AccessStatus)
{
    GENERIC_MAPPING generic;
    struct token_state client;
    struct security *security;
    status_t status = get_user(&generic, GenericMapping);
    if (status == STATUS_SUCCESS)
        status = publish_privileges(PrivilegeSet, PrivilegeSetLength);
    if (status != STATUS_SUCCESS)
        return status;
    if (DesiredAccess & (GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL))
        return STATUS_GENERIC_NOT_MAPPED;
    status = read_client(ClientToken, &client);
    if (status == STATUS_SUCCESS)
        status = security_capture(SecurityDescriptor, &security);
    if (status != STATUS_SUCCESS)
        return status;

    struct security_parts parts = security_parts_of(security);
    // The mapping says what "all" is; what it leaves out may be asked for as well.
    struct access_mapping mapping = {
        .valid = generic.GenericAll | (DesiredAccess & ~MAXIMUM_ALLOWED),
        .read = generic.GenericRead,
        .write = generic.GenericWrite,
        .execute = generic.GenericExecute,
    };
    ACCESS_MASK granted = 0;
    NTSTATUS verdict = STATUS_INVALID_SECURITY_DESCR;
    if (parts.owner != NULL && parts.group != NULL)
        verdict = security_check(&parts, &client, &mapping, DesiredAccess, &granted);
    else
        status = STATUS_INVALID_SECURITY_DESCR;
    security_put(security);
    if (status == STATUS_SUCCESS)
        status = put_user(GrantedAccess, &granted);
    if (status == STATUS_SUCCESS)
        status = put_user(AccessStatus, &verdict);
    return status;
}
