// SPDX-License-Identifier: MIT
/*
 * What two processes share: this program starts itself again and works in the child's memory. The
 * child waits, suspended, for its first instruction, so that all that happens to it is seen here.
 */

#include "sections.h"

#include <nt/process_information.h>
#include <nt/system.h>
#include <user/memory.h>
#include <user/process.h>

#define TABLE_PAGES 512u

// Pages that nobody writes to.
static const unsigned char table[TABLE_PAGES * PAGE] = { [0] = 1, [sizeof(table) - 1] = 2 };

static ULONGLONG available_pages(void)
{
    static SYSTEM_PERFORMANCE_INFORMATION information;

    (void)NtQuerySystemInformation(SystemPerformanceInformation, &information, sizeof(information),
                                   NULL);
    return information.AvailablePages;
}

// Reads a byte of each page, as the child would.
static bool read_there(HANDLE process, const volatile unsigned char *base, SIZE_T pages)
{
    unsigned char byte;
    SIZE_T done;

    for (SIZE_T i = 0; i < pages; i++)
        if (!NT_SUCCESS(NtReadVirtualMemory(process, (PVOID)(base + i * PAGE), &byte, 1, &done)))
            return false;
    return true;
}

// The image stands at the same place in both, so addresses here are addresses there.
static void check_image(const struct child *child)
{
    ULONGLONG before = available_pages();

    check("all of the table can be read in the child",
          read_there(child->process, table, TABLE_PAGES));
    ULONGLONG cost = before - available_pages();
    check("which takes no frames but for page tables", cost < 8);
    check("the image stands where it stands here",
          query(child->image.TransferAddress).Type == MEM_IMAGE);

    static volatile int datum = 11;
    int there = 0, value = 22;
    SIZE_T done;
    datum = 12;
    check_status("a variable of the child",
                 NtReadVirtualMemory(child->process, (PVOID)&datum, &there, sizeof(there), &done),
                 STATUS_SUCCESS);
    check_equal("is the child's own", (ULONGLONG)there, 11);
    check_status("write to it",
                 NtWriteVirtualMemory(child->process, (PVOID)&datum, &value, sizeof(value), &done),
                 STATUS_SUCCESS);
    check_equal("which is not seen here", (ULONGLONG)datum, 12);
}

static void check_view(const struct child *child)
{
    HANDLE section;
    PVOID there = NULL;
    SIZE_T size = 0, done;
    unsigned char byte = 0;

    (void)create(&section, 2 * PAGE, PAGE_READWRITE, SEC_COMMIT, NULL);
    volatile unsigned char *here = map_all(section, PAGE_READWRITE);
    check_status("map a section into the child",
                 NtMapViewOfSection(section, child->process, &there, 0, 0, NULL, &size, ViewUnmap,
                                    0, PAGE_READWRITE),
                 STATUS_SUCCESS);
    if (!check("and here", here != NULL))
        return;
    here[PAGE] = 77;
    (void)NtReadVirtualMemory(child->process, (char *)there + PAGE, &byte, 1, &done);
    check_equal("the child sees what is written here", byte, 77);
    byte = 78;
    (void)NtWriteVirtualMemory(child->process, (char *)there + PAGE, &byte, 1, &done);
    check_equal("and the other way round", here[PAGE], 78);
    check_status("unmap it there", NtUnmapViewOfSection(child->process, there), STATUS_SUCCESS);
    check_status("then it cannot be read",
                 NtReadVirtualMemory(child->process, there, &byte, 1, &done), STATUS_PARTIAL_COPY);
    unmap(here);
    NtClose(section);
}

static void check_memory(const struct child *child)
{
    PVOID base = NULL;
    SIZE_T size = 4 * PAGE;
    MEMORY_BASIC_INFORMATION region = { 0 };
    ULONG old = 0;

    check_status("allocate in the child",
                 NtAllocateVirtualMemory(child->process, &base, 0, &size, MEM_RESERVE | MEM_COMMIT,
                                         PAGE_READWRITE),
                 STATUS_SUCCESS);
    PVOID page = base;
    size = PAGE;
    check_status("protect a page of it",
                 NtProtectVirtualMemory(child->process, &page, &size, PAGE_READONLY, &old),
                 STATUS_SUCCESS);
    check_status("ask about it",
                 NtQueryVirtualMemory(child->process, base, MemoryBasicInformation, &region,
                                      sizeof(region), NULL),
                 STATUS_SUCCESS);
    check("it is one read-only page", region.Protect == PAGE_READONLY && region.RegionSize == PAGE);
    size = 0;
    check_status("free it", NtFreeVirtualMemory(child->process, &base, &size, MEM_RELEASE),
                 STATUS_SUCCESS);
}

void test_sharing(void)
{
    struct child child;
    PVOID base = NULL;
    SIZE_T size = PAGE;

    for (unsigned i = 0; i < TABLE_PAGES; i++)
        (void)((const volatile unsigned char *)table)[i * PAGE];
    if (!check_status("start this program again",
                      child_start("child", 0, THREAD_CREATE_FLAGS_CREATE_SUSPENDED, &child),
                      STATUS_SUCCESS))
        return;
    check_image(&child);
    check_view(&child);
    check_memory(&child);
    check_status("end it", NtTerminateProcess(child.process, 5), STATUS_SUCCESS);
    check_status("wait for that", NtWaitForSingleObject(child.process, FALSE, NULL), STATUS_WAIT_0);
    check_status(
        "it has no memory any more",
        NtAllocateVirtualMemory(child.process, &base, 0, &size, MEM_RESERVE, PAGE_READWRITE),
        STATUS_PROCESS_IS_TERMINATING);
    check_equal("it ended as told", (ULONGLONG)child_join(&child), 5);
}
