// SPDX-License-Identifier: MIT
// What the parts of the tokens program share.

#pragma once

#include <nt/status.h>
#include <nt/token.h>
#include <user/check.h>
#include <user/services.h>

#define BUFFER_SIZE 2048u
extern _Alignas(16) char buffer[BUFFER_SIZE];

#define KERNEL_ADDRESS ((PVOID)0xFFFF800000000000)

// SIDs, spelled as their bytes lie in memory.
struct known_sid {
    UCHAR revision, count, authority[6];
    ULONG sub[5];
};
extern const struct known_sid sid_everyone, sid_user, sid_users, sid_system, sid_guests;

static inline PSID sid_of(const struct known_sid *sid)
{
    return (PSID)sid;
}

bool is_sid(const void *sid, const struct known_sid *wanted);

static inline NTSTATUS ask(HANDLE token, TOKEN_INFORMATION_CLASS kind, ULONG room, ULONG *length)
{
    *length = 0;
    return NtQueryInformationToken(token, kind, buffer, room, length);
}

// This process' token, with all rights. The program ends if that cannot be had.
HANDLE open_own_token(void);

// A duplicate for impersonation; 0 if that fails.
HANDLE duplicate_as(HANDLE token, SECURITY_IMPERSONATION_LEVEL level);

NTSTATUS impersonate(HANDLE token);

// A DACL with one entry per call.
void acl_begin(ACL *acl, ULONG size);
void acl_add(ACL *acl, UCHAR type, ACCESS_MASK mask, const struct known_sid *sid);

void test_opening(void);
void test_queries(void);
void test_privileges(void);
void test_duplicates(void);
void test_defaults(void);
void test_descriptors(void);
void test_access(void);
void test_races(void);
