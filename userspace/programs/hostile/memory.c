// SPDX-License-Identifier: MIT
// Attacks on memory: taking all of it, making the kernel's own bookkeeping large, and taking away
// from oneself what the kernel has set up.

#include "hostile.h"

#define CHUNK       0x100000ull
#define CHUNKS_MAX  0x10000u
#define PAGE        0x1000ull
#define AREAS       100000u
#define TABLE_SPAN  0x200000ull // what one page table maps
#define RESERVATION 0x40000000ull

// Chunks form a chain through their first words, so that the last one leads to all.
static PVOID take_all(unsigned *count, NTSTATUS *status)
{
    PVOID last = NULL;

    for (*count = 0; *count < CHUNKS_MAX; ++*count) {
        PVOID chunk = NULL;
        *status = allocate(&chunk, CHUNK, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        if (*status != STATUS_SUCCESS)
            break;
        for (SIZE_T at = 0; at < CHUNK; at += PAGE)
            ((volatile char *)chunk)[at] = 1;
        *(PVOID *)chunk = last;
        last = chunk;
    }
    return last;
}

static unsigned give_all(PVOID last)
{
    unsigned failed = 0;

    while (last != NULL) {
        PVOID before = *(PVOID *)last;
        failed += release(last) != STATUS_SUCCESS;
        last = before;
    }
    return failed;
}

int hostile_memory(void)
{
    unsigned first, second;
    NTSTATUS status;
    PVOID last = take_all(&first, &status);

    check_status("at last there is nothing to commit", status, STATUS_COMMITMENT_LIMIT);
    check("something could be committed", first != 0);
    check_equal("all is released", give_all(last), 0);
    last = take_all(&second, &status);
    check_equal("as much can be had again", second, first);
    check_equal("and released again", give_all(last), 0);
    return check_summary("hostile");
}

// A service does the touching, so that the end is a status and not an exception. Even so, a page of
// this program that was not touched before may be the one that is no longer to be had.
int hostile_tables(void)
{
    NTSTATUS status = STATUS_SUCCESS;

    print("hostile: a page in every 2 MiB\n");
    while (status == STATUS_SUCCESS) {
        PVOID base = NULL;
        status = allocate(&base, RESERVATION, MEM_RESERVE, PAGE_READWRITE);
        for (SIZE_T at = 0; at < RESERVATION && status == STATUS_SUCCESS; at += TABLE_SPAN) {
            PVOID page = (char *)base + at;
            status = allocate(&page, PAGE, MEM_COMMIT, PAGE_READWRITE);
            if (status == STATUS_SUCCESS)
                status = NtQuerySystemTime(page);
        }
    }
    return status;
}

int hostile_areas(void)
{
    NTSTATUS status = STATUS_SUCCESS;
    unsigned count = 0;

    // Two protections in turn, so that no two neighbours are alike.
    for (; count < AREAS && status == STATUS_SUCCESS; count++) {
        PVOID base = NULL;
        status = allocate(&base, PAGE, MEM_RESERVE, count % 2 != 0 ? PAGE_READONLY : PAGE_NOACCESS);
    }
    check_status("each reservation succeeds", status, STATUS_SUCCESS);
    return check_summary("hostile");
}

// The kernel writes StackLimit into the TEB when the stack grows; it must bear that there is none.
int hostile_own(void)
{
    PEB *peb = current_peb();
    PVOID parameters = peb->ProcessParameters;
    LARGE_INTEGER short_time = { .QuadPart = -10000 };
    volatile char stack[0x8000];

    print("hostile: releasing parameters, PEB and TEB\n");
    // The first TEB lies behind the PEB, in the same allocation.
    if (release(parameters) != STATUS_SUCCESS || release(peb) != STATUS_SUCCESS)
        exit_process(1);
    for (SIZE_T at = sizeof(stack); at >= PAGE; at -= PAGE)
        stack[at - 1] = 1;
    (void)NtDelayExecution(FALSE, &short_time);
    exit_process(stack[PAGE - 1] == 1 ? 77 : 1);
}
