// SPDX-License-Identifier: MIT
// What can be asked: lists of directories, and NtQueryObject.

#include "objects.h"

#include <user/memory.h>
#include <user/print.h>

#define HERE    u"\\BaseNamedObjects\\Listed"
#define ENTRIES 300u

static _Alignas(8) UCHAR buffer[0x10000];

static bool is_text(const UNICODE_STRING *string, const WCHAR *text, unsigned bytes)
{
    return string->Length == bytes && string->MaximumLength == bytes + 2 &&
           memcmp(string->Buffer, text, bytes + 2) == 0;
}

#define IS_TEXT(string, literal) is_text(string, literal, sizeof(literal) - 2)

static void test_single_entries(HANDLE directory)
{
    const OBJECT_DIRECTORY_INFORMATION *entry = (PVOID)buffer;
    ULONG context = 99, length = 0;

    check_status(
        "list one entry",
        NtQueryDirectoryObject(directory, buffer, sizeof(buffer), TRUE, TRUE, &context, &length),
        STATUS_SUCCESS);
    check("it is the first that was made", IS_TEXT(&entry[0].Name, u"First"));
    check("with its type", IS_TEXT(&entry[0].TypeName, u"Directory"));
    check("an entry of zeroes ends the list",
          entry[1].Name.Buffer == NULL && entry[1].TypeName.Buffer == NULL);
    check_equal("the length is that of all", length, 2 * 32 + 12 + 20);
    check_status("the next one",
                 NtQueryDirectoryObject(directory, buffer, length, TRUE, FALSE, &context, &length),
                 STATUS_BUFFER_TOO_SMALL);
    check_equal("needs more room", length, 2 * 32 + 14 + 26);
    check_status("which it gets",
                 NtQueryDirectoryObject(directory, buffer, length, TRUE, FALSE, &context, &length),
                 STATUS_SUCCESS);
    check("it is the second", IS_TEXT(&entry[0].Name, u"Second"));
    check("of another type", IS_TEXT(&entry[0].TypeName, u"SymbolicLink"));
    check_status(
        "there is no third",
        NtQueryDirectoryObject(directory, buffer, sizeof(buffer), TRUE, FALSE, &context, &length),
        STATUS_NO_MORE_ENTRIES);
    check_status(
        "the length is optional",
        NtQueryDirectoryObject(directory, buffer, sizeof(buffer), TRUE, TRUE, &context, NULL),
        STATUS_SUCCESS);
    check_status(
        "the place to go on is not",
        NtQueryDirectoryObject(directory, buffer, sizeof(buffer), TRUE, TRUE, NULL, &length),
        STATUS_ACCESS_VIOLATION);
    check_status(
        "nor is a buffer",
        NtQueryDirectoryObject(directory, (PVOID)8, sizeof(buffer), TRUE, TRUE, &context, &length),
        STATUS_ACCESS_VIOLATION);
}

static void test_all_entries(HANDLE directory)
{
    const OBJECT_DIRECTORY_INFORMATION *entry = (PVOID)buffer;
    ULONG context = 0, length = 0;

    check_status(
        "list all",
        NtQueryDirectoryObject(directory, buffer, sizeof(buffer), FALSE, TRUE, &context, &length),
        STATUS_SUCCESS);
    check("both are there",
          IS_TEXT(&entry[0].Name, u"First") && IS_TEXT(&entry[1].Name, u"Second"));
    check("and nothing else", entry[2].Name.Buffer == NULL);
    check_equal("the length of all", length, 3 * 32 + 12 + 20 + 14 + 26);
    check_status(
        "no more",
        NtQueryDirectoryObject(directory, buffer, sizeof(buffer), FALSE, FALSE, &context, &length),
        STATUS_NO_MORE_ENTRIES);
    check_status("list in too little room for both",
                 NtQueryDirectoryObject(directory, buffer, 128, FALSE, TRUE, &context, &length),
                 STATUS_MORE_ENTRIES);
    check("the first is there", IS_TEXT(&entry[0].Name, u"First") && entry[1].Name.Buffer == NULL);
    check_status("go on behind it",
                 NtQueryDirectoryObject(directory, buffer, 128, FALSE, FALSE, &context, &length),
                 STATUS_SUCCESS);
    check("with the second", IS_TEXT(&entry[0].Name, u"Second") && entry[1].Name.Buffer == NULL);
    check_status("no room at all",
                 NtQueryDirectoryObject(directory, NULL, 0, FALSE, TRUE, &context, &length),
                 STATUS_MORE_ENTRIES);
}

