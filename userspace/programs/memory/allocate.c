// SPDX-License-Identifier: MIT
// NtAllocateVirtualMemory: rounding, reserve and commit, where it puts memory, what it refuses.

#include "memory.h"

static void test_rounding(void)
{
    struct range range = { NULL, 1 };

    check_status("reserve one byte", allocate(&range, MEM_RESERVE, PAGE_READWRITE), STATUS_SUCCESS);
    check_equal("it starts at 64 KiB granularity", (ULONG_PTR)range.base % GRANULARITY, 0);
    check_equal("it is a page long", range.size, PAGE);
    release(range.base);

    // The same spot again, named by an address inside it.
    char *base = range.base;
    range = (struct range){ base + 0x1234, PAGE };
    check_status("reserve at an address", allocate(&range, MEM_RESERVE, PAGE_READWRITE),
                 STATUS_SUCCESS);
    check_equal("a reservation's address rounds down to 64 KiB", (ULONG_PTR)range.base,
                (ULONG_PTR)base);
    check_equal("its end rounds up to a page", range.size, 3 * PAGE);

    range = (struct range){ base + PAGE + 0xFFF, 2 };
    check_status("commit two bytes across a page", allocate(&range, MEM_COMMIT, PAGE_READWRITE),
                 STATUS_SUCCESS);
    check_equal("a commit's address rounds down to a page", (ULONG_PTR)range.base,
                (ULONG_PTR)base + PAGE);
    check_equal("both pages count", range.size, 2 * PAGE);
    check_equal("the page before stays reserved", query(base).State, MEM_RESERVE);
    release(base);
}

static void test_commit(void)
{
    struct range range = { NULL, 4 * PAGE };

    check_status("commit without an address reserves too",
                 allocate(&range, MEM_COMMIT, PAGE_READWRITE), STATUS_SUCCESS);
    volatile char *bytes = range.base;
    check("new memory is zero", bytes[0] == 0 && bytes[4 * PAGE - 1] == 0);
    bytes[0] = 7;

    struct range again = { range.base, PAGE };
    check_status("commit again", allocate(&again, MEM_COMMIT, PAGE_READONLY), STATUS_SUCCESS);
    check("contents stay", bytes[0] == 7);
    check_equal("the protection is the new one", query(range.base).Protect, PAGE_READONLY);
    check_equal("the first protection is remembered", query(range.base).AllocationProtect,
                PAGE_READWRITE);
    release(range.base);

    char *base = reserve(2 * GRANULARITY);
    range = (struct range){ base, GRANULARITY };
    check_status("reserve what is reserved", allocate(&range, MEM_RESERVE, PAGE_READWRITE),
                 STATUS_CONFLICTING_ADDRESSES);
    range = (struct range){ base, 3 * GRANULARITY };
    check_status("commit beyond the reservation", allocate(&range, MEM_COMMIT, PAGE_READWRITE),
                 STATUS_CONFLICTING_ADDRESSES);
    check_equal("nothing of it was committed", query(base).State, MEM_RESERVE);
    release(base);
    range = (struct range){ base, PAGE };
    check_status("commit what is not reserved", allocate(&range, MEM_COMMIT, PAGE_READWRITE),
                 STATUS_CONFLICTING_ADDRESSES);
}

static void test_placement(void)
{
    struct range low = { NULL, PAGE };
    struct range high = { NULL, PAGE };

    check_status("reserve", allocate(&low, MEM_RESERVE, PAGE_NOACCESS), STATUS_SUCCESS);
    check_status("reserve from the top", allocate(&high, MEM_RESERVE | MEM_TOP_DOWN, PAGE_NOACCESS),
                 STATUS_SUCCESS);
    check("MEM_TOP_DOWN is higher", (ULONG_PTR)high.base > (ULONG_PTR)low.base);
    release(low.base);
    release(high.base);

    struct range range = { NULL, PAGE };
    NTSTATUS status = NtAllocateVirtualMemory(NtCurrentProcess(), &range.base, 1, &range.size,
                                              MEM_RESERVE, PAGE_NOACCESS);
    check_status("one zero bit of 32", status, STATUS_SUCCESS);
    check("the address fits into 31 bits", (ULONG_PTR)range.base + range.size <= 0x80000000);
    release(range.base);

    range = (struct range){ NULL, PAGE };
    status = NtAllocateVirtualMemory(NtCurrentProcess(), &range.base, 0x7FFFFFFF, &range.size,
                                     MEM_RESERVE, PAGE_NOACCESS);
    check_status("zero bits as a mask", status, STATUS_SUCCESS);
    check("the address is below the mask", (ULONG_PTR)range.base + range.size <= 0x80000000);
    release(range.base);
}

static void test_refusals(void)
{
    static const struct {
        const char *name;
        struct range range;
        ULONG type;
        ULONG protection;
        NTSTATUS status;
    } cases[] = {
        { "size 0", { NULL, 0 }, MEM_RESERVE, PAGE_READWRITE, STATUS_INVALID_PARAMETER_4 },
        { "address in the kernel's half",
          { (PVOID)0xFFFF800000000000, PAGE },
          MEM_RESERVE,
          PAGE_READWRITE,
          STATUS_INVALID_PARAMETER_2 },
        { "size larger than all memory",
          { NULL, 1ull << 62 },
          MEM_RESERVE,
          PAGE_READWRITE,
          STATUS_INVALID_PARAMETER_4 },
        { "end beyond the user's half",
          { (PVOID)0x7FFFFFFE0000, 1ull << 32 },
          MEM_RESERVE,
          PAGE_READWRITE,
          STATUS_INVALID_PARAMETER_4 },
        { "neither reserve nor commit",
          { NULL, PAGE },
          MEM_TOP_DOWN,
          PAGE_READWRITE,
          STATUS_INVALID_PARAMETER_5 },
        { "unknown type bit",
          { NULL, PAGE },
          MEM_RESERVE | 0x10,
          PAGE_READWRITE,
          STATUS_INVALID_PARAMETER_5 },
        { "protection 0", { NULL, PAGE }, MEM_RESERVE, 0, STATUS_INVALID_PAGE_PROTECTION },
        { "two protections",
          { NULL, PAGE },
          MEM_RESERVE,
          PAGE_READONLY | PAGE_READWRITE,
          STATUS_INVALID_PAGE_PROTECTION },
        { "a guard without access",
          { NULL, PAGE },
          MEM_RESERVE,
          PAGE_NOACCESS | PAGE_GUARD,
          STATUS_INVALID_PAGE_PROTECTION },
        { "write-copy private memory",
          { NULL, PAGE },
          MEM_RESERVE,
          PAGE_WRITECOPY,
          STATUS_INVALID_PAGE_PROTECTION },
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct range range = cases[i].range;
        check_status(cases[i].name, allocate(&range, cases[i].type, cases[i].protection),
                     cases[i].status);
    }

    struct range range = { NULL, PAGE };
    NTSTATUS status = NtAllocateVirtualMemory(NtCurrentProcess(), &range.base, 25, &range.size,
                                              MEM_RESERVE, PAGE_READWRITE);
    check_status("zero bits between 22 and 31", status, STATUS_INVALID_PARAMETER_3);
    status = NtAllocateVirtualMemory((HANDLE)0x7654, &range.base, 0, &range.size, MEM_RESERVE,
                                     PAGE_READWRITE);
    check_status("a handle of nothing", status, STATUS_INVALID_HANDLE);
}

void test_allocate(void)
{
    test_rounding();
    test_commit();
    test_placement();
    test_refusals();
}
