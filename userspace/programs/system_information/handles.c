// SPDX-License-Identifier: MIT
// All handles of the system, in both forms: one that this program makes appears and goes.

#include "system_information.h"

#include <user/start.h>

static USHORT own_process_id(void)
{
    return (USHORT)(ULONG_PTR)current_teb()->ClientId.UniqueProcess;
}

static const SYSTEM_HANDLE_TABLE_ENTRY_INFO *find_short(HANDLE handle)
{
    const SYSTEM_HANDLE_INFORMATION *list = (void *)buffer;
    ULONG length;

    if (ask(SystemHandleInformation, BUFFER_SIZE, &length) != STATUS_SUCCESS ||
        length != offsetof(SYSTEM_HANDLE_INFORMATION, Handles) +
                      list->NumberOfHandles * sizeof(list->Handles[0]))
        return NULL;
    for (ULONG i = 0; i < list->NumberOfHandles; i++)
        if (list->Handles[i].UniqueProcessId == own_process_id() &&
            list->Handles[i].HandleValue == (USHORT)(ULONG_PTR)handle)
            return &list->Handles[i];
    return NULL;
}

static const SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX *find_extended(HANDLE handle)
{
    const SYSTEM_HANDLE_INFORMATION_EX *list = (void *)buffer;
    ULONG length;

    if (ask(SystemExtendedHandleInformation, BUFFER_SIZE, &length) != STATUS_SUCCESS ||
        length != offsetof(SYSTEM_HANDLE_INFORMATION_EX, Handles) +
                      list->NumberOfHandles * sizeof(list->Handles[0]))
        return NULL;
    for (ULONG i = 0; i < list->NumberOfHandles; i++)
        if (list->Handles[i].UniqueProcessId == own_process_id() &&
            list->Handles[i].HandleValue == (ULONG_PTR)handle)
            return &list->Handles[i];
    return NULL;
}

void test_handles(void)
{
    HANDLE event = NULL;
    ULONG length;

    check_status("handles: no room", ask(SystemHandleInformation, 0, &length),
                 STATUS_INFO_LENGTH_MISMATCH);
    check_status(
        "make an event",
        NtCreateEvent(&event, EVENT_QUERY_STATE | SYNCHRONIZE, NULL, NotificationEvent, FALSE),
        STATUS_SUCCESS);
    const SYSTEM_HANDLE_TABLE_ENTRY_INFO *entry = find_short(event);
    check("its handle is listed", entry != NULL);
    if (entry != NULL)
        check_equal("with its access", entry->GrantedAccess, EVENT_QUERY_STATE | SYNCHRONIZE);
    const SYSTEM_HANDLE_TABLE_ENTRY_INFO_EX *extended = find_extended(event);
    check("in the extended form, too", extended != NULL);
    if (extended != NULL)
        check("no address of the kernel is told", extended->Object == NULL);
    (void)NtClose(event);
    check("a closed handle is gone", find_short(event) == NULL && find_extended(event) == NULL);
}
