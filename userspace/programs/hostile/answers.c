// SPDX-License-Identifier: MIT
/*
 * Looks for what no answer may hold: bytes of the kernel's that nobody has written, and its addresses.
 * Every service that answers questions is asked for every class, about an object of each type, with
 * room of every length; none may write behind its room. So is what the kernel leaves in a program's
 * memory unasked: TEB, PEB, parameters, the frames of exceptions.
 *
 * The debug kernel fills memory with patterns, its stack at each call included; with another one chance
 * decides what is found.
 */

#include "hostile.h"

#include <nt/job.h>
#include <nt/object.h>
#include <nt/processor_information.h>
#include <nt/section.h>
#include <nt/sync.h>
#include <nt/system_information.h>
#include <user/exception.h>
#include <user/thread.h>

#define ROOM_MAX   0x600u
#define FILL       0x11
#define ROOM_DENSE 0x200u // up to here every multiple of 4 is tried
#define CLASSES    0x110u
#define OBJECT_MAX 24u

#define FAULTS_SHOWN 20u

// As the kernel has them: what fills the stack, blocks of the heap, free blocks and frames.
static const UCHAR patterns[] = { 0xFE, 0xA5, 0xBD, 0xEF };

static struct {
    HANDLE handles[OBJECT_MAX];
    unsigned count;
    UCHAR *buffer; // ROOM_MAX bytes, and as many behind them
    ULONGLONG calls, answers, faults;
} asked;

typedef NTSTATUS (*question)(HANDLE handle, ULONG class, void *to, ULONG room);

static NTSTATUS ask_object(HANDLE handle, ULONG class, void *to, ULONG room)
{
    return NtQueryObject(handle, (OBJECT_INFORMATION_CLASS) class, to, room, NULL);
}

static NTSTATUS ask_process(HANDLE handle, ULONG class, void *to, ULONG room)
{
    return NtQueryInformationProcess(handle, (PROCESSINFOCLASS) class, to, room, NULL);
}

static NTSTATUS ask_thread(HANDLE handle, ULONG class, void *to, ULONG room)
{
    return NtQueryInformationThread(handle, (THREADINFOCLASS) class, to, room, NULL);
}

static NTSTATUS ask_token(HANDLE handle, ULONG class, void *to, ULONG room)
{
    ULONG length;

    return NtQueryInformationToken(handle, (TOKEN_INFORMATION_CLASS) class, to, room, &length);
}

static NTSTATUS ask_job(HANDLE handle, ULONG class, void *to, ULONG room)
{
    return NtQueryInformationJobObject(handle, (JOBOBJECTINFOCLASS) class, to, room, NULL);
}

static NTSTATUS ask_section(HANDLE handle, ULONG class, void *to, ULONG room)
{
    return NtQuerySection(handle, (SECTION_INFORMATION_CLASS) class, to, room, NULL);
}

static NTSTATUS ask_memory(HANDLE handle, ULONG class, void *to, ULONG room)
{
    (void)handle;
    return NtQueryVirtualMemory(NtCurrentProcess(), (PVOID)(ULONG_PTR)ask_memory,
                                (MEMORY_INFORMATION_CLASS) class, to, room, NULL);
}

static NTSTATUS ask_system(HANDLE handle, ULONG class, void *to, ULONG room)
{
    (void)handle;
    // The answers are random bytes, in which any pattern may stand, and where the kernel's half begins.
    if (class == SystemInterruptInformation || class == SystemRangeStartInformation)
        return STATUS_INVALID_INFO_CLASS;
    return NtQuerySystemInformation((SYSTEM_INFORMATION_CLASS) class, to, room, NULL);
}

static NTSTATUS ask_system_more(HANDLE handle, ULONG class, void *to, ULONG room)
{
    ULONGLONG input = class == SystemLogicalProcessorInformationEx ? RelationAll : 0;
    ULONG length = class == SystemLogicalProcessorInformationEx ? 4 : 8;

    (void)handle;
    return NtQuerySystemInformationEx((SYSTEM_INFORMATION_CLASS) class, &input, length, to, room,
                                      NULL);
}

static NTSTATUS ask_security(HANDLE handle, ULONG class, void *to, ULONG room)
{
    ULONG length;

    return class < 16 ? NtQuerySecurityObject(handle, class, to, room, &length)
                      : STATUS_INVALID_INFO_CLASS;
}

