// SPDX-License-Identifier: MIT
/*
 * What memory costs (bench.h): the first touch of private pages, one by one and in large areas,
 * views of sections, and copies on write. Each is the difference between touching pages for the
 * first time and for the second.
 */

#include "bench.h"

#include <nt/memory.h>
#include <nt/section.h>
#include <user/services.h>

#define PAGES       512ull
#define LARGE_PAGES 8192ull

static uint64_t touch(volatile char *base, uint64_t pages, bool is_write)
{
    uint64_t start = ticks();

    for (uint64_t offset = 0; offset < pages * PAGE; offset += PAGE) {
        if (is_write)
            base[offset] = 1;
        else
            (void)base[offset];
    }
    return ticks() - start;
}

static NTSTATUS measure_private(const char *name, uint64_t pages)
{
    uint64_t first = UINT64_MAX, second = UINT64_MAX;

    for (unsigned batch = 0; batch < BATCHES; batch++) {
        PVOID base = NULL;
        SIZE_T size = pages * PAGE;
        NTSTATUS status = NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size,
                                                  MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        if (!NT_SUCCESS(status))
            return status;
        uint64_t taken = touch(base, pages, true);
        first = taken < first ? taken : first;
        taken = touch(base, pages, true);
        second = taken < second ? taken : second;
        size = 0;
        (void)NtFreeVirtualMemory(NtCurrentProcess(), &base, &size, MEM_RELEASE);
    }
    report(name, first, second, (unsigned)pages);
    return 0;
}

static NTSTATUS map(HANDLE section, PVOID *base, ULONG protection)
{
    SIZE_T size = 0;

    *base = NULL;
    return NtMapViewOfSection(section, NtCurrentProcess(), base, 0, 0, NULL, &size, ViewUnmap, 0,
                              protection);
}

static void map_and_unmap(void *context)
{
    PVOID base;

    (void)map(*(HANDLE *)context, &base, PAGE_READWRITE);
    (void)NtUnmapViewOfSection(NtCurrentProcess(), base);
}

// Reads or writes every page of a fresh view of pages that the section has.
static NTSTATUS measure_view(const char *name, HANDLE section, ULONG protection, bool is_write)
{
    uint64_t first = UINT64_MAX, second = UINT64_MAX;

    for (unsigned batch = 0; batch < BATCHES; batch++) {
        PVOID base;
        NTSTATUS status = map(section, &base, protection);
        if (!NT_SUCCESS(status))
            return status;
        // Copies are made of pages that are mapped already.
        if (is_write)
            (void)touch(base, PAGES, false);
        uint64_t taken = touch(base, PAGES, is_write);
        first = taken < first ? taken : first;
        taken = touch(base, PAGES, is_write);
        second = taken < second ? taken : second;
        (void)NtUnmapViewOfSection(NtCurrentProcess(), base);
    }
    report(name, first, second, (unsigned)PAGES);
    return 0;
}

NTSTATUS measure_memory(void)
{
    LARGE_INTEGER size = { .QuadPart = PAGES * PAGE };
    HANDLE section;
    PVOID all;
    NTSTATUS status = measure_private("demand-zero-fault", PAGES);

    if (NT_SUCCESS(status))
        status = measure_private("demand-zero-large", LARGE_PAGES);
    if (NT_SUCCESS(status))
        status = NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE,
                                 SEC_COMMIT, NULL);
    if (!NT_SUCCESS(status))
        return status;
    measure("view-map-unmap", map_and_unmap, &section);
    status = map(section, &all, PAGE_READWRITE);
    if (NT_SUCCESS(status)) {
        (void)touch(all, PAGES, true);
        status = measure_view("shared-page-fault", section, PAGE_READONLY, false);
    }
    if (NT_SUCCESS(status))
        status = measure_view("copy-on-write-fault", section, PAGE_WRITECOPY, true);
    return status;
}
