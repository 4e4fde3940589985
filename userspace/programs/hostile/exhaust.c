// SPDX-License-Identifier: MIT
/*
 * Attacks on the kernel's own memory: making one kind of thing until there is no more. That must be
 * a status, must not cost what anybody has committed, and the program's end must give all of it
 * back.
 */

#include "hostile.h"

#include <nt/create.h>
#include <nt/object.h>
#include <nt/section.h>
#include <nt/sync.h>
#include <nt/thread.h>
#include <user/exception.h>
#include <user/thread.h>

// Also what APCs name; none is called.
static void begin(PVOID argument)
{
    (void)argument;
    thread_end(0);
}

static NTSTATUS make_thread(void)
{
    HANDLE thread;

    return NtCreateThreadEx(&thread, THREAD_ALL_ACCESS, NULL, NtCurrentProcess(),
                            (PVOID)(ULONG_PTR)begin, NULL, THREAD_CREATE_FLAGS_CREATE_SUSPENDED, 0,
                            0x1000, 0x10000, NULL);
}

// A thread that has ended, and is kept by its handle.
static NTSTATUS make_ended_thread(void)
{
    HANDLE thread;
    NTSTATUS status = NtCreateThreadEx(&thread, THREAD_ALL_ACCESS, NULL, NtCurrentProcess(),
                                       (PVOID)(ULONG_PTR)begin, NULL, 0, 0, 0x1000, 0x10000, NULL);

    return status == STATUS_SUCCESS ? NtWaitForSingleObject(thread, FALSE, NULL) : status;
}

static NTSTATUS make_apc(void)
{
    return NtQueueApcThread(NtCurrentThread(), (PVOID)(ULONG_PTR)begin, NULL, NULL, NULL);
}

static NTSTATUS make_event(void)
{
    HANDLE event;

    return NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
}

// An event with the longest name there is, which begins with a number.
static NTSTATUS make_name(void)
{
    static WCHAR text[0x7FFE];
    static ULONG number;
    UNICODE_STRING name = { sizeof(text), sizeof(text), text };
    OBJECT_ATTRIBUTES attributes = { .Length = sizeof(attributes), .ObjectName = &name };
    HANDLE event;

    for (SIZE_T i = 0; i < sizeof(text) / sizeof(text[0]); i++)
        text[i] = i == 0 ? '\\' : 'x';
    number++;
    for (SIZE_T i = 0; i < 8; i++)
        text[1 + i] = (WCHAR)('a' + (number >> 4 * i & 15));
    return NtCreateEvent(&event, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE);
}

static NTSTATUS make_reservation(void)
{
    PVOID base = NULL;

    return allocate(&base, 0x1000, MEM_RESERVE, PAGE_NOACCESS);
}

static NTSTATUS make_packet(void)
{
    static HANDLE port;

    if (port == NULL)
        (void)NtCreateIoCompletion(&port, IO_COMPLETION_ALL_ACCESS, NULL, 0);
    return NtSetIoCompletion(port, 0, 0, 0, 0);
}

static NTSTATUS make_timer(void)
{
    LARGE_INTEGER due = { .QuadPart = -10000 };
    HANDLE timer;
    NTSTATUS status = NtCreateTimer(&timer, TIMER_ALL_ACCESS, NULL, NotificationTimer);

    return status == STATUS_SUCCESS ? NtSetTimer(timer, &due, NULL, NULL, FALSE, 1, NULL) : status;
}

static NTSTATUS make_mutant(void)
{
    HANDLE mutant;

    return NtCreateMutant(&mutant, MUTANT_ALL_ACCESS, NULL, TRUE);
}

static NTSTATUS make_section(void)
{
    LARGE_INTEGER size = { .QuadPart = 0x7FFF00000000 };
    HANDLE section;

    return NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_RESERVE,
                           NULL);
}

static const struct kind {
    const char *name;
    NTSTATUS (*make)(void);
} kinds[] = {
    { "threads", make_thread }, { "ended-threads", make_ended_thread },
    { "apcs", make_apc },       { "events", make_event },
    { "names", make_name },     { "reservations", make_reservation },
    { "packets", make_packet }, { "timers", make_timer },
    { "mutants", make_mutant }, { "sections", make_section },
};

#define COMMITTED 0x400000ull
#define PAGE      0x1000ull
#define SURVIVED  77

/*
 * What was committed before must be there afterwards: it was promised. Nothing is printed then, as
 * output takes some of the kernel's memory as well; the exit code tells.
 */
static int exhaust(const struct kind *kind)
{
    PVOID committed = NULL;
    NTSTATUS status;

    use_apc_dispatcher();
    print("hostile: %s without end\n", kind->name);
    if (allocate(&committed, COMMITTED, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE) != STATUS_SUCCESS)
        return 1;
    while ((status = kind->make()) == STATUS_SUCCESS)
        ;
    for (SIZE_T at = 0; at < COMMITTED; at += PAGE)
        ((volatile char *)committed)[at] = 1;
    bool is_expected = status == STATUS_NO_MEMORY || status == STATUS_INSUFFICIENT_RESOURCES ||
                       status == STATUS_COMMITMENT_LIMIT;
    return is_expected ? SURVIVED : status;
}

bool hostile_exhaust(const char *name, int *result)
{
    for (SIZE_T i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(name, kinds[i].name) == 0) {
            *result = exhaust(&kinds[i]);
            return true;
        }
    }
    return false;
}