// Three letters that tell the number.
static UNICODE_STRING number_name(unsigned number, WCHAR text[3])
{
    for (unsigned i = 0; i < 3; i++, number /= 10)
        text[2 - i] = (WCHAR)('0' + number % 10);
    return (UNICODE_STRING){ 6, 6, text };
}

static void test_many_entries(HANDLE directory)
{
    static HANDLE handles[ENTRIES];
    const OBJECT_DIRECTORY_INFORMATION *entry = (PVOID)buffer;
    unsigned made = 0, listed = 0, found = 0;
    ULONG context = 0;
    NTSTATUS status;
    WCHAR text[3];

    for (unsigned i = 0; i < ENTRIES; i++) {
        UNICODE_STRING name = number_name(i, text);
        made += create_directory(&handles[i], &name, directory, 0) == STATUS_SUCCESS;
    }
    check_equal("300 names in one directory", made, ENTRIES);
    for (unsigned i = 0; i < ENTRIES; i++) {
        UNICODE_STRING name = number_name(i, text);
        HANDLE handle;
        if (open_directory(&handle, &name, directory, 0) == STATUS_SUCCESS) {
            found += NtCompareObjects(handle, handles[i]) == STATUS_SUCCESS;
            (void)NtClose(handle);
        }
    }
    check_equal("each is found", found, ENTRIES);
    do {
        status =
            NtQueryDirectoryObject(directory, buffer, 2000, FALSE, context == 0, &context, NULL);
        for (unsigned i = 0; NT_SUCCESS(status) && entry[i].Name.Buffer != NULL; i++)
            listed++;
    } while (status == STATUS_MORE_ENTRIES);
    check_status("list them piece by piece", status, STATUS_SUCCESS);
    check_equal("each is listed once", listed, ENTRIES);
    for (unsigned i = 0; i < ENTRIES; i++)
        (void)NtClose(handles[i]);
    check_status("with their handles they go",
                 NtQueryDirectoryObject(directory, buffer, 2000, FALSE, TRUE, &context, NULL),
                 STATUS_NO_MORE_ENTRIES);
}

void test_directories(void)
{
    HANDLE directory, first, second;
    ULONG context = 0;

    check_status("make a directory", CREATE_DIRECTORY(&directory, HERE, NULL, 0), STATUS_SUCCESS);
    check_status(
        "it is empty",
        NtQueryDirectoryObject(directory, buffer, sizeof(buffer), FALSE, TRUE, &context, NULL),
        STATUS_NO_MORE_ENTRIES);
    check_status("make an entry", CREATE_DIRECTORY(&first, u"First", directory, 0), STATUS_SUCCESS);
    check_status("and another", CREATE_LINK(&second, HERE u"\\Second", u"\\"), STATUS_SUCCESS);
    test_single_entries(directory);
    test_all_entries(directory);
    (void)NtClose(first);
    (void)NtClose(second);
    test_many_entries(directory);
    (void)NtClose(directory);
    check_status("a link cannot be listed", OPEN_LINK(&first, u"\\DosDevices", NULL),
                 STATUS_SUCCESS);
    check_status("as it is no directory",
                 NtQueryDirectoryObject(first, buffer, 128, FALSE, TRUE, &context, NULL),
                 STATUS_OBJECT_TYPE_MISMATCH);
    (void)NtClose(first);
}

