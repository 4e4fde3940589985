// SPDX-License-Identifier: MIT
// Bad pointers of every kind, as arguments and inside the structures that arguments point to.

#include "table.h"

#include <nt/memory.h>
#include <nt/section.h>
#include <nt/status.h>
#include <user/memory.h>
#include <user/print.h>
#include <user/services.h>
#include <user/start.h>

static struct {
    ULONGLONG read_only, no_access, reserved;
    ULONGLONG end; // of a page, with nothing behind it
} pages;

struct bad {
    const char *name;
    ULONGLONG address;
    bool can_read;
};

static ULONGLONG allocate(ULONG type, ULONG protection, SIZE_T size)
{
    PVOID base = NULL;
    NTSTATUS status =
        NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size, type, protection);

    if (status != STATUS_SUCCESS)
        exit_process(status);
    return (ULONGLONG)base;
}

void bad_init(void)
{
    PVOID base;
    SIZE_T size = PAGE;

    pages.read_only = allocate(MEM_RESERVE | MEM_COMMIT, PAGE_READONLY, SLOT);
    pages.no_access = allocate(MEM_RESERVE | MEM_COMMIT, PAGE_NOACCESS, SLOT);
    pages.reserved = allocate(MEM_RESERVE, PAGE_READWRITE, SLOT);
    base = (PVOID)allocate(MEM_RESERVE, PAGE_READWRITE, SLOT);
    pages.end = (ULONGLONG)base + PAGE;
    (void)NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size, MEM_COMMIT, PAGE_READWRITE);
}

// The kinds of bad pointers to size bytes; returns how many.
#define KINDS 12
static unsigned make_kinds(struct bad kinds[KINDS], ULONGLONG size)
{
    // So near that also what fills only a part of a buffer goes beyond.
    ULONGLONG end = pages.end - (size < 8 ? size / 2 : 4);
    const struct bad all[KINDS] = {
        { "null", 0, false },
        { "in the first page", 8, false },
        { "reserved", pages.reserved, false },
        { "without access", pages.no_access, false },
        { "read-only", pages.read_only, true },
        { "at the end of user memory", 0x00007FFFFFFEFFF8, false },
        { "above user memory", 0x00007FFFFFFF0000, false },
        { "not canonical", 0x0000800000000000, false },
        { "of the kernel", 0xFFFF800000000000, false },
        { "of the kernel's image", 0xFFFFFFFF80200000, false },
        { "the last one", 0xFFFFFFFFFFFFFFF8, false },
        { "over the end of a page", end, false },
    };

    memcpy(kinds, all, sizeof(all));
    return size > 1 ? KINDS : KINDS - 1;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);

    return length >= tail && strcmp(text + length - tail, end) == 0;
}

// NULL has another meaning: no limit to a wait.
static bool may_hang_on_null(const struct service_argument *argument)
{
    return ends_with(argument->name, "Timeout") || strcmp(argument->name, "DelayInterval") == 0;
}

static bool is_optional(const struct service_argument *argument)
{
    return argument->direction == ARGUMENT_IN_OPT || argument->direction == ARGUMENT_OUT_OPT;
}

static unsigned complain(const struct call *call, const char *argument, const char *kind,
                         NTSTATUS status)
{
    print("  %s, %s is %s: %s\n", call->service->name, argument, kind, status_text(status));
    return 1;
}

// Whether the status is what a bad pointer has to end in.
static bool is_expected(const struct service_argument *argument, const struct bad *bad,
                        NTSTATUS status)
{
    if (bad->address == 0 && is_optional(argument)) // a buffer may be optional, but have a length
        return status != STATUS_ACCESS_VIOLATION || argument->size_bytes == 0;
    // [MS-LSAD] and the driver kit have it so for the Open services: no attributes, no name.
    if (bad->address == 0 && strcmp(argument->type, "POBJECT_ATTRIBUTES") == 0 &&
        status == STATUS_INVALID_PARAMETER)
        return true;
    // The addresses that end in 8 are not aligned enough for a CONTEXT.
    if (argument->alignment > 8 && status == STATUS_DATATYPE_MISALIGNMENT)
        return bad->address % argument->alignment != 0;
    return status == STATUS_ACCESS_VIOLATION;
}

static void protect_read_only(ULONG protection)
{
    PVOID base = (PVOID)pages.read_only;
    SIZE_T size = SLOT;
    ULONG old;

    (void)NtProtectVirtualMemory(NtCurrentProcess(), &base, &size, protection, &old);
}

// What can be read of it must be good, or the service has another reason to refuse it.
static void fill_what_can_be_read(const struct call *call, unsigned index, const struct bad *bad)
{
    if (call->words[index] != good_slot(index))
        return;
    if (bad->address < pages.end && pages.end - bad->address < PAGE)
        memcpy((void *)bad->address, (void *)good_slot(index), pages.end - bad->address);
    if (!bad->can_read)
        return;
    protect_read_only(PAGE_READWRITE);
    memcpy((void *)pages.read_only, (void *)good_slot(index), PAGE);
    protect_read_only(PAGE_READONLY);
}

// A copy of good whose slots have been filled anew.
static void renew(struct call *call, const struct call *good)
{
    good_arguments(call, good->service);
    memcpy(call->words, good->words, sizeof(call->words));
    call->is_input = good->is_input;
}

