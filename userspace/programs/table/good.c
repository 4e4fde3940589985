// SPDX-License-Identifier: MIT
/*
 * Arguments that services accept. Most follow from an argument's type and name; the others stand in a
 * table by service.
 */

#include "table.h"

#include <nt/context.h>
#include <nt/create.h>
#include <nt/memory.h>
#include <nt/object.h>
#include <nt/section.h>
#include <nt/status.h>
#include <nt/sync.h>
#include <user/memory.h>
#include <user/print.h>
#include <user/services.h>
#include <user/start.h>
#include <user/thread.h>

#define BUFFER_BYTES      64u
#define THREADS_AT_ONCE   50u
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static struct {
    ULONGLONG slots;   // CALL_WORDS times SLOT bytes
    ULONGLONG scratch; // pages for the services about memory
    ULONGLONG watched; // the same with MEM_WRITE_WATCH
    ULONGLONG view;    // of a file
    HANDLE helper;     // a thread that never runs
    ULONGLONG helper_id;
} good;

// ---- objects ------------------------------------------------------------------------------------

// One object of each type; a service takes it if the name of an argument begins so.
static struct {
    const char *name;
    PCWSTR path;
    HANDLE handle;
} objects[] = {
    { "Event", u"\\BaseNamedObjects\\table-event", NULL },
    { "Mutant", u"\\BaseNamedObjects\\table-mutant", NULL },
    { "Semaphore", u"\\BaseNamedObjects\\table-semaphore", NULL },
    { "Timer", u"\\BaseNamedObjects\\table-timer", NULL },
    { "Section", u"\\BaseNamedObjects\\table-section", NULL },
    { "IoCompletion", u"\\BaseNamedObjects\\table-port", NULL },
    { "KeyedEvent", u"\\BaseNamedObjects\\table-keyed-event", NULL },
    { "Directory", u"\\BaseNamedObjects", NULL },
    { "Link", u"\\BaseNamedObjects\\table-link", NULL },
};
enum {
    EVENT,
    MUTANT,
    SEMAPHORE,
    TIMER,
    SECTION,
    PORT,
    KEYED_EVENT,
    DIRECTORY,
    LINK
};

static bool begins_with(const char *text, const char *begin)
{
    return strlen(text) >= strlen(begin) && memcmp(text, begin, strlen(begin)) == 0;
}

static bool is(const char *text, const char *other)
{
    return strcmp(text, other) == 0;
}

static void set_string(UNICODE_STRING *string, PCWSTR text)
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

static const WCHAR own_path[] = u"\\??\\C:\\table.exe";

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

    good.slots = allocate(0, CALL_WORDS * SLOT);
    good.scratch = allocate(0, SLOT);
    good.watched = allocate(MEM_WRITE_WATCH, SLOT);
    for (unsigned i = 0; i < ARRAY_SIZE(objects); i++) {
        UNICODE_STRING name;
        OBJECT_ATTRIBUTES attributes = { sizeof(attributes), NULL, &name, 0, NULL, NULL };
        set_string(&name, objects[i].path);
        expect(objects[i].name, create(i, &attributes));
    }
    good.view = map_own_file();
    make_room_for_threads();
    good.helper = thread_start_suspended(do_nothing, NULL);
    expect("the helper's id", NtQueryInformationThread(good.helper, ThreadBasicInformation, &basic,
                                                       sizeof(basic), NULL));
    good.helper_id = (ULONGLONG)basic.ClientId.UniqueThread;
}

ULONGLONG good_slot(unsigned argument)
{
    return good.slots + argument * SLOT;
}

// ---- which arguments are pointers ---------------------------------------------------------------

static bool is_value_length(const struct service *service, unsigned index)
{
    if (index >= service->argument_count)
        return false;
    const char *name = service->arguments[index].name;
    size_t length = strlen(name);
    return begins_with(name, "NumberOfBytesTo") ||
           (length >= 6 && is(name + length - 6, "Length") &&
            service->arguments[index].size_bytes == 0);
}

bool is_pointer(const struct service *service, unsigned index)
{
    const struct service_argument *argument = &service->arguments[index];

    if (argument->size_bytes > 0)
        return true;
    if (!is(argument->type, "PVOID"))
        return false;
    if (argument->direction == ARGUMENT_OUT || argument->direction == ARGUMENT_OUT_OPT ||
        argument->direction == ARGUMENT_INOUT || is(argument->name, "AttributeList") ||
        is(argument->name, "ProcessParameters"))
        return true;
    // What a service reads has a length; addresses to work on have one, too.
    return is_value_length(service, index + 1) && !is(argument->name, "BaseAddress");
}

static bool is_output(const struct service *service, unsigned index)
{
    UCHAR direction = service->arguments[index].direction;

    return direction != ARGUMENT_IN && direction != ARGUMENT_IN_OPT;
}

