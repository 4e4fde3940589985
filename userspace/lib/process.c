// SPDX-License-Identifier: MIT
// Processes for test programs, see process.h.

#include <user/process.h>

#include <nt/status.h>
#include <user/memory.h>
#include <user/services.h>
#include <user/start.h>

#define LINE_UNITS 256u
#define PATH_UNITS 256u

// What a call of NtCreateUserProcess points to.
struct creation {
    RTL_USER_PROCESS_PARAMETERS parameters;
    WCHAR line[LINE_UNITS];
    WCHAR path[PATH_UNITS];
    struct {
        SIZE_T length;
        PS_ATTRIBUTE attributes[3 + CHILD_ATTRIBUTES_MAX];
    } list;
};

// Appends ASCII text; what does not fit is left out.
static void append(UNICODE_STRING *string, const char *text)
{
    for (; *text != '\0' && string->Length < string->MaximumLength; text++) {
        string->Buffer[string->Length / sizeof(WCHAR)] = (WCHAR)*text;
        string->Length += sizeof(WCHAR);
    }
}

static void append_string(UNICODE_STRING *string, const UNICODE_STRING *other)
{
    for (USHORT i = 0; i < other->Length && string->Length < string->MaximumLength; i += 2) {
        string->Buffer[string->Length / sizeof(WCHAR)] = other->Buffer[i / sizeof(WCHAR)];
        string->Length += sizeof(WCHAR);
    }
}

static void fill(struct creation *creation, const char *arguments, struct child *out)
{
    const RTL_USER_PROCESS_PARAMETERS *own = current_peb()->ProcessParameters;
    UNICODE_STRING path = { 0, sizeof(creation->path), creation->path };
    UNICODE_STRING line = { 0, sizeof(creation->line), creation->line };

    append(&path, "\\??\\");
    append_string(&path, &own->ImagePathName);
    append(&line, "child ");
    append(&line, arguments);
    creation->parameters = *own;
    creation->parameters.CommandLine = line;
    PS_ATTRIBUTE *attributes = creation->list.attributes;
    attributes[0] = (PS_ATTRIBUTE){
        PS_ATTRIBUTE_IMAGE_NAME, path.Length, { .ValuePtr = creation->path }, NULL
    };
    attributes[1] =
        (PS_ATTRIBUTE){ PS_ATTRIBUTE_CLIENT_ID, sizeof(out->id), { .ValuePtr = &out->id }, NULL };
    attributes[2] = (PS_ATTRIBUTE){
        PS_ATTRIBUTE_IMAGE_INFO, sizeof(out->image), { .ValuePtr = &out->image }, NULL
    };
}

NTSTATUS child_start_with(const char *arguments, ULONG process_flags, ULONG thread_flags,
                          const PS_ATTRIBUTE *attributes, unsigned count, struct child *out)
{
    struct creation creation;
    PS_CREATE_INFO info = { .Size = sizeof(info) };

    memset(&creation, 0, sizeof(creation));
    memset(out, 0, sizeof(*out));
    fill(&creation, arguments, out);
    for (unsigned i = 0; i < count && i < CHILD_ATTRIBUTES_MAX; i++)
        creation.list.attributes[3 + i] = attributes[i];
    creation.list.length = sizeof(SIZE_T) + (3 + count) * sizeof(PS_ATTRIBUTE);
    return NtCreateUserProcess(&out->process, &out->thread, PROCESS_ALL_ACCESS, THREAD_ALL_ACCESS,
                               NULL, NULL, process_flags, thread_flags, &creation.parameters, &info,
                               &creation.list);
}

NTSTATUS child_start(const char *arguments, ULONG process_flags, ULONG thread_flags,
                     struct child *out)
{
    return child_start_with(arguments, process_flags, thread_flags, NULL, 0, out);
}

NTSTATUS child_join(struct child *child)
{
    PROCESS_BASIC_INFORMATION basic;
    NTSTATUS status = NtWaitForSingleObject(child->process, FALSE, NULL);

    if (status == STATUS_SUCCESS)
        status = NtQueryInformationProcess(child->process, ProcessBasicInformation, &basic,
                                           sizeof(basic), NULL);
    (void)NtClose(child->process);
    (void)NtClose(child->thread);
    return NT_SUCCESS(status) ? basic.ExitStatus : status;
}

NTSTATUS child_run(const char *arguments)
{
    struct child child;
    NTSTATUS status = child_start(arguments, 0, 0, &child);

    return NT_SUCCESS(status) ? child_join(&child) : status;
}
