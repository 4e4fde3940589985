// SPDX-License-Identifier: MIT
/*
 * Services that take an information class do something else for each. For those that tell
 * something, the length that a class wants is found by trying; then its pointers are tested. For
 * those that set something, each length is tried with a bad pointer only, so that nothing is set.
 */

#include "table.h"

#include <nt/status.h>
#include <nt/system_information.h>
#include <nt/thread_information.h>
#include <user/memory.h>
#include <user/print.h>
#include <user/services.h>

#define CLASS_LIMIT  260u
#define LONGEST      0x400u
#define LONGER_STILL 0xF000u

static int class_argument(const struct service *service)
{
    for (unsigned i = 0; i + 2 < service->argument_count; i++) {
        const char *type = service->arguments[i].type;
        size_t length = strlen(type);
        if (length > 5 && strcmp(type + length - 5, "CLASS") == 0)
            return (int)i;
    }
    return -1;
}

bool has_classes(const struct service *service)
{
    return class_argument(service) >= 0;
}

static bool is_query(const struct service *service)
{
    return memcmp(service->name, "NtQuery", 7) == 0;
}

static bool is_output_buffer(const struct service *service, int argument)
{
    const struct service_argument *buffer = &service->arguments[argument];

    return buffer->direction != ARGUMENT_IN && buffer->direction != ARGUMENT_IN_OPT &&
           strcmp(buffer->type, "PVOID") == 0;
}

static bool knows_no_class(NTSTATUS status)
{
    return status == STATUS_INVALID_INFO_CLASS || status == STATUS_NOT_IMPLEMENTED ||
           status == STATUS_INVALID_PARAMETER_2;
}

// Classes whose buffer tells where the answer goes.
static bool is_input(const struct service *service, ULONG class)
{
    return class == ThreadTebInformation && strcmp(service->name, "NtQueryInformationThread") == 0;
}

// The buffer that a class decides about: what is told, or what is set.
static int buffer_argument(const struct service *service)
{
    int at = class_argument(service) + 1;

    while (at + 1 < service->argument_count && !is_output_buffer(service, at) && is_query(service))
        at++;
    return at;
}

// Puts class and length into good arguments. The length stands behind the buffer.
static void prepare(struct call *call, const struct service *service, ULONG class, ULONG length)
{
    good_arguments(call, service);
    call->words[class_argument(service)] = class;
    call->words[buffer_argument(service) + 1] = length;
    // NtQuerySystemInformationEx also reads something: which relation, or of which process.
    if (buffer_argument(service) > class_argument(service) + 1)
        call->words[class_argument(service) + 2] =
            class == SystemLogicalProcessorInformationEx ? sizeof(ULONG) : sizeof(HANDLE);
    call->is_input = is_input(service, class);
}

// A length with which the class is answered; 0: none.
static ULONG find_length(const struct service *service, ULONG class)
{
    struct call call;

    for (ULONG length = 1; length <= LONGEST; length += length < 4 ? 1 : 4) {
        prepare(&call, service, class, length);
        NTSTATUS status = good_call(&call);
        if (NT_SUCCESS(status))
            return length;
        if (knows_no_class(status))
            return 0;
    }
    prepare(&call, service, class, LONGER_STILL);
    return NT_SUCCESS(good_call(&call)) ? LONGER_STILL : 0;
}

static unsigned test_query(const struct service *service, unsigned *calls)
{
    unsigned wrong = 0, answered = 0;

    for (ULONG class = 0; class < CLASS_LIMIT; class ++) {
        struct call call;
        ULONG length = find_length(service, class);
        if (length == 0)
            continue;
        answered++;
        prepare(&call, service, class, length);
        unsigned wrong_here = test_bad_pointers(&call, calls);
        if (wrong_here)
            print("  that was class %u with %u bytes\n", class, length);
        wrong += wrong_here;
    }
    if (answered == 0)
        print("  no class is answered\n");
    return wrong + (answered == 0);
}

static const ULONGLONG unusable[] = { 0x0000800000000000, 0xFFFF800000000000, 8 };

static unsigned test_set(const struct service *service, unsigned *calls)
{
    int buffer = buffer_argument(service);
    unsigned wrong = 0, refused = 0;

    for (ULONG class = 0; class < CLASS_LIMIT; class ++) {
        for (ULONG length = 1; length <= LONGEST; length += length < 4 ? 1 : 4) {
            struct call call;
            prepare(&call, service, class, length);
            call.words[buffer] = unusable[length % 3];
            NTSTATUS status = good_call(&call);
            ++*calls;
            refused += status == STATUS_ACCESS_VIOLATION;
            if (NT_SUCCESS(status)) {
                print("  %s, class %u, %u bytes at 0x%llX: %s\n", service->name, class, length,
                      unusable[length % 3], status_text(status));
                wrong++;
            }
            if (knows_no_class(status))
                break;
        }
    }
    if (refused > 0 || is_excused(service, NULL, GOOD_CALL_SUCCEEDS))
        return wrong;
    print("  no class looks at its pointer\n");
    return wrong + 1;
}

unsigned test_classes(const struct service *service, unsigned *calls)
{
    return is_query(service) ? test_query(service, calls) : test_set(service, calls);
}