bool is_written(const struct call *call, unsigned index)
{
    bool is_buffer = call->service->arguments[index].size_bytes == 0;

    return is_output(call->service, index) && !(call->is_input && is_buffer);
}

ULONGLONG pointer_size(const struct call *call, unsigned index)
{
    const struct service_argument *argument = &call->service->arguments[index];

    if (argument->size_bytes > 0)
        return argument->size_bytes;
    return is_value_length(call->service, index + 1) ? call->words[index + 1] : 1;
}

// ---- values -------------------------------------------------------------------------------------

static const struct {
    const char *service, *argument;
    ULONGLONG value;
} values[] = {
    { "NtCreateSemaphore", "MaximumCount", 10 },
    { "NtReleaseSemaphore", "ReleaseCount", 1 },
    { "NtCreateThreadEx", "CreateFlags", THREAD_CREATE_FLAGS_CREATE_SUSPENDED },
    { "NtCreateUserProcess", "ThreadFlags", THREAD_CREATE_FLAGS_CREATE_SUSPENDED },
    { "NtDuplicateObject", "Options", DUPLICATE_SAME_ACCESS },
    { "NtFreeVirtualMemory", "FreeType", MEM_DECOMMIT },
    { "NtGetNextThread", "ThreadHandle", 0 },
    { "NtGetNextProcess", "ProcessHandle", 0 },
    { "NtLockVirtualMemory", "MapType", 1 },
    { "NtUnlockVirtualMemory", "MapType", 1 },
    { "NtMapViewOfSection", "InheritDisposition", ViewUnmap },
    { "NtMapViewOfSection", "AllocationType", 0 },
    { "NtMapViewOfSectionEx", "AllocationType", 0 },
    { "NtOpenFile", "DesiredAccess", GENERIC_READ | SYNCHRONIZE },
    { "NtOpenFile", "ShareAccess", 1 },
    { "NtOpenFile", "OpenOptions", 0x20 }, // synchronous
    { "NtQueryDirectoryObject", "Length", 0x400 },
    { "NtQueryDirectoryObject", "RestartScan", TRUE },
    { "NtSetTimerResolution", "DesiredTime", 156250 },
    { "NtSetTimerResolution", "SetResolution", TRUE },
    { "NtWaitForMultipleObjects", "WaitType", WaitAny },
    { "NtRaiseHardError", "ErrorStatus", 0x40000000 },
    { "NtRaiseHardError", "ValidResponseOptions", 1 },
    { "NtRaiseHardError", "NumberOfParameters", 1 },
};

static bool find_value(const char *service, const char *argument, ULONGLONG *out)
{
    for (unsigned i = 0; i < ARRAY_SIZE(values); i++) {
        if (is(values[i].service, service) && is(values[i].argument, argument)) {
            *out = values[i].value;
            return true;
        }
    }
    return false;
}

static ULONGLONG object_named(const char *name)
{
    for (unsigned i = 0; i < ARRAY_SIZE(objects); i++)
        if (begins_with(name, objects[i].name))
            return (ULONGLONG)objects[i].handle;
    return (ULONGLONG)objects[EVENT].handle;
}

static ULONGLONG make_handle(const char *name, UCHAR direction)
{
    if (is(name, "ThreadId"))
        return good.helper_id;
    if (strlen(name) >= 13 && is(name + strlen(name) - 13, "ProcessHandle"))
        return (ULONGLONG)NtCurrentProcess();
    if (begins_with(name, "Thread"))
        return (ULONGLONG)good.helper;
    if (direction == ARGUMENT_IN_OPT && !begins_with(name, "KeyedEvent"))
        return 0;
    return object_named(name);
}

static ULONGLONG make_value(const struct service *service, unsigned index)
{
    const struct service_argument *argument = &service->arguments[index];
    const char *name = argument->name;
    ULONGLONG value;

    if (find_value(service->name, name, &value))
        return value;
    if (is(service->name, "NtReadFile") && is(name, "FileHandle"))
        return (ULONGLONG)standard_input();
    if (is(service->name, "NtWriteFile") && is(name, "FileHandle"))
        return (ULONGLONG)standard_error();
    if (is(argument->type, "HANDLE"))
        return make_handle(name, argument->direction);
    if (is(argument->type, "ACCESS_MASK"))
        return MAXIMUM_ALLOWED;
    if (is(name, "BaseAddress"))
        return begins_with(service->name + strlen(service->name) - 5, "Watch") ? good.watched
                                                                               : good.scratch;
    if (is(name, "StartRoutine"))
        return (ULONGLONG)(ULONG_PTR)do_nothing;
    if (is(name, "RegionSize"))
        return PAGE;
    if (is(name, "Key"))
        return good.scratch;
    if (is(name, "AllocationType"))
        return MEM_RESERVE | MEM_COMMIT;
    if (is(name, "AllocationAttributes"))
        return SEC_COMMIT;
    if (strlen(name) >= 7 && begins_with(name + strlen(name) - 7, "Protect"))
        return PAGE_READWRITE;
    if (is(name, "PageProtection") || is(name, "SectionPageProtection"))
        return PAGE_READWRITE;
    if (is(name, "Count") || is(name, "ExtendedParameterCount"))
        return 1;
    return is_value_length(service, index) ? BUFFER_BYTES : 0;
}

