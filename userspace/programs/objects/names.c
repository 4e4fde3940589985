// SPDX-License-Identifier: MIT
// Names: finding, case, what is wrong with a name, how long an object keeps it, and symbolic links.

#include "objects.h"

#include <user/memory.h>

#define HERE u"\\BaseNamedObjects"

static void expect_open(const char *fact, NTSTATUS status, HANDLE *handle)
{
    if (check_status(fact, status, STATUS_SUCCESS))
        check_status("  (close it)", NtClose(*handle), STATUS_SUCCESS);
}

void test_names(void)
{
    HANDLE root, parent, child, again, handle;

    expect_open("the root", OPEN_DIRECTORY(&handle, u"\\", NULL, 0), &handle);
    expect_open("device names", OPEN_DIRECTORY(&handle, u"\\??", NULL, 0), &handle);
    expect_open("the same through a link", OPEN_DIRECTORY(&handle, u"\\DosDevices", NULL, 0),
                &handle);
    expect_open("devices", OPEN_DIRECTORY(&handle, u"\\Device", NULL, 0), &handle);
    expect_open("known DLLs", OPEN_DIRECTORY(&handle, u"\\KnownDlls", NULL, 0), &handle);
    expect_open("this session's names",
                OPEN_DIRECTORY(&handle, u"\\Sessions\\1\\BaseNamedObjects", NULL, 0), &handle);
    expect_open("their link to the global ones",
                OPEN_DIRECTORY(&handle, u"\\Sessions\\1\\BaseNamedObjects\\Global", NULL, 0),
                &handle);

    check_status("make a directory", CREATE_DIRECTORY(&parent, HERE u"\\Parent", NULL, 0),
                 STATUS_SUCCESS);
    check_status("and one in it", CREATE_DIRECTORY(&child, HERE u"\\Parent\\Child", NULL, 0),
                 STATUS_SUCCESS);
    check_status("open it by its whole name",
                 OPEN_DIRECTORY(&handle, HERE u"\\Parent\\Child", NULL, 0), STATUS_SUCCESS);
    check_status("it is the one", NtCompareObjects(handle, child), STATUS_SUCCESS);
    (void)NtClose(handle);
    check_status("open it from its parent", OPEN_DIRECTORY(&handle, u"Child", parent, 0),
                 STATUS_SUCCESS);
    check_status("that is the same", NtCompareObjects(handle, child), STATUS_SUCCESS);
    (void)NtClose(handle);
    check_status("open a directory from itself by no name", OPEN_DIRECTORY(&handle, u"", parent, 0),
                 STATUS_SUCCESS);
    check_status("it is itself", NtCompareObjects(handle, parent), STATUS_SUCCESS);
    (void)NtClose(handle);
    expect_open("directories ignore case, asked for or not",
                OPEN_DIRECTORY(&handle, u"\\baseNAMEDobjects\\PARENT\\child", NULL, 0), &handle);
    check_status("make an umlaut", CREATE_DIRECTORY(&again, u"\u00C4\u00D6\u0430", parent, 0),
                 STATUS_SUCCESS);
    expect_open("other letters have case, too",
                OPEN_DIRECTORY(&handle, u"\u00E4\u00F6\u0410", parent, 0), &handle);
    check_status("a sharp s is no double s",
                 OPEN_DIRECTORY(&handle, u"\u00C4\u00D6\u00DF", parent, 0),
                 STATUS_OBJECT_NAME_NOT_FOUND);
    (void)NtClose(again);

    check_status("the same name again", CREATE_DIRECTORY(&again, u"Child", parent, 0),
                 STATUS_OBJECT_NAME_COLLISION);
    check_status("the same name again, or open it",
                 CREATE_DIRECTORY(&again, u"CHILD", parent, OBJ_OPENIF | OBJ_CASE_INSENSITIVE),
                 STATUS_OBJECT_NAME_EXISTS);
    check_status("it is the old one", NtCompareObjects(again, child), STATUS_SUCCESS);
    (void)NtClose(again);
    check_status("open a root", OPEN_DIRECTORY(&root, u"\\", NULL, 0), STATUS_SUCCESS);
    check_status("go down from there",
                 OPEN_DIRECTORY(&again, u"BaseNamedObjects\\Parent\\Child", root, 0),
                 STATUS_SUCCESS);
    check_status("to the same", NtCompareObjects(again, child), STATUS_SUCCESS);
    (void)NtClose(again);
    (void)NtClose(root);
    (void)NtClose(child);
    (void)NtClose(parent);
}

