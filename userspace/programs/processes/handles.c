// SPDX-License-Identifier: MIT
/*
 * What children inherit.
 *
 * Expectations: learn.microsoft.com CreateProcess (bInheritHandles), UpdateProcThreadAttribute
 * (PROC_THREAD_ATTRIBUTE_HANDLE_LIST)
 */

#include "processes.h"

static HANDLE make_event(ULONG attributes)
{
    OBJECT_ATTRIBUTES object = { .Length = sizeof(object), .Attributes = attributes };
    HANDLE event = NULL;

    (void)NtCreateEvent(&event, EVENT_ALL_ACCESS, &object, NotificationEvent, FALSE);
    return event;
}

// "handle N" for a handle below 100,000.
static const char *about(HANDLE handle)
{
    static char text[] = "handle 00000";
    ULONG_PTR number = (ULONG_PTR)handle;

    for (int i = 11; i > 6; i--, number /= 10)
        text[i] = (char)('0' + number % 10);
    return text;
}

static NTSTATUS ask_child(HANDLE handle, ULONG flags, const PS_ATTRIBUTE *list)
{
    struct child child;
    NTSTATUS status = child_start_with(about(handle), flags, 0, list, list != NULL ? 1 : 0, &child);

    return NT_SUCCESS(status) ? child_join(&child) : status;
}

static NTSTATUS ask_about_console(HANDLE console, ULONG flags)
{
    struct child child;

    current_peb()->ProcessParameters->ConsoleHandle = console;
    NTSTATUS status = child_start("console", flags, 0, &child);
    return NT_SUCCESS(status) ? child_join(&child) : status;
}

// As Wine 8 has it: a positive ConsoleHandle is duplicated for the child, others are passed on.
static void test_console(void)
{
    HANDLE before = current_peb()->ProcessParameters->ConsoleHandle;
    HANDLE console = make_event(0);

    check_status("a child has its parent's console", ask_about_console(console, 0), STATUS_SUCCESS);
    check_status("with other handles, too",
                 ask_about_console(console, PROCESS_CREATE_FLAGS_INHERIT_HANDLES), STATUS_SUCCESS);
    check_equal("words instead of a console stay",
                (ULONG)ask_about_console((HANDLE)(LONG_PTR)-4, 0), (ULONG)-4);
    (void)NtClose(console);
    check_equal("a console that is closed is none", (ULONG)ask_about_console(console, 0), 0);
    current_peb()->ProcessParameters->ConsoleHandle = before;
}

// An int, and for each of three files a byte and a handle: an odd number of bytes in a "string".
static void test_runtime_data(void)
{
    UNICODE_STRING *data = &current_peb()->ProcessParameters->RuntimeData, before = *data;
    UCHAR bytes[4 + 3 * 9];

    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (UCHAR)i;
    *data = (UNICODE_STRING){ sizeof(bytes), sizeof(bytes), (PWSTR)(PVOID)bytes };
    check_equal("a child has the C runtime's bytes", (ULONG)child_run("runtime"),
                1000 + sizeof(bytes));
    *data = before;
}

void test_handles(void)
{
    HANDLE inherited = make_event(OBJ_INHERIT), other = make_event(OBJ_INHERIT);
    HANDLE kept = make_event(0);
    ULONG inherit = PROCESS_CREATE_FLAGS_INHERIT_HANDLES;
    PS_ATTRIBUTE list = {
        PS_ATTRIBUTE_HANDLE_LIST, sizeof(inherited), { .ValuePtr = &inherited }, NULL
    };

    check_status("a child has an inherited handle under the same number",
                 ask_child(inherited, inherit, NULL), STATUS_SUCCESS);
    check_status("it has none that is not inherited", ask_child(kept, inherit, NULL),
                 STATUS_INVALID_HANDLE);
    check_status("without the flag it has none", ask_child(inherited, 0, NULL),
                 STATUS_INVALID_HANDLE);
    check_status("with a list it has those of the list", ask_child(inherited, inherit, &list),
                 STATUS_SUCCESS);
    check_status("and no other", ask_child(other, inherit, &list), STATUS_INVALID_HANDLE);
    list.ValuePtr = &kept;
    check_status("a list with a handle that is not inherited", ask_child(kept, inherit, &list),
                 STATUS_INVALID_PARAMETER);
    test_console();
    test_runtime_data();
    (void)NtClose(inherited);
    (void)NtClose(other);
    (void)NtClose(kept);
}