static NTSTATUS query(HANDLE handle, OBJECT_INFORMATION_CLASS kind, ULONG room, ULONG *length)
{
    *length = 0xBAD;
    return NtQueryObject(handle, kind, buffer, room, length);
}

static void test_object_names(HANDLE directory)
{
    const OBJECT_NAME_INFORMATION *name = (PVOID)buffer;
    ULONG whole = sizeof(*name) + sizeof(HERE), length;
    HANDLE unnamed;

    check_status("ask for a name", query(directory, ObjectNameInformation, sizeof(buffer), &length),
                 STATUS_SUCCESS);
    check("it is the full one", IS_TEXT(&name->Name, HERE));
    check("behind the structure", (PVOID)name->Name.Buffer == (PVOID)(name + 1));
    check_equal("the length of both", length, whole);
    check_status("just enough room", query(directory, ObjectNameInformation, whole, &length),
                 STATUS_SUCCESS);
    check_status("one byte less", query(directory, ObjectNameInformation, whole - 1, &length),
                 STATUS_BUFFER_OVERFLOW);
    check_equal("tells the length", length, whole);
    check_status("no room for the structure",
                 query(directory, ObjectNameInformation, sizeof(*name) - 1, &length),
                 STATUS_INFO_LENGTH_MISMATCH);
    check_equal("tells it, too", length, whole);

    (void)NtCreateDirectoryObject(&unnamed, DIRECTORY_QUERY, NULL);
    check_status("ask for a name that is not",
                 query(unnamed, ObjectNameInformation, sizeof(buffer), &length), STATUS_SUCCESS);
    check("it is empty", name->Name.Length == 0 && name->Name.Buffer == NULL);
    check_equal("nothing follows the structure", length, sizeof(*name));
    (void)NtClose(unnamed);
    check_status("open the root", OPEN_DIRECTORY(&unnamed, u"\\", NULL, 0), STATUS_SUCCESS);
    check_status("ask for its name", query(unnamed, ObjectNameInformation, 64, &length),
                 STATUS_SUCCESS);
    check("it is a separator", IS_TEXT(&name->Name, u"\\"));
    (void)NtClose(unnamed);
}

// Handles and objects of the type that `handle` is for.
static OBJECT_TYPE_INFORMATION type_of(HANDLE handle)
{
    ULONG length;

    check_status("  (ask for the type)",
                 query(handle, ObjectTypeInformation, sizeof(buffer), &length), STATUS_SUCCESS);
    return *(OBJECT_TYPE_INFORMATION *)buffer;
}

static void test_types(HANDLE directory)
{
    const OBJECT_TYPE_INFORMATION *type = (PVOID)buffer;
    OBJECT_TYPE_INFORMATION before = type_of(directory), after;
    ULONG length, whole;
    HANDLE more[10];

    check("its name", IS_TEXT(&type->TypeName, u"Directory"));
    check_equal("its rights", type->ValidAccessMask, DIRECTORY_ALL_ACCESS);
    check_equal("what reading means", type->GenericMapping.GenericRead, 0x20003);
    check("an index from 2 on", type->TypeIndex >= 2);
    for (unsigned i = 0; i < 10; i++)
        (void)NtCreateDirectoryObject(&more[i], DIRECTORY_QUERY, NULL);
    after = type_of(directory);
    check_equal("objects are counted", after.TotalNumberOfObjects,
                before.TotalNumberOfObjects + 10);
    check_equal("and handles", after.TotalNumberOfHandles, before.TotalNumberOfHandles + 10);
    for (unsigned i = 0; i < 10; i++)
        (void)NtClose(more[i]);
    after = type_of(directory);
    check_equal("and objects that go", after.TotalNumberOfObjects, before.TotalNumberOfObjects);
    check_equal("and handles that do", after.TotalNumberOfHandles, before.TotalNumberOfHandles);
    check("the most is remembered",
          after.HighWaterNumberOfObjects >= before.TotalNumberOfObjects + 10 &&
              after.HighWaterNumberOfHandles >= before.TotalNumberOfHandles + 10);
    (void)query(directory, ObjectTypeInformation, sizeof(buffer), &whole);
    check_status("one byte less room", query(directory, ObjectTypeInformation, whole - 1, &length),
                 STATUS_INFO_LENGTH_MISMATCH);
    check_equal("tells the length", length, whole);
}

