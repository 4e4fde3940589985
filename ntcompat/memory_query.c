// SPDX-License-Identifier: MIT
/*
 * NtQueryVirtualMemory. Most classes describe what stands at one address; the two about the working
 * set are lists of any length, which are collected and copied out in pieces.
 *
 * Source: learn.microsoft.com, NtQueryVirtualMemory, VirtualQuery, QueryWorkingSet,
 * QueryWorkingSetEx, GetMappedFileName, WIN32_MEMORY_REGION_INFORMATION
 */

#include "services_generated.h"

#include <kernel/boot.h>
#include <kernel/heap.h>
#include <kernel/memory_object.h>
#include <kernel/status.h>
#include <kernel/string.h>
#include <kernel/user_copy.h>

#include "image.h"
#include "paths.h"
#include "protection.h"
#include "service.h"
#include "unicode.h"
#include "virtual_memory.h"

#define PIECE 64u // entries that are copied out at once

#define PATH_ROOM 320u // of a file's name with its device

static ULONG type_of_kind(uint8_t kind)
{
    return kind == AREA_IMAGE ? MEM_IMAGE : kind == AREA_MAPPED ? MEM_MAPPED : MEM_PRIVATE;
}

static void describe_pages(struct address_space *space, vaddr_t address,
                           MEMORY_BASIC_INFORMATION *out)
{
    struct space_region region;
    space_query(space, address, &region);
    *out = (MEMORY_BASIC_INFORMATION){
        .BaseAddress = (PVOID)region.start,
        .RegionSize = region.end - region.start,
        .State = MEM_FREE,
        .Protect = PAGE_NOACCESS,
    };
    if (region.is_free)
        return;
    bool is_committed = region.state == PAGES_COMMITTED;
    out->AllocationBase = (PVOID)region.area_start;
    out->AllocationProtect = protection_from_rights(region.first_rights);
    out->State = is_committed ? MEM_COMMIT : MEM_RESERVE;
    out->Protect = is_committed ? protection_from_rights(region.rights) : 0;
    out->Type = type_of_kind(region.kind);
}

// The protection of a page in the numbering of PSAPI_WORKING_SET_BLOCK.
static ULONG_PTR working_set_protection(uint8_t rights)
{
    ULONG_PTR number = 0;
    bool is_executable = (rights & RIGHTS_EXECUTE) != 0;
    if ((rights & RIGHTS_COPY) != 0)
        number = is_executable ? 7 : 5;
    else if ((rights & RIGHTS_WRITE) != 0)
        number = is_executable ? 6 : 4;
    else if ((rights & RIGHTS_READ) != 0)
        number = is_executable ? 3 : 1;
    else if (is_executable)
        number = 2;
    if ((rights & RIGHTS_UNCACHED) != 0)
        number += 8;
    return (rights & RIGHTS_GUARD) != 0 ? number + 16 : number;
}

static status_t query_pages(struct address_space *space, vaddr_t address, void *to)
{
    describe_pages(space, ROUND_DOWN(address, PAGE_SIZE), to);
    return STATUS_SUCCESS;
}

static status_t query_region(struct address_space *space, vaddr_t address, void *to)
{
    struct space_view view;
    if (!space_find_view(space, address, &view))
        return STATUS_INVALID_ADDRESS;
    ULONG type = 0;
    if (view.kind == AREA_PRIVATE)
        type = MEMORY_REGION_PRIVATE;
    else if (view.kind == AREA_IMAGE)
        type = MEMORY_REGION_MAPPED_IMAGE;
    else
        type = memory_object_is_zeroed(view.object) ? MEMORY_REGION_MAPPED_PAGE_FILE
                                                    : MEMORY_REGION_MAPPED_DATA_FILE;
    if (view.is_placeholder)
        type |= MEMORY_REGION_PLACEHOLDER;
    if (view.object != NULL)
        memory_object_put(view.object);
    *(MEMORY_REGION_INFORMATION *)to = (MEMORY_REGION_INFORMATION){
        .AllocationBase = (PVOID)view.area_start,
        .AllocationProtect = protection_from_rights(view.first_rights),
        .RegionType = type,
        .RegionSize = view.area_end - view.area_start,
        .CommitSize = view.committed_bytes,
    };
    return STATUS_SUCCESS;
}

static status_t query_image(struct address_space *space, vaddr_t address, void *to)
{
    struct space_view view;
    if (!space_find_view(space, address, &view))
        return STATUS_INVALID_ADDRESS;
    if (view.object != NULL)
        memory_object_put(view.object);
    if (view.kind != AREA_IMAGE)
        return STATUS_INVALID_ADDRESS;
    *(MEMORY_IMAGE_INFORMATION *)to = (MEMORY_IMAGE_INFORMATION){
        .ImageBase = (PVOID)view.area_start,
        .SizeOfImage = view.area_end - view.area_start,
    };
    return STATUS_SUCCESS;
}