// ---- what pointers point to ---------------------------------------------------------------------

static void fill_attributes(ULONGLONG slot, const struct service *service)
{
    OBJECT_ATTRIBUTES *attributes = (OBJECT_ATTRIBUTES *)slot;
    UNICODE_STRING *name = (UNICODE_STRING *)(attributes + 1);

    *attributes = (OBJECT_ATTRIBUTES){ .Length = sizeof(*attributes) };
    if (begins_with(service->name, "NtCreate") && !is(service->name, "NtCreateSymbolicLinkObject"))
        return; // a new one without a name
    if (is(service->name, "NtOpenProcess") || is(service->name, "NtOpenThread"))
        return; // found by id
    for (unsigned i = 0; i < ARRAY_SIZE(objects); i++)
        if (begins_with(service->arguments[0].name, objects[i].name))
            set_string(name, objects[i].path);
    if (begins_with(service->name, "NtCreate"))
        set_string(name, u"\\BaseNamedObjects\\table-new");
    if (is(service->name, "NtOpenFile"))
        set_string(name, own_path);
    attributes->ObjectName = name;
    attributes->Attributes = OBJ_CASE_INSENSITIVE;
}

static void fill_address(ULONGLONG *slot, const char *service)
{
    bool makes_new = is(service, "NtAllocateVirtualMemory") ||
                     is(service, "NtAllocateVirtualMemoryEx") || begins_with(service, "NtMap");

    *slot = makes_new ? 0 : is(service, "NtFlushVirtualMemory") ? good.view : good.scratch;
}

static void fill_time(LARGE_INTEGER *slot, const char *name)
{
    if (is(name, "SystemTime"))
        (void)NtQuerySystemTime(slot); // for who sets it
    else if (is(name, "MaximumSize") || is(name, "NewSectionSize"))
        slot->QuadPart = SLOT;
    else if (is(name, "DueTime"))
        slot->QuadPart = -36000000000; // an hour
}

static void fill_extended_parameter(ULONGLONG slot)
{
    MEM_EXTENDED_PARAMETER *parameter = (MEM_EXTENDED_PARAMETER *)slot;

    *parameter = (MEM_EXTENDED_PARAMETER){ .Type = MemExtendedParameterAddressRequirements };
    parameter->Pointer = parameter + 1; // a MEM_ADDRESS_REQUIREMENTS of zeroes: none
}

// A child that runs this program, if it ever ran, with no service to test.
static void fill_for_process(void *slot, const char *name)
{
    struct {
        PS_ATTRIBUTE_LIST list;
        PS_ATTRIBUTE image;
    } *attributes = slot;
    RTL_USER_PROCESS_PARAMETERS *parameters = slot;

    if (is(name, "CreateInfo")) {
        ((PS_CREATE_INFO *)slot)->Size = sizeof(PS_CREATE_INFO);
    } else if (is(name, "AttributeList")) {
        attributes->list.TotalLength = sizeof(*attributes);
        attributes->image = (PS_ATTRIBUTE){
            PS_ATTRIBUTE_IMAGE_NAME, sizeof(own_path) - 2, { .ValuePtr = (PVOID)own_path }, NULL
        };
    } else if (is(name, "ProcessParameters")) {
        *parameters = *current_peb()->ProcessParameters;
        set_string(&parameters->CommandLine, u"table none");
    }
}