static void test_all_types(void)
{
    const OBJECT_TYPES_INFORMATION *types = (PVOID)buffer;
    const UCHAR *at = buffer + 8;
    ULONG length, whole;
    bool has_process = false, has_directory = false;

    check_status("ask for all types", query(NULL, ObjectTypesInformation, sizeof(buffer), &whole),
                 STATUS_SUCCESS);
    for (ULONG i = 0; i < types->NumberOfTypes; i++) {
        const OBJECT_TYPE_INFORMATION *type = (PVOID)at;
        has_process |= IS_TEXT(&type->TypeName, u"Process");
        has_directory |= IS_TEXT(&type->TypeName, u"Directory");
        at = (const UCHAR *)(((ULONG_PTR)(type + 1) + type->TypeName.MaximumLength + 7) & ~7ull);
    }
    check("processes and directories are among them", has_process && has_directory);
    check_equal("they take the whole length", (ULONG)(at - buffer), whole);
    check_status("one byte less room", query(NULL, ObjectTypesInformation, whole - 1, &length),
                 STATUS_INFO_LENGTH_MISMATCH);
    check_equal("tells the length", length, whole);
}

void test_queries(void)
{
    OBJECT_BASIC_INFORMATION basics;
    ULONG length;
    HANDLE directory;

    check_status("make a directory", CREATE_DIRECTORY(&directory, HERE, NULL, 0), STATUS_SUCCESS);
    basics = basics_of(directory);
    check_equal("one handle", basics.HandleCount, 1);
    check_equal("a reference for it and one for the name", basics.PointerCount, 2);
    check_equal("its rights", basics.GrantedAccess, DIRECTORY_ALL_ACCESS);
    check_equal("how long its name is", basics.NameInfoSize, 16 + sizeof(HERE));
    check_status("too much room",
                 query(directory, ObjectBasicInformation, sizeof(basics) + 1, &length),
                 STATUS_INFO_LENGTH_MISMATCH);
    check_status("too little room",
                 query(directory, ObjectBasicInformation, sizeof(basics) - 1, &length),
                 STATUS_INFO_LENGTH_MISMATCH);
    check_status("a question that nobody knows", query(directory, 7, sizeof(buffer), &length),
                 STATUS_INVALID_INFO_CLASS);
    check_status("flags in too much room",
                 query(directory, ObjectHandleFlagInformation, 3, &length),
                 STATUS_INFO_LENGTH_MISMATCH);
    check_status("set them from too much",
                 NtSetInformationObject(directory, ObjectHandleFlagInformation, buffer, 3),
                 STATUS_INFO_LENGTH_MISMATCH);
    check_status("set them from nowhere",
                 NtSetInformationObject(directory, ObjectHandleFlagInformation, (PVOID)8, 2),
                 STATUS_ACCESS_VIOLATION);
    check_status("set a name", NtSetInformationObject(directory, ObjectNameInformation, buffer, 2),
                 STATUS_INVALID_INFO_CLASS);
    check_status("answer to nowhere",
                 NtQueryObject(directory, ObjectBasicInformation, (PVOID)8, sizeof(basics), NULL),
                 STATUS_ACCESS_VIOLATION);
    test_object_names(directory);
    test_types(directory);
    test_all_types();
    (void)NtClose(directory);
}
