// SPDX-License-Identifier: MIT
// Bad pointers of every kind, given to services that write through them, read through them, or do
// both: always STATUS_ACCESS_VIOLATION, and the program goes on.

#include "services.h"

#include <user/print.h>

#define PAGE 0x1000ull

struct bad_pointer {
    const char *name;
    ULONGLONG address;
    bool can_read; // only writing is bad
};

// Pages that the program has, and may not use in one way or another.
static ULONGLONG page(ULONG type, ULONG protection)
{
    PVOID base = NULL;
    SIZE_T size = PAGE;
    NTSTATUS status =
        NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size, type, protection);

    check_status("allocate a page", status, STATUS_SUCCESS);
    return (ULONGLONG)base;
}

static void release(ULONGLONG address)
{
    PVOID base = (PVOID)(address & ~0xFFFFull);
    SIZE_T size = 0;

    check_status("release the page",
                 NtFreeVirtualMemory(NtCurrentProcess(), &base, &size, MEM_RELEASE),
                 STATUS_SUCCESS);
}

static void expect(const char *service, const struct bad_pointer *pointer, NTSTATUS status)
{
    if (status == STATUS_ACCESS_VIOLATION) {
        check(service, true);
        return;
    }
    check_status(service, status, STATUS_ACCESS_VIOLATION);
    print("  with %s, 0x%llX\n", pointer->name, pointer->address);
}

static void test_pointer(const struct bad_pointer *bad)
{
    PVOID pointer = (PVOID)bad->address;
    PVOID base = NULL;
    SIZE_T size = PAGE;
    ULONG protection;

    print("%s:\n", bad->name);
    expect("  written by NtQuerySystemTime", bad, NtQuerySystemTime(pointer));
    expect("  written by NtQueryPerformanceCounter", bad, NtQueryPerformanceCounter(pointer, NULL));
    expect("  filled by NtQuerySystemInformation", bad,
           NtQuerySystemInformation(SystemBasicInformation, pointer,
                                    sizeof(SYSTEM_BASIC_INFORMATION), NULL));
    expect("  filled by NtQueryInformationProcess", bad,
           NtQueryInformationProcess(NtCurrentProcess(), ProcessBasicInformation, pointer,
                                     sizeof(PROCESS_BASIC_INFORMATION), NULL));
    expect("  updated by NtAllocateVirtualMemory", bad,
           NtAllocateVirtualMemory(NtCurrentProcess(), pointer, 0, &size, MEM_RESERVE,
                                   PAGE_READWRITE));
    expect("  updated by NtProtectVirtualMemory", bad,
           NtProtectVirtualMemory(NtCurrentProcess(), &base, pointer, PAGE_READONLY, &protection));
    if (bad->can_read)
        return;
    if (pointer != NULL) // for ever
        expect("  read by NtDelayExecution", bad, NtDelayExecution(FALSE, pointer));
    expect("  read by NtDisplayString", bad, NtDisplayString(pointer));
}

void test_pointers(void)
{
    ULONGLONG committed = page(MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    ULONGLONG read_only = page(MEM_RESERVE | MEM_COMMIT, PAGE_READONLY);
    ULONGLONG no_access = page(MEM_RESERVE | MEM_COMMIT, PAGE_NOACCESS);
    ULONGLONG reserved = page(MEM_RESERVE, PAGE_READWRITE);
    const struct bad_pointer pointers[] = {
        { "the null pointer", 0, false },
        { "an address in the first page", 8, false },
        { "the end of what is never mapped", 0xFFF8, false },
        { "the end of a page", committed + PAGE - 4, false },
        { "a reserved page", reserved, false },
        { "a page without access", no_access, false },
        { "a read-only page", read_only, true },
        { "the shared-data page", KUSER_SHARED_DATA_ADDRESS, true },
        { "this program's code", (ULONGLONG)test_pointers & ~7ull, true },
        { "the last user address", 0x00007FFFFFFEFFF8, false },
        { "the first address after user memory", 0x00007FFFFFFF0000, false },
        { "the last canonical address of the lower half", 0x00007FFFFFFFFFF8, false },
        { "a non-canonical address", 0x0000800000000000, false },
        { "the first kernel address", 0xFFFF800000000000, false },
        { "the kernel's image", 0xFFFFFFFF80000000, false },
        { "the last address", 0xFFFFFFFFFFFFFFF8, false },
    };

    for (unsigned i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++)
        test_pointer(&pointers[i]);
    release(committed);
    release(read_only);
    release(no_access);
    release(reserved);
}
