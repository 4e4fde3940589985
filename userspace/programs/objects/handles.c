// SPDX-License-Identifier: MIT
// Handles as such: their numbers, closing, attributes, access, a million of them, duplicates.

#include "objects.h"

#include <user/print.h>

#define MILLION 1000000u

static HANDLE unnamed_directory(void)
{
    HANDLE handle = NULL;

    check_status("make a directory without a name",
                 NtCreateDirectoryObject(&handle, DIRECTORY_ALL_ACCESS, NULL), STATUS_SUCCESS);
    return handle;
}

static NTSTATUS get_flags(HANDLE handle, OBJECT_HANDLE_FLAG_INFORMATION *flags)
{
    return NtQueryObject(handle, ObjectHandleFlagInformation, flags, sizeof(*flags), NULL);
}

static NTSTATUS set_flags(HANDLE handle, BOOLEAN inherit, BOOLEAN protect)
{
    OBJECT_HANDLE_FLAG_INFORMATION flags = { inherit, protect };

    return NtSetInformationObject(handle, ObjectHandleFlagInformation, &flags, sizeof(flags));
}

static void test_numbers(void)
{
    HANDLE first = unnamed_directory(), second = unnamed_directory(), again;
    ULONG_PTR number = (ULONG_PTR)first;

    check("handles are multiples of 4", number % 4 == 0 && number >= 4);
    check("and all different", first != second);
    check_status("the two low bits do not count", NtCompareObjects((HANDLE)(number | 3), first),
                 STATUS_SUCCESS);
    check_status("two directories are two objects", NtCompareObjects(first, second),
                 STATUS_NOT_SAME_OBJECT);
    check_status("close one with low bits set", NtClose((HANDLE)(number | 1)), STATUS_SUCCESS);
    check_status("it is closed", NtClose(first), STATUS_INVALID_HANDLE);
    again = unnamed_directory();
    check("the number that was closed last is given out next", again == first);
    check_status("close it", NtClose(again), STATUS_SUCCESS);
    check_status("close the other", NtClose(second), STATUS_SUCCESS);
}

static void test_bad_handles(void)
{
    static const ULONG_PTR bad[] = { 0,          1,          3,          0x7654320,  0x7FFFFFFC,
                                     0x80000000, 0xFFFFFFF0, 1ull << 32, 1ull << 63, -64ull };
    static const LONG_PTR pseudo[] = { -1, -2, -3, -4, -5, -6 };
    OBJECT_HANDLE_FLAG_INFORMATION flags;

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        check_status("close what is no handle", NtClose((HANDLE)bad[i]), STATUS_INVALID_HANDLE);
        check_status("ask about it", get_flags((HANDLE)bad[i], &flags), STATUS_INVALID_HANDLE);
    }
    for (unsigned i = 0; i < sizeof(pseudo) / sizeof(pseudo[0]); i++)
        check_status("close a handle that stands for the caller's own", NtClose((HANDLE)pseudo[i]),
                     STATUS_SUCCESS);
}

static void test_attributes(void)
{
    OBJECT_ATTRIBUTES inherited = attributes_of(NULL, NULL, OBJ_INHERIT);
    OBJECT_HANDLE_FLAG_INFORMATION flags = { 9, 9 };
    HANDLE handle = unnamed_directory();

    check_status("ask for the flags", get_flags(handle, &flags), STATUS_SUCCESS);
    check("a handle is neither inherited nor protected", !flags.Inherit && !flags.ProtectFromClose);
    check_status("protect it", set_flags(handle, FALSE, TRUE), STATUS_SUCCESS);
    check_status("ask again", get_flags(handle, &flags), STATUS_SUCCESS);
    check("it is protected now", !flags.Inherit && flags.ProtectFromClose);
    check_status("so it cannot be closed", NtClose(handle), STATUS_HANDLE_NOT_CLOSABLE);
    check_status("but is still good", set_flags(handle, TRUE, FALSE), STATUS_SUCCESS);
    check_status("ask a third time", get_flags(handle, &flags), STATUS_SUCCESS);
    check("it is inherited now, and not protected", flags.Inherit && !flags.ProtectFromClose);
    check_status("close it", NtClose(handle), STATUS_SUCCESS);
    check_status("it is gone for this, too", set_flags(handle, TRUE, FALSE), STATUS_INVALID_HANDLE);

    check_status("make one that is inherited",
                 NtCreateDirectoryObject(&handle, DIRECTORY_QUERY, &inherited), STATUS_SUCCESS);
    check_status("ask for its flags", get_flags(handle, &flags), STATUS_SUCCESS);
    check("it says so", flags.Inherit && !flags.ProtectFromClose);
    check_status("close it, too", NtClose(handle), STATUS_SUCCESS);
}

