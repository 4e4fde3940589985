// SPDX-License-Identifier: MIT
// NtFreeVirtualMemory: decommitting and releasing, in part and as a whole.

#include "memory.h"

static char *reserve_and_commit(SIZE_T size)
{
    struct range range = { NULL, size };

    check_status("reserve and commit", allocate(&range, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE),
                 STATUS_SUCCESS);
    return range.base;
}

static void test_decommit(void)
{
    char *base = reserve_and_commit(4 * PAGE);

    base[PAGE] = 1;
    base[3 * PAGE] = 3;
    struct range range = { base + PAGE + 5, 1 };
    check_status("decommit one byte", free_memory(&range, MEM_DECOMMIT), STATUS_SUCCESS);
    check_equal("its address rounds down to a page", (ULONG_PTR)range.base, (ULONG_PTR)base + PAGE);
    check_equal("its size rounds up to a page", range.size, PAGE);
    check_equal("the page is reserved again", query(base + PAGE).State, MEM_RESERVE);
    check_equal("the page after it is not", query(base + 2 * PAGE).State, MEM_COMMIT);
    check("what was not decommitted keeps its contents", base[3 * PAGE] == 3);
    check_status("decommit again", free_memory(&range, MEM_DECOMMIT), STATUS_SUCCESS);

    range = (struct range){ base + PAGE, PAGE };
    check_status("commit again", allocate(&range, MEM_COMMIT, PAGE_READWRITE), STATUS_SUCCESS);
    check("the contents are gone", base[PAGE] == 0);

    range = (struct range){ base + PAGE, 0 };
    check_status("decommit all, not from the start", free_memory(&range, MEM_DECOMMIT),
                 STATUS_FREE_VM_NOT_AT_BASE);
    range = (struct range){ base, 0 };
    check_status("decommit all", free_memory(&range, MEM_DECOMMIT), STATUS_SUCCESS);
    check_equal("all is reserved", query(base).RegionSize, 4 * PAGE);

    range = (struct range){ base, 5 * PAGE };
    check_status("decommit beyond the allocation", free_memory(&range, MEM_DECOMMIT),
                 STATUS_UNABLE_TO_FREE_VM);
    release(base);
}

static void test_release(void)
{
    char *base = reserve_and_commit(4 * PAGE);

    struct range range = { base + PAGE, 0 };
    check_status("release not from the start", free_memory(&range, MEM_RELEASE),
                 STATUS_FREE_VM_NOT_AT_BASE);
    range = (struct range){ base, 5 * PAGE };
    check_status("release beyond the allocation", free_memory(&range, MEM_RELEASE),
                 STATUS_UNABLE_TO_FREE_VM);
    range = (struct range){ base, 0 };
    check_status("release all", free_memory(&range, MEM_RELEASE), STATUS_SUCCESS);
    check_equal("the size is the allocation's", range.size, 4 * PAGE);
    check_equal("the address is free", query(base).State, MEM_FREE);
    check_status("release again", free_memory(&range, MEM_RELEASE), STATUS_MEMORY_NOT_ALLOCATED);

    // Releasing pages in the middle leaves two allocations.
    base = reserve_and_commit(4 * PAGE);
    base[0] = 1;
    base[3 * PAGE] = 4;
    range = (struct range){ base + PAGE, 2 * PAGE };
    check_status("release two pages in the middle", free_memory(&range, MEM_RELEASE),
                 STATUS_SUCCESS);
    check_equal("the middle is free", query(base + PAGE).State, MEM_FREE);
    check("both ends keep their contents", base[0] == 1 && base[3 * PAGE] == 4);
    check_equal("the upper end is an allocation of its own",
                (ULONG_PTR)query(base + 3 * PAGE).AllocationBase, (ULONG_PTR)base + 3 * PAGE);
    release(base + 3 * PAGE);
    release(base);
}

static void test_refusals(void)
{
    char *base = reserve(PAGE);
    struct range range = { base, 0 };

    check_status("free type 0", free_memory(&range, 0), STATUS_INVALID_PARAMETER_4);
    check_status("decommit and release", free_memory(&range, MEM_DECOMMIT | MEM_RELEASE),
                 STATUS_INVALID_PARAMETER_4);
    range = (struct range){ (PVOID)0xFFFF800000000000, 0 };
    check_status("free an address of the kernel", free_memory(&range, MEM_RELEASE),
                 STATUS_INVALID_PARAMETER_2);
    range = (struct range){ base, 1ull << 62 };
    check_status("free more than there is", free_memory(&range, MEM_RELEASE),
                 STATUS_INVALID_PARAMETER_3);
    range = (struct range){ base, 0 };
    check_status("free in another process",
                 NtFreeVirtualMemory((HANDLE)0x7654, &range.base, &range.size, MEM_RELEASE),
                 STATUS_INVALID_HANDLE);
    check_equal("all refusals left it alone", query(base).State, MEM_RESERVE);
    release(base);
}

void test_free(void)
{
    test_decommit();
    test_release();
    test_refusals();
}
