// SPDX-License-Identifier: MIT
// Memory that comes and goes, shared and private, with patterns that must be found again.

#include "stress.h"

#include <nt/memory.h>
#include <nt/section.h>
#include <nt/status.h>
#include <user/memory.h>
#include <user/services.h>

#define PAGES_MAX 40u

static HANDLE section; // a page per worker, which only that worker writes

void memory_begin(void)
{
    LARGE_INTEGER size = { .QuadPart = WORKERS * PAGE };

    expect_status("create a section",
                  NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE,
                                  SEC_COMMIT, NULL),
                  STATUS_SUCCESS);
}

void memory_end(void)
{
    (void)NtClose(section);
}

static ULONG stamp(const struct worker *worker, ULONG page)
{
    return (worker->number << 24) ^ (page * 2654435761u) ^ (ULONG)worker->operations;
}

static volatile ULONG *word_of(PVOID base, ULONG page)
{
    return (volatile ULONG *)((char *)base + (size_t)page * PAGE + page * 16 % PAGE);
}

void use_private_memory(struct worker *worker)
{
    PVOID base = NULL, middle;
    ULONG pages = 4 + random_below(worker, PAGES_MAX - 4), half = pages / 2, old;
    SIZE_T size = (SIZE_T)pages * PAGE, half_size = (SIZE_T)half * PAGE;

    expect_status("allocate",
                  NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size,
                                          MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE),
                  STATUS_SUCCESS);
    for (ULONG i = 0; i < pages; i++) {
        expect("new memory is zero", *word_of(base, i) == 0);
        *word_of(base, i) = stamp(worker, i);
    }
    middle = (char *)base + half_size;
    size = PAGE;
    expect_status("protect",
                  NtProtectVirtualMemory(NtCurrentProcess(), &middle, &size, PAGE_READONLY, &old),
                  STATUS_SUCCESS);
    middle = base;
    expect_status("decommit",
                  NtFreeVirtualMemory(NtCurrentProcess(), &middle, &half_size, MEM_DECOMMIT),
                  STATUS_SUCCESS);
    for (ULONG i = half; i < pages; i++)
        expect("memory keeps what was written", *word_of(base, i) == stamp(worker, i));
    if (random_below(worker, 2)) {
        middle = base;
        expect_status("commit again",
                      NtAllocateVirtualMemory(NtCurrentProcess(), &middle, 0, &half_size,
                                              MEM_COMMIT, PAGE_READWRITE),
                      STATUS_SUCCESS);
        expect("what was decommitted is zero", *word_of(base, 1) == 0);
    }
    size = 0;
    expect_status("release", NtFreeVirtualMemory(NtCurrentProcess(), &base, &size, MEM_RELEASE),
                  STATUS_SUCCESS);
}

static PVOID map(ULONG protection)
{
    PVOID base = NULL;
    SIZE_T size = 0;

    expect_status("map a view",
                  NtMapViewOfSection(section, NtCurrentProcess(), &base, 0, 0, NULL, &size,
                                     ViewUnmap, 0, protection),
                  STATUS_SUCCESS);
    return base;
}

static void unmap(PVOID base)
{
    expect_status("unmap a view", NtUnmapViewOfSection(NtCurrentProcess(), base), STATUS_SUCCESS);
}

// The same page by two views, and a copy of it.
void use_view(struct worker *worker)
{
    ULONG own = worker->number, value = stamp(worker, own);
    PVOID shared = map(PAGE_READWRITE);
    PVOID copy = map(PAGE_WRITECOPY);

    *word_of(shared, own) = value;
    expect("a view that copies shows what is shared", *word_of(copy, own) == value);
    *word_of(copy, own) = ~value;
    expect("a copy is not shared", *word_of(shared, own) == value);
    PVOID again = map(PAGE_READONLY);
    expect("another view shows the same", *word_of(again, own) == value);
    unmap(again);
    expect("a copy keeps what was written", *word_of(copy, own) == ~value);
    unmap(copy);
    unmap(shared);
}