static ULONG granted(ACCESS_MASK wanted)
{
    HANDLE handle;
    ULONG access;

    if (NtCreateDirectoryObject(&handle, wanted, NULL) != STATUS_SUCCESS)
        return 0xBAD;
    access = basics_of(handle).GrantedAccess;
    (void)NtClose(handle);
    return access;
}

static void test_access(void)
{
    ULONG context = 0, length;
    HANDLE handle;

    check_equal("rights are granted as asked for", granted(DIRECTORY_QUERY), DIRECTORY_QUERY);
    check_equal("generic read is what the type says", granted(GENERIC_READ),
                STANDARD_RIGHTS_READ | DIRECTORY_QUERY | DIRECTORY_TRAVERSE);
    check_equal("generic write", granted(GENERIC_WRITE),
                STANDARD_RIGHTS_WRITE | DIRECTORY_CREATE_OBJECT | DIRECTORY_CREATE_SUBDIRECTORY);
    check_equal("generic all is everything", granted(GENERIC_ALL), DIRECTORY_ALL_ACCESS);
    check_equal("so is as much as possible", granted(MAXIMUM_ALLOWED), DIRECTORY_ALL_ACCESS);
    check_equal("nothing is nothing", granted(0), 0);

    check_status("a handle that may not list",
                 NtCreateDirectoryObject(&handle, DIRECTORY_TRAVERSE, NULL), STATUS_SUCCESS);
    check_status("does not",
                 NtQueryDirectoryObject(handle, NULL, 0, FALSE, TRUE, &context, &length),
                 STATUS_ACCESS_DENIED);
    check_status("nor become temporary without the right to delete", NtMakeTemporaryObject(handle),
                 STATUS_ACCESS_DENIED);
    check_status("close it", NtClose(handle), STATUS_SUCCESS);
    check_status("nobody may set what is audited",
                 NtCreateDirectoryObject(&handle, ACCESS_SYSTEM_SECURITY, NULL),
                 STATUS_PRIVILEGE_NOT_HELD);
}

static NTSTATUS duplicate_here(HANDLE from, HANDLE *to, ULONG access, ULONG attributes,
                               ULONG options)
{
    return NtDuplicateObject(NtCurrentProcess(), from, NtCurrentProcess(), to, access, attributes,
                             options);
}

// The program keeps no list: the handles of a fresh table are its numbers in order.
static void test_a_million(void)
{
    HANDLE handle, highest = NULL, again;
    unsigned made = 0, closed = 0;
    HANDLE original = unnamed_directory();

    while (made < MILLION &&
           duplicate_here(original, &handle, 0, 0, DUPLICATE_SAME_ACCESS) == STATUS_SUCCESS) {
        made++;
        highest = handle > highest ? handle : highest;
    }
    check_equal("a million handles for one object", made, MILLION);
    check_equal("the object counts them", basics_of(original).HandleCount, MILLION + 1);
    check_status("the last one works", NtCompareObjects(highest, original), STATUS_SUCCESS);
    for (ULONG_PTR number = (ULONG_PTR)highest; number > (ULONG_PTR)original; number -= 4)
        closed += NtClose((HANDLE)number) == STATUS_SUCCESS;
    check("nearly all lie above the first", closed >= MILLION - 64);
    check_equal("each is closed once", basics_of(original).HandleCount, MILLION + 1 - closed);
    check_status("one more takes a number that was used",
                 duplicate_here(original, &again, 0, 0, DUPLICATE_SAME_ACCESS), STATUS_SUCCESS);
    check("not a new one", again <= highest);
    (void)NtClose(again);
    for (ULONG_PTR number = 4; number < (ULONG_PTR)original; number += 4)
        if (NtCompareObjects((HANDLE)number, original) == STATUS_SUCCESS)
            closed += NtClose((HANDLE)number) == STATUS_SUCCESS;
    check_equal("none is left", closed, MILLION);
    check_status("but the first", NtClose(original), STATUS_SUCCESS);
}