static void fill(ULONGLONG slot, const struct service *service, unsigned index)
{
    const char *type = service->arguments[index].type;
    const char *name = service->arguments[index].name;
    UNICODE_STRING *string = (UNICODE_STRING *)slot;

    memset((void *)slot, 0, 0x1000);
    if (is(type, "POBJECT_ATTRIBUTES"))
        fill_attributes(slot, service);
    else if (is(type, "PVOID *"))
        fill_address((ULONGLONG *)slot, service->name);
    else if (is(type, "PSIZE_T"))
        *(SIZE_T *)slot = PAGE;
    else if (is(type, "PLARGE_INTEGER"))
        fill_time((LARGE_INTEGER *)slot, name);
    else if (is(type, "PHANDLE") && !is_output(service, index))
        *(HANDLE *)slot = objects[EVENT].handle;
    else if (is(type, "PUNICODE_STRING"))
        *string = (UNICODE_STRING){ 8, 0x200, (PWSTR)(string + 1) };
    else if (is(type, "PCLIENT_ID") && !is_output(service, index))
        *(CLIENT_ID *)slot = (CLIENT_ID){ current_teb()->ClientId.UniqueProcess,
                                          current_teb()->ClientId.UniqueThread };
    else if (is(type, "PCONTEXT"))
        ((CONTEXT *)slot)->ContextFlags = CONTEXT_INTEGER;
    else if (is(type, "PULONG_PTR"))
        *(ULONG_PTR *)slot = 1;
    else if (is(type, "PMEM_EXTENDED_PARAMETER"))
        fill_extended_parameter(slot);
    else if (is(service->name, "NtCreateUserProcess"))
        fill_for_process((void *)slot, name);
    else if (is(service->name, "NtWriteFile"))
        memset((void *)slot, '.', BUFFER_BYTES);
    if (is(type, "PUNICODE_STRING"))
        memcpy(string + 1, u"\\abc", 8);
}

void good_arguments(struct call *call, const struct service *service)
{
    *call = (struct call){ .service = service };
    for (unsigned i = 0; i < service->argument_count; i++) {
        if (is(service->name, "NtCreateThreadEx") &&
            is(service->arguments[i].name, "AttributeList"))
            continue; // none is good, too
        if (!is_pointer(service, i)) {
            call->words[i] = make_value(service, i);
            continue;
        }
        call->words[i] = good_slot(i);
        fill(good_slot(i), service, i);
    }
}

// ---- before and after ---------------------------------------------------------------------------

static void prepare(const char *service)
{
    if (begins_with(service, "NtRemoveIoCompletion"))
        (void)NtSetIoCompletion(objects[PORT].handle, NULL, NULL, STATUS_SUCCESS, 0);
    else if (is(service, "NtReleaseMutant"))
        (void)NtWaitForSingleObject(objects[MUTANT].handle, FALSE, NULL);
    else if (is(service, "NtResumeThread") || is(service, "NtAlertResumeThread"))
        (void)NtSuspendThread(good.helper, NULL);
    else if (is(service, "NtGetWriteWatch"))
        *(volatile char *)good.watched = 1;
}

// Leaves the helper suspended once.
static void calm_helper(void)
{
    ULONG count = 0;

    (void)NtSuspendThread(good.helper, &count);
    for (; count > 0; count--)
        (void)NtResumeThread(good.helper, NULL);
}

static void commit_scratch(void)
{
    PVOID base = (PVOID)good.scratch;
    SIZE_T size = SLOT;

    (void)NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size, MEM_COMMIT, PAGE_READWRITE);
}

// The base that the call has put into its slot.
static PVOID new_base(const struct call *call)
{
    for (unsigned i = 0; i < call->service->argument_count; i++)
        if (is(call->service->arguments[i].type, "PVOID *"))
            return *(PVOID *)call->words[i];
    return NULL;
}

static void undo(const struct call *call)
{
    const char *name = call->service->name;
    PVOID base = NULL;
    SIZE_T size = 0;

    if (begins_with(name, "NtAllocateVirtualMemory") &&
        (base = new_base(call)) != (PVOID)good.scratch)
        (void)NtFreeVirtualMemory(NtCurrentProcess(), &base, &size, MEM_RELEASE);
    if (begins_with(name, "NtMapViewOfSection"))
        (void)NtUnmapViewOfSection(NtCurrentProcess(), new_base(call));
    if (is(name, "NtFreeVirtualMemory"))
        commit_scratch();
    // In reverse, so that the next handle will be the same again.
    for (unsigned i = call->service->argument_count; i-- > 0;) {
        if (!is(call->service->arguments[i].type, "PHANDLE") || !is_output(call->service, i))
            continue;
        HANDLE handle = call->words[i] ? *(HANDLE *)call->words[i] : NULL;
        if (handle && is(name, "NtCreateThreadEx")) {
            (void)NtTerminateThread(handle, STATUS_SUCCESS);
            (void)NtWaitForSingleObject(handle, FALSE, NULL);
        } else if (handle && is(name, "NtCreateUserProcess") && i == 0) {
            (void)NtTerminateProcess(handle, STATUS_SUCCESS);
            (void)NtWaitForSingleObject(handle, FALSE, NULL);
        }
        if (handle)
            (void)NtClose(handle);
    }
}

NTSTATUS good_call(struct call *call)
{
    prepare(call->service->name);
    NTSTATUS status = (NTSTATUS)call_syscall(call->service->number, call->words);
    if (NT_SUCCESS(status))
        undo(call);
    if (call->words[0] == (ULONGLONG)good.helper)
        calm_helper();
    return status;
}