// Names that are too wrong for the short way.
static void test_bad_strings(void)
{
    static WCHAR long_name[0x8000];
    UNICODE_STRING string = { 3, 4, u"\\x" };
    OBJECT_ATTRIBUTES attributes = attributes_of(&string, NULL, 0);
    HANDLE handle = (HANDLE)0x1234;

    check_status("a name of one and a half letters", NtOpenDirectoryObject(&handle, 0, &attributes),
                 STATUS_OBJECT_NAME_INVALID);
    string = (UNICODE_STRING){ 16, 16, (PWSTR)8 };
    check_status("a name that lies nowhere", NtOpenDirectoryObject(&handle, 0, &attributes),
                 STATUS_ACCESS_VIOLATION);
    for (unsigned i = 0; i < 0x7FFF; i++)
        long_name[i] = 'x';
    long_name[0] = '\\';
    string = (UNICODE_STRING){ 0xFFFE, 0xFFFE, long_name };
    check_status("the longest name", NtOpenDirectoryObject(&handle, 0, &attributes),
                 STATUS_OBJECT_NAME_NOT_FOUND);
    check_status("it can be given, too", NtCreateDirectoryObject(&handle, 0, &attributes),
                 STATUS_SUCCESS);
    check_status("and taken", NtClose(handle), STATUS_SUCCESS);
    handle = (HANDLE)0x1234;

    attributes.Length--;
    check_status("attributes of a wrong length", NtOpenDirectoryObject(&handle, 0, &attributes),
                 STATUS_INVALID_PARAMETER);
    attributes = attributes_of(&string, NULL, 0x80000000);
    check_status("unknown attributes", NtOpenDirectoryObject(&handle, 0, &attributes),
                 STATUS_INVALID_PARAMETER);
    check_status("no attributes", NtOpenDirectoryObject(&handle, 0, NULL),
                 STATUS_INVALID_PARAMETER);
    attributes = attributes_of(NULL, NULL, 0);
    check_status("no name", NtOpenDirectoryObject(&handle, 0, &attributes),
                 STATUS_OBJECT_PATH_SYNTAX_BAD);
    attributes = attributes_of((PUNICODE_STRING)8, NULL, 0);
    check_status("a string that lies nowhere", NtOpenDirectoryObject(&handle, 0, &attributes),
                 STATUS_ACCESS_VIOLATION);
    check_status("attributes that lie nowhere", NtOpenDirectoryObject(&handle, 0, (PVOID)8),
                 STATUS_ACCESS_VIOLATION);
    check("none of these touches the variable", handle == (HANDLE)0x1234);
    check_status("a variable that lies nowhere", OPEN_DIRECTORY((HANDLE *)8, u"\\", NULL, 0),
                 STATUS_ACCESS_VIOLATION);
    check_status("the same for a new object",
                 CREATE_DIRECTORY((HANDLE *)8, HERE u"\\Nowhere", NULL, 0),
                 STATUS_ACCESS_VIOLATION);
    check_status("which is not left behind", OPEN_DIRECTORY(&handle, HERE u"\\Nowhere", NULL, 0),
                 STATUS_OBJECT_NAME_NOT_FOUND);
}

