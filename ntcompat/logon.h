// SPDX-License-Identifier: MIT
/*
 * Who all programs run for. There is one logon of one user, an ordinary one: neither an
 * administrator nor known to any other machine. Its identifiers are the same on every start.
 */

#pragma once

#include <kernel/types.h>
#include <nt/security.h>

// SIDs that somebody here speaks of; the groups of the user come after it, in the order of tokens.
enum logon_sid {
    LOGON_USER,          // S-1-5-21-0-0-0-1000
    LOGON_PRIMARY_GROUP, // S-1-5-21-0-0-0-513, on Windows "None"
    LOGON_EVERYONE,      // S-1-1-0
    LOGON_USERS,         // S-1-5-32-545
    LOGON_INTERACTIVE,   // S-1-5-4
    LOGON_CONSOLE,       // S-1-2-1
    LOGON_AUTHENTICATED, // S-1-5-11
    LOGON_ORGANIZATION,  // S-1-5-15
    LOGON_LOCAL_ACCOUNT, // S-1-5-113
    LOGON_SESSION,       // S-1-5-5-0-65537: what happens in this logon
    LOGON_LOCAL,         // S-1-2-0
    LOGON_SID_COUNT,
    LOGON_SYSTEM = LOGON_SID_COUNT, // S-1-5-18: the kernel
    LOGON_OWNER_RIGHTS,             // S-1-3-4: in ACLs, what the owner gets
    LOGON_NAMED_COUNT,
};

#define LOGON_FIRST_GROUP LOGON_PRIMARY_GROUP
#define LOGON_GROUP_COUNT (LOGON_SID_COUNT - LOGON_FIRST_GROUP)

#define LOGON_ID ((LUID){ 0x10001, 0 }) // the authentication id of all tokens

const SID *logon_sid(enum logon_sid which);

// The attributes of a group in a new token.
ULONG logon_group_attributes(enum logon_sid which);

// A SID of at most five sub-authorities, for those that are made when they are needed.
struct short_sid {
    UCHAR revision, count;
    UCHAR authority[6];
    ULONG sub[5];
};

// S-1-16-rid.
struct short_sid logon_integrity_sid(ULONG rid);

// The privileges of a new token; all but one are there to be enabled.
#define LOGON_PRIVILEGE_COUNT 5u
extern const LUID_AND_ATTRIBUTES logon_privileges[LOGON_PRIVILEGE_COUNT];

// Bytes of a SID that has been checked (sid_is_valid).
static inline ULONG sid_size(const SID *sid)
{
    return (ULONG)(sizeof(SID) + sid->SubAuthorityCount * sizeof(ULONG));
}

// Whether a SID lies in room bytes.
bool sid_is_valid(const SID *sid, size_t room);
bool sid_equal(const SID *a, const SID *b);

/*
 * Writes the DACL of objects for which nobody asked for another: the user and the kernel may do
 * everything, the logon may read. Returns its length.
 */
#define LOGON_DACL_MAX 128u
ULONG logon_default_dacl(void *to);
