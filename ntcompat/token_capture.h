// SPDX-License-Identifier: MIT
// Lists of privileges, groups and SIDs on their way out of a program: copied once, then checked.

#pragma once

#include "token.h"

// The most entries that a list may have, as on NT.
#define CAPTURE_COUNT_MAX 0x3FFu

struct captured_sid {
    ULONG attributes;
    union {
        SID sid;
        UCHAR bytes[SECURITY_MAX_SID_SIZE];
    };
};

// Fails    STATUS_ACCESS_VIOLATION, STATUS_INVALID_SID
status_t capture_sid(PSID from, struct captured_sid *out) MUST_CHECK;

/*
 * Copies a TOKEN_GROUPS with its SIDs, a TOKEN_PRIVILEGES, or `count` entries of some other list,
 * to memory that the caller frees (heap_free). from NULL: an empty list, *out is NULL.
 * Fails    STATUS_ACCESS_VIOLATION, STATUS_INVALID_SID
 *          STATUS_INVALID_PARAMETER: more than CAPTURE_COUNT_MAX
 *          STATUS_INSUFFICIENT_RESOURCES
 */
status_t capture_groups(const TOKEN_GROUPS USER *from, struct captured_sid **out,
                        ULONG *count) MUST_CHECK;
status_t capture_privileges(const TOKEN_PRIVILEGES USER *from, LUID_AND_ATTRIBUTES **out,
                            ULONG *count) MUST_CHECK;
status_t capture_privilege_array(vaddr_t from, ULONG count, LUID_AND_ATTRIBUTES **out) MUST_CHECK;
