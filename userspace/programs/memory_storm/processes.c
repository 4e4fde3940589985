// SPDX-License-Identifier: MIT
/*
 * Two processes with views of one section: both count in it, and both make copies of its pages,
 * which stay as they are whatever the other does. Meanwhile the parent reads private memory of the
 * child's, which the child commits and decommits.
 */

#include "storm.h"

#include <user/memory.h>
#include <user/process.h>

#define PAGES       24u // of the section; the first is for the two to talk
#define COPIED_WORD 100 // of a page: only copies are written there
#define PROBE_PAGES 4u
#define PROBE_WORD  0x70B00000 // the number of the page is added

struct talk {
    volatile ULONGLONG probe; // the child's private memory
    volatile LONG counted;    // by the child, in all
};

struct side {
    HANDLE section;
    volatile void *view;
    ULONG random;
    LONG counted;
};

static volatile struct talk *talk_of(const struct side *side)
{
    return (volatile struct talk *)side->view;
}

static SIZE_T choose_page(struct side *side)
{
    return 1 + random_below(&side->random, PAGES - 1);
}

static void map_section(struct side *side)
{
    side->view = map_view(side->section, NULL, 0, PAGES, PAGE_READWRITE);
    expect("map the section", side->view != NULL, NULL);
}

static void unmap(volatile void *view)
{
    expect_status("unmap", NtUnmapViewOfSection(NtCurrentProcess(), (PVOID)view), STATUS_SUCCESS,
                  view);
}

static void count(struct side *side)
{
    for (unsigned i = 0; i < 40; i++) {
        (void)atomic_add(page_at(side->view, choose_page(side)), 1);
        side->counted++;
    }
}

// Copies of some pages, others only looked at. Who counts goes on, but not in the copies.
static void copy(struct side *side)
{
    volatile void *copy = map_view(side->section, NULL, 0, PAGES, PAGE_WRITECOPY);
    LONG frozen[PAGES];

    expect("map a copy", copy != NULL, NULL);
    for (SIZE_T i = 1; i < PAGES; i++) {
        volatile LONG *at = page_at(copy, i);
        if (random_below(&side->random, 2) == 0)
            (void)*at; // read before it is written
        at[COPIED_WORD] = (LONG)i;
        frozen[i] = *at;
    }
    count(side);
    for (SIZE_T i = 1; i < PAGES; i++) {
        volatile LONG *at = page_at(copy, i);
        expect_equal("a copy stays as it was", *at, frozen[i], at);
        expect_equal("what was written to it", at[COPIED_WORD], (LONG)i, at);
        expect_equal("the section does not have that", page_at(side->view, i)[COPIED_WORD], 0,
                     page_at(side->view, i));
    }
    unmap(copy);
}

static void do_round(struct side *side)
{
    count(side);
    switch (random_below(&side->random, 3)) {
    case 0:
        copy(side);
        break;
    case 1:
        unmap(side->view);
        map_section(side);
        break;
    default:
        break;
    }
}

// ---- the child ----------------------------------------------------------------------------------

static void change_probe(struct side *side, volatile void *probe)
{
    SIZE_T page = random_below(&side->random, PROBE_PAGES);
    volatile LONG *at = page_at(probe, page);

    expect_status("decommit a probe", free_pages(at, 1, MEM_DECOMMIT), STATUS_SUCCESS, at);
    expect_status("commit it", allocate(at, 1, MEM_COMMIT, PAGE_READWRITE), STATUS_SUCCESS, at);
    expect_equal("it is empty", *at, 0, at);
    *at = PROBE_WORD + (LONG)page;
}

int storm_child(ULONG rounds, ULONG section)
{
    struct side side = { .section = (HANDLE)(ULONG_PTR)section, .random = 12345 };
    PVOID probe = NULL;
    SIZE_T size = PROBE_PAGES * PAGE;

    expect_status("memory for the probes",
                  NtAllocateVirtualMemory(NtCurrentProcess(), &probe, 0, &size,
                                          MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE),
                  STATUS_SUCCESS, NULL);
    map_section(&side);
    talk_of(&side)->probe = (ULONG_PTR)probe;
    for (ULONG round = 0; round < rounds; round++) {
        do_round(&side);
        change_probe(&side, probe);
    }
    atomic_store(&talk_of(&side)->counted, side.counted);
    return 0;
}

// ---- the parent ---------------------------------------------------------------------------------

// The child may end at any moment; then there is nothing to read.
static void read_probe(struct side *side, HANDLE child)
{
    ULONGLONG probe = talk_of(side)->probe;
    SIZE_T page = random_below(&side->random, PROBE_PAGES), done = 0;
    LONG value = 0;

    if (probe == 0)
        return;
    NTSTATUS status =
        NtReadVirtualMemory(child, (PVOID)(probe + page * PAGE), &value, sizeof(value), &done);
    if (NT_SUCCESS(status) && value != 0)
        expect_equal("a probe of the child's", value, PROBE_WORD + (LONG)page, NULL);
}

static HANDLE make_inherited_section(void)
{
    HANDLE section = make_section(PAGES), inherited = NULL;

    expect_status("let the child inherit the section",
                  NtDuplicateObject(NtCurrentProcess(), section, NtCurrentProcess(), &inherited, 0,
                                    OBJ_INHERIT, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE),
                  STATUS_SUCCESS, NULL);
    return inherited;
}

// Appends a space and a number.
static char *append(char *to, ULONG number)
{
    char digits[10];
    unsigned count = 0;

    do
        digits[count++] = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    *to++ = ' ';
    while (count > 0)
        *to++ = digits[--count];
    *to = '\0';
    return to;
}

void storm_processes(ULONG rounds, ULONG seed)
{
    struct side side = { .section = make_inherited_section(), .random = seed };
    char arguments[32] = "child";
    struct child child;
    LONG sum = 0;

    (void)append(append(arguments + 5, rounds), (ULONG)(ULONG_PTR)side.section);
    map_section(&side);
    expect_status("start a child",
                  child_start(arguments, PROCESS_CREATE_FLAGS_INHERIT_HANDLES, 0, &child),
                  STATUS_SUCCESS, NULL);
    for (ULONG round = 0; round < rounds; round++) {
        do_round(&side);
        for (unsigned i = 0; i < 8; i++)
            read_probe(&side, child.process);
    }
    expect_status("the child's end", child_join(&child), STATUS_SUCCESS, NULL);
    for (SIZE_T i = 1; i < PAGES; i++)
        sum += *page_at(side.view, i);
    expect_equal("what both have counted", sum, side.counted + talk_of(&side)->counted, NULL);
    unmap(side.view);
    (void)NtClose(side.section);
}