static unsigned test_argument(const struct call *good, unsigned index, unsigned *calls)
{
    const struct service_argument *argument = &good->service->arguments[index];
    struct bad kinds[KINDS];
    unsigned count = make_kinds(kinds, pointer_size(good, index));
    unsigned wrong = 0;

    for (unsigned i = 0; i < count; i++) {
        struct call call;
        bool is_special = may_hang_on_null(argument) ||
                          is_excused(good->service, argument->name, NULL_IS_REFUSED);
        bool is_number = kinds[i].address < PAGE &&
                         is_excused(good->service, argument->name, FIRST_PAGE_IS_REFUSED);
        if (is_number || (kinds[i].address == 0 && is_special) ||
            (kinds[i].can_read && !is_written(good, index)))
            continue;
        renew(&call, good);
        fill_what_can_be_read(&call, index, &kinds[i]);
        call.words[index] = kinds[i].address;
        NTSTATUS status = good_call(&call);
        ++*calls;
        bool is_fine =
            kinds[i].address == 0 && is_excused(good->service, argument->name, NULL_IS_REFUSED);
        if (!is_fine && !is_expected(argument, &kinds[i], status))
            wrong += complain(good, argument->name, kinds[i].name, status);
    }
    return wrong;
}

// A pointer to the same contents at an odd address: refused as such, or as good as any.
static unsigned test_misaligned(const struct call *good, unsigned index, NTSTATUS good_status)
{
    const struct service_argument *argument = &good->service->arguments[index];
    ULONGLONG size = pointer_size(good, index);
    struct call call;

    if (argument->alignment < 2)
        return 0;
    renew(&call, good);
    memmove((char *)good_slot(index) + SLOT / 2 + 1, (char *)good_slot(index), size);
    call.words[index] = good_slot(index) + SLOT / 2 + 1;
    NTSTATUS status = good_call(&call);
    if (status == good_status || status == STATUS_DATATYPE_MISALIGNMENT)
        return 0;
    return complain(good, argument->name, "misaligned", status);
}

// Writes a bad pointer into the structure that an argument points to.
static unsigned test_inner(const struct call *good, unsigned index, size_t offset, bool is_output,
                           unsigned *calls)
{
    const struct service_argument *argument = &good->service->arguments[index];
    struct bad kinds[KINDS];
    unsigned count = make_kinds(kinds, 8), wrong = 0;

    for (unsigned i = 1; i < count; i++) { // null has a meaning of its own
        struct call call;
        if (kinds[i].can_read && !is_output)
            continue;
        renew(&call, good);
        *(ULONGLONG *)(good_slot(index) + offset) = kinds[i].address;
        NTSTATUS status = good_call(&call);
        ++*calls;
        if (status != STATUS_ACCESS_VIOLATION)
            wrong += complain(good, argument->name, "one to a pointer that is", status) +
                     complain(good, argument->name, kinds[i].name, status);
    }
    return wrong;
}

// good.c lays a UNICODE_STRING behind the attributes that name it.
static unsigned test_inside(const struct call *good, unsigned index, unsigned *calls)
{
    const struct service_argument *argument = &good->service->arguments[index];
    const OBJECT_ATTRIBUTES *attributes = (const OBJECT_ATTRIBUTES *)good_slot(index);
    bool has_name = attributes->ObjectName != NULL;
    unsigned wrong = 0;

    if (is_excused(good->service, argument->name, INNER_POINTER_IS_REFUSED))
        return 0;
    if (strcmp(argument->type, "PUNICODE_STRING") == 0)
        return test_inner(good, index, offsetof(UNICODE_STRING, Buffer), is_written(good, index),
                          calls);
    if (strcmp(argument->type, "PMEM_EXTENDED_PARAMETER") == 0)
        return test_inner(good, index, offsetof(MEM_EXTENDED_PARAMETER, Pointer), false, calls);
    if (strcmp(argument->type, "POBJECT_ATTRIBUTES") != 0)
        return 0;
    wrong = test_inner(good, index, offsetof(OBJECT_ATTRIBUTES, ObjectName), false, calls);
    if (has_name)
        wrong +=
            test_inner(good, index, sizeof(OBJECT_ATTRIBUTES) + offsetof(UNICODE_STRING, Buffer),
                       false, calls);
    return wrong;
}

unsigned test_bad_pointers(const struct call *good, unsigned *calls)
{
    const struct service *service = good->service;
    struct call call;
    unsigned wrong = 0;

    renew(&call, good);
    NTSTATUS good_status = STATUS_SUCCESS;
    bool is_callable = !is_excused(service, NULL, GOOD_CALL_SUCCEEDS);
    if (is_callable) {
        good_status = good_call(&call);
        if (!NT_SUCCESS(good_status))
            wrong += complain(good, "everything", "good", good_status);
    }
    for (unsigned i = 0; i < service->argument_count; i++) {
        if (!is_pointer(service, i) ||
            is_excused(service, service->arguments[i].name, BAD_POINTER_IS_REFUSED))
            continue;
        wrong += test_argument(good, i, calls);
        if (good->words[i] != good_slot(i))
            continue;
        renew(&call, good);
        wrong += test_inside(good, i, calls);
        if (is_callable)
            wrong += test_misaligned(good, i, good_status);
    }
    return wrong;
}
