// SPDX-License-Identifier: MIT
/*
 * Access tokens: rights, the information classes of NtQueryInformationToken and
 * NtSetInformationToken, and their structures.
 *
 * Source: learn.microsoft.com, TOKEN_INFORMATION_CLASS, "Access Rights for Access-Token Objects";
 * MinGW's winnt.h
 */

#pragma once

#include <nt/security.h>

#define TOKEN_ASSIGN_PRIMARY    0x0001u
#define TOKEN_DUPLICATE         0x0002u
#define TOKEN_IMPERSONATE       0x0004u
#define TOKEN_QUERY             0x0008u
#define TOKEN_QUERY_SOURCE      0x0010u
#define TOKEN_ADJUST_PRIVILEGES 0x0020u
#define TOKEN_ADJUST_GROUPS     0x0040u
#define TOKEN_ADJUST_DEFAULT    0x0080u
#define TOKEN_ADJUST_SESSIONID  0x0100u
#define TOKEN_ALL_ACCESS        0x000F01FFu

// Handles that need no table entry, for TOKEN_QUERY and TOKEN_QUERY_SOURCE.
#define NtCurrentProcessToken()   ((HANDLE)(LONG_PTR)-4)
#define NtCurrentThreadToken()    ((HANDLE)(LONG_PTR)-5)
#define NtCurrentEffectiveToken() ((HANDLE)(LONG_PTR)-6)

typedef enum _TOKEN_TYPE {
    TokenPrimary = 1,
    TokenImpersonation = 2,
} TOKEN_TYPE;

typedef enum _TOKEN_ELEVATION_TYPE {
    TokenElevationTypeDefault = 1,
    TokenElevationTypeFull = 2,
    TokenElevationTypeLimited = 3,
} TOKEN_ELEVATION_TYPE;

typedef enum _TOKEN_INFORMATION_CLASS {
    TokenUser = 1,
    TokenGroups = 2,
    TokenPrivileges = 3,
    TokenOwner = 4,
    TokenPrimaryGroup = 5,
    TokenDefaultDacl = 6,
    TokenSource = 7,
    TokenType = 8,
    TokenImpersonationLevel = 9,
    TokenStatistics = 10,
    TokenRestrictedSids = 11,
    TokenSessionId = 12,
    TokenGroupsAndPrivileges = 13,
    TokenSessionReference = 14,
    TokenSandBoxInert = 15,
    TokenAuditPolicy = 16,
    TokenOrigin = 17,
    TokenElevationType = 18,
    TokenLinkedToken = 19,
    TokenElevation = 20,
    TokenHasRestrictions = 21,
    TokenAccessInformation = 22,
    TokenVirtualizationAllowed = 23,
    TokenVirtualizationEnabled = 24,
    TokenIntegrityLevel = 25,
    TokenUIAccess = 26,
    TokenMandatoryPolicy = 27,
    TokenLogonSid = 28,
    TokenIsAppContainer = 29,
    TokenCapabilities = 30,
    TokenAppContainerSid = 31,
    TokenAppContainerNumber = 32,
    TokenUserClaimAttributes = 33,
    TokenDeviceClaimAttributes = 34,
    TokenRestrictedUserClaimAttributes = 35,
    TokenRestrictedDeviceClaimAttributes = 36,
    TokenDeviceGroups = 37,
    TokenRestrictedDeviceGroups = 38,
    TokenSecurityAttributes = 39,
    TokenIsRestricted = 40,
    TokenProcessTrustLevel = 41,
    TokenPrivateNameSpace = 42,
    TokenSingletonAttributes = 43,
    TokenBnoIsolation = 44,
    TokenChildProcessFlags = 45,
    TokenIsLessPrivilegedAppContainer = 46,
    TokenIsSandboxed = 47, // the last of build 19045
} TOKEN_INFORMATION_CLASS;

typedef struct _TOKEN_USER {
    SID_AND_ATTRIBUTES User;
} TOKEN_USER, *PTOKEN_USER;

typedef struct _TOKEN_GROUPS {
    ULONG GroupCount;
    SID_AND_ATTRIBUTES Groups[];
} TOKEN_GROUPS, *PTOKEN_GROUPS;