// Writes the name of the file behind a view. STATUS_FILE_INVALID: there is none.
static status_t name_of_object(struct memory_object *object, char *path, size_t room)
{
    const struct boot_file *file = boot_file_of_memory(object);
    const char *name = file != NULL ? file->name : NULL;
    if (object->ops == &image_memory_ops)
        name = image_of_memory(object)->file_name;
    if (name == NULL)
        return STATUS_FILE_INVALID;
    format_string(path, room, DEVICE_OF_DRIVE_C "\\%s", name);
    return STATUS_SUCCESS;
}

static status_t query_file_name(struct address_space *space, vaddr_t address, void USER *to,
                                SIZE_T room, SIZE_T *length)
{
    struct {
        UNICODE_STRING string;
        WCHAR text[PATH_ROOM + 1];
    } name = { 0 };
    struct space_view view;
    char path[PATH_ROOM];
    if (!space_find_view(space, address, &view) || view.object == NULL)
        return STATUS_INVALID_ADDRESS;
    status_t status = name_of_object(view.object, path, sizeof(path));
    memory_object_put(view.object);
    if (status != STATUS_SUCCESS)
        return status;
    size_t units = utf16_from_utf8(path, strlen(path), name.text, PATH_ROOM).length;
    USHORT bytes = (USHORT)(units * sizeof(WCHAR));
    *length = sizeof(name.string) + bytes + sizeof(WCHAR);
    if (room < *length)
        return room < sizeof(name.string) ? STATUS_INFO_LENGTH_MISMATCH : STATUS_BUFFER_OVERFLOW;
    name.string.Length = bytes;
    name.string.MaximumLength = (USHORT)(bytes + sizeof(WCHAR));
    name.string.Buffer = (PWSTR)((vaddr_t)to + sizeof(name.string));
    return copy_to_user(to, &name, *length);
}

/*
 * The list of all pages that have frames. Its length is told even where there is no room for it.
 */
static status_t query_working_set(struct address_space *space, void USER *to, SIZE_T room,
                                  SIZE_T *length)
{
    struct space_page pages[PIECE];
    ULONG_PTR entries[PIECE];
    ULONG_PTR USER *at = (ULONG_PTR USER *)to;
    ULONG_PTR total = 0, fitting = room < sizeof(ULONG_PTR) ? 0 : room / sizeof(ULONG_PTR) - 1;
    status_t status = STATUS_SUCCESS;
    if (room < sizeof(ULONG_PTR))
        return STATUS_INFO_LENGTH_MISMATCH;
    for (vaddr_t start = USER_LOWEST; status == STATUS_SUCCESS;) {
        size_t count = space_list_resident(space, start, USER_END, pages, PIECE);
        if (count == 0)
            break;
        for (size_t i = 0; i < count; i++)
            entries[i] = pages[i].address | working_set_protection(pages[i].rights) |
                         (pages[i].is_shared ? WORKING_SET_BLOCK_SHARED : 0);
        if (total < fitting)
            status = copy_to_user(at + 1 + total, entries,
                                  MIN(count, fitting - total) * sizeof(ULONG_PTR));
        total += count;
        start = pages[count - 1].address + PAGE_SIZE;
        if (status == STATUS_SUCCESS && thread_is_terminating(current_thread()))
            status = STATUS_CANCELLED;
    }
    if (status == STATUS_SUCCESS)
        status = put_user(at, &total);
    *length = (total + 1) * sizeof(ULONG_PTR);
    if (status == STATUS_SUCCESS && total > fitting)
        status = STATUS_INFO_LENGTH_MISMATCH;
    return status;
}

static ULONG_PTR working_set_attributes(struct address_space *space, vaddr_t address)
{
    struct space_page page;
    vaddr_t start = ROUND_DOWN(address, PAGE_SIZE);
    if (address > USER_HIGHEST ||
        space_list_resident(space, start, start + PAGE_SIZE, &page, 1) == 0)
        return 0;
    return WORKING_SET_EX_VALID |
           (ULONG_PTR)protection_from_rights(page.rights) << WORKING_SET_EX_PROTECTION_SHIFT |
           (page.is_shared ? WORKING_SET_EX_SHARED | WORKING_SET_EX_SHARE_COUNT_ONE : 0);
}

