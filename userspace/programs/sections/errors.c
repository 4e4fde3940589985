// SPDX-License-Identifier: MIT
// What the section services refuse, and with which status.

#include "sections.h"

static void check_create(const char *what, LONGLONG size, ULONG protection, ULONG attributes,
                         HANDLE file, NTSTATUS expected)
{
    HANDLE section = NULL;

    check_status(what, create(&section, size, protection, attributes, file), expected);
}

static void check_map(const char *what, HANDLE section, struct view view, ULONG protection,
                      NTSTATUS expected)
{
    check_status(what, map(section, &view, protection), expected);
}

static void test_views(HANDLE section)
{
    PVOID base = NULL;
    SIZE_T size = 0;
    ULONG old;

    check_map("an offset inside of 64 KiB", section, (struct view){ .offset = PAGE }, PAGE_READONLY,
              STATUS_MAPPED_ALIGNMENT);
    check_map("a base inside of 64 KiB", section, (struct view){ .base = (PVOID)0x10001000 },
              PAGE_READONLY, STATUS_MAPPED_ALIGNMENT);
    check_map("an offset behind the end", section, (struct view){ .offset = 0x30000 },
              PAGE_READONLY, STATUS_INVALID_VIEW_SIZE);
    check_map("a size behind the end", section, (struct view){ .size = 0x20001 }, PAGE_READONLY,
              STATUS_INVALID_VIEW_SIZE);
    check_map("a size that wraps", section, (struct view){ .size = ~0ull, .offset = 0x10000 },
              PAGE_READONLY, STATUS_INVALID_PARAMETER_3);
    check_map("a negative offset", section, (struct view){ .offset = -0x10000 }, PAGE_READONLY,
              STATUS_INVALID_VIEW_SIZE);
    check_map("a base of the kernel's", section, (struct view){ .base = (PVOID)0xFFFF800000000000 },
              PAGE_READONLY, STATUS_INVALID_PARAMETER_3);
    check_map("a protection that is none", section, (struct view){ 0 }, 3,
              STATUS_INVALID_PAGE_PROTECTION);
    volatile unsigned char *view = map_all(section, PAGE_READWRITE);
    check_map("a base in use", section, (struct view){ .base = (PVOID)view }, PAGE_READONLY,
              STATUS_CONFLICTING_ADDRESSES);
    check_status("it is no private memory",
                 NtFreeVirtualMemory(NtCurrentProcess(), (PVOID *)&view, &size, MEM_RELEASE),
                 STATUS_UNABLE_TO_DELETE_SECTION);
    check_status("a guard page in a view", protect(view, PAGE, PAGE_READWRITE | PAGE_GUARD, &old),
                 STATUS_SUCCESS);
    unmap(view);
    check_status("an inheritance that is none",
                 NtMapViewOfSection(section, NtCurrentProcess(), &base, 0, 0, NULL, &size, 3, 0,
                                    PAGE_READONLY),
                 STATUS_INVALID_PARAMETER_8);
    check_status("an allocation type that is none",
                 NtMapViewOfSection(section, NtCurrentProcess(), &base, 0, 0, NULL, &size,
                                    ViewShare, MEM_COMMIT, PAGE_READONLY),
                 STATUS_INVALID_PARAMETER_9);
    check_status("no such process",
                 NtMapViewOfSection(section, (HANDLE)0x1234568, &base, 0, 0, NULL, &size, ViewShare,
                                    0, PAGE_READONLY),
                 STATUS_INVALID_HANDLE);
    check_status("a base that cannot be written",
                 NtMapViewOfSection(section, NtCurrentProcess(), (PVOID *)0x7FFE0000, 0, 0, NULL,
                                    &size, ViewShare, 0, PAGE_READONLY),
                 STATUS_ACCESS_VIOLATION);
}

void test_errors(void)
{
    HANDLE section, file;
    SECTION_IMAGE_INFORMATION image;

    check_create("no size", 0, PAGE_READWRITE, SEC_COMMIT, NULL, STATUS_INVALID_PARAMETER_4);
    check_create("neither committed nor reserved", PAGE, PAGE_READWRITE, 0, NULL,
                 STATUS_INVALID_PARAMETER_6);
    check_create("both", PAGE, PAGE_READWRITE, SEC_COMMIT | SEC_RESERVE, NULL,
                 STATUS_INVALID_PARAMETER_6);
    check_create("unknown attributes", PAGE, PAGE_READWRITE, SEC_COMMIT | 1, NULL,
                 STATUS_INVALID_PARAMETER_6);
    check_create("no access", PAGE, PAGE_NOACCESS, SEC_COMMIT, NULL,
                 STATUS_INVALID_PAGE_PROTECTION);
    check_create("guarded", PAGE, PAGE_READWRITE | PAGE_GUARD, SEC_COMMIT, NULL,
                 STATUS_INVALID_PAGE_PROTECTION);
    check_create("more than the machine has", 1ll << 42, PAGE_READWRITE, SEC_COMMIT, NULL,
                 STATUS_COMMITMENT_LIMIT);
    check_create("more than there are addresses", 1ll << 60, PAGE_READWRITE, SEC_RESERVE, NULL,
                 STATUS_SECTION_TOO_BIG);
    check_create("an image of no file", 0, PAGE_EXECUTE_READ, SEC_IMAGE, NULL,
                 STATUS_INVALID_FILE_FOR_SECTION);
    check_create("a file that is none", 0, PAGE_READONLY, SEC_COMMIT, NtCurrentProcess(),
                 STATUS_OBJECT_TYPE_MISMATCH);
    if (NT_SUCCESS(open_own_file(&file))) {
        check_create("a writable section of a file opened for reading", 0, PAGE_READWRITE,
                     SEC_COMMIT, file, STATUS_ACCESS_DENIED);
        NtClose(file);
    }
    create(&section, 0x20000, PAGE_READWRITE, SEC_COMMIT, NULL);
    check_status("no image to describe",
                 NtQuerySection(section, SectionImageInformation, &image, sizeof(image), NULL),
                 STATUS_SECTION_NOT_IMAGE);
    check_status("no room to describe it",
                 NtQuerySection(section, SectionBasicInformation, &image, 23, NULL),
                 STATUS_INFO_LENGTH_MISMATCH);
    check_status("no such class", NtQuerySection(section, 9, &image, sizeof(image), NULL),
                 STATUS_INVALID_INFO_CLASS);
    LARGE_INTEGER size = { .QuadPart = 0x30000 };
    check_status("memory does not grow", NtExtendSection(section, &size),
                 STATUS_SECTION_NOT_EXTENDED);
    test_views(section);
    NtClose(section);
    check_status("compare nothing", NtAreMappedFilesTheSame(NULL, NULL), STATUS_INVALID_ADDRESS);
}
