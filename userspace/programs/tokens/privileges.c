// SPDX-License-Identifier: MIT
// Adjusting privileges and groups, with the previous state; NtPrivilegeCheck.

#include "tokens.h"

#include <user/memory.h>

struct list {
    ULONG count;
    LUID_AND_ATTRIBUTES entries[3];
};

static struct list one(ULONG privilege, ULONG attributes)
{
    struct list list = { 1, { { { privilege, 0 }, attributes } } };
    return list;
}

static NTSTATUS adjust(HANDLE token, struct list *wanted, struct list *previous, ULONG *length)
{
    return NtAdjustPrivilegesToken(token, FALSE, (PTOKEN_PRIVILEGES)wanted, sizeof(*previous),
                                   (PTOKEN_PRIVILEGES)previous, length);
}

// The attributes of a privilege, or 99.
static ULONG attributes_of(HANDLE token, ULONG privilege)
{
    const TOKEN_PRIVILEGES *list = (void *)buffer;
    ULONG length;

    (void)ask(token, TokenPrivileges, BUFFER_SIZE, &length);
    for (ULONG i = 0; i < list->PrivilegeCount; i++)
        if (list->Privileges[i].Luid.LowPart == privilege)
            return list->Privileges[i].Attributes;
    return 99;
}

static void test_adjusting(HANDLE token)
{
    struct list wanted = one(SE_SHUTDOWN_PRIVILEGE, SE_PRIVILEGE_ENABLED), previous;
    ULONG length = 0;

    check_equal("shutdown is disabled", attributes_of(token, SE_SHUTDOWN_PRIVILEGE), 0);
    check_equal("change notify is enabled", attributes_of(token, SE_CHANGE_NOTIFY_PRIVILEGE), 3);
    check_status("no room for the previous state",
                 NtAdjustPrivilegesToken(token, FALSE, (PTOKEN_PRIVILEGES)&wanted, 8,
                                         (PTOKEN_PRIVILEGES)&previous, &length),
                 STATUS_BUFFER_TOO_SMALL);
    check_equal("its length", length, 16);
    check_equal("nothing has changed", attributes_of(token, SE_SHUTDOWN_PRIVILEGE), 0);
    check_status("enable shutdown", adjust(token, &wanted, &previous, &length), STATUS_SUCCESS);
    check_equal("it is enabled", attributes_of(token, SE_SHUTDOWN_PRIVILEGE), SE_PRIVILEGE_ENABLED);
    check_equal("one was changed", previous.count, 1);
    check("and was disabled", previous.entries[0].Luid.LowPart == SE_SHUTDOWN_PRIVILEGE &&
                                  previous.entries[0].Attributes == 0);
    check_status("enable it again", adjust(token, &wanted, &previous, &length), STATUS_SUCCESS);
    check_equal("none was changed", previous.count, 0);
    check_equal("that is 4 bytes", length, 4);
    wanted = one(SE_SHUTDOWN_PRIVILEGE, 0);
    check_status("disable it", adjust(token, &wanted, &previous, &length), STATUS_SUCCESS);
    check_equal("it is disabled again", attributes_of(token, SE_SHUTDOWN_PRIVILEGE), 0);
}

static void test_missing(HANDLE token)
{
    struct list wanted = { 2,
                           { { { SE_DEBUG_PRIVILEGE, 0 }, SE_PRIVILEGE_ENABLED },
                             { { SE_UNDOCK_PRIVILEGE, 0 }, SE_PRIVILEGE_ENABLED } } };
    ULONG huge = 0xFFFFFFFF;

    check_status("one that the user has not, and one that he has",
                 NtAdjustPrivilegesToken(token, FALSE, (PTOKEN_PRIVILEGES)&wanted, 0, NULL, NULL),
                 STATUS_NOT_ALL_ASSIGNED);
    check_equal("the second is enabled", attributes_of(token, SE_UNDOCK_PRIVILEGE),
                SE_PRIVILEGE_ENABLED);
    check_equal("the first is not there", attributes_of(token, SE_DEBUG_PRIVILEGE), 99);
    check_status("disable all", NtAdjustPrivilegesToken(token, TRUE, NULL, 0, NULL, NULL),
                 STATUS_SUCCESS);
    check_equal("even change notify", attributes_of(token, SE_CHANGE_NOTIFY_PRIVILEGE), 1);
    check_status("no list", NtAdjustPrivilegesToken(token, FALSE, NULL, 0, NULL, NULL),
                 STATUS_INVALID_PARAMETER);
    check_status("a list in the kernel",
                 NtAdjustPrivilegesToken(token, FALSE, KERNEL_ADDRESS, 0, NULL, NULL),
                 STATUS_ACCESS_VIOLATION);
    check_status("a list of 4 billion",
                 NtAdjustPrivilegesToken(token, FALSE, (PTOKEN_PRIVILEGES)&huge, 0, NULL, NULL),
                 STATUS_INVALID_PARAMETER);
    check_status("a previous state without its length",
                 NtAdjustPrivilegesToken(token, FALSE, (PTOKEN_PRIVILEGES)&wanted, sizeof(wanted),
                                         (PTOKEN_PRIVILEGES)buffer, NULL),
                 STATUS_ACCESS_VIOLATION);
}