typedef struct _TOKEN_PRIVILEGES {
    ULONG PrivilegeCount;
    LUID_AND_ATTRIBUTES Privileges[];
} TOKEN_PRIVILEGES, *PTOKEN_PRIVILEGES;

typedef struct _TOKEN_OWNER {
    PSID Owner;
} TOKEN_OWNER;

typedef struct _TOKEN_PRIMARY_GROUP {
    PSID PrimaryGroup;
} TOKEN_PRIMARY_GROUP;

typedef struct _TOKEN_DEFAULT_DACL {
    PACL DefaultDacl;
} TOKEN_DEFAULT_DACL;

typedef struct _TOKEN_SOURCE {
    CHAR SourceName[8];
    LUID SourceIdentifier;
} TOKEN_SOURCE;

typedef struct _TOKEN_STATISTICS {
    LUID TokenId;
    LUID AuthenticationId;
    LARGE_INTEGER ExpirationTime;
    TOKEN_TYPE TokenType;
    SECURITY_IMPERSONATION_LEVEL ImpersonationLevel;
    ULONG DynamicCharged;   // bytes for default owner, group and DACL
    ULONG DynamicAvailable; // what is free of them
    ULONG GroupCount;
    ULONG PrivilegeCount;
    LUID ModifiedId;
} TOKEN_STATISTICS;

typedef struct _TOKEN_GROUPS_AND_PRIVILEGES {
    ULONG SidCount;
    ULONG SidLength; // bytes of the array and its SIDs
    PSID_AND_ATTRIBUTES Sids;
    ULONG RestrictedSidCount;
    ULONG RestrictedSidLength;
    PSID_AND_ATTRIBUTES RestrictedSids;
    ULONG PrivilegeCount;
    ULONG PrivilegeLength;
    LUID_AND_ATTRIBUTES *Privileges;
    LUID AuthenticationId;
} TOKEN_GROUPS_AND_PRIVILEGES;

typedef struct _TOKEN_MANDATORY_LABEL {
    SID_AND_ATTRIBUTES Label;
} TOKEN_MANDATORY_LABEL;

#define TOKEN_MANDATORY_POLICY_NO_WRITE_UP     0x1u
#define TOKEN_MANDATORY_POLICY_NEW_PROCESS_MIN 0x2u

// CLAIM_SECURITY_ATTRIBUTES_INFORMATION and TOKEN_SECURITY_ATTRIBUTES_INFORMATION begin like this.
typedef struct _TOKEN_ATTRIBUTES_INFORMATION {
    USHORT Version;
    USHORT Reserved;
    ULONG AttributeCount;
    PVOID Attributes;
} TOKEN_ATTRIBUTES_INFORMATION;

typedef struct _TOKEN_BNO_ISOLATION_INFORMATION {
    PWSTR IsolationPrefix;
    BOOLEAN IsolationEnabled;
} TOKEN_BNO_ISOLATION_INFORMATION;

// NtFilterToken.
#define DISABLE_MAX_PRIVILEGE 0x1u
#define SANDBOX_INERT         0x2u
#define LUA_TOKEN             0x4u
#define WRITE_RESTRICTED      0x8u

_Static_assert(sizeof(TOKEN_INFORMATION_CLASS) == 4, "TOKEN_INFORMATION_CLASS");
_Static_assert(sizeof(TOKEN_USER) == 0x10, "TOKEN_USER");
_Static_assert(offsetof(TOKEN_GROUPS, Groups) == 8, "TOKEN_GROUPS.Groups");
_Static_assert(offsetof(TOKEN_PRIVILEGES, Privileges) == 4, "TOKEN_PRIVILEGES.Privileges");
_Static_assert(sizeof(TOKEN_SOURCE) == 0x10, "TOKEN_SOURCE");
_Static_assert(sizeof(TOKEN_STATISTICS) == 0x38, "TOKEN_STATISTICS");
_Static_assert(sizeof(TOKEN_GROUPS_AND_PRIVILEGES) == 0x38, "TOKEN_GROUPS_AND_PRIVILEGES");
_Static_assert(sizeof(TOKEN_ATTRIBUTES_INFORMATION) == 0x10, "TOKEN_ATTRIBUTES_INFORMATION");
