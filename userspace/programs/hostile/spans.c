// SPDX-License-Identifier: MIT
/*
 * Attacks by size: services asked about almost all addresses that there are, of which next to none
 * is in use. What they cost must depend on what is there, or one call holds up a processor for
 * hours. Who runs this sets a time limit.
 */

#include "hostile.h"

#include <nt/section.h>

#define PAGE       0x1000ull
#define SPAN       0x7F0000000000ull
#define STEP       0x10000000000ull // of each such part one page is in use
#define PAGE_COUNT (SPAN / STEP + 1)

static struct {
    ULONG_PTR count;
    ULONG_PTR entries[0x1000];
} working_set;

// Commits and writes a page of each part of base's SPAN bytes.
static bool write_here_and_there(char *base)
{
    for (SIZE_T at = 0; at < SPAN; at += STEP) {
        PVOID page = base + at;
        if (allocate(&page, PAGE, MEM_COMMIT, PAGE_READWRITE) != STATUS_SUCCESS)
            return false;
        *(volatile char *)page = 1;
    }
    return true;
}

static NTSTATUS list_working_set(void)
{
    return NtQueryVirtualMemory(NtCurrentProcess(), NULL, MemoryWorkingSetInformation, &working_set,
                                sizeof(working_set), NULL);
}

static void test_written(PVOID base)
{
    static PVOID pages[2 * PAGE_COUNT];
    ULONG_PTR count = sizeof(pages) / sizeof(pages[0]);
    ULONG granularity;

    check_status("the pages that were written are listed",
                 NtGetWriteWatch(NtCurrentProcess(), WRITE_WATCH_FLAG_RESET, base, SPAN, pages,
                                 &count, &granularity),
                 STATUS_SUCCESS);
    check_equal("these are all", count, SPAN / STEP);
    check_status("no page was written", NtResetWriteWatch(NtCurrentProcess(), base, SPAN),
                 STATUS_SUCCESS);
}

static void test_private(void)
{
    PVOID base = NULL, at;
    SIZE_T size = SPAN;
    ULONG old;

    check_status("nearly all addresses are reserved",
                 allocate(&base, SPAN, MEM_RESERVE | MEM_WRITE_WATCH, PAGE_READWRITE),
                 STATUS_SUCCESS);
    check("and used, but for next to all", write_here_and_there(base));
    test_written(base);
    check_status("the working set is listed", list_working_set(), STATUS_SUCCESS);
    check("and has these pages", working_set.count >= SPAN / STEP);
    at = base;
    check_status("not all is committed",
                 NtProtectVirtualMemory(NtCurrentProcess(), &at, &size, PAGE_READONLY, &old),
                 STATUS_NOT_COMMITTED);
    check_status("so it cannot be locked", NtLockVirtualMemory(NtCurrentProcess(), &at, &size, 1),
                 STATUS_ACCESS_VIOLATION);
    size = SPAN - 2 * PAGE;
    check_status("it is decommitted",
                 NtFreeVirtualMemory(NtCurrentProcess(), &at, &size, MEM_DECOMMIT), STATUS_SUCCESS);
    check_status("and released", release(base), STATUS_SUCCESS);
}

static void test_view(void)
{
    LARGE_INTEGER section_size = { .QuadPart = SPAN };
    PVOID base = NULL;
    SIZE_T size = 0;
    HANDLE section;

    check_status("a section may be as large",
                 NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, &section_size, PAGE_READWRITE,
                                 SEC_RESERVE, NULL),
                 STATUS_SUCCESS);
    check_status("it is mapped",
                 NtMapViewOfSection(section, NtCurrentProcess(), &base, 0, 0, NULL, &size,
                                    ViewUnmap, 0, PAGE_READWRITE),
                 STATUS_SUCCESS);
    check("and used here and there", write_here_and_there(base));
    check_status("the working set is listed again", list_working_set(), STATUS_SUCCESS);
    check("and has the view's pages", working_set.count >= SPAN / STEP);
    check_status("it is unmapped", NtUnmapViewOfSection(NtCurrentProcess(), base), STATUS_SUCCESS);
}

int hostile_spans(void)
{
    test_private();
    test_view();
    return check_summary("hostile");
}