static NTSTATUS ask_simple(HANDLE handle, ULONG class, void *to, ULONG room)
{
    switch (class) {
    case 0:
        return NtQueryEvent(handle, EventBasicInformation, to, room, NULL);
    case 1:
        return NtQueryMutant(handle, MutantBasicInformation, to, room, NULL);
    case 2:
        return NtQueryMutant(handle, MutantOwnerInformation, to, room, NULL);
    case 3:
        return NtQuerySemaphore(handle, SemaphoreBasicInformation, to, room, NULL);
    case 4:
        return NtQueryTimer(handle, TimerBasicInformation, to, room, NULL);
    case 5:
        return NtQueryIoCompletion(handle, IoCompletionBasicInformation, to, room, NULL);
    default:
        return STATUS_INVALID_INFO_CLASS;
    }
}

static NTSTATUS ask_directory(HANDLE handle, ULONG class, void *to, ULONG room)
{
    ULONG context = 0, length;

    return class < 2 ? NtQueryDirectoryObject(handle, to, room, class == 0, TRUE, &context, &length)
                     : STATUS_INVALID_INFO_CLASS;
}

static const struct asker {
    const char *name;
    question ask;
    bool needs_handle;
} askers[] = {
    { "object", ask_object, true },
    { "process", ask_process, true },
    { "thread", ask_thread, true },
    { "token", ask_token, true },
    { "job", ask_job, true },
    { "section", ask_section, true },
    { "memory", ask_memory, false },
    { "system", ask_system, false },
    { "system, Ex", ask_system_more, false },
    { "security", ask_security, true },
    { "simple", ask_simple, true },
    { "directory", ask_directory, true },
};

static void keep(const char *what, HANDLE handle, NTSTATUS status)
{
    if (check_status(what, status, STATUS_SUCCESS) && asked.count < OBJECT_MAX)
        asked.handles[asked.count++] = handle;
}

static NTSTATUS wait_for(void *event)
{
    return NtWaitForSingleObject((HANDLE)event, FALSE, NULL);
}

static void keep_directory(const char *what, UNICODE_STRING name)
{
    OBJECT_ATTRIBUTES attributes = { .Length = sizeof(attributes), .ObjectName = &name };
    HANDLE handle = NULL;

    NTSTATUS status =
        NtOpenDirectoryObject(&handle, DIRECTORY_QUERY | DIRECTORY_TRAVERSE, &attributes);

    keep(what, handle, status);
}

#define NAME(literal)                                                                              \
    (UNICODE_STRING)                                                                               \
    {                                                                                              \
        sizeof(literal) - 2, sizeof(literal), (PWSTR)(literal)                                     \
    }

static void make_objects(void)
{
    LARGE_INTEGER size = { .QuadPart = 0x10000 };
    HANDLE handle, event;
    NTSTATUS status;

    keep("the process", NtCurrentProcess(), STATUS_SUCCESS);
    keep("the thread", NtCurrentThread(), STATUS_SUCCESS);
    keep("its output", standard_output(), STATUS_SUCCESS);
    status = NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    keep("an event", event, status);
    keep("a thread that waits for it", thread_start(wait_for, event), STATUS_SUCCESS);
    status = NtCreateMutant(&handle, MUTANT_ALL_ACCESS, NULL, TRUE);
    keep("a mutant", handle, status);
    status = NtCreateSemaphore(&handle, SEMAPHORE_ALL_ACCESS, NULL, 1, 2);
    keep("a semaphore", handle, status);
    status = NtCreateTimer(&handle, TIMER_ALL_ACCESS, NULL, NotificationTimer);
    keep("a timer", handle, status);
    status = NtCreateIoCompletion(&handle, IO_COMPLETION_ALL_ACCESS, NULL, 0);
    keep("a completion port", handle, status);
    status =
        NtCreateSection(&handle, SECTION_ALL_ACCESS, NULL, &size, PAGE_READWRITE, SEC_COMMIT, NULL);
    keep("a section", handle, status);
    status = NtCreateJobObject(&handle, JOB_OBJECT_ALL_ACCESS, NULL);
    keep("a job", handle, status);
    status = NtOpenProcessToken(NtCurrentProcess(), TOKEN_ALL_ACCESS, &handle);
    keep("a token", handle, status);
    status = NtCreateKeyedEvent(&handle, KEYEDEVENT_ALL_ACCESS, NULL, 0);
    keep("a keyed event", handle, status);
    keep_directory("a directory", NAME(u"\\"));
    keep_directory("another one", NAME(u"\\ObjectTypes"));
}

