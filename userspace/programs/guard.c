// SPDX-License-Identifier: MIT
/*
 * Guard pages are one-shot: the first access fails and takes the guard away.
 *
 *   guard service   a service that copies into a guard page fails once, then works
 *   guard touch     the program touches one itself: STATUS_GUARD_PAGE_VIOLATION ends it
 */

#include <nt/status.h>
#include <user/check.h>
#include <user/memory.h>
#include <user/print.h>
#include <user/services.h>
#include <user/start.h>

static ULONG protection_of(PVOID page)
{
    MEMORY_BASIC_INFORMATION region = { 0 };

    (void)NtQueryVirtualMemory(NtCurrentProcess(), page, MemoryBasicInformation, &region,
                               sizeof(region), NULL);
    return region.Protect;
}

static int by_service(PVOID page)
{
    LARGE_INTEGER *time = page;
    PVOID base = page;
    SIZE_T size = 0x1000;
    ULONG old = 0;

    check_equal("the page is a guard page", protection_of(page), PAGE_READWRITE | PAGE_GUARD);
    check_status("a service hits the guard", NtQuerySystemTime(time), STATUS_GUARD_PAGE_VIOLATION);
    check_equal("the guard is gone", protection_of(page), PAGE_READWRITE);
    check_status("the service works now", NtQuerySystemTime(time), STATUS_SUCCESS);
    check("it wrote the time", time->QuadPart != 0);

    check_status(
        "the guard is set again",
        NtProtectVirtualMemory(NtCurrentProcess(), &base, &size, PAGE_READONLY | PAGE_GUARD, &old),
        STATUS_SUCCESS);
    check_equal("the old protection has no guard", old, PAGE_READWRITE);
    check_status("a service reads through the guard", NtDelayExecution(FALSE, page),
                 STATUS_GUARD_PAGE_VIOLATION);
    check_equal("only the guard went away", protection_of(page), PAGE_READONLY);
    return check_summary("guard");
}

int main(int argc, char **argv)
{
    PVOID page = NULL;
    SIZE_T size = 0x1000;
    NTSTATUS status = NtAllocateVirtualMemory(
        NtCurrentProcess(), &page, 0, &size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE | PAGE_GUARD);

    if (!NT_SUCCESS(status))
        return status;
    if (argc == 2 && strcmp(argv[1], "service") == 0)
        return by_service(page);
    if (argc == 2 && strcmp(argv[1], "touch") == 0) {
        print("guard: touching a guard page\n");
        *(volatile char *)page = 1;
        print("guard: nothing happened\n");
        return 1;
    }
    print_error("usage: guard service | touch\n");
    return 1;
}
