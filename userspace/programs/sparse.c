// SPDX-License-Identifier: MIT
/*
 * Memory costs nothing until it is touched: reserves 1 GiB and touches one page in every 64 MiB,
 * then does the same with a reservation of 64 GiB. Runs with 32 MiB of memory.
 */

#include <nt/status.h>
#include <user/check.h>
#include <user/print.h>
#include <user/services.h>
#include <user/start.h>

#define PAGE    0x1000ull
#define STEP    (64ull << 20)
#define ONE_GIB (1ull << 30)

static bool region_is(const char *at, ULONG state, SIZE_T size)
{
    MEMORY_BASIC_INFORMATION region;
    NTSTATUS status = NtQueryVirtualMemory(NtCurrentProcess(), (PVOID)at, MemoryBasicInformation,
                                           &region, sizeof(region), NULL);

    return NT_SUCCESS(status) && region.State == state && region.RegionSize == size;
}

// Commits the page at the start of each step and writes its offset into it.
static bool fill(char *base, SIZE_T size, SIZE_T step)
{
    for (SIZE_T offset = 0; offset < size; offset += step) {
        PVOID page = base + offset;
        SIZE_T length = PAGE;
        volatile SIZE_T *word = page;

        if (!NT_SUCCESS(NtAllocateVirtualMemory(NtCurrentProcess(), &page, 0, &length, MEM_COMMIT,
                                                PAGE_READWRITE)))
            return false;
        if (word[0] != 0 || word[PAGE / sizeof(SIZE_T) - 1] != 0)
            return false;
        word[0] = offset + 1;
    }
    return true;
}

static bool holds(const char *base, SIZE_T size, SIZE_T step)
{
    for (SIZE_T offset = 0; offset < size; offset += step) {
        if (*(const volatile SIZE_T *)(base + offset) != offset + 1)
            return false;
        if (!region_is(base + offset, MEM_COMMIT, PAGE) ||
            !region_is(base + offset + PAGE, MEM_RESERVE, step - PAGE))
            return false;
    }
    return true;
}

static void visit(const char *title, SIZE_T size, SIZE_T step)
{
    PVOID base = NULL;
    SIZE_T length = size;
    NTSTATUS status =
        NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &length, MEM_RESERVE, PAGE_READWRITE);

    print("%s\n", title);
    if (!check_status("reserve", status, STATUS_SUCCESS))
        return;
    check("all of it is reserved", region_is(base, MEM_RESERVE, size));
    check("new pages are zero and can be written", fill(base, size, step));
    check("each page kept what was written", holds(base, size, step));

    length = 0;
    status = NtFreeVirtualMemory(NtCurrentProcess(), &base, &length, MEM_RELEASE);
    check_status("release", status, STATUS_SUCCESS);
    check_equal("release says how much", length, size);
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    visit("1 GiB, a page in every 64 MiB", ONE_GIB, STEP);
    visit("64 GiB, a page in every 4 GiB", 64 * ONE_GIB, 4 * ONE_GIB);
    return check_summary("sparse");
}