// The program passes a list of addresses, whose attributes are filled in.
static status_t query_working_set_ex(struct address_space *space, void USER *to, SIZE_T room,
                                     SIZE_T *length)
{
    MEMORY_WORKING_SET_EX_INFORMATION USER *at = (MEMORY_WORKING_SET_EX_INFORMATION USER *)to;
    MEMORY_WORKING_SET_EX_INFORMATION entry;
    if (room < sizeof(entry) || room % sizeof(entry) != 0)
        return STATUS_INFO_LENGTH_MISMATCH;
    for (SIZE_T done = 0; done < room; done += sizeof(entry), at++) {
        status_t status = get_user(&entry, at);
        if (status == STATUS_SUCCESS) {
            entry.Attributes = working_set_attributes(space, (vaddr_t)entry.VirtualAddress);
            status = put_user(at, &entry);
        }
        if (status != STATUS_SUCCESS)
            return status;
        if (thread_is_terminating(current_thread()))
            return STATUS_CANCELLED;
    }
    *length = room;
    return STATUS_SUCCESS;
}

// The classes that describe one address in a structure of one size.
static const struct query {
    SIZE_T size;
    status_t (*collect)(struct address_space *space, vaddr_t address, void *to);
} queries[] = {
    [MemoryBasicInformation] = { sizeof(MEMORY_BASIC_INFORMATION), query_pages },
    [MemoryRegionInformation] = { sizeof(MEMORY_REGION_INFORMATION), query_region },
    [MemoryImageInformation] = { sizeof(MEMORY_IMAGE_INFORMATION), query_image },
    [MemoryRegionInformationEx] = { sizeof(MEMORY_REGION_INFORMATION), query_region },
};

static status_t query_one(struct address_space *space, const struct query *query, vaddr_t address,
                          void USER *to)
{
    union {
        MEMORY_BASIC_INFORMATION basic;
        MEMORY_REGION_INFORMATION region;
        MEMORY_IMAGE_INFORMATION image;
    } information;
    memset(&information, 0, sizeof(information)); // the gaps between members, too
    status_t status = query->collect(space, address, &information);
    return status == STATUS_SUCCESS ? copy_to_user(to, &information, query->size) : status;
}

static status_t query(struct address_space *space, vaddr_t address, MEMORY_INFORMATION_CLASS kind,
                      void USER *to, SIZE_T room, SIZE_T *length)
{
    switch (kind) {
    case MemoryWorkingSetInformation:
        return query_working_set(space, to, room, length);
    case MemoryWorkingSetExInformation:
        return query_working_set_ex(space, to, room, length);
    case MemoryMappedFilenameInformation:
        return query_file_name(space, address, to, room, length);
    default:
        *length = queries[kind].size;
        return query_one(space, &queries[kind], address, to);
    }
}

static bool is_built(MEMORY_INFORMATION_CLASS kind)
{
    return kind == MemoryWorkingSetInformation || kind == MemoryWorkingSetExInformation ||
           kind == MemoryMappedFilenameInformation ||
           ((ULONG)kind < ARRAY_SIZE(queries) && queries[kind].collect != NULL);
}

NTSTATUS NtQueryVirtualMemory(HANDLE ProcessHandle, void USER *BaseAddress,
                              MEMORY_INFORMATION_CLASS MemoryInformationClass,
                              void USER *MemoryInformation, SIZE_T MemoryInformationLength,
                              SIZE_T USER *ReturnLength)
{
    MEMORY_INFORMATION_CLASS kind = MemoryInformationClass;
    vaddr_t address = (vaddr_t)BaseAddress;
    SIZE_T length = 0;
    if (!is_built(kind)) {
        if ((ULONG)kind > MemoryBasicInformationCapped)
            return STATUS_INVALID_INFO_CLASS;
        return service_lacks("NtQueryVirtualMemory", "information class", kind);
    }
    if ((ULONG)kind < ARRAY_SIZE(queries) && MemoryInformationLength < queries[kind].size)
        return STATUS_INFO_LENGTH_MISMATCH;
    bool is_list = kind == MemoryWorkingSetInformation || kind == MemoryWorkingSetExInformation;
    if (!is_list && address > USER_HIGHEST)
        return STATUS_INVALID_PARAMETER;
    struct nt_memory memory;
    status_t status = nt_memory_of_handle(ProcessHandle, PROCESS_QUERY_INFORMATION, &memory);
    if (status == STATUS_ACCESS_DENIED)
        status = nt_memory_of_handle(ProcessHandle, PROCESS_QUERY_LIMITED_INFORMATION, &memory);
    if (status != STATUS_SUCCESS)
        return status;
    status =
        query(memory.space, address, kind, MemoryInformation, MemoryInformationLength, &length);
    nt_memory_release(&memory);
    if (ReturnLength != NULL && length != 0 &&
        (status == STATUS_SUCCESS || status == STATUS_BUFFER_OVERFLOW)) {
        status_t told = put_user(ReturnLength, &length);
        status = told == STATUS_SUCCESS ? status : told;
    }
    return status;
}