void test_name_errors(void)
{
    HANDLE handle, parent, link;

    check_status("nothing has that name", OPEN_DIRECTORY(&handle, u"\\Nothing", NULL, 0),
                 STATUS_OBJECT_NAME_NOT_FOUND);
    check_status("no directory on the way has", OPEN_DIRECTORY(&handle, u"\\Nothing\\x", NULL, 0),
                 STATUS_OBJECT_PATH_NOT_FOUND);
    check_status("nor is one made on the way",
                 CREATE_DIRECTORY(&handle, HERE u"\\Nothing\\x", NULL, 0),
                 STATUS_OBJECT_PATH_NOT_FOUND);
    check_status("two separators", OPEN_DIRECTORY(&handle, u"\\\\Device", NULL, 0),
                 STATUS_OBJECT_NAME_INVALID);
    check_status("a separator at the end", OPEN_DIRECTORY(&handle, u"\\Device\\", NULL, 0),
                 STATUS_OBJECT_NAME_INVALID);
    check_status("no separator at the beginning", OPEN_DIRECTORY(&handle, u"Device", NULL, 0),
                 STATUS_OBJECT_PATH_SYNTAX_BAD);
    check_status("no name at all", OPEN_DIRECTORY(&handle, u"", NULL, 0),
                 STATUS_OBJECT_PATH_SYNTAX_BAD);
    check_status("a link is no directory", CREATE_LINK(&link, HERE u"\\Link", u"\\Device"),
                 STATUS_SUCCESS);
    check_status("when it is to be one",
                 CREATE_DIRECTORY(&handle, HERE u"\\Link", NULL, OBJ_OPENIF),
                 STATUS_OBJECT_NAME_EXISTS); // it leads to \Device
    (void)NtClose(handle);
    check_status("a directory is no link", OPEN_LINK(&handle, u"\\Device", NULL),
                 STATUS_OBJECT_TYPE_MISMATCH);
    check_status("a link is no root", OPEN_DIRECTORY(&handle, u"x", link, 0),
                 STATUS_OBJECT_TYPE_MISMATCH);
    check_status("a process is none, either", OPEN_DIRECTORY(&handle, u"x", NtCurrentProcess(), 0),
                 STATUS_OBJECT_TYPE_MISMATCH);
    check_status("nor is what is no handle", OPEN_DIRECTORY(&handle, u"x", BAD_HANDLE, 0),
                 STATUS_INVALID_HANDLE);
    (void)NtClose(link);

    check_status("open a directory", OPEN_DIRECTORY(&parent, HERE, NULL, 0), STATUS_SUCCESS);
    check_status("a whole name from there", OPEN_DIRECTORY(&handle, u"\\Device", parent, 0),
                 STATUS_OBJECT_PATH_SYNTAX_BAD);
    check_status("an object has no parts",
                 OPEN_DIRECTORY(&handle, u"\\ObjectTypes\\Type\\x", NULL, 0),
                 STATUS_OBJECT_TYPE_MISMATCH);
    (void)NtClose(parent);
    test_bad_strings();
}

static void test_permanence(void)
{
    HANDLE handle, again;

    check_status("make a permanent directory",
                 CREATE_DIRECTORY(&handle, HERE u"\\Lasting", NULL, OBJ_PERMANENT), STATUS_SUCCESS);
    check_equal("it says so", basics_of(handle).Attributes, OBJ_PERMANENT);
    (void)NtClose(handle);
    check_status("it is there without any handle",
                 OPEN_DIRECTORY(&handle, HERE u"\\Lasting", NULL, 0), STATUS_SUCCESS);
    check_status("make it temporary", NtMakeTemporaryObject(handle), STATUS_SUCCESS);
    check_status("it is there as long as a handle is",
                 OPEN_DIRECTORY(&again, HERE u"\\Lasting", NULL, 0), STATUS_SUCCESS);
    (void)NtClose(again);
    (void)NtClose(handle);
    check_status("and no longer", OPEN_DIRECTORY(&handle, HERE u"\\Lasting", NULL, 0),
                 STATUS_OBJECT_NAME_NOT_FOUND);
}

