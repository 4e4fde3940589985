// SPDX-License-Identifier: MIT
/*
 * The traced dispatcher (boot option trace): a log line for each service, when it returns:
 *
 *   [4:8] NtFreeVirtualMemory(ProcessHandle=-1, BaseAddress=0x7ff80 [0x20000], RegionSize=...
 *         [0x0 -> 0x10000], FreeType=0x8000) = STATUS_SUCCESS, 1.204 us
 *
 * What an argument points to stands in brackets; for one that goes both ways, before and after. The
 * types come from services.def. Looking through pointers can use up a guard page, as the service
 * itself would; otherwise a traced program runs as it does untraced, only slower.
 */

#include "service.h"

#include <kernel/clock.h>
#include <kernel/log.h>
#include <kernel/process.h>
#include <kernel/status.h>
#include <kernel/string.h>
#include <kernel/user_copy.h>
#include <nt/exception.h>

#include "system_text.h"

// A log line has 255 bytes; the result must never be what is cut.
#define ARGUMENTS_ROOM 170u
#define STRING_ROOM    48u

struct text {
    char *at;
    size_t room;
    size_t length;
};

static void add(struct text *text, const char *format, ...) PRINTF_LIKE(2, 3);

static void add(struct text *text, const char *format, ...)
{
    if (text->length >= text->room)
        return;
    va_list arguments;
    va_start(arguments, format);
    text->length += (size_t)format_string_v(text->at + text->length, text->room - text->length,
                                            format, arguments);
    va_end(arguments);
}

// ---- values -----------------------------------------------------------------------------------

static void add_status(struct text *text, NTSTATUS status)
{
    const char *name = status_name(status);
    if (name != NULL)
        add(text, "%s", name);
    else
        add(text, "0x%08X", (unsigned)status);
}

// Small numbers are counts, large ones are flags or sizes.
static void add_number(struct text *text, uint64_t value)
{
    if (value < 1000)
        add(text, "%llu", (unsigned long long)value);
    else
        add(text, "0x%llx", (unsigned long long)value);
}

static void add_value(struct text *text, uint8_t type, uint64_t value)
{
    switch (type) {
    case NT_ARG_HANDLE:
        if ((int64_t)value < 0)
            add(text, "%lld", (long long)value);
        else
            add(text, "0x%llx", (unsigned long long)value);
        break;
    case NT_ARG_ULONG:
    case NT_ARG_ENUM:
        add_number(text, (uint32_t)value);
        break;
    case NT_ARG_ULONG_PTR:
        add_number(text, value);
        break;
    case NT_ARG_LONG:
        add(text, "%d", (int32_t)value);
        break;
    case NT_ARG_NTSTATUS:
        add_status(text, (NTSTATUS)value);
        break;
    case NT_ARG_ACCESS_MASK:
        add(text, "0x%x", (unsigned)value);
        break;
    case NT_ARG_BOOLEAN:
        add(text, "%s", (value & 0xFF) != 0 ? "TRUE" : "FALSE");
        break;
    default: // sizes, addresses, and every pointer
        add(text, "0x%llx", (unsigned long long)value);
        break;
    }
}

// ---- what pointers point to -------------------------------------------------------------------

// The type of the value behind a pointer to one value, and its size; 0: it is a structure.
struct pointee_type {
    uint8_t type;
    uint8_t size;
};

static struct pointee_type pointee_type(uint8_t pointer_type)
{
    switch (pointer_type) {
    case NT_ARG_PHANDLE:
        return (struct pointee_type){ NT_ARG_HANDLE, sizeof(HANDLE) };
    case NT_ARG_PPVOID:
        return (struct pointee_type){ NT_ARG_PVOID, sizeof(PVOID) };
    case NT_ARG_PULONG_PTR:
    case NT_ARG_PSIZE_T:
        return (struct pointee_type){ NT_ARG_SIZE_T, sizeof(SIZE_T) };
    case NT_ARG_PULONG:
        return (struct pointee_type){ NT_ARG_ULONG, sizeof(ULONG) };
    case NT_ARG_PBOOLEAN:
        return (struct pointee_type){ NT_ARG_BOOLEAN, sizeof(BOOLEAN) };
    default:
        return (struct pointee_type){ NT_ARG_PVOID, 0 };
    }
}

struct pointee {
    bool is_known;
    uint64_t value;
};

static struct pointee read_pointee(const struct nt_argument *argument, uint64_t word)
{
    struct pointee pointee = { false, 0 };
    uint8_t size = pointee_type(argument->type).size;
    if (size != 0 && word != 0)
        pointee.is_known =
            copy_from_user(&pointee.value, (const void USER *)word, size) == STATUS_SUCCESS;
    return pointee;
}

static void add_string(struct text *text, const UNICODE_STRING USER *at)
{
    UNICODE_STRING string;
    char utf8[STRING_ROOM];
    if (get_user(&string, at) == STATUS_SUCCESS &&
        copy_user_text(&string, utf8, sizeof(utf8)) == STATUS_SUCCESS)
        add(text, " [\"%s\"%s]", utf8, string.Length / sizeof(WCHAR) >= sizeof(utf8) ? "..." : "");
}

static void add_object_attributes(struct text *text, const OBJECT_ATTRIBUTES USER *at)
{
    OBJECT_ATTRIBUTES attributes;
    if (get_user(&attributes, at) != STATUS_SUCCESS)
        return;
    if (attributes.RootDirectory != NULL)
        add(text, " [root 0x%llx]", (unsigned long long)(uint64_t)attributes.RootDirectory);
    if (attributes.ObjectName != NULL)
        add_string(text, (const UNICODE_STRING USER *)attributes.ObjectName);
}