static void test_copies(HANDLE original)
{
    OBJECT_HANDLE_FLAG_INFORMATION flags;
    HANDLE copy;

    check_status("duplicate with the same access",
                 duplicate_here(original, &copy, 0, OBJ_INHERIT, DUPLICATE_SAME_ACCESS),
                 STATUS_SUCCESS);
    check_status("it is the same object", NtCompareObjects(copy, original), STATUS_SUCCESS);
    check_equal("with the same access", basics_of(copy).GrantedAccess, DIRECTORY_ALL_ACCESS);
    check_status("ask for its flags", get_flags(copy, &flags), STATUS_SUCCESS);
    check("it is inherited as asked for", flags.Inherit && !flags.ProtectFromClose);
    check_equal("two handles for one object", basics_of(copy).HandleCount, 2);
    check_equal("and as many references", basics_of(copy).PointerCount, 2);

    check_status("move it, with less access",
                 duplicate_here(copy, &copy, DIRECTORY_QUERY, 0,
                                DUPLICATE_CLOSE_SOURCE | DUPLICATE_SAME_ATTRIBUTES),
                 STATUS_SUCCESS);
    check_equal("it may only be listed", basics_of(copy).GrantedAccess, DIRECTORY_QUERY);
    check_equal("there are still two handles", basics_of(original).HandleCount, 2);
    check_status("ask for the flags of the new one", get_flags(copy, &flags), STATUS_SUCCESS);
    check("they are the old one's", flags.Inherit && !flags.ProtectFromClose);
    check_status(
        "duplicate into nowhere, which only closes",
        NtDuplicateObject(NtCurrentProcess(), copy, NULL, NULL, 0, 0, DUPLICATE_CLOSE_SOURCE),
        STATUS_SUCCESS);
    check_status("it is closed", NtClose(copy), STATUS_INVALID_HANDLE);
    check_equal("one handle is left", basics_of(original).HandleCount, 1);
}

void test_duplicates(void)
{
    HANDLE original = unnamed_directory(), copy = (HANDLE)0x1234, process;

    test_copies(original);
    check_status("duplicate what is no handle",
                 duplicate_here(BAD_HANDLE, &copy, 0, 0, DUPLICATE_SAME_ACCESS),
                 STATUS_INVALID_HANDLE);
    check("the variable stays as it was", copy == (HANDLE)0x1234);
    check_status("duplicate from no process",
                 NtDuplicateObject(BAD_HANDLE, original, NtCurrentProcess(), &copy, 0, 0, 0),
                 STATUS_INVALID_HANDLE);
    check_status("duplicate from what is no process",
                 NtDuplicateObject(original, original, NtCurrentProcess(), &copy, 0, 0, 0),
                 STATUS_OBJECT_TYPE_MISMATCH);
    check_status("duplicate into no process",
                 NtDuplicateObject(NtCurrentProcess(), original, NULL, &copy, 0, 0, 0),
                 STATUS_INVALID_HANDLE);
    check_status("duplicate to where nothing can be written",
                 duplicate_here(original, (HANDLE *)8, 0, 0, DUPLICATE_SAME_ACCESS),
                 STATUS_ACCESS_VIOLATION);
    check_equal("that leaves no handle behind", basics_of(original).HandleCount, 1);
    check_status("the source is closed even if the target is bad",
                 NtDuplicateObject(NtCurrentProcess(), original, BAD_HANDLE, &copy, 0, 0,
                                   DUPLICATE_CLOSE_SOURCE),
                 STATUS_INVALID_HANDLE);
    check_status("so it is gone", NtClose(original), STATUS_INVALID_HANDLE);

    check_status("make a handle of the process itself",
                 duplicate_here(NtCurrentProcess(), &process, 0, 0, DUPLICATE_SAME_ACCESS),
                 STATUS_SUCCESS);
    check_status("it is the process", NtCompareObjects(process, NtCurrentProcess()),
                 STATUS_SUCCESS);
    check_status("it serves for duplicating",
                 NtDuplicateObject(process, process, process, &copy, 0, 0, DUPLICATE_SAME_ACCESS),
                 STATUS_SUCCESS);
    check_status("close the copy", NtClose(copy), STATUS_SUCCESS);
    check_status("a handle of it without any right", duplicate_here(process, &copy, 0, 0, 0),
                 STATUS_SUCCESS);
    check_status("does not",
                 NtDuplicateObject(copy, process, process, &process, 0, 0, DUPLICATE_SAME_ACCESS),
                 STATUS_ACCESS_DENIED);
    check_status("close it", NtClose(copy), STATUS_SUCCESS);
    check_status("close the process handle", NtClose(process), STATUS_SUCCESS);
    check_status("the thread has one, too", duplicate_here(NtCurrentThread(), &copy, 0x4A, 0, 0),
                 STATUS_SUCCESS);
    check_equal("with the access that was asked for", basics_of(copy).GrantedAccess, 0x4A);
    check_status("close it", NtClose(copy), STATUS_SUCCESS);
}

void test_handles(void)
{
    test_numbers();
    test_bad_handles();
    test_attributes();
    test_access();
    test_a_million();
}