void test_lifetimes(void)
{
    HANDLE first, second, parent, child, handle;

    check_status("make a name", CREATE_DIRECTORY(&first, HERE u"\\Passing", NULL, 0),
                 STATUS_SUCCESS);
    check_status("open it", OPEN_DIRECTORY(&second, HERE u"\\Passing", NULL, 0), STATUS_SUCCESS);
    (void)NtClose(first);
    check_status("it is there while one handle is",
                 OPEN_DIRECTORY(&first, HERE u"\\Passing", NULL, 0), STATUS_SUCCESS);
    (void)NtClose(first);
    (void)NtClose(second);
    check_status("with the last handle it goes", OPEN_DIRECTORY(&first, HERE u"\\Passing", NULL, 0),
                 STATUS_OBJECT_NAME_NOT_FOUND);

    check_status("a parent", CREATE_DIRECTORY(&parent, HERE u"\\Parent", NULL, 0), STATUS_SUCCESS);
    check_status("a child", CREATE_DIRECTORY(&child, u"Child", parent, 0), STATUS_SUCCESS);
    (void)NtClose(parent);
    check_status("a child does not keep its parent's name",
                 OPEN_DIRECTORY(&handle, HERE u"\\Parent\\Child", NULL, 0),
                 STATUS_OBJECT_PATH_NOT_FOUND);
    check_status("nor get lost", NtClose(child), STATUS_SUCCESS);

    check_status("make an exclusive one",
                 CREATE_DIRECTORY(&first, HERE u"\\Mine", NULL, OBJ_EXCLUSIVE), STATUS_SUCCESS);
    check_equal("it says so", basics_of(first).Attributes, OBJ_EXCLUSIVE);
    check_status("its own process may open it",
                 OPEN_DIRECTORY(&second, HERE u"\\Mine", NULL, OBJ_EXCLUSIVE), STATUS_SUCCESS);
    (void)NtClose(second);
    (void)NtClose(first);
    check_status("what is shared cannot be opened exclusively",
                 OPEN_DIRECTORY(&first, HERE, NULL, OBJ_EXCLUSIVE), STATUS_INVALID_PARAMETER);
    test_permanence();
}

static void test_link_chains(void)
{
    HANDLE links[40], handle;
    WCHAR name[] = HERE u"\\L00", target[] = HERE u"\\L00";
    const unsigned digits = sizeof(name) / sizeof(WCHAR) - 3;
    UNICODE_STRING names = { sizeof(name) - 2, sizeof(name), name };
    UNICODE_STRING targets = { sizeof(target) - 2, sizeof(target), target };

    // L00 leads to the names themselves, each other one to the one before.
    check_status("the end of a chain", CREATE_LINK(&links[0], HERE u"\\L00", HERE), STATUS_SUCCESS);
    for (unsigned i = 1; i < 40; i++) {
        name[digits] = (WCHAR)('0' + i / 10);
        name[digits + 1] = (WCHAR)('0' + i % 10);
        target[digits] = (WCHAR)('0' + (i - 1) / 10);
        target[digits + 1] = (WCHAR)('0' + (i - 1) % 10);
        check_status("one more link", create_link(&links[i], &names, &targets), STATUS_SUCCESS);
    }
    expect_open("32 links lead there", OPEN_DIRECTORY(&handle, HERE u"\\L31", NULL, 0), &handle);
    check_status("33 do not", OPEN_DIRECTORY(&handle, HERE u"\\L32", NULL, 0),
                 STATUS_OBJECT_NAME_NOT_FOUND);
    for (unsigned i = 0; i < 40; i++)
        (void)NtClose(links[i]);
}

