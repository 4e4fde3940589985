// SPDX-License-Identifier: MIT
/*
 * What one thread takes away from a page, all others have lost when the service returns: a
 * processor that still had the old translation would show it.
 */

#include "parallel.h"

#include <user/exception.h>

#define ROUNDS 300

static struct {
    volatile LONG *page;
    volatile LONG over; // the last round whose number was written; -1: the end
    volatile LONG begun;
    volatile LONG stale;
} shared;

static void read_word(void *value)
{
    *(LONG *)value = *shared.page;
}

static void add_to_word(void *unused)
{
    (void)unused;
    ++*shared.page;
}

// A page that was committed again is zero until it is written.
static NTSTATUS read_rounds(void *unused)
{
    struct catcher caught;

    (void)unused;
    atomic_add(&shared.begun, 1);
    for (LONG over; (over = atomic_load(&shared.over)) >= 0;) {
        LONG value;
        if (!catch_exception(&caught, read_word, &value) && value != 0 && value < over)
            atomic_add(&shared.stale, 1);
    }
    return 0;
}

static void wait_for_beginners(void)
{
    while (atomic_load(&shared.begun) < THREADS - 1)
        NtYieldExecution();
}

// Each is 1 if the service fails, which is counted.
static LONG decommit(void)
{
    PVOID base = (PVOID)shared.page;
    SIZE_T size = PAGE;

    return !NT_SUCCESS(NtFreeVirtualMemory(NtCurrentProcess(), &base, &size, MEM_DECOMMIT));
}

static LONG commit(void)
{
    PVOID base = (PVOID)shared.page;
    SIZE_T size = PAGE;

    return !NT_SUCCESS(
        NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size, MEM_COMMIT, PAGE_READWRITE));
}

static LONG protect(ULONG protection)
{
    PVOID base = (PVOID)shared.page;
    SIZE_T size = PAGE;
    ULONG old;

    return !NT_SUCCESS(NtProtectVirtualMemory(NtCurrentProcess(), &base, &size, protection, &old));
}

static void run_with(thread_function others, LONG *failures, LONG (*round)(LONG number))
{
    HANDLE threads[THREADS - 1];

    shared.over = shared.begun = shared.stale = 0;
    for (unsigned i = 0; i < THREADS - 1; i++)
        threads[i] = thread_start(others, NULL);
    wait_for_beginners();
    for (LONG number = 1; number <= ROUNDS; number++)
        *failures += round(number);
    atomic_store(&shared.over, -1);
    for (unsigned i = 0; i < THREADS - 1; i++)
        *failures += thread_join(threads[i]) != 0;
}

static LONG decommit_and_write(LONG number)
{
    LONG failures = decommit() + commit();

    *shared.page = number;
    atomic_store(&shared.over, number);
    return failures;
}

static NTSTATUS write_always(void *unused)
{
    struct catcher caught;

    (void)unused;
    atomic_add(&shared.begun, 1);
    while (atomic_load(&shared.over) >= 0)
        (void)catch_exception(&caught, add_to_word, NULL);
    return 0;
}

static LONG protect_and_watch(LONG number)
{
    LONG failures = protect(PAGE_READONLY);
    LONG before = *shared.page;

    for (int i = 0; i < 2000; i++)
        if (*shared.page != before)
            atomic_add(&shared.stale, 1);
    (void)number;
    return failures + protect(PAGE_READWRITE);
}

void test_translations(void)
{
    LONG failures = 0;

    shared.page = (volatile LONG *)get_pages(1);
    run_with(read_rounds, &failures, decommit_and_write);
    check_equal("nobody reads a page that was decommitted", (ULONGLONG)shared.stale, 0);
    *shared.page = 0;
    run_with(write_always, &failures, protect_and_watch);
    check_equal("nobody writes a page that was made read-only", (ULONGLONG)shared.stale, 0);
    check_equal("all services succeeded", (ULONGLONG)failures, 0);
    give_pages((char *)shared.page);
}