// Whether a word could be an address of what the kernel has: RAM, its own range, its image. Other
// negative numbers are none.
static bool is_kernel_address(ULONGLONG word)
{
    return word >> 40 == 0xFFFF80 || word >> 40 == 0xFFFFC0 ||
           (word >= 0xFFFFFFFF80000000 && word < 0xFFFFFFFFC0000000);
}

// Where something that is not for the program stands in size bytes; size: nowhere.
static ULONG find_secret(const void *at, ULONG size, const char **what)
{
    const UCHAR *bytes = at;

    for (ULONG i = 0; i + 3 <= size; i++) {
        *what = "unwritten bytes";
        for (unsigned p = 0; p < sizeof(patterns); p++)
            if (bytes[i] == patterns[p] && bytes[i + 1] == bytes[i] && bytes[i + 2] == bytes[i])
                return i;
    }
    for (ULONG i = 0; i + 8 <= size; i += 8) {
        ULONGLONG word;
        *what = "an address of the kernel";
        memcpy(&word, bytes + i, sizeof(word));
        if (is_kernel_address(word))
            return i;
    }
    return size;
}

static void ask_once(const struct asker *asker, HANDLE handle, ULONG class, ULONG room)
{
    const char *what;
    ULONG behind = room;

    memset(asked.buffer, FILL, 2 * ROOM_MAX);
    asked.calls++;
    asked.answers += NT_SUCCESS(asker->ask(handle, class, asked.buffer, room));
    while (behind < 2 * ROOM_MAX && asked.buffer[behind] == FILL)
        behind++;
    ULONG at = find_secret(asked.buffer, room, &what);
    if (at == room && behind == 2 * ROOM_MAX)
        return;
    if (at == room)
        what = "bytes behind it";
    if (asked.faults++ < FAULTS_SHOWN)
        print("hostile: %s class %u of %p, room %u: %s at %u\n", asker->name, class, handle, room,
              what, at == room ? behind : at);
}

// Whether it is a class for such objects, as far as can be told.
static bool is_answered(const struct asker *asker, HANDLE handle, ULONG class)
{
    NTSTATUS status = asker->ask(handle, class, asked.buffer, 0);

    return status != STATUS_INVALID_INFO_CLASS && status != STATUS_OBJECT_TYPE_MISMATCH &&
           status != STATUS_NOT_IMPLEMENTED;
}

static void ask_all(const struct asker *asker, HANDLE handle)
{
    for (ULONG class = 0; class < CLASSES; class ++) {
        if (!is_answered(asker, handle, class))
            continue;
        for (ULONG room = 0; room <= ROOM_MAX; room += room < ROOM_DENSE ? 4 : 0x40)
            ask_once(asker, handle, class, room);
    }
}

// ---- what comes unasked --------------------------------------------------------------------------

static void check_clean(const char *name, const void *at, ULONG size)
{
    const char *what;
    ULONG found = find_secret(at, size, &what);

    if (found < size)
        print("hostile: %s at %u\n", what, found);
    check(name, found == size);
}

static void divide(void *zero)
{
    __asm__ volatile("divl %0" : : "m"(*(ULONG *)zero) : "rax", "rdx");
}

static void write_to(void *address)
{
    *(volatile char *)address = 1;
}

static void test_unasked(void)
{
    static struct catcher caught;
    static ULONG zero;
    const RTL_USER_PROCESS_PARAMETERS *parameters = current_peb()->ProcessParameters;

    check_clean("the TEB is clean", current_teb(), sizeof(TEB));
    check_clean("the PEB is clean", current_peb(), sizeof(PEB));
    check_clean("the parameters are clean", parameters, parameters->MaximumLength);
    check("dividing by zero fails", catch_exception(&caught, divide, &zero));
    check_clean("its record is clean", &caught.record, sizeof(caught.record));
    check_clean("its context is clean", &caught.context, sizeof(caught.context));
    check("writing to null fails", catch_exception(&caught, write_to, NULL));
    check_clean("its record is clean, too", &caught.record, sizeof(caught.record));
}

int hostile_answers(void)
{
    static UCHAR buffer[2 * ROOM_MAX] __attribute__((aligned(16)));

    asked.buffer = buffer;
    make_objects();
    for (unsigned a = 0; a < sizeof(askers) / sizeof(askers[0]); a++)
        for (unsigned h = 0; h < (askers[a].needs_handle ? asked.count : 1); h++)
            ask_all(&askers[a], asked.handles[h]);
    print("hostile: %llu questions, %llu answers\n", asked.calls, asked.answers);
    check("many questions are answered", asked.answers > 10000);
    check_equal("no answer holds what it should not", asked.faults, 0);
    test_unasked();
    return check_summary("hostile");
}
