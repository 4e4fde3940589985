// SPDX-License-Identifier: MIT
/*
 * Memory that exists: read and written through process handles, watched for writes, locked, asked
 * about in other ways than by region. The process is always this one, behind a handle like any
 * other.
 * Source: learn.microsoft.com, ReadProcessMemory, GetWriteWatch, VirtualLock, QueryWorkingSet
 */

#include "memory.h"

#include <nt/object.h>
#include <nt/process_information.h>
#include <user/memory.h>

static HANDLE own_process(ACCESS_MASK access)
{
    HANDLE handle = NULL;

    check_status("a handle for this process",
                 NtDuplicateObject(NtCurrentProcess(), NtCurrentProcess(), NtCurrentProcess(),
                                   &handle, access, 0, 0),
                 STATUS_SUCCESS);
    return handle;
}

static void test_copies(void)
{
    struct range range = { NULL, 3 * PAGE };
    HANDLE process = own_process(PROCESS_VM_READ | PROCESS_VM_WRITE | PROCESS_VM_OPERATION);
    char buffer[64] = "text that goes there";
    SIZE_T done = 99;

    if (!check_status("three pages", allocate(&range, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE),
                      STATUS_SUCCESS))
        return;
    char *base = range.base;
    check_status("write over a page's end",
                 NtWriteVirtualMemory(process, base + PAGE - 10, buffer, sizeof(buffer), &done),
                 STATUS_SUCCESS);
    check_equal("all of it", done, sizeof(buffer));
    check("it is there", memcmp(base + PAGE - 10, "text that goes there", 20) == 0);
    memset(buffer, 0, sizeof(buffer));
    check_status("read it", NtReadVirtualMemory(process, base + PAGE - 10, buffer, 20, &done),
                 STATUS_SUCCESS);
    check("as it was", done == 20 && memcmp(buffer, "text that goes there", 20) == 0);
    ULONG old;
    struct range last = { base + 2 * PAGE, PAGE };
    check_status("the last page is not to be touched", protect(&last, PAGE_NOACCESS, &old),
                 STATUS_SUCCESS);
    check_status("read into it",
                 NtReadVirtualMemory(process, base + 2 * PAGE - 30, buffer, 64, &done),
                 STATUS_PARTIAL_COPY);
    check_equal("up to it", done, 30);
    check_status("read nothing but it",
                 NtReadVirtualMemory(process, base + 2 * PAGE, buffer, 8, &done),
                 STATUS_PARTIAL_COPY);
    check_equal("not a byte", done, 0);
    check_status("write to a read-only page",
                 NtWriteVirtualMemory(process, (PVOID)0x7FFE0000, buffer, 8, &done),
                 STATUS_PARTIAL_COPY);
    check_status("a kernel address",
                 NtReadVirtualMemory(process, (PVOID)0xFFFF800000000000, buffer, 8, &done),
                 STATUS_ACCESS_VIOLATION);
    check_status("a buffer that is none", NtReadVirtualMemory(process, base, NULL, 8, &done),
                 STATUS_ACCESS_VIOLATION);
    check_status("no right to read",
                 NtReadVirtualMemory(own_process(PROCESS_VM_WRITE), base, buffer, 8, &done),
                 STATUS_ACCESS_DENIED);
    check_status("flush the instruction cache", NtFlushInstructionCache(process, base, PAGE),
                 STATUS_SUCCESS);
    release(base);
    NtClose(process);
}

static void test_watch(void)
{
    struct range range = { NULL, 64 * PAGE };
    PVOID pages[64];
    ULONG_PTR count = 64;
    ULONG unit = 0;

    if (!check_status("64 pages that are watched",
                      allocate(&range, MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH, PAGE_READWRITE),
                      STATUS_SUCCESS))
        return;
    volatile char *base = range.base;
    check("a read", base[3 * PAGE] == 0);
    base[5 * PAGE] = 1;
    base[40 * PAGE + 7] = 1;
    SIZE_T done;
    char byte = 1;
    (void)NtWriteVirtualMemory(NtCurrentProcess(), (PVOID)(base + 50 * PAGE), &byte, 1, &done);
    check_status(
        "which were written",
        NtGetWriteWatch(NtCurrentProcess(), 0, (PVOID)base, 64 * PAGE, pages, &count, &unit),
        STATUS_SUCCESS);
    check("three", count == 3 && pages[0] == base + 5 * PAGE && pages[1] == base + 40 * PAGE &&
                       pages[2] == base + 50 * PAGE);
    check_equal("in pages", unit, PAGE);
    count = 1;
    check_status("the first of them, which is forgotten then",
                 NtGetWriteWatch(NtCurrentProcess(), WRITE_WATCH_FLAG_RESET, (PVOID)base, 64 * PAGE,
                                 pages, &count, &unit),
                 STATUS_SUCCESS);
    check("it was", count == 1 && pages[0] == base + 5 * PAGE);
    count = 64;
    (void)NtGetWriteWatch(NtCurrentProcess(), 0, (PVOID)base, 64 * PAGE, pages, &count, &unit);
    check_equal("two are left", count, 2);
    check_status("forget them", NtResetWriteWatch(NtCurrentProcess(), (PVOID)base, 64 * PAGE),
                 STATUS_SUCCESS);
    base[40 * PAGE] = 2;
    count = 64;
    (void)NtGetWriteWatch(NtCurrentProcess(), 0, (PVOID)base, 64 * PAGE, pages, &count, &unit);
    check("a page that is written again is back", count == 1 && pages[0] == base + 40 * PAGE);
    check_status("flags that are none",
                 NtGetWriteWatch(NtCurrentProcess(), 2, (PVOID)base, PAGE, pages, &count, &unit),
                 STATUS_INVALID_PARAMETER);
    release((PVOID)base);
    char *plain = reserve(GRANULARITY);
    check_status("memory that is not watched", NtResetWriteWatch(NtCurrentProcess(), plain, PAGE),
                 STATUS_INVALID_PARAMETER);
    release(plain);
}

