// SPDX-License-Identifier: MIT
// NtProtectVirtualMemory: protections per page, what comes back, and that they really hold.

#include "memory.h"

#include <user/memory.h>

// mov eax, 42; ret
static const unsigned char code[] = { 0xB8, 42, 0, 0, 0, 0xC3 };

static void test_split(char *base)
{
    struct range range = { base + PAGE + 5, 1 };
    ULONG old = 0;

    base[PAGE] = 11;
    check_status("make the second page read-only", protect(&range, PAGE_READONLY, &old),
                 STATUS_SUCCESS);
    check_equal("the old protection comes back", old, PAGE_READWRITE);
    check_equal("the address rounds down", (ULONG_PTR)range.base, (ULONG_PTR)base + PAGE);
    check_equal("the size rounds up", range.size, PAGE);
    check_equal("before it: read-write", query(base).Protect, PAGE_READWRITE);
    check_equal("before it: one page", query(base).RegionSize, PAGE);
    check_equal("the page: read-only", query(base + PAGE).Protect, PAGE_READONLY);
    check_equal("after it: read-write", query(base + 2 * PAGE).Protect, PAGE_READWRITE);
    check("contents stay", base[PAGE] == 11);
    check_status("a service cannot write there", NtQuerySystemTime((PLARGE_INTEGER)(base + PAGE)),
                 STATUS_ACCESS_VIOLATION);

    range = (struct range){ base, 4 * PAGE };
    check_status("take all access away", protect(&range, PAGE_NOACCESS, &old), STATUS_SUCCESS);
    check_equal("the first page's protection comes back", old, PAGE_READWRITE);
    check_equal("all four are one region again", query(base).RegionSize, 4 * PAGE);
    check_status("a service cannot read what was written there",
                 NtDelayExecution(FALSE, (PLARGE_INTEGER)(base + PAGE)), STATUS_ACCESS_VIOLATION);
    check_status("nor what was never touched", NtDelayExecution(FALSE, (PLARGE_INTEGER)base),
                 STATUS_ACCESS_VIOLATION);
    check_status("give it back", protect(&range, PAGE_READWRITE, &old), STATUS_SUCCESS);
    check_equal("there was no access", old, PAGE_NOACCESS);
    check("contents survive no access", base[PAGE] == 11);
}

static void test_execute(char *base)
{
    struct range range = { base, PAGE };
    int (*function)(void) = (int (*)(void))(ULONG_PTR)base;
    ULONG old;

    memcpy(base, code, sizeof(code));
    check_status("make it executable", protect(&range, PAGE_EXECUTE_READ, &old), STATUS_SUCCESS);
    check("its code runs", function() == 42);
    check_status("make it execute-only", protect(&range, PAGE_EXECUTE, &old), STATUS_SUCCESS);
    check_equal("it was execute-read", old, PAGE_EXECUTE_READ);
    check("its code still runs", function() == 42);
    check_status("make it writable again", protect(&range, PAGE_READWRITE, &old), STATUS_SUCCESS);
}

static void test_refusals(char *base)
{
    struct range range = { base, PAGE };
    struct range reserved = { base + 4 * PAGE, PAGE };
    struct range mixed = { base, 5 * PAGE };
    struct range crossing = { base, 2 * GRANULARITY };
    struct range kernel = { (PVOID)0xFFFF800000000000, PAGE };
    struct range empty = { base, 0 };
    ULONG old = 0xAAAA;

    check_status("protect with 0", protect(&range, 0, &old), STATUS_INVALID_PAGE_PROTECTION);
    check_status("protect with two protections",
                 protect(&range, PAGE_READONLY | PAGE_EXECUTE, &old),
                 STATUS_INVALID_PAGE_PROTECTION);
    check_status("protect reserved pages", protect(&reserved, PAGE_READONLY, &old),
                 STATUS_NOT_COMMITTED);
    check_status("protect partly reserved pages", protect(&mixed, PAGE_READONLY, &old),
                 STATUS_NOT_COMMITTED);
    check_equal("nothing of it changed", query(base).Protect, PAGE_READWRITE);
    check_status("protect beyond the allocation", protect(&crossing, PAGE_READONLY, &old),
                 STATUS_CONFLICTING_ADDRESSES);
    check_status("protect the kernel", protect(&kernel, PAGE_READONLY, &old),
                 STATUS_INVALID_PARAMETER_2);
    check_status("protect nothing", protect(&empty, PAGE_READONLY, &old),
                 STATUS_INVALID_PARAMETER_3);
    check_status("protect without a place for the old protection",
                 protect(&range, PAGE_READONLY, NULL), STATUS_ACCESS_VIOLATION);
    check_equal("refusals leave the answer alone", old, 0xAAAA);
}

void test_protect(void)
{
    char *base = reserve(GRANULARITY);
    struct range range = { base, 4 * PAGE };

    check_status("commit four pages", allocate(&range, MEM_COMMIT, PAGE_READWRITE), STATUS_SUCCESS);
    test_split(base);
    test_execute(base);
    test_refusals(base);
    release(base);
}
