// SPDX-License-Identifier: MIT
/*
 * NtQueryObject: what a handle says about itself, its object and the types of objects.
 *
 * Answers of variable length are a structure that is followed by a text; they are built in a buffer
 * of the kernel's, with pointers to where they will lie in the program.
 *
 * Source: learn.microsoft.com, NtQueryObject, ZwQueryObject, OBJECT_TYPE_INFORMATION; [winternl.h]
 */

#include "services_generated.h"

#include <kernel/heap.h>
#include <kernel/string.h>
#include <kernel/user_copy.h>

#include "arguments.h"
#include "object_attributes.h"
#include "service.h"

// Texts of type names are as long as this at most, in units.
#define TYPE_NAME_MAX   64u
#define TYPE_ALIGNMENT  8u
#define PATH_FIRST_ROOM 256u // units; longer names are asked for again

// What one question gets: an answer in the kernel, and how long it is.
struct answer {
    vaddr_t address; // where it will lie in the program
    ULONG room;      // of the program's buffer
    ULONG length;    // bytes that the whole answer has
};

// ---- names -------------------------------------------------------------------------------------

// The full name of an object with a NUL behind it, in memory of the caller's. *length: in units.
static status_t copy_path(struct object *object, uint16_t **out, size_t *length)
{
    size_t room = PATH_FIRST_ROOM;
    for (;;) {
        uint16_t *text = heap_alloc((room + 1) * sizeof(*text));
        if (text == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        status_t status = namespace_path(object, text, room, length);
        if (status == STATUS_SUCCESS && *length <= room) {
            text[*length] = 0;
            *out = text;
            return STATUS_SUCCESS;
        }
        heap_free(text);
        if (status == STATUS_SUCCESS && *length > NAME_MAX_LENGTH - 1)
            status = STATUS_NAME_TOO_LONG;
        if (status != STATUS_SUCCESS)
            return status;
        room = *length;
    }
}

static status_t answer_name(struct object *object, struct answer *answer)
{
    OBJECT_NAME_INFORMATION head;
    memset(&head, 0, sizeof(head));
    uint16_t *text;
    size_t length;
    status_t status = copy_path(object, &text, &length);
    if (status != STATUS_SUCCESS)
        return status;
    ULONG bytes = length != 0 ? (ULONG)((length + 1) * sizeof(*text)) : 0;
    answer->length = (ULONG)sizeof(head) + bytes;
    if (answer->room < sizeof(head)) {
        status = STATUS_INFO_LENGTH_MISMATCH;
    } else if (answer->room < answer->length) {
        status = STATUS_BUFFER_OVERFLOW;
    } else {
        if (bytes != 0)
            nt_set_string(&head.Name, bytes - sizeof(*text), answer->address + sizeof(head));
        status = copy_to_user((void USER *)answer->address, &head, sizeof(head));
        if (status == STATUS_SUCCESS)
            status = copy_to_user((void USER *)(answer->address + sizeof(head)), text, bytes);
    }
    heap_free(text);
    return status;
}

// ---- types -------------------------------------------------------------------------------------

struct type_answer {
    OBJECT_TYPE_INFORMATION head;
    WCHAR name[TYPE_NAME_MAX];
};

// Describes a type for the address `at`. Returns how many bytes it takes.
static ULONG describe_type(const struct object_type *type, vaddr_t at, struct type_answer *out)
{
    const struct object_counts *counts = type->counts;
    size_t length = strnlen(type->name, TYPE_NAME_MAX - 1);
    USHORT bytes = (USHORT)(length * sizeof(WCHAR));
    *out = (struct type_answer){ 0 };
    for (size_t i = 0; i < length; i++)
        out->name[i] = (uint8_t)type->name[i];
    out->head = (OBJECT_TYPE_INFORMATION){
        .TypeName = { bytes, (USHORT)(bytes + sizeof(WCHAR)), (PWSTR)(at + sizeof(out->head)) },
        .TotalNumberOfObjects = __atomic_load_n(&counts->objects, __ATOMIC_RELAXED),
        .TotalNumberOfHandles = __atomic_load_n(&counts->handles, __ATOMIC_RELAXED),
        .HighWaterNumberOfObjects = __atomic_load_n(&counts->peak_objects, __ATOMIC_RELAXED),
        .HighWaterNumberOfHandles = __atomic_load_n(&counts->peak_handles, __ATOMIC_RELAXED),
        .GenericMapping = { type->access.read, type->access.write, type->access.execute,
                            type->access.valid },
        .ValidAccessMask = type->access.valid,
        .TypeIndex = (UCHAR)counts->index,
    };
    return (ULONG)ROUND_UP(sizeof(out->head) + bytes + sizeof(WCHAR), TYPE_ALIGNMENT);
}

static status_t answer_type(const struct object_type *type, struct answer *answer)
{
    struct type_answer description;
    answer->length = describe_type(type, answer->address, &description);
    if (answer->room < answer->length)
        return STATUS_INFO_LENGTH_MISMATCH;
    return copy_to_user((void USER *)answer->address, &description, answer->length);
}

static status_t answer_types(struct answer *answer)
{
    OBJECT_TYPES_INFORMATION head = { 0 };
    struct type_answer description;
    status_t status = STATUS_SUCCESS;
    answer->length = (ULONG)ROUND_UP(sizeof(head), TYPE_ALIGNMENT);
    for (const struct object_type *type = object_type_next(NULL); type != NULL;
         type = object_type_next(type)) {
        vaddr_t at = answer->address + answer->length;
        ULONG length = describe_type(type, at, &description);
        answer->length += length;
        head.NumberOfTypes++;
        if (status == STATUS_SUCCESS && answer->length <= answer->room)
            status = copy_to_user((void USER *)at, &description, length);
    }
    if (status == STATUS_SUCCESS && answer->room < answer->length)
        status = STATUS_INFO_LENGTH_MISMATCH;
    if (status == STATUS_SUCCESS)
        status = copy_to_user((void USER *)answer->address, &head, sizeof(head));
    return status;
}

// ---- handles -----------------------------------------------------------------------------------

static status_t answer_basics(const struct handle_info *info, struct answer *answer)
{
    const struct object *object = info->object;
    struct type_answer description;
    OBJECT_BASIC_INFORMATION basics = {
        .Attributes = info->attributes,
        .GrantedAccess = info->access,
        .HandleCount = __atomic_load_n(&object->handle_count, __ATOMIC_RELAXED),
        // Without the reference that this service holds.
        .PointerCount = (ULONG)__atomic_load_n(&object->references, __ATOMIC_RELAXED) - 1,
        .TypeInfoSize = describe_type(object->type, 0, &description),
    };
    answer->length = sizeof(basics);
    if (answer->room != answer->length)
        return STATUS_INFO_LENGTH_MISMATCH;
    uint32_t flags = __atomic_load_n(&object->flags, __ATOMIC_RELAXED);
    if (flags & OBJECT_IS_PERMANENT)
        basics.Attributes |= OBJ_PERMANENT;
    if (flags & OBJECT_IS_EXCLUSIVE)
        basics.Attributes |= OBJ_EXCLUSIVE;
    size_t length;
    status_t status = namespace_path(info->object, NULL, 0, &length);
    if (status == STATUS_SUCCESS && length != 0)
        basics.NameInfoSize =
            (ULONG)(sizeof(OBJECT_NAME_INFORMATION) + (length + 1) * sizeof(WCHAR));
    return copy_to_user((void USER *)answer->address, &basics, sizeof(basics));
}

static status_t answer_flags(const struct handle_info *info, struct answer *answer)
{
    OBJECT_HANDLE_FLAG_INFORMATION flags = {
        .Inherit = (info->attributes & HANDLE_INHERITED) != 0,
        .ProtectFromClose = (info->attributes & HANDLE_PROTECTED) != 0,
    };
    answer->length = sizeof(flags);
    if (answer->room != answer->length)
        return STATUS_INFO_LENGTH_MISMATCH;
    return copy_to_user((void USER *)answer->address, &flags, sizeof(flags));
}

static status_t answer_about_handle(HANDLE handle, OBJECT_INFORMATION_CLASS kind,
                                    struct answer *answer)
{
    struct handle_info info;
    status_t status = nt_query_handle(handle, &info);
    if (status != STATUS_SUCCESS)
        return status;
    switch (kind) {
    case ObjectBasicInformation:
        status = answer_basics(&info, answer);
        break;
    case ObjectNameInformation:
        status = answer_name(info.object, answer);
        break;
    case ObjectTypeInformation:
        status = answer_type(info.object->type, answer);
        break;
    case ObjectHandleFlagInformation:
        status = answer_flags(&info, answer);
        break;
    default:
        status = STATUS_INVALID_INFO_CLASS;
    }
    object_put(info.object);
    return status;
}

NTSTATUS NtQueryObject(HANDLE Handle, OBJECT_INFORMATION_CLASS ObjectInformationClass,
                       void USER *ObjectInformation, ULONG ObjectInformationLength,
                       ULONG USER *ReturnLength)
{
    struct answer answer = { (vaddr_t)ObjectInformation, ObjectInformationLength, 0 };
    status_t status;
    if (ObjectInformationClass == ObjectTypesInformation)
        status = answer_types(&answer);
    else
        status = answer_about_handle(Handle, ObjectInformationClass, &answer);
    // A caller whose buffer is too small learns the right size.
    bool is_told = status == STATUS_SUCCESS || status == STATUS_INFO_LENGTH_MISMATCH ||
                   status == STATUS_BUFFER_OVERFLOW;
    if (is_told)
        status = nt_publish_length(status, answer.length, ReturnLength);
    return status;
}
