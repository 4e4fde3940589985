// SPDX-License-Identifier: MIT
// Several threads of one program at its memory at once. Exit code: how many checks failed. What
// must hold is what the processors' manuals promise for memory, and Windows for its services.

#include "parallel.h"

#include <user/start.h>

char *get_pages(SIZE_T count)
{
    PVOID base = NULL;
    SIZE_T size = count * PAGE;
    NTSTATUS status = NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size,
                                              MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);

    if (!NT_SUCCESS(status)) {
        check_status("memory for the test", status, STATUS_SUCCESS);
        NtTerminateProcess(NtCurrentProcess(), 1);
    }
    return base;
}

void give_pages(char *pages)
{
    PVOID base = pages;
    SIZE_T size = 0;

    check_status("  (memory given back)",
                 NtFreeVirtualMemory(NtCurrentProcess(), &base, &size, MEM_RELEASE),
                 STATUS_SUCCESS);
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    test_translations();
    test_faults();
    test_spaces();
    return check_summary("parallel");
}