static void test_targets(HANDLE link)
{
    WCHAR text[16];
    UNICODE_STRING string = { 0, sizeof(text), text };
    ULONG length = 0;

    memset(text, 0xFF, sizeof(text));
    check_status("read a link", NtQuerySymbolicLinkObject(link, &string, &length), STATUS_SUCCESS);
    check_equal("its target's length", string.Length, 14);
    check_equal("and that with a NUL", length, 16);
    check("the target itself", memcmp(text, u"\\Device", 16) == 0);
    string.MaximumLength = 14;
    check_status("room without the NUL", NtQuerySymbolicLinkObject(link, &string, &length),
                 STATUS_BUFFER_TOO_SMALL);
    check_status("is enough for who does not ask for the length",
                 NtQuerySymbolicLinkObject(link, &string, NULL), STATUS_SUCCESS);
    string.MaximumLength = 12;
    check_status("less is not", NtQuerySymbolicLinkObject(link, &string, NULL),
                 STATUS_BUFFER_TOO_SMALL);
}

void test_links(void)
{
    UNICODE_STRING bad = { 0, 0, NULL }, name = STRING(HERE u"\\Bad");
    HANDLE link, handle, device;

    check_status("make a link", CREATE_LINK(&link, HERE u"\\Link", u"\\Device"), STATUS_SUCCESS);
    check_status("open what it leads to", OPEN_DIRECTORY(&handle, HERE u"\\Link", NULL, 0),
                 STATUS_SUCCESS);
    check_status("open that by its own name", OPEN_DIRECTORY(&device, u"\\Device", NULL, 0),
                 STATUS_SUCCESS);
    check_status("both are one", NtCompareObjects(handle, device), STATUS_SUCCESS);
    (void)NtClose(handle);
    (void)NtClose(device);
    check_status("do not follow links",
                 OPEN_DIRECTORY(&handle, HERE u"\\Link", NULL, OBJ_DONT_REPARSE),
                 STATUS_REPARSE_POINT_ENCOUNTERED);
    check_status("make something behind it",
                 CREATE_DIRECTORY(&handle, HERE u"\\Link\\Behind", NULL, 0), STATUS_SUCCESS);
    check_status("find it where it is", OPEN_DIRECTORY(&device, u"\\Device\\Behind", NULL, 0),
                 STATUS_SUCCESS);
    (void)NtClose(handle);
    (void)NtClose(device);
    check_status("open the link itself", OPEN_LINK(&handle, HERE u"\\LINK", NULL), STATUS_SUCCESS);
    test_targets(handle);
    (void)NtClose(handle);
    check_status("the same link again", CREATE_LINK(&handle, HERE u"\\Link", u"\\x"),
                 STATUS_OBJECT_NAME_COLLISION);
    (void)NtClose(link);

    check_status("a link to itself", CREATE_LINK(&link, HERE u"\\Loop", HERE u"\\Loop"),
                 STATUS_SUCCESS);
    check_status("leads nowhere", OPEN_DIRECTORY(&handle, HERE u"\\Loop", NULL, 0),
                 STATUS_OBJECT_NAME_NOT_FOUND);
    (void)NtClose(link);
    check_status("a link to a name that grows",
                 CREATE_LINK(&link, HERE u"\\Grow", HERE u"\\Grow\\x"), STATUS_SUCCESS);
    check_status("leads nowhere, either", OPEN_DIRECTORY(&handle, HERE u"\\Grow", NULL, 0),
                 STATUS_OBJECT_NAME_NOT_FOUND);
    (void)NtClose(link);
    check_status("a link to no whole name", CREATE_LINK(&link, HERE u"\\Half", u"Device"),
                 STATUS_SUCCESS);
    check_status("cannot be followed", OPEN_DIRECTORY(&handle, HERE u"\\Half", NULL, 0),
                 STATUS_OBJECT_PATH_SYNTAX_BAD);
    (void)NtClose(link);
    check_status("a link without a target", create_link(&link, &name, &bad),
                 STATUS_INVALID_PARAMETER);
    test_link_chains();
}
