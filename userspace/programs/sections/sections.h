// SPDX-License-Identifier: MIT
// What the parts of the sections program share: its subjects, and short forms of the services.

#pragma once

#include <nt/memory.h>
#include <nt/section.h>
#include <nt/status.h>
#include <user/check.h>
#include <user/services.h>

#define PAGE        0x1000ull
#define GRANULARITY 0x10000ull

void test_zeroes(void);
void test_protections(void);
void test_reserved(void);
void test_names(void);
void test_files(void);
void test_images(void);
void test_errors(void);
void test_sharing(void);
void test_races(void);

// A view's in-and-out arguments.
struct view {
    PVOID base;
    SIZE_T size;
    LONGLONG offset;
};

static inline NTSTATUS create(HANDLE *section, LONGLONG bytes, ULONG protection, ULONG attributes,
                              HANDLE file)
{
    LARGE_INTEGER size = { .QuadPart = bytes };

    return NtCreateSection(section, SECTION_ALL_ACCESS, NULL, bytes != 0 ? &size : NULL, protection,
                           attributes, file);
}

static inline NTSTATUS map(HANDLE section, struct view *view, ULONG protection)
{
    LARGE_INTEGER offset = { .QuadPart = view->offset };
    NTSTATUS status = NtMapViewOfSection(section, NtCurrentProcess(), &view->base, 0, 0, &offset,
                                         &view->size, ViewShare, 0, protection);

    view->offset = offset.QuadPart;
    return status;
}

// Maps all of a section; NULL if that fails.
static inline volatile unsigned char *map_all(HANDLE section, ULONG protection)
{
    struct view view = { 0 };

    return NT_SUCCESS(map(section, &view, protection)) ? view.base : NULL;
}

static inline void unmap(volatile void *base)
{
    check_status("unmap", NtUnmapViewOfSection(NtCurrentProcess(), (PVOID)base), STATUS_SUCCESS);
}

static inline NTSTATUS protect(volatile void *at, SIZE_T size, ULONG protection, ULONG *old)
{
    PVOID base = (PVOID)at;

    return NtProtectVirtualMemory(NtCurrentProcess(), &base, &size, protection, old);
}

static inline MEMORY_BASIC_INFORMATION query(volatile void *at)
{
    MEMORY_BASIC_INFORMATION region = { 0 };

    (void)NtQueryVirtualMemory(NtCurrentProcess(), (PVOID)at, MemoryBasicInformation, &region,
                               sizeof(region), NULL);
    return region;
}

// Opens this program's own file.
NTSTATUS open_own_file(HANDLE *file);