// The attributes of a page: 0 if it has no frame.
static ULONG_PTR attributes_of(char *page)
{
    MEMORY_WORKING_SET_EX_INFORMATION entry = { .VirtualAddress = page };

    (void)NtQueryVirtualMemory(NtCurrentProcess(), NULL, MemoryWorkingSetExInformation, &entry,
                               sizeof(entry), NULL);
    return entry.Attributes;
}

static void test_resident(void)
{
    static ULONG_PTR list[4096];
    struct range range = { NULL, 8 * PAGE };
    SIZE_T length = 0;

    (void)allocate(&range, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    char *base = range.base;
    check("a page that was not touched has no frame", attributes_of(base + PAGE) == 0);
    struct range part = { base + PAGE + 1, PAGE };
    check_status("lock two pages",
                 NtLockVirtualMemory(NtCurrentProcess(), &part.base, &part.size, MAP_PROCESS),
                 STATUS_SUCCESS);
    check("the range was rounded", part.base == base + PAGE && part.size == 2 * PAGE);
    check("now they have frames",
          attributes_of(base + PAGE) != 0 && attributes_of(base + 2 * PAGE) != 0);
    check("their own", (attributes_of(base + PAGE) & WORKING_SET_EX_SHARED) == 0);
    check("of the others none", attributes_of(base + 3 * PAGE) == 0);
    check_status("unlock them",
                 NtUnlockVirtualMemory(NtCurrentProcess(), &part.base, &part.size, MAP_PROCESS),
                 STATUS_SUCCESS);
    check_status("list all pages that have frames",
                 NtQueryVirtualMemory(NtCurrentProcess(), NULL, MemoryWorkingSetInformation, list,
                                      sizeof(list), &length),
                 STATUS_SUCCESS);
    bool is_listed = false;
    for (ULONG_PTR i = 1; i <= list[0] && i < 4096; i++)
        is_listed |= (list[i] & ~0xFFFull) == (ULONG_PTR)base + PAGE;
    check("the locked page is among them", is_listed && length == (list[0] + 1) * 8);
    check_status("with room for two",
                 NtQueryVirtualMemory(NtCurrentProcess(), NULL, MemoryWorkingSetInformation, list,
                                      3 * sizeof(list[0]), &length),
                 STATUS_INFO_LENGTH_MISMATCH);
    check("their number is told", list[0] > 2);
    MEMORY_REGION_INFORMATION region;
    check_status("the whole allocation",
                 NtQueryVirtualMemory(NtCurrentProcess(), base + PAGE, MemoryRegionInformation,
                                      &region, sizeof(region), &length),
                 STATUS_SUCCESS);
    check("it is private", region.RegionType == MEMORY_REGION_PRIVATE &&
                               region.AllocationBase == base && region.CommitSize == 8 * PAGE);
    release(base);
}

static void test_file_names(void)
{
    struct {
        UNICODE_STRING name;
        WCHAR text[128];
    } file;
    SIZE_T length = 0;

    check_status("the file behind this code",
                 NtQueryVirtualMemory(NtCurrentProcess(), (PVOID)test_file_names,
                                      MemoryMappedFilenameInformation, &file, sizeof(file),
                                      &length),
                 STATUS_SUCCESS);
    USHORT units = file.name.Length / sizeof(WCHAR);
    check("its name ends in memory.exe",
          units > 10 && memcmp(file.name.Buffer + units - 10, u"memory.exe", 20) == 0);
    check_equal("it says how long that is", length, sizeof(file.name) + file.name.Length + 2);
    check_status("no room for it",
                 NtQueryVirtualMemory(NtCurrentProcess(), (PVOID)test_file_names,
                                      MemoryMappedFilenameInformation, &file, 20, &length),
                 STATUS_BUFFER_OVERFLOW);
    check_status("behind the stack there is none",
                 NtQueryVirtualMemory(NtCurrentProcess(), &file, MemoryMappedFilenameInformation,
                                      &file, sizeof(file), &length),
                 STATUS_INVALID_ADDRESS);
    MEMORY_IMAGE_INFORMATION image;
    check_status("the image around this code",
                 NtQueryVirtualMemory(NtCurrentProcess(), (PVOID)test_file_names,
                                      MemoryImageInformation, &image, sizeof(image), &length),
                 STATUS_SUCCESS);
    check("begins with MZ", *(USHORT *)image.ImageBase == 0x5A4D);
}

void test_access(void)
{
    test_copies();
    test_watch();
    test_resident();
    test_file_names();
}
