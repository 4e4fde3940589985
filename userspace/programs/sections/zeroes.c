// SPDX-License-Identifier: MIT
// Sections that are nothing but memory: sharing, offsets, copies on write, growing commitment,
// names.

#include "sections.h"

#include <nt/object.h>

void test_zeroes(void)
{
    HANDLE section;
    struct view part = { .size = PAGE + 1, .offset = GRANULARITY };

    if (!check_status("a section of 256 KiB",
                      create(&section, 0x40000, PAGE_READWRITE, SEC_COMMIT, NULL), STATUS_SUCCESS))
        return;
    volatile unsigned char *all = map_all(section, PAGE_READWRITE);
    check("all of it is mapped", all != NULL && query(all).RegionSize == 0x40000);
    check("at a multiple of 64 KiB", ((ULONG_PTR)all & (GRANULARITY - 1)) == 0);
    check("as mapped memory", query(all).Type == MEM_MAPPED && query(all).State == MEM_COMMIT);
    check("it is full of zeroes", all[0] == 0 && all[0x3FFFF] == 0);
    all[GRANULARITY + 5] = 42;
    check_status("a part from 64 KiB on", map(section, &part, PAGE_READONLY), STATUS_SUCCESS);
    check_equal("its size is in pages", part.size, 2 * PAGE);
    check("it shows what was written", ((volatile unsigned char *)part.base)[5] == 42);
    all[GRANULARITY + 6] = 43;
    check("and what is written now", ((volatile unsigned char *)part.base)[6] == 43);
    NtClose(section);
    unmap(all);
    check("a view lives without handle and first view",
          ((volatile unsigned char *)part.base)[6] == 43);
    unmap(part.base);
    check("nothing is left there", query(part.base).State == MEM_FREE);
    check_status("unmap twice", NtUnmapViewOfSection(NtCurrentProcess(), part.base),
                 STATUS_NOT_MAPPED_VIEW);
}

// What a page of a view may become, and what writing to a copy does.
void test_protections(void)
{
    HANDLE section;
    ULONG old = 0;

    create(&section, 4 * PAGE, PAGE_READWRITE, SEC_COMMIT, NULL);
    volatile unsigned char *shared = map_all(section, PAGE_READWRITE);
    volatile unsigned char *copy = map_all(section, PAGE_WRITECOPY);
    if (!check("two views", shared != NULL && copy != NULL))
        return;
    shared[0] = 1;
    check("the copy shows the original", copy[0] == 1);
    check("the page says copy on write", query(copy).Protect == PAGE_WRITECOPY);
    copy[0] = 2;
    check("a write to the copy is its own", copy[0] == 2 && shared[0] == 1);
    check("the page is an ordinary one now",
          query(copy).Protect == PAGE_READWRITE && query(copy).RegionSize == PAGE);
    check("the next page is not", query(copy + PAGE).Protect == PAGE_WRITECOPY);
    shared[0] = 3;
    shared[PAGE] = 4;
    check("later writes do not reach the copy", copy[0] == 2);
    check("but reach pages that are none", copy[PAGE] == 4);
    check_status("the copy becomes read-only", protect(copy, 4 * PAGE, PAGE_READONLY, &old),
                 STATUS_SUCCESS);
    check_equal("it was readable and writable", old, PAGE_READWRITE);
    check_status("and to be copied again", protect(copy, 4 * PAGE, PAGE_WRITECOPY, &old),
                 STATUS_SUCCESS);
    check("it keeps its contents", copy[0] == 2);
    copy[PAGE] = 5;
    check("the second page is copied", copy[PAGE] == 5 && shared[PAGE] == 4);
    unmap(copy);
    check_status("execution is not allowed", protect(shared, PAGE, PAGE_EXECUTE_READ, &old),
                 STATUS_SECTION_PROTECTION);
    check_status("a read-only view", protect(shared, PAGE, PAGE_READONLY, &old), STATUS_SUCCESS);
    check_status("and back", protect(shared, PAGE, PAGE_READWRITE, &old), STATUS_SUCCESS);
    unmap(shared);
    NtClose(section);

    create(&section, PAGE, PAGE_READONLY, SEC_COMMIT, NULL);
    struct view view = { 0 };
    check_status("no writable view of a read-only section", map(section, &view, PAGE_READWRITE),
                 STATUS_SECTION_PROTECTION);
    volatile unsigned char *own = map_all(section, PAGE_WRITECOPY);
    check("but one that copies", own != NULL);
    own[1] = 6;
    check_status("which cannot become writable in place", protect(own, PAGE, PAGE_READWRITE, &old),
                 STATUS_SECTION_PROTECTION);
    unmap(own);
    NtClose(section);
}

