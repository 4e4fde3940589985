// SPDX-License-Identifier: MIT
// NtQueryVirtualMemory, MemoryBasicInformation: each kind of region, and what it refuses.

#include "memory.h"

#include <nt/shared_data.h>
#include <user/memory.h>
#include <user/start.h>

static void test_regions(void)
{
    char *base = reserve(2 * GRANULARITY);
    struct range range = { base + 2 * PAGE, PAGE };
    MEMORY_BASIC_INFORMATION region;

    check_status("commit the third page", allocate(&range, MEM_COMMIT, PAGE_READONLY),
                 STATUS_SUCCESS);
    region = query(base + 0x123);
    check_equal("a region starts at the page asked about", (ULONG_PTR)region.BaseAddress,
                (ULONG_PTR)base);
    check_equal("it ends where the state changes", region.RegionSize, 2 * PAGE);
    check_equal("reserved memory has no protection", region.Protect, 0);
    check_equal("it is private", region.Type, MEM_PRIVATE);

    region = query(base + 2 * PAGE);
    check_equal("a committed page has one", region.Protect, PAGE_READONLY);
    check_equal("its allocation's address", (ULONG_PTR)region.AllocationBase, (ULONG_PTR)base);
    check_equal("its allocation's first protection", region.AllocationProtect, PAGE_READWRITE);
    check_equal("the rest", query(base + 3 * PAGE).RegionSize, 2 * GRANULARITY - 3 * PAGE);
    release(base);

    region = query(base);
    check_equal("a free region has no allocation", (ULONG_PTR)region.AllocationBase, 0);
    check_equal("nor access", region.Protect, PAGE_NOACCESS);
    check_equal("nor a type", region.Type, 0);
    check_equal("address 0 is free", query(NULL).State, MEM_FREE);
}

static void test_image_and_stack(void)
{
    char local;
    MEMORY_BASIC_INFORMATION region = query((PVOID)(ULONG_PTR)test_query);

    check_equal("code is of an image", region.Type, MEM_IMAGE);
    check_equal("which is allocated at its base", (ULONG_PTR)region.AllocationBase,
                (ULONG_PTR)image_base);
    check_equal("code can be read and executed", region.Protect, PAGE_EXECUTE_READ);
    check_equal("headers are read-only", query((PVOID)image_base).Protect, PAGE_READONLY);

    region = query(&local);
    check_equal("the stack is private", region.Type, MEM_PRIVATE);
    check_equal("it is allocated where the TEB says", (ULONG_PTR)region.AllocationBase,
                (ULONG_PTR)current_teb()->DeallocationStack);
    check_equal("it can be read and written", region.Protect, PAGE_READWRITE);
    region = query((PVOID)KUSER_SHARED_DATA_ADDRESS);
    check_equal("shared data is read-only", region.Protect, PAGE_READONLY);
}

// The page that all programs share is nobody's to change.
static void test_shared_data(void)
{
    const KUSER_SHARED_DATA *shared = (const KUSER_SHARED_DATA *)KUSER_SHARED_DATA_ADDRESS;
    struct range range = { (PVOID)KUSER_SHARED_DATA_ADDRESS, PAGE };
    ULONG old;

    check("shared data cannot be made writable",
          !NT_SUCCESS(protect(&range, PAGE_READWRITE, &old)));
    range = (struct range){ (PVOID)KUSER_SHARED_DATA_ADDRESS, 0 };
    check("shared data cannot be released", !NT_SUCCESS(free_memory(&range, MEM_RELEASE)));
    check_equal("it is still there", shared->NtMajorVersion, 10);
}

static void test_refusals(void)
{
    MEMORY_BASIC_INFORMATION region;
    SIZE_T length = 0;
    NTSTATUS status;

    status = NtQueryVirtualMemory(NtCurrentProcess(), NULL, MemoryBasicInformation, &region,
                                  sizeof(region), &length);
    check_status("query with a length to return", status, STATUS_SUCCESS);
    check_equal("the length is the structure's", length, sizeof(region));
    status = NtQueryVirtualMemory(NtCurrentProcess(), NULL, MemoryBasicInformation, &region,
                                  sizeof(region) - 1, NULL);
    check_status("query into too few bytes", status, STATUS_INFO_LENGTH_MISMATCH);
    status = NtQueryVirtualMemory(NtCurrentProcess(), NULL, (MEMORY_INFORMATION_CLASS)99999,
                                  &region, sizeof(region), NULL);
    check_status("query an unknown class", status, STATUS_INVALID_INFO_CLASS);
    status = NtQueryVirtualMemory(NtCurrentProcess(), (PVOID)0xFFFF800000000000,
                                  MemoryBasicInformation, &region, sizeof(region), NULL);
    check_status("query the kernel", status, STATUS_INVALID_PARAMETER);
    status = NtQueryVirtualMemory(NtCurrentProcess(), NULL, MemoryBasicInformation, NULL,
                                  sizeof(region), NULL);
    check_status("query to nowhere", status, STATUS_ACCESS_VIOLATION);
    status = NtQueryVirtualMemory((HANDLE)0x7654, NULL, MemoryBasicInformation, &region,
                                  sizeof(region), NULL);
    check_status("query another process", status, STATUS_INVALID_HANDLE);
}

void test_query(void)
{
    test_regions();
    test_image_and_stack();
    test_shared_data();
    test_refusals();
}
