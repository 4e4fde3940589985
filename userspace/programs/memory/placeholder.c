// SPDX-License-Identifier: MIT
/*
 * Placeholders: reserved, split, replaced by memory and by views, and joined again; and where new
 * memory may be asked to lie. What V8 does with them comes first.
 * Source: learn.microsoft.com, VirtualAlloc2, VirtualFree, MapViewOfFile3, UnmapViewOfFile2
 */

#include "memory.h"

#include <nt/section.h>

#define PLACEHOLDER (MEM_RESERVE | MEM_RESERVE_PLACEHOLDER)
#define REPLACE     (MEM_RESERVE | MEM_REPLACE_PLACEHOLDER)
#define SPLIT       (MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER)
#define JOIN        (MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS)

static NTSTATUS allocate_ex(struct range *range, ULONG type, ULONG protection)
{
    return NtAllocateVirtualMemoryEx(NtCurrentProcess(), &range->base, &range->size, type,
                                     protection, NULL, 0);
}

static NTSTATUS at(char *base, SIZE_T size, ULONG type)
{
    struct range range = { base, size };

    return (type & MEM_RELEASE) != 0
               ? free_memory(&range, type)
               : allocate_ex(&range, type, (type & MEM_COMMIT) ? PAGE_READWRITE : PAGE_NOACCESS);
}

// A table of 128 MiB of which pieces are used.
static void test_table(void)
{
    struct range table = { NULL, 128ull << 20 };

    if (!check_status("reserve a placeholder of 128 MiB",
                      allocate_ex(&table, PLACEHOLDER, PAGE_NOACCESS), STATUS_SUCCESS))
        return;
    char *base = table.base;
    check("it is reserved", query(base).State == MEM_RESERVE);
    check_status("nothing can be committed in it", at(base, PAGE, MEM_COMMIT),
                 STATUS_CONFLICTING_ADDRESSES);
    check_status("nor its part be replaced", at(base, GRANULARITY, REPLACE | MEM_COMMIT),
                 STATUS_CONFLICTING_ADDRESSES);
    check_status("split 64 KiB off", at(base + GRANULARITY, GRANULARITY, SPLIT), STATUS_SUCCESS);
    check("it is an allocation of its own",
          query(base + GRANULARITY).AllocationBase == base + GRANULARITY &&
              query(base + GRANULARITY).RegionSize == GRANULARITY);
    check("so is what is above",
          query(base + 2 * GRANULARITY).AllocationBase == base + 2 * GRANULARITY);
    check_status("replace it", at(base + GRANULARITY, GRANULARITY, REPLACE | MEM_COMMIT),
                 STATUS_SUCCESS);
    base[GRANULARITY + 1] = 1;
    check("it is memory",
          base[GRANULARITY + 1] == 1 && query(base + GRANULARITY).State == MEM_COMMIT);
    check_status("join all: there is memory in between", at(base, 128ull << 20, JOIN),
                 STATUS_CONFLICTING_ADDRESSES);
    check_status("make it a placeholder again", at(base + GRANULARITY, GRANULARITY, SPLIT),
                 STATUS_SUCCESS);
    check_status("join too much", at(base, (128ull << 20) + GRANULARITY, JOIN),
                 STATUS_CONFLICTING_ADDRESSES);
    check_status("join a part of the last", at(base, 3 * GRANULARITY, JOIN),
                 STATUS_CONFLICTING_ADDRESSES);
    check_status("join nothing", at(base, 0, JOIN), STATUS_CONFLICTING_ADDRESSES);
    check_status("join all", at(base, 128ull << 20, JOIN), STATUS_SUCCESS);
    check("it is one",
          query(base).AllocationBase == base && query(base).RegionSize == 128ull << 20);
    release(base);
    check("and free", query(base).State == MEM_FREE);
}

