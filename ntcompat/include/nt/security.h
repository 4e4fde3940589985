// SPDX-License-Identifier: MIT
/*
 * Security identifiers, access-control lists, security descriptors, privileges, and the levels of
 * impersonation.
 *
 * Source: learn.microsoft.com; [MS-DTYP] 2.4 for layouts and well-known SIDs; MinGW's winnt.h
 */

#pragma once

#include <nt/object.h>
#include <nt/types.h>

// ---- security identifiers ----------------------------------------------------------------------

#define SID_REVISION            1
#define SID_MAX_SUB_AUTHORITIES 15
#define SECURITY_MAX_SID_SIZE   68u

typedef struct _SID_IDENTIFIER_AUTHORITY {
    UCHAR Value[6]; // the highest byte first
} SID_IDENTIFIER_AUTHORITY;

// S-1-a-s-s...: SubAuthorityCount words follow the authority.
typedef struct _SID {
    UCHAR Revision;
    UCHAR SubAuthorityCount;
    SID_IDENTIFIER_AUTHORITY IdentifierAuthority;
    ULONG SubAuthority[];
} SID, *PSID;

typedef struct _SID_AND_ATTRIBUTES {
    PSID Sid;
    ULONG Attributes;
} SID_AND_ATTRIBUTES, *PSID_AND_ATTRIBUTES;

#define SE_GROUP_MANDATORY          0x00000001u
#define SE_GROUP_ENABLED_BY_DEFAULT 0x00000002u
#define SE_GROUP_ENABLED            0x00000004u
#define SE_GROUP_OWNER              0x00000008u
#define SE_GROUP_USE_FOR_DENY_ONLY  0x00000010u
#define SE_GROUP_INTEGRITY          0x00000020u
#define SE_GROUP_INTEGRITY_ENABLED  0x00000040u
#define SE_GROUP_LOGON_ID           0xC0000000u

#define SECURITY_MANDATORY_LOW_RID    0x1000u
#define SECURITY_MANDATORY_MEDIUM_RID 0x2000u

// ---- access-control lists ----------------------------------------------------------------------

#define ACL_REVISION    2
#define ACL_REVISION_DS 4

typedef struct _ACL {
    UCHAR AclRevision;
    UCHAR Sbz1;
    USHORT AclSize; // bytes, with this structure
    USHORT AceCount;
    USHORT Sbz2;
} ACL, *PACL;

#define ACCESS_ALLOWED_ACE_TYPE         0x00
#define ACCESS_DENIED_ACE_TYPE          0x01
#define SYSTEM_AUDIT_ACE_TYPE           0x02
#define SYSTEM_MANDATORY_LABEL_ACE_TYPE 0x11

#define INHERIT_ONLY_ACE 0x08

#define SYSTEM_MANDATORY_LABEL_NO_WRITE_UP   0x1u
#define SYSTEM_MANDATORY_LABEL_NO_READ_UP    0x2u
#define SYSTEM_MANDATORY_LABEL_NO_EXECUTE_UP 0x4u

typedef struct _ACE_HEADER {
    UCHAR AceType;
    UCHAR AceFlags;
    USHORT AceSize; // bytes, with this structure
} ACE_HEADER, *PACE_HEADER;

// The types above all look like this.
typedef struct _ACCESS_ALLOWED_ACE {
    ACE_HEADER Header;
    ACCESS_MASK Mask;
    ULONG SidStart; // the SID's first four bytes
} ACCESS_ALLOWED_ACE, *PACCESS_ALLOWED_ACE;

// ---- security descriptors ----------------------------------------------------------------------

#define SECURITY_DESCRIPTOR_REVISION 1

#define SE_OWNER_DEFAULTED       0x0001u
#define SE_GROUP_DEFAULTED       0x0002u
#define SE_DACL_PRESENT          0x0004u
#define SE_DACL_DEFAULTED        0x0008u
#define SE_SACL_PRESENT          0x0010u
#define SE_SACL_DEFAULTED        0x0020u
#define SE_DACL_AUTO_INHERIT_REQ 0x0100u
#define SE_DACL_AUTO_INHERITED   0x0400u
#define SE_SACL_AUTO_INHERITED   0x0800u
#define SE_DACL_PROTECTED        0x1000u
#define SE_SACL_PROTECTED        0x2000u
#define SE_SELF_RELATIVE         0x8000u

typedef USHORT SECURITY_DESCRIPTOR_CONTROL;

