// SPDX-License-Identifier: MIT
/*
 * Several threads at one section: the first touch of a page, and the first write to a page that is
 * to be copied, happen on all processors at once. No byte may get lost, and none may show up where
 * it was not written.
 */

#include "sections.h"

#include <user/thread.h>

#define THREADS 4u
#define ROUNDS  40u
#define PAGES   24u

static struct race {
    volatile unsigned char *view;
    unsigned number;
} races[THREADS];

static volatile LONG gate;

// All threads go on when the last one has come.
static void meet(void)
{
    atomic_add(&gate, -1);
    while (atomic_load(&gate) > 0)
        (void)NtYieldExecution();
}

// Adds one to a counter in each page.
static NTSTATUS add_to_pages(void *argument)
{
    const struct race *race = argument;

    meet();
    for (unsigned page = 0; page < PAGES; page++)
        atomic_add((volatile LONG *)(race->view + page * PAGE), 1);
    return 0;
}

// Writes a byte of its own into each page.
static NTSTATUS write_to_pages(void *argument)
{
    const struct race *race = argument;

    meet();
    for (unsigned page = 0; page < PAGES; page++)
        race->view[page * PAGE + 16 * race->number] = (unsigned char)(race->number + 1);
    return 0;
}

static unsigned run(thread_function function)
{
    atomic_store(&gate, THREADS);
    return threads_run(THREADS, function, races, sizeof(races[0]));
}

// Each thread has a view of its own; the counters are the section's.
static bool round_of_first_touches(void)
{
    HANDLE section;
    bool is_right = true;

    if (!NT_SUCCESS(create(&section, PAGES * PAGE, PAGE_READWRITE, SEC_COMMIT, NULL)))
        return false;
    for (unsigned i = 0; i < THREADS; i++)
        races[i] = (struct race){ .view = map_all(section, PAGE_READWRITE), .number = i };
    is_right &= run(add_to_pages) == 0;
    for (unsigned page = 0; page < PAGES; page++)
        is_right &= *(volatile LONG *)(races[0].view + page * PAGE) == (LONG)THREADS;
    for (unsigned i = 0; i < THREADS; i++)
        is_right &= NT_SUCCESS(NtUnmapViewOfSection(NtCurrentProcess(), (PVOID)races[i].view));
    NtClose(section);
    return is_right;
}

// All threads write to the same copy.
static bool round_of_copies(HANDLE section, volatile unsigned char *original)
{
    volatile unsigned char *copy = map_all(section, PAGE_WRITECOPY);
    bool is_right = copy != NULL;

    for (unsigned i = 0; i < THREADS; i++)
        races[i] = (struct race){ .view = copy, .number = i };
    is_right &= run(write_to_pages) == 0;
    for (unsigned page = 0; page < PAGES && is_right; page++)
        for (unsigned i = 0; i < THREADS; i++)
            is_right &= copy[page * PAGE + 16 * i] == i + 1 &&
                        original[page * PAGE + 16 * i] == 0 && copy[page * PAGE + 8] == 99;
    is_right &= NT_SUCCESS(NtUnmapViewOfSection(NtCurrentProcess(), (PVOID)copy));
    return is_right;
}

void test_races(void)
{
    HANDLE section;
    unsigned right = 0;

    for (unsigned round = 0; round < ROUNDS; round++)
        right += round_of_first_touches();
    check_equal("no counter lost anything at its page's first touch", right, ROUNDS);

    (void)create(&section, PAGES * PAGE, PAGE_READWRITE, SEC_COMMIT, NULL);
    volatile unsigned char *original = map_all(section, PAGE_READWRITE);
    if (!check("an original to copy from", original != NULL))
        return;
    for (unsigned page = 0; page < PAGES; page++)
        original[page * PAGE + 8] = 99;
    right = 0;
    for (unsigned round = 0; round < ROUNDS; round++)
        right += round_of_copies(section, original);
    check_equal("no copy lost a byte, and no original got one", right, ROUNDS);
    unmap(original);
    NtClose(section);
}