static void test_checking(HANDLE token)
{
    PRIVILEGE_SET set = { 1,
                          PRIVILEGE_SET_ALL_NECESSARY,
                          { { { SE_TIME_ZONE_PRIVILEGE, 0 }, 0 } } };
    struct list enable = one(SE_TIME_ZONE_PRIVILEGE, SE_PRIVILEGE_ENABLED);
    BOOLEAN result = TRUE;

    check_status("check a privilege", NtPrivilegeCheck(token, &set, &result), STATUS_SUCCESS);
    check_equal("disabled does not count", result, FALSE);
    (void)NtAdjustPrivilegesToken(token, FALSE, (PTOKEN_PRIVILEGES)&enable, 0, NULL, NULL);
    check_status("check it enabled", NtPrivilegeCheck(token, &set, &result), STATUS_SUCCESS);
    check("that counts, and is marked",
          result && set.Privilege[0].Attributes & SE_PRIVILEGE_USED_FOR_ACCESS);
    set.PrivilegeCount = 0x10000;
    check_status("too many", NtPrivilegeCheck(token, &set, &result), STATUS_INVALID_PARAMETER);
}

static void test_groups(HANDLE token)
{
    struct {
        ULONG count;
        SID_AND_ATTRIBUTES entries[1];
    } groups = { 1, { { sid_of(&sid_users), 0 } } };
    PTOKEN_GROUPS list = (void *)&groups;

    check_status("a mandatory group stays", NtAdjustGroupsToken(token, FALSE, list, 0, NULL, NULL),
                 STATUS_CANT_DISABLE_MANDATORY);
    groups.entries[0].Attributes = SE_GROUP_ENABLED;
    check_status("it may be enabled", NtAdjustGroupsToken(token, FALSE, list, 0, NULL, NULL),
                 STATUS_SUCCESS);
    groups.entries[0].Sid = sid_of(&sid_guests);
    check_status("a group that the token has not",
                 NtAdjustGroupsToken(token, FALSE, list, 0, NULL, NULL), STATUS_NOT_ALL_ASSIGNED);
    groups.entries[0].Sid = KERNEL_ADDRESS;
    check_status("a SID in the kernel", NtAdjustGroupsToken(token, FALSE, list, 0, NULL, NULL),
                 STATUS_ACCESS_VIOLATION);
    check_status("reset", NtAdjustGroupsToken(token, TRUE, NULL, 0, NULL, NULL), STATUS_SUCCESS);
}

void test_privileges(void)
{
    HANDLE own = open_own_token(), token = NULL;
    struct list removed = one(SE_UNDOCK_PRIVILEGE, SE_PRIVILEGE_REMOVED);

    // A duplicate, because "all" is hard to take back.
    check_status("duplicate the token",
                 NtDuplicateToken(own, TOKEN_ALL_ACCESS, NULL, FALSE, TokenPrimary, &token),
                 STATUS_SUCCESS);
    test_adjusting(token);
    test_missing(token);
    test_checking(token);
    test_groups(token);
    check_status("remove a privilege",
                 NtAdjustPrivilegesToken(token, FALSE, (PTOKEN_PRIVILEGES)&removed, 0, NULL, NULL),
                 STATUS_SUCCESS);
    check_equal("it is gone", attributes_of(token, SE_UNDOCK_PRIVILEGE), 99);
    check_equal("the original has it", attributes_of(own, SE_UNDOCK_PRIVILEGE), 0);
    check_equal("and is as it was", attributes_of(own, SE_CHANGE_NOTIFY_PRIVILEGE), 3);
    (void)NtClose(token);
    (void)NtClose(own);
}