static void add_context(struct text *text, const CONTEXT USER *at)
{
    ULONG flags;
    DWORD64 rip;
    if (get_user(&flags, &at->ContextFlags) == STATUS_SUCCESS &&
        get_user(&rip, &at->Rip) == STATUS_SUCCESS)
        add(text, " [flags 0x%x rip 0x%llx]", flags, (unsigned long long)rip);
}

// Shows a structure, once the service has returned.
static void add_structure(struct text *text, uint8_t type, uint64_t word)
{
    LARGE_INTEGER number;
    CLIENT_ID client;
    IO_STATUS_BLOCK block;
    NTSTATUS code;
    switch (type) {
    case NT_ARG_PLARGE_INTEGER:
        if (get_user(&number, (const LARGE_INTEGER USER *)word) == STATUS_SUCCESS)
            add(text, " [%lld]", (long long)number.QuadPart);
        break;
    case NT_ARG_PUNICODE_STRING:
        add_string(text, (const UNICODE_STRING USER *)word);
        break;
    case NT_ARG_POBJECT_ATTRIBUTES:
        add_object_attributes(text, (const OBJECT_ATTRIBUTES USER *)word);
        break;
    case NT_ARG_PCLIENT_ID:
        if (get_user(&client, (const CLIENT_ID USER *)word) == STATUS_SUCCESS)
            add(text, " [%llu:%llu]", (unsigned long long)(uint64_t)client.UniqueProcess,
                (unsigned long long)(uint64_t)client.UniqueThread);
        break;
    case NT_ARG_PIO_STATUS_BLOCK:
        if (get_user(&block, (const IO_STATUS_BLOCK USER *)word) == STATUS_SUCCESS)
            add(text, " [%llu]", (unsigned long long)block.Information);
        break;
    case NT_ARG_PCONTEXT:
        add_context(text, (const CONTEXT USER *)word);
        break;
    case NT_ARG_PEXCEPTION_RECORD:
        if (get_user(&code, &((const EXCEPTION_RECORD USER *)word)->ExceptionCode) ==
            STATUS_SUCCESS) {
            add(text, " [");
            add_status(text, code);
            add(text, "]");
        }
        break;
    default:
        break;
    }
}

static void add_argument(struct text *text, const struct nt_argument *argument, uint64_t word,
                         struct pointee before, bool has_succeeded)
{
    bool is_input = argument->direction == NT_ARG_IN || argument->direction == NT_ARG_IN_OPT;
    add(text, "%s=", argument->name);
    add_value(text, argument->type, word);
    // An output that the service did not write holds nothing worth showing.
    if (word == 0 || (!is_input && !has_succeeded && argument->direction != NT_ARG_INOUT))
        return;
    struct pointee_type type = pointee_type(argument->type);
    if (type.size == 0) {
        add_structure(text, argument->type, word);
        return;
    }
    struct pointee after = read_pointee(argument, word);
    bool is_both = argument->direction == NT_ARG_INOUT && before.is_known;
    if (!after.is_known)
        return;
    add(text, " [");
    if (is_both && before.value != after.value) {
        add_value(text, type.type, before.value);
        add(text, " -> ");
    }
    add_value(text, type.type, after.value);
    add(text, "]");
}

// ---- the dispatcher ---------------------------------------------------------------------------

static void log_call(const struct nt_service *service, const uint64_t *arguments,
                     const struct pointee *before, NTSTATUS result, nanoseconds_t duration)
{
    char buffer[ARGUMENTS_ROOM];
    struct text text = { buffer, sizeof(buffer), 0 };
    buffer[0] = '\0';
    for (unsigned i = 0; i < service->argument_count; i++) {
        if (i != 0)
            add(&text, ", ");
        add_argument(&text, &service->arguments[i], arguments[i], before[i], NT_SUCCESS(result));
    }
    const char *name = status_name(result);
    char number[12];
    format_string(number, sizeof(number), "0x%08X", (unsigned)result);
    log_info("trace", "[%u:%u] %s(%s%s) = %s, %llu.%03llu us", current_process()->id,
             current_thread()->id, service->name, buffer, text.length < text.room ? "" : "...",
             name != NULL ? name : number, (unsigned long long)duration / 1000,
             (unsigned long long)duration % 1000);
}

void service_dispatch_traced(struct trap_frame *frame)
{
    const struct nt_service *service;
    uint64_t arguments[NT_SERVICE_MAX_ARGUMENTS];
    struct pointee before[NT_SERVICE_MAX_ARGUMENTS] = { { false, 0 } };
    uint32_t number = (uint32_t)frame->rax;
    status_t status = service_fetch(frame, &service, arguments);
    if (status != STATUS_SUCCESS) {
        const char *name = status_name(status);
        log_info("trace", "[%u:%u] service 0x%x %s = %s", current_process()->id,
                 current_thread()->id, number, service != NULL ? service->name : "",
                 name != NULL ? name : "failed");
        frame->rax = (uint32_t)status;
        return;
    }
    for (unsigned i = 0; i < service->argument_count; i++)
        if (service->arguments[i].direction == NT_ARG_INOUT)
            before[i] = read_pointee(&service->arguments[i], arguments[i]);
    nanoseconds_t start = clock_now();
    uint64_t result = service->call(arguments);
    log_call(service, arguments, before, (NTSTATUS)result, clock_now() - start);
    service_finish(frame, result);
}
