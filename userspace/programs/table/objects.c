// SPDX-License-Identifier: MIT
// The objects and the memory that good arguments name.

#include "good.h"

#include <nt/atom.h>
#include <nt/create.h>
#include <nt/job.h>
#include <nt/memory.h>
#include <nt/section.h>
#include <nt/status.h>
#include <nt/sync.h>
#include <nt/token.h>
#include <user/print.h>
#include <user/services.h>
#include <user/start.h>
#include <user/thread.h>

#define THREADS_AT_ONCE 50u

struct world world;

const WCHAR own_path[17] = u"\\??\\C:\\table.exe";
const WCHAR atom_name[11] = u"table-atom";

struct good_object objects[OBJECTS] = {
    [EVENT] = { "Event", u"\\BaseNamedObjects\\table-event", NULL },
    [MUTANT] = { "Mutant", u"\\BaseNamedObjects\\table-mutant", NULL },
    [SEMAPHORE] = { "Semaphore", u"\\BaseNamedObjects\\table-semaphore", NULL },
    [TIMER] = { "Timer", u"\\BaseNamedObjects\\table-timer", NULL },
    [SECTION] = { "Section", u"\\BaseNamedObjects\\table-section", NULL },
    [PORT] = { "IoCompletion", u"\\BaseNamedObjects\\table-port", NULL },
    [KEYED_EVENT] = { "KeyedEvent", u"\\BaseNamedObjects\\table-keyed-event", NULL },
    [JOB] = { "Job", u"\\BaseNamedObjects\\table-job", NULL },
    [DIRECTORY] = { "Directory", u"\\BaseNamedObjects", NULL },
    [LINK] = { "Link", u"\\BaseNamedObjects\\table-link", NULL },
};

const struct good_object *object_for(const char *argument)
{
    for (unsigned i = 0; i < OBJECTS; i++)
        if (begins_with(argument, objects[i].name))
            return &objects[i];
    return &objects[EVENT];
}

bool begins_with(const char *text, const char *begin)
{
    return strlen(text) >= strlen(begin) && memcmp(text, begin, strlen(begin)) == 0;
}

bool is(const char *text, const char *other)
{
    return strcmp(text, other) == 0;
}

bool ends_with(const char *text, const char *end)
{
    return strlen(text) >= strlen(end) && is(text + strlen(text) - strlen(end), end);
}

bool contains(const char *text, const char *part)
{
    for (; *text; text++)
        if (begins_with(text, part))
            return true;
    return false;
}

void set_string(UNICODE_STRING *string, PCWSTR text)
{
    USHORT units = 0;

    while (text[units])
        units++;
    *string = (UNICODE_STRING){ (USHORT)(2 * units), (USHORT)(2 * units + 2), (PWSTR)text };
}

static void expect(const char *what, NTSTATUS status)
{
    if (NT_SUCCESS(status))
        return;
    print("table: %s: %s\n", what, status_text(status));
    exit_process(status);
}

static NTSTATUS create(unsigned type, POBJECT_ATTRIBUTES attributes)
{
    PHANDLE handle = &objects[type].handle;
    LARGE_INTEGER size = { .QuadPart = SLOT };
    UNICODE_STRING target;

    switch (type) {
    case EVENT:
        return NtCreateEvent(handle, EVENT_ALL_ACCESS, attributes, NotificationEvent, TRUE);
    case MUTANT:
        return NtCreateMutant(handle, MUTANT_ALL_ACCESS, attributes, FALSE);
    case SEMAPHORE:
        return NtCreateSemaphore(handle, SEMAPHORE_ALL_ACCESS, attributes, 0, 0x7FFFFFFF);
    case TIMER:
        return NtCreateTimer(handle, TIMER_ALL_ACCESS, attributes, NotificationTimer);
    case SECTION:
        return NtCreateSection(handle, SECTION_ALL_ACCESS, attributes, &size, PAGE_READWRITE,
                               SEC_COMMIT, NULL);
    case PORT:
        return NtCreateIoCompletion(handle, IO_COMPLETION_ALL_ACCESS, attributes, 0);
    case KEYED_EVENT:
        return NtCreateKeyedEvent(handle, KEYEDEVENT_ALL_ACCESS, attributes, 0);
    case JOB:
        return NtCreateJobObject(handle, JOB_OBJECT_ALL_ACCESS, attributes);
    case DIRECTORY:
        return NtOpenDirectoryObject(handle, DIRECTORY_QUERY | DIRECTORY_TRAVERSE, attributes);
    default:
        set_string(&target, u"\\BaseNamedObjects");
        return NtCreateSymbolicLinkObject(handle, SYMBOLIC_LINK_ALL_ACCESS, attributes, &target);
    }
}