void test_reserved(void)
{
    HANDLE section;

    create(&section, 0x100000, PAGE_READWRITE, SEC_RESERVE, NULL);
    volatile unsigned char *first = map_all(section, PAGE_READWRITE);
    volatile unsigned char *second = map_all(section, PAGE_READWRITE);
    if (!check("two views of a reserved section", first != NULL && second != NULL))
        return;
    check("nothing is committed",
          query(first).State == MEM_RESERVE && query(first).RegionSize == 0x100000);
    PVOID base = (PVOID)(first + 0x20000);
    SIZE_T size = 0x10000;
    check_status(
        "commit 64 KiB of the first",
        NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size, MEM_COMMIT, PAGE_READWRITE),
        STATUS_SUCCESS);
    check("the second has them, too", query(second + 0x20000).State == MEM_COMMIT &&
                                          query(second + 0x20000).RegionSize == 0x10000);
    second[0x20007] = 7;
    check("both show the same", first[0x20007] == 7);
    check("the rest is reserved", query(first + 0x30000).State == MEM_RESERVE);
    size = PAGE;
    check_status("views are not decommitted",
                 NtFreeVirtualMemory(NtCurrentProcess(), &base, &size, MEM_DECOMMIT),
                 STATUS_UNABLE_TO_DELETE_SECTION);
    size = 0;
    check_status("nor released", NtFreeVirtualMemory(NtCurrentProcess(), &base, &size, MEM_RELEASE),
                 STATUS_FREE_VM_NOT_AT_BASE);
    unmap(first);
    check("the second keeps its pages", second[0x20007] == 7);
    unmap(second);
    // With CommitSize the view begins committed.
    PVOID at = NULL;
    size = 0;
    check_status("a view that commits 8 KiB",
                 NtMapViewOfSection(section, NtCurrentProcess(), &at, 0, 2 * PAGE, NULL, &size,
                                    ViewUnmap, 0, PAGE_READWRITE),
                 STATUS_SUCCESS);
    check("so much is committed",
          query(at).State == MEM_COMMIT && query(at).RegionSize == 2 * PAGE);
    unmap(at);
    NtClose(section);
}

static OBJECT_ATTRIBUTES attributes_for(UNICODE_STRING *name, const WCHAR *text, USHORT units)
{
    *name = (UNICODE_STRING){ .Length = (USHORT)(units * sizeof(WCHAR)),
                              .MaximumLength = (USHORT)(units * sizeof(WCHAR)),
                              .Buffer = (PWSTR)text };
    return (OBJECT_ATTRIBUTES){ .Length = sizeof(OBJECT_ATTRIBUTES),
                                .Attributes = OBJ_CASE_INSENSITIVE,
                                .ObjectName = name };
}

#define NAME(text) text, (USHORT)(sizeof(text) / sizeof(WCHAR) - 1)

void test_names(void)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes =
        attributes_for(&name, NAME(u"\\Sessions\\1\\BaseNamedObjects\\section test"));
    LARGE_INTEGER size = { .QuadPart = PAGE };
    HANDLE made, opened;

    check_status("a named section",
                 NtCreateSection(&made, SECTION_ALL_ACCESS, &attributes, &size, PAGE_READWRITE,
                                 SEC_COMMIT, NULL),
                 STATUS_SUCCESS);
    check_status("open it", NtOpenSection(&opened, SECTION_MAP_READ, &attributes), STATUS_SUCCESS);
    volatile unsigned char *written = map_all(made, PAGE_READWRITE);
    volatile unsigned char *read = map_all(opened, PAGE_READONLY);
    if (check("both are mapped", written != NULL && read != NULL)) {
        written[9] = 9;
        check("and are the same", read[9] == 9);
    }
    struct view view = { 0 };
    check_status("a handle for reading makes no writable view", map(opened, &view, PAGE_READWRITE),
                 STATUS_ACCESS_DENIED);
    SECTION_BASIC_INFORMATION basic;
    check_status("nor does it tell about the section",
                 NtQuerySection(opened, SectionBasicInformation, &basic, sizeof(basic), NULL),
                 STATUS_ACCESS_DENIED);
    check_status("the other handle does",
                 NtQuerySection(made, SectionBasicInformation, &basic, sizeof(basic), NULL),
                 STATUS_SUCCESS);
    check("its size", basic.MaximumSize.QuadPart == (LONGLONG)PAGE);
    check("its attributes", basic.AllocationAttributes == SEC_COMMIT);
    NtClose(opened);
    NtClose(made);
    unmap((PVOID)written);
    unmap((PVOID)read);
    check_status("the name goes with the last handle",
                 NtOpenSection(&opened, SECTION_MAP_READ, &attributes),
                 STATUS_OBJECT_NAME_NOT_FOUND);
}
