// SPDX-License-Identifier: MIT
/*
 * RTL_USER_PROCESS_PARAMETERS are a structure with strings and an environment somewhere else in the
 * program. The structure is copied first, once; its lengths then say how large the block for the
 * child is, in which the strings follow the structure and the environment the strings.
 *
 * An environment says nowhere reliably how long it is: it ends where a string is empty.
 */

#include "parameters_capture.h"

#include <kernel/heap.h>
#include <kernel/status.h>
#include <kernel/string.h>
#include <kernel/user_copy.h>

#include "parameters.h"

// What older users of the structure have of it; the rest stays 0.
#define STRUCTURE_MIN 0x410u

#define DIRECTORY_ROOM    0x208u // bytes, MAX_PATH units
#define ENVIRONMENT_FIRST 0x2000u
#define ENVIRONMENT_MAX   (4 * MIB)
#define ENVIRONMENT_PIECE 256u // bytes; pieces never cross a page, as what is behind may be missing

// ---- the environment --------------------------------------------------------------------------

struct environment {
    WCHAR *text; // NULL: none
    size_t size; // bytes in use
    size_t room;
};

static status_t grow(struct environment *environment)
{
    size_t room = environment->room != 0 ? 2 * environment->room : ENVIRONMENT_FIRST;
    if (room > ENVIRONMENT_MAX)
        return STATUS_INVALID_PARAMETER;
    WCHAR *text = heap_alloc(room);
    if (text == NULL)
        return STATUS_NO_MEMORY;
    if (environment->text != NULL)
        memcpy(text, environment->text, environment->size);
    heap_free(environment->text);
    environment->text = text;
    environment->room = room;
    return STATUS_SUCCESS;
}

// Looks for the end from unit `from` on: an empty string at the beginning, or behind another. Cuts
// the environment there.
static bool find_end(struct environment *environment, size_t from)
{
    size_t units = environment->size / sizeof(WCHAR);
    for (size_t i = from; i < units; i++) {
        if (environment->text[i] == 0 && (i == 0 || environment->text[i - 1] == 0)) {
            environment->size = (i + 1) * sizeof(WCHAR);
            return true;
        }
    }
    return false;
}

static status_t capture_environment(vaddr_t from, struct environment *out)
{
    status_t status = STATUS_SUCCESS;
    bool has_end = from == 0;
    while (status == STATUS_SUCCESS && !has_end) {
        vaddr_t at = from + out->size;
        size_t piece = MIN(ENVIRONMENT_PIECE, PAGE_SIZE - (at & PAGE_MASK));
        piece = MAX(ROUND_DOWN(piece, sizeof(WCHAR)), sizeof(WCHAR));
        if (out->room - out->size < piece)
            status = grow(out);
        if (status == STATUS_SUCCESS)
            status = copy_from_user((char *)out->text + out->size, (const void USER *)at, piece);
        if (status == STATUS_SUCCESS) {
            size_t before = out->size / sizeof(WCHAR);
            out->size += piece;
            has_end = find_end(out, before);
        }
    }
    return status;
}

// ---- the block --------------------------------------------------------------------------------

static status_t capture_structure(vaddr_t from, RTL_USER_PROCESS_PARAMETERS *out)
{
    memset(out, 0, sizeof(*out));
    status_t status = copy_from_user(out, (const void USER *)from, STRUCTURE_MIN);
    if (status != STATUS_SUCCESS)
        return status;
    bool is_relative = !(out->Flags & RTL_USER_PROC_PARAMS_NORMALIZED);
    for (unsigned i = 0; i < PARAMETERS_STRINGS; i++) {
        UNICODE_STRING *string = parameters_string(out, i);
        if (string->Length % sizeof(WCHAR) != 0 && i != PARAMETERS_RUNTIME_DATA)
            return STATUS_INVALID_PARAMETER;
        if (is_relative && string->Buffer != NULL)
            string->Buffer = (PWSTR)(from + (vaddr_t)string->Buffer);
        if (string->Buffer == NULL)
            string->Length = 0;
    }
    // Only the string pointers of a block that is not normalized are offsets.
    out->Flags |= RTL_USER_PROC_PARAMS_NORMALIZED;
    memset(out->CurrentDirectories, 0, sizeof(out->CurrentDirectories));
    out->CurrentDirectory.Handle = NULL;
    out->PackageDependencyData = NULL;
    return STATUS_SUCCESS;
}

static size_t room_of(unsigned index, size_t length)
{
    size_t room = length + sizeof(WCHAR);
    if (index == 0)
        room = MAX(room, DIRECTORY_ROOM);
    return ROUND_UP(room, sizeof(uint64_t));
}

static status_t fill(const struct environment *environment, const WCHAR *image_path,
                     struct captured_parameters *out)
{
    char *block = (char *)out->block;
    size_t at = sizeof(*out->block);
    for (unsigned i = 0; i < PARAMETERS_STRINGS; i++) {
        UNICODE_STRING *string = parameters_string(out->block, i);
        status_t status = STATUS_SUCCESS;
        if (i == PARAMETERS_IMAGE_PATH)
            memcpy(block + at, image_path, string->Length);
        else
            status = copy_from_user(block + at, (const void USER *)(vaddr_t)string->Buffer,
                                    string->Length);
        if (status != STATUS_SUCCESS)
            return status;
        string->Buffer = (PWSTR)at;
        string->MaximumLength = (USHORT)MIN(room_of(i, string->Length), 0xFFFEu);
        at += room_of(i, string->Length);
    }
    if (environment->text != NULL)
        memcpy(block + at, environment->text, environment->size);
    out->block->Environment = (PVOID)at;
    out->block->EnvironmentSize = out->size - at;
    out->block->Length = (ULONG)at;
    out->block->MaximumLength = (ULONG)ROUND_UP(out->size, PAGE_SIZE);
    return STATUS_SUCCESS;
}

static status_t build(const RTL_USER_PROCESS_PARAMETERS *structure,
                      const struct environment *environment, const WCHAR *image_path,
                      struct captured_parameters *out)
{
    RTL_USER_PROCESS_PARAMETERS copy = *structure;
    out->size = sizeof(copy) + MAX(environment->size, 2 * sizeof(WCHAR));
    for (unsigned i = 0; i < PARAMETERS_STRINGS; i++)
        out->size += room_of(i, parameters_string(&copy, i)->Length);
    out->block = heap_alloc_zeroed(out->size);
    if (out->block == NULL)
        return STATUS_NO_MEMORY;
    *out->block = copy;
    status_t status = fill(environment, image_path, out);
    if (status != STATUS_SUCCESS)
        heap_free(out->block);
    return status;
}

status_t parameters_capture(const void USER *from, const WCHAR *image_path, size_t units,
                            struct captured_parameters *out)
{
    RTL_USER_PROCESS_PARAMETERS *structure = heap_alloc(sizeof(*structure));
    struct environment environment = { 0 };
    if (structure == NULL)
        return STATUS_NO_MEMORY;
    status_t status = capture_structure((vaddr_t)from, structure);
    if (status == STATUS_SUCCESS) {
        structure->ImagePathName.Length = (USHORT)(units * sizeof(WCHAR));
        status = capture_environment((vaddr_t)structure->Environment, &environment);
    }
    if (status == STATUS_SUCCESS)
        status = build(structure, &environment, image_path, out);
    heap_free(environment.text);
    heap_free(structure);
    return status;
}