static ULONGLONG allocate(ULONG type, SIZE_T size)
{
    PVOID base = NULL;

    expect("memory", NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size,
                                             MEM_RESERVE | MEM_COMMIT | type, PAGE_READWRITE));
    return (ULONGLONG)base;
}

static NTSTATUS do_nothing(void *unused)
{
    (void)unused;
    return STATUS_SUCCESS;
}

// A view of this program's file, as data.
static ULONGLONG map_own_file(void)
{
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes = { sizeof(attributes), NULL, &name, 0, NULL, NULL };
    IO_STATUS_BLOCK block;
    HANDLE file, section;
    PVOID view = NULL;
    SIZE_T size = 0;

    set_string(&name, own_path);
    expect("the file", NtOpenFile(&file, GENERIC_READ | SYNCHRONIZE, &attributes, &block, 1, 0x20));
    expect("its section", NtCreateSection(&section, SECTION_ALL_ACCESS, NULL, NULL, PAGE_READONLY,
                                          SEC_COMMIT, file));
    expect("its view", NtMapViewOfSection(section, NtCurrentProcess(), &view, 0, 0, NULL, &size,
                                          ViewUnmap, 0, PAGE_READONLY));
    (void)NtClose(section);
    (void)NtClose(file);
    return (ULONGLONG)view;
}

// A token that the helper, and whoever asks about access, impersonates by.
static HANDLE make_token(void)
{
    SECURITY_QUALITY_OF_SERVICE quality = { sizeof(quality), SecurityImpersonation, 0, 0 };
    OBJECT_ATTRIBUTES attributes = { sizeof(attributes), NULL, NULL, 0, NULL, &quality };
    HANDLE own, token = NULL;

    expect("the process' token", NtOpenProcessToken(NtCurrentProcess(), TOKEN_ALL_ACCESS, &own));
    expect("a token to impersonate by",
           NtDuplicateToken(own, TOKEN_ALL_ACCESS, &attributes, FALSE, TokenImpersonation, &token));
    expect("the helper's token",
           NtSetInformationThread(world.helper, ThreadImpersonationToken, &token, sizeof(token)));
    (void)NtClose(own);
    return token;
}

// TEBs lie in blocks that stay: makes as many as there will be threads that end at the same time.
static void make_room_for_threads(void)
{
    HANDLE threads[THREADS_AT_ONCE];

    for (unsigned i = 0; i < THREADS_AT_ONCE; i++)
        threads[i] = thread_start_suspended(do_nothing, NULL);
    for (unsigned i = 0; i < THREADS_AT_ONCE; i++) {
        (void)NtResumeThread(threads[i], NULL);
        (void)thread_join(threads[i]);
    }
}

void good_init(void)
{
    THREAD_BASIC_INFORMATION basic = { 0 };

    world.slots = allocate(0, CALL_WORDS * SLOT);
    world.scratch = allocate(0, SLOT);
    world.watched = allocate(MEM_WRITE_WATCH, SLOT);
    for (unsigned i = 0; i < ARRAY_SIZE(objects); i++) {
        UNICODE_STRING name;
        OBJECT_ATTRIBUTES attributes = { sizeof(attributes), NULL, &name, 0, NULL, NULL };
        set_string(&name, objects[i].path);
        expect(objects[i].name, create(i, &attributes));
    }
    world.view = map_own_file();
    make_room_for_threads();
    world.helper = thread_start_suspended(do_nothing, NULL);
    expect("the helper's id", NtQueryInformationThread(world.helper, ThreadBasicInformation, &basic,
                                                       sizeof(basic), NULL));
    world.helper_id = (ULONGLONG)basic.ClientId.UniqueThread;
    world.token = make_token();
    expect("an atom", NtAddAtom((PVOID)atom_name, sizeof(atom_name) - 2, &world.atom));
}
