// SPDX-License-Identifier: MIT
/*
 * Threads that make, use and close handles of the same few objects, and give and lose the same few
 * names, at once. What is checked holds in every order of events; at the end nothing may be left.
 */

#include "objects.h"

#include <user/thread.h>

#define THREADS     4u
#define ROUNDS      1500u
#define SLOTS       8u
#define SHARED_NAME u"\\BaseNamedObjects\\Raced"

static struct {
    HANDLE original;
    HANDLE slots[SLOTS]; // atomic
    volatile LONG wrong; // answers that cannot be
    volatile LONG used, stale;
    volatile LONG owners, wins;
} race;

static unsigned next_random(unsigned *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 16;
}

static void expect(bool holds)
{
    if (!holds)
        atomic_add(&race.wrong, 1);
}

// ---- handles
// -------------------------------------------------------------------------------------

// Puts a new handle into a slot and closes the one that was there, which others may be using.
static void replace(unsigned slot)
{
    HANDLE fresh, old;

    expect(NtDuplicateObject(NtCurrentProcess(), race.original, NtCurrentProcess(), &fresh, 0, 0,
                             DUPLICATE_SAME_ACCESS) == STATUS_SUCCESS);
    old = __atomic_exchange_n(&race.slots[slot], fresh, __ATOMIC_SEQ_CST);
    if (old != NULL)
        expect(NtClose(old) == STATUS_SUCCESS);
}

// A handle out of a slot is good or, if it was closed meanwhile, bad; it is for nothing else.
static void use(unsigned slot)
{
    HANDLE handle = __atomic_load_n(&race.slots[slot], __ATOMIC_SEQ_CST);
    NTSTATUS status = NtCompareObjects(handle, race.original);

    expect(status == STATUS_SUCCESS || status == STATUS_INVALID_HANDLE);
    atomic_add(status == STATUS_SUCCESS ? &race.used : &race.stale, 1);
}

static NTSTATUS race_for_handles(void *argument)
{
    unsigned seed = *(unsigned *)argument;

    for (unsigned i = 0; i < ROUNDS; i++) {
        unsigned slot = next_random(&seed) % SLOTS;
        if (next_random(&seed) % 2 == 0)
            replace(slot);
        else
            use(slot);
    }
    return 0;
}

// ---- names
// ---------------------------------------------------------------------------------------

// As long as a thread has a handle, the name leads to its object, whoever else comes and goes.
static NTSTATUS race_for_names(void *argument)
{
    HANDLE first, second;

    (void)argument;
    for (unsigned i = 0; i < ROUNDS; i++) {
        NTSTATUS status = CREATE_DIRECTORY(&first, SHARED_NAME, NULL, OBJ_OPENIF);
        expect(status == STATUS_SUCCESS || status == STATUS_OBJECT_NAME_EXISTS);
        if (!NT_SUCCESS(status))
            continue;
        expect(CREATE_DIRECTORY(&second, SHARED_NAME, NULL, OBJ_OPENIF) ==
               STATUS_OBJECT_NAME_EXISTS);
        expect(NtCompareObjects(first, second) == STATUS_SUCCESS);
        expect(NtClose(first) == STATUS_SUCCESS);
        expect(OPEN_DIRECTORY(&first, SHARED_NAME, NULL, 0) == STATUS_SUCCESS);
        expect(NtClose(first) == STATUS_SUCCESS);
        expect(NtClose(second) == STATUS_SUCCESS);
    }
    return 0;
}

// Of those who want to make the one object with a name, one at a time does.
static NTSTATUS race_to_be_first(void *argument)
{
    HANDLE handle;

    (void)argument;
    for (unsigned i = 0; i < ROUNDS; i++) {
        NTSTATUS status = CREATE_DIRECTORY(&handle, SHARED_NAME, NULL, 0);
        expect(status == STATUS_SUCCESS || status == STATUS_OBJECT_NAME_COLLISION);
        if (status != STATUS_SUCCESS)
            continue;
        expect(atomic_add(&race.owners, 1) == 1);
        atomic_add(&race.wins, 1);
        atomic_add(&race.owners, -1);
        expect(NtClose(handle) == STATUS_SUCCESS);
    }
    return 0;
}

// ---- all
// -----------------------------------------------------------------------------------------

static OBJECT_TYPE_INFORMATION directories(void)
{
    static union {
        OBJECT_TYPE_INFORMATION type;
        UCHAR bytes[256];
    } answer;

    (void)NtQueryObject(race.original, ObjectTypeInformation, &answer, sizeof(answer), NULL);
    return answer.type;
}

void test_races(void)
{
    static unsigned seeds[THREADS] = { 1, 2, 3, 4 };
    OBJECT_TYPE_INFORMATION before, after;
    HANDLE handle;

    check_status("make a directory",
                 NtCreateDirectoryObject(&race.original, DIRECTORY_ALL_ACCESS, NULL),
                 STATUS_SUCCESS);
    before = directories();
    check_equal("threads race for handles",
                threads_run(THREADS, race_for_handles, seeds, sizeof(seeds[0])), 0);
    for (unsigned i = 0; i < SLOTS; i++)
        if (race.slots[i] != NULL)
            expect(NtClose(race.slots[i]) == STATUS_SUCCESS);
    check_equal("every answer was possible", (ULONG)race.wrong, 0);
    check("handles were used", race.used > 0);
    check_equal("one handle is left", basics_of(race.original).HandleCount, 1);
    check_equal("and one reference", basics_of(race.original).PointerCount, 1);

    check_equal("threads race for a name", threads_run(THREADS, race_for_names, NULL, 0), 0);
    check_equal("nobody lost it while using it", (ULONG)race.wrong, 0);
    check_equal("threads race to be first", threads_run(THREADS, race_to_be_first, NULL, 0), 0);
    check_equal("there was one at a time", (ULONG)race.wrong, 0);
    check("and somebody was", race.wins > 0);
    check_status("the name is gone", OPEN_DIRECTORY(&handle, SHARED_NAME, NULL, 0),
                 STATUS_OBJECT_NAME_NOT_FOUND);
    after = directories();
    check_equal("no object is left", after.TotalNumberOfObjects, before.TotalNumberOfObjects);
    check_equal("and no handle", after.TotalNumberOfHandles, before.TotalNumberOfHandles);
    check_status("but the first", NtClose(race.original), STATUS_SUCCESS);
}