static void test_views(void)
{
    LARGE_INTEGER bytes = { .QuadPart = GRANULARITY };
    struct range range = { NULL, 4 * GRANULARITY };
    HANDLE section;

    (void)NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, &bytes, PAGE_READWRITE, SEC_COMMIT,
                          NULL);
    if (!check_status("another placeholder", allocate_ex(&range, PLACEHOLDER, PAGE_NOACCESS),
                      STATUS_SUCCESS))
        return;
    char *base = range.base;
    // A ring buffer: the same memory twice, side by side.
    check_status("split the first half", at(base, GRANULARITY, SPLIT), STATUS_SUCCESS);
    check_status("and the second", at(base + GRANULARITY, GRANULARITY, SPLIT), STATUS_SUCCESS);
    for (int i = 0; i < 2; i++) {
        PVOID where = base + (SIZE_T)i * GRANULARITY;
        SIZE_T size = GRANULARITY;
        check_status("map the section there",
                     NtMapViewOfSectionEx(section, NtCurrentProcess(), &where, NULL, &size,
                                          MEM_REPLACE_PLACEHOLDER, PAGE_READWRITE, NULL, 0),
                     STATUS_SUCCESS);
    }
    base[5] = 55;
    check("it is a ring", base[GRANULARITY + 5] == 55);
    check_status("a view is no memory to free", at(base, GRANULARITY, SPLIT),
                 STATUS_UNABLE_TO_DELETE_SECTION);
    check_status("unmap one, keep the place",
                 NtUnmapViewOfSectionEx(NtCurrentProcess(), base, MEM_PRESERVE_PLACEHOLDER),
                 STATUS_SUCCESS);
    check("it is reserved", query(base).State == MEM_RESERVE && query(base).Type == MEM_PRIVATE);
    check("the other shows what was written", base[GRANULARITY + 5] == 55);
    check_status(
        "unmap the other",
        NtUnmapViewOfSectionEx(NtCurrentProcess(), base + GRANULARITY, MEM_PRESERVE_PLACEHOLDER),
        STATUS_SUCCESS);
    check_status("join", at(base, 4 * GRANULARITY, JOIN), STATUS_SUCCESS);
    release(base);
    NtClose(section);
    check_status("flags that are none", NtUnmapViewOfSectionEx(NtCurrentProcess(), base, 4),
                 STATUS_INVALID_PARAMETER_3);
}

static NTSTATUS allocate_where(struct range *range, PVOID lowest, PVOID highest, SIZE_T alignment)
{
    MEM_ADDRESS_REQUIREMENTS where = { lowest, highest, alignment };
    MEM_EXTENDED_PARAMETER parameter = { .Type = MemExtendedParameterAddressRequirements,
                                         .Pointer = &where };

    return NtAllocateVirtualMemoryEx(NtCurrentProcess(), &range->base, &range->size, MEM_RESERVE,
                                     PAGE_NOACCESS, &parameter, 1);
}

static void test_requirements(void)
{
    struct range range = { NULL, 0x30000 };

    check_status("aligned to 1 GiB", allocate_where(&range, NULL, NULL, 1ull << 30),
                 STATUS_SUCCESS);
    check("it is", range.base != NULL && ((ULONG_PTR)range.base & ((1ull << 30) - 1)) == 0);
    release(range.base);
    range = (struct range){ NULL, 0x30000 };
    check_status("between 6 and 8 GiB",
                 allocate_where(&range, (PVOID)0x180000000, (PVOID)0x1FFFFFFFF, 0), STATUS_SUCCESS);
    check("it is there", (ULONG_PTR)range.base >= 0x180000000 &&
                             (ULONG_PTR)range.base + range.size <= 0x200000000);
    release(range.base);
    range = (struct range){ NULL, 0x30000 };
    check_status("in too little room",
                 allocate_where(&range, (PVOID)0x180000000, (PVOID)0x18001FFFF, 0),
                 STATUS_NO_MEMORY);
    check_status("an alignment that is none", allocate_where(&range, NULL, NULL, 0x30000),
                 STATUS_INVALID_PARAMETER);
    check_status("a lowest inside of 64 KiB", allocate_where(&range, (PVOID)0x1000, NULL, 0),
                 STATUS_INVALID_PARAMETER);
    check_status("a highest that is no end", allocate_where(&range, NULL, (PVOID)0x10000000, 0),
                 STATUS_INVALID_PARAMETER);
    range.base = (PVOID)0x40000000;
    check_status("an address and requirements", allocate_where(&range, NULL, NULL, GRANULARITY),
                 STATUS_INVALID_PARAMETER);
    MEM_EXTENDED_PARAMETER twice[2] = { { .Type = MemExtendedParameterNumaNode },
                                        { .Type = MemExtendedParameterNumaNode } };
    range.base = NULL;
    check_status("the same parameter twice",
                 NtAllocateVirtualMemoryEx(NtCurrentProcess(), &range.base, &range.size,
                                           MEM_RESERVE, PAGE_NOACCESS, twice, 2),
                 STATUS_INVALID_PARAMETER);
}

void test_placeholder(void)
{
    struct range range = { NULL, GRANULARITY };

    check_status("a placeholder with rights", allocate_ex(&range, PLACEHOLDER, PAGE_READWRITE),
                 STATUS_INVALID_PAGE_PROTECTION);
    check_status("a committed placeholder",
                 allocate_ex(&range, PLACEHOLDER | MEM_COMMIT, PAGE_NOACCESS),
                 STATUS_INVALID_PARAMETER_5);
    check_status("the old service knows none", allocate(&range, PLACEHOLDER, PAGE_NOACCESS),
                 STATUS_INVALID_PARAMETER_5);
    test_table();
    test_views();
    test_requirements();
}
