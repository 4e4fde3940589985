// SPDX-License-Identifier: MIT
// What the parts of the objects program share: its subjects, and short ways to name and open
// things.

#pragma once

#include <nt/object.h>
#include <nt/status.h>
#include <user/check.h>
#include <user/services.h>

#define BAD_HANDLE ((HANDLE)0x7654320)

void test_handles(void);
void test_duplicates(void);
void test_names(void);
void test_name_errors(void);
void test_lifetimes(void);
void test_links(void);
void test_directories(void);
void test_queries(void);
void test_races(void);

// A counted string over a literal.
#define STRING(literal)                                                                            \
    (UNICODE_STRING)                                                                               \
    {                                                                                              \
        sizeof(literal) - sizeof(WCHAR), sizeof(literal), (PWSTR)(literal)                         \
    }

static inline OBJECT_ATTRIBUTES attributes_of(UNICODE_STRING *name, HANDLE root, ULONG flags)
{
    return (OBJECT_ATTRIBUTES){ .Length = sizeof(OBJECT_ATTRIBUTES),
                                .RootDirectory = root,
                                .ObjectName = name,
                                .Attributes = flags };
}

// The services with the name as a literal. They use a variable `handle`.
#define CREATE_DIRECTORY(handle, literal, root, flags)                                             \
    create_directory(handle, &STRING(literal), root, flags)
#define OPEN_DIRECTORY(handle, literal, root, flags)                                               \
    open_directory(handle, &STRING(literal), root, flags)
#define CREATE_LINK(handle, literal, target) create_link(handle, &STRING(literal), &STRING(target))
#define OPEN_LINK(handle, literal, root)     open_link(handle, &STRING(literal), root)

static inline NTSTATUS create_directory(HANDLE *handle, UNICODE_STRING *name, HANDLE root,
                                        ULONG flags)
{
    OBJECT_ATTRIBUTES attributes = attributes_of(name, root, flags);

    return NtCreateDirectoryObject(handle, DIRECTORY_ALL_ACCESS, &attributes);
}

static inline NTSTATUS open_directory(HANDLE *handle, UNICODE_STRING *name, HANDLE root,
                                      ULONG flags)
{
    OBJECT_ATTRIBUTES attributes = attributes_of(name, root, flags);

    return NtOpenDirectoryObject(handle, DIRECTORY_ALL_ACCESS, &attributes);
}

static inline NTSTATUS create_link(HANDLE *handle, UNICODE_STRING *name, UNICODE_STRING *target)
{
    OBJECT_ATTRIBUTES attributes = attributes_of(name, NULL, 0);

    return NtCreateSymbolicLinkObject(handle, SYMBOLIC_LINK_ALL_ACCESS, &attributes, target);
}

static inline NTSTATUS open_link(HANDLE *handle, UNICODE_STRING *name, HANDLE root)
{
    OBJECT_ATTRIBUTES attributes = attributes_of(name, root, 0);

    return NtOpenSymbolicLinkObject(handle, SYMBOLIC_LINK_QUERY, &attributes);
}

// Handles and references of an object, as NtQueryObject tells them.
OBJECT_BASIC_INFORMATION basics_of(HANDLE handle);