typedef struct _SECURITY_DESCRIPTOR {
    UCHAR Revision;
    UCHAR Sbz1;
    SECURITY_DESCRIPTOR_CONTROL Control;
    PSID Owner;
    PSID Group;
    PACL Sacl;
    PACL Dacl;
} SECURITY_DESCRIPTOR;

typedef PVOID PSECURITY_DESCRIPTOR; // of either form

// With SE_SELF_RELATIVE: offsets from the structure's start; 0: not there.
typedef struct _SECURITY_DESCRIPTOR_RELATIVE {
    UCHAR Revision;
    UCHAR Sbz1;
    SECURITY_DESCRIPTOR_CONTROL Control;
    ULONG Owner;
    ULONG Group;
    ULONG Sacl;
    ULONG Dacl;
} SECURITY_DESCRIPTOR_RELATIVE;

typedef ULONG SECURITY_INFORMATION;

#define OWNER_SECURITY_INFORMATION 0x00000001u
#define GROUP_SECURITY_INFORMATION 0x00000002u
#define DACL_SECURITY_INFORMATION  0x00000004u
#define SACL_SECURITY_INFORMATION  0x00000008u
#define LABEL_SECURITY_INFORMATION 0x00000010u

// ---- privileges --------------------------------------------------------------------------------

typedef struct _LUID {
    ULONG LowPart;
    LONG HighPart;
} LUID, *PLUID;

typedef struct _LUID_AND_ATTRIBUTES {
    LUID Luid;
    ULONG Attributes;
} LUID_AND_ATTRIBUTES;

#define SE_SECURITY_PRIVILEGE             8u
#define SE_TAKE_OWNERSHIP_PRIVILEGE       9u
#define SE_SHUTDOWN_PRIVILEGE             19u
#define SE_DEBUG_PRIVILEGE                20u
#define SE_CHANGE_NOTIFY_PRIVILEGE        23u
#define SE_UNDOCK_PRIVILEGE               25u
#define SE_INCREASE_WORKING_SET_PRIVILEGE 33u
#define SE_TIME_ZONE_PRIVILEGE            34u

#define SE_PRIVILEGE_ENABLED_BY_DEFAULT 0x00000001u
#define SE_PRIVILEGE_ENABLED            0x00000002u
#define SE_PRIVILEGE_REMOVED            0x00000004u
#define SE_PRIVILEGE_USED_FOR_ACCESS    0x80000000u

#define PRIVILEGE_SET_ALL_NECESSARY 1u

typedef struct _PRIVILEGE_SET {
    ULONG PrivilegeCount;
    ULONG Control; // PRIVILEGE_SET_ALL_NECESSARY, or any of them will do
    LUID_AND_ATTRIBUTES Privilege[1];
} PRIVILEGE_SET, *PPRIVILEGE_SET;

// ---- impersonation -----------------------------------------------------------------------------

typedef enum _SECURITY_IMPERSONATION_LEVEL {
    SecurityAnonymous,
    SecurityIdentification,
    SecurityImpersonation,
    SecurityDelegation,
} SECURITY_IMPERSONATION_LEVEL;

typedef struct _SECURITY_QUALITY_OF_SERVICE {
    ULONG Length;
    SECURITY_IMPERSONATION_LEVEL ImpersonationLevel;
    BOOLEAN ContextTrackingMode;
    BOOLEAN EffectiveOnly;
} SECURITY_QUALITY_OF_SERVICE, *PSECURITY_QUALITY_OF_SERVICE;

_Static_assert(sizeof(SID) == 8, "SID");
_Static_assert(sizeof(SID_AND_ATTRIBUTES) == 0x10, "SID_AND_ATTRIBUTES");
_Static_assert(sizeof(ACL) == 8, "ACL");
_Static_assert(sizeof(ACCESS_ALLOWED_ACE) == 12, "ACCESS_ALLOWED_ACE");
_Static_assert(sizeof(SECURITY_DESCRIPTOR) == 0x28, "SECURITY_DESCRIPTOR");
_Static_assert(sizeof(SECURITY_DESCRIPTOR_RELATIVE) == 0x14, "SECURITY_DESCRIPTOR_RELATIVE");
_Static_assert(sizeof(LUID_AND_ATTRIBUTES) == 12, "LUID_AND_ATTRIBUTES");
_Static_assert(sizeof(PRIVILEGE_SET) == 0x14, "PRIVILEGE_SET");
_Static_assert(sizeof(SECURITY_QUALITY_OF_SERVICE) == 12, "SECURITY_QUALITY_OF_SERVICE");
