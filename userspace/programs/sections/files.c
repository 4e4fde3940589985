// SPDX-License-Identifier: MIT
// Sections of a file: its bytes, and the file as a program image. The file is this program's own.

#include "sections.h"

#include <nt/object.h>
#include <nt/process_information.h>
#include <nt/thread.h>
#include <user/memory.h>

#define GENERIC_READ_AND_EXECUTE (GENERIC_READ | GENERIC_EXECUTE)

NTSTATUS open_own_file(HANDLE *file)
{
    static WCHAR path[] = u"\\??\\C:\\sections.exe";
    UNICODE_STRING name = { sizeof(path) - sizeof(WCHAR), sizeof(path), path };
    OBJECT_ATTRIBUTES attributes = { .Length = sizeof(attributes), .ObjectName = &name };
    IO_STATUS_BLOCK status;

    return NtOpenFile(file, GENERIC_READ_AND_EXECUTE, &attributes, &status, 1, 0);
}

static volatile unsigned char *own_image(void)
{
    PEB *peb;

    __asm__("movq %%gs:0x60, %0" : "=r"(peb));
    return peb->ImageBaseAddress;
}

void test_files(void)
{
    HANDLE file, section;

    if (!check_status("open this program's file", open_own_file(&file), STATUS_SUCCESS))
        return;
    check_status("its bytes as a section", create(&section, 0, PAGE_READONLY, SEC_COMMIT, file),
                 STATUS_SUCCESS);
    volatile unsigned char *bytes = map_all(section, PAGE_READONLY);
    check("they begin with MZ", bytes != NULL && bytes[0] == 'M' && bytes[1] == 'Z');
    SECTION_BASIC_INFORMATION basic = { 0 };
    NtQuerySection(section, SectionBasicInformation, &basic, sizeof(basic), NULL);
    check("the section says that it is a file",
          basic.AllocationAttributes == (SEC_COMMIT | SEC_FILE) && basic.MaximumSize.QuadPart > 0);
    volatile unsigned char *tail = bytes + basic.MaximumSize.QuadPart;
    bool is_zero = true;
    for (; ((ULONG_PTR)tail & (PAGE - 1)) != 0; tail++)
        is_zero &= *tail == 0;
    check("behind its end there are zeroes", is_zero);
    volatile unsigned char *copy = map_all(section, PAGE_WRITECOPY);
    if (check("a view that copies", copy != NULL)) {
        copy[0] = 'X';
        check("a write stays private", copy[0] == 'X' && bytes[0] == 'M' && copy[1] == 'Z');
        unmap(copy);
    }
    LARGE_INTEGER size = basic.MaximumSize;
    check_status("it is as long as it is", NtExtendSection(section, &size), STATUS_SUCCESS);
    size.QuadPart += 1;
    check_status("and cannot grow", NtExtendSection(section, &size), STATUS_SECTION_NOT_EXTENDED);
    HANDLE other;
    check_status("a section beyond the file",
                 create(&other, basic.MaximumSize.QuadPart + 1, PAGE_READONLY, SEC_COMMIT, file),
                 STATUS_SECTION_TOO_BIG);
    check_status("the image is the same file",
                 NtAreMappedFilesTheSame((PVOID)own_image(), (PVOID)bytes), STATUS_SUCCESS);
    IO_STATUS_BLOCK block;
    PVOID base = (PVOID)bytes;
    SIZE_T length = 0;
    check_status("flush it", NtFlushVirtualMemory(NtCurrentProcess(), &base, &length, &block),
                 STATUS_SUCCESS);
    unmap(bytes);
    NtClose(section);
    NtClose(file);
}

// How many pages of the range belong to somebody else, too.
static unsigned count_shared(volatile unsigned char *base, SIZE_T size)
{
    unsigned count = 0;

    for (SIZE_T at = 0; at < size; at += PAGE) {
        MEMORY_WORKING_SET_EX_INFORMATION page = { .VirtualAddress = (PVOID)(base + at) };
        (void)NtQueryVirtualMemory(NtCurrentProcess(), NULL, MemoryWorkingSetExInformation, &page,
                                   sizeof(page), NULL);
        count += (page.Attributes & WORKING_SET_EX_SHARED) != 0;
    }
    return count;
}

static void check_second_view(HANDLE section)
{
    volatile unsigned char *own = own_image();
    struct view view = { 0 };

    check_status("a second view stands elsewhere", map(section, &view, PAGE_EXECUTE_READ),
                 STATUS_IMAGE_NOT_AT_BASE);
    volatile unsigned char *second = view.base;
    MEMORY_BASIC_INFORMATION region = query(second);
    check("as an image", region.Type == MEM_IMAGE && region.Protect == PAGE_READONLY &&
                             region.AllocationProtect == PAGE_EXECUTE_WRITECOPY);
    check("with the same header", memcmp((void *)own, (void *)second, 0x200) == 0);
    // The distance of a function from the image's start is its place in the other view.
    SIZE_T code = (SIZE_T)((ULONG_PTR)test_images - (ULONG_PTR)own);
    check("with the same code", memcmp((void *)(own + code), (void *)(second + code), 64) == 0);
    check("whose page is shared", count_shared(second + (code & ~(PAGE - 1)), PAGE) == 1);
    ULONG old = 0;
    check_status("make it writable", protect(second, PAGE, PAGE_READWRITE, &old), STATUS_SUCCESS);
    check_equal("it was read-only", old, PAGE_READONLY);
    check("that is, to be copied", query(second).Protect == PAGE_WRITECOPY);
    second[0] = 'X';
    check("the first view is untouched", own[0] == 'M' && second[0] == 'X');
    check("the page belongs to nobody else", count_shared(second, PAGE) == 0);
    unmap(second);
}

void test_images(void)
{
    static volatile int datum = 5; // in .data
    HANDLE file, section;

    if (!check_status("open the file again", open_own_file(&file), STATUS_SUCCESS))
        return;
    check_status("the file as an image", create(&section, 0, PAGE_EXECUTE_READ, SEC_IMAGE, file),
                 STATUS_SUCCESS);
    SECTION_IMAGE_INFORMATION image = { 0 };
    SIZE_T length = 0;
    check_status("what it is",
                 NtQuerySection(section, SectionImageInformation, &image, sizeof(image), &length),
                 STATUS_SUCCESS);
    check("64 bytes", length == 64);
    check("for this processor", image.Machine == 0x8664 && image.ImageContainsCode);
    check("its entry point lies in it", query(image.TransferAddress).Type == MEM_IMAGE);
    check("a console program", image.SubSystemType == 3);
    PVOID original = NULL;
    ULONG_PTR delta = 1;
    NtQuerySection(section, SectionOriginalBaseInformation, &original, sizeof(original), NULL);
    NtQuerySection(section, SectionRelocationInformation, &delta, sizeof(delta), NULL);
    check("it was moved by the difference", (ULONG_PTR)original + delta == (ULONG_PTR)own_image());
    datum = 6;
    check("a page that was written is the program's own",
          count_shared((volatile unsigned char *)((ULONG_PTR)&datum & ~(PAGE - 1)), PAGE) == 0);
    check_second_view(section);
    struct view part = { .offset = GRANULARITY };
    check_status("no part of an image", map(section, &part, PAGE_READONLY),
                 STATUS_INVALID_VIEW_SIZE);
    NtClose(section);
    NtClose(file);
}
