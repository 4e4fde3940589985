// SPDX-License-Identifier: MIT
/*
 * Views: the services that map sections, unmap them, and compare what is mapped. Where a view of an
 * image goes is the image's own business (image_map.c); the others go where the program says.
 *
 * Source: learn.microsoft.com, ZwMapViewOfSection, NtMapViewOfSectionEx, MapViewOfFile3,
 * UnmapViewOfFile2
 */

#include "services_generated.h"

#include <kernel/section.h>
#include <kernel/status.h>
#include <kernel/user_copy.h>

#include "arguments.h"
#include "image.h"
#include "object_attributes.h"
#include "protection.h"
#include "section.h"
#include "service.h"
#include "virtual_memory.h"

#define VIEW_TYPES    (MEM_TOP_DOWN | MEM_RESERVE | MEM_LARGE_PAGES | SEC_NO_CHANGE)
#define VIEW_TYPES_EX (VIEW_TYPES | MEM_REPLACE_PLACEHOLDER)

// What the two services that map ask for. Sizes and offsets are bytes.
struct view_request {
    vaddr_t base;
    uint64_t offset;
    uint64_t size; // 0: the rest of the section
    uint64_t commit_size;
    ULONG type;
    uint8_t rights;
    struct nt_requirements where;
};

static status_t capture_request(PVOID USER *BaseAddress, LARGE_INTEGER USER *SectionOffset,
                                SIZE_T USER *ViewSize, struct view_request *request)
{
    LARGE_INTEGER offset = { .QuadPart = 0 };
    struct nt_range range;
    status_t status = nt_capture_range(BaseAddress, ViewSize, &range);
    if (status == STATUS_SUCCESS && SectionOffset != NULL)
        status = capture_inout(&offset, SectionOffset);
    request->base = range.base;
    request->size = range.size;
    request->offset = (uint64_t)offset.QuadPart;
    return status;
}

static status_t check_place(const struct view_request *request)
{
    vaddr_t highest = request->where.highest != 0 ? request->where.highest : USER_HIGHEST;
    if (request->base > highest)
        return STATUS_INVALID_PARAMETER_3;
    if (request->size > highest + 1 - request->base)
        return STATUS_INVALID_PARAMETER_3;
    if (request->size != 0 && request->commit_size > request->size)
        return STATUS_INVALID_PARAMETER_5;
    // Placeholders stand at any page.
    bool is_placeholder = (request->type & MEM_REPLACE_PLACEHOLDER) != 0;
    vaddr_t alignment = is_placeholder ? PAGE_SIZE : ALLOCATION_GRANULARITY;
    if (request->base % alignment != 0 || request->offset % ALLOCATION_GRANULARITY != 0)
        return STATUS_MAPPED_ALIGNMENT;
    return STATUS_SUCCESS;
}

// Cuts the request down to the section.
static status_t fit_to_section(const struct section *section, struct view_request *request)
{
    uint64_t end = ROUND_UP(section->size, PAGE_SIZE);
    if (request->offset >= section->size)
        return STATUS_INVALID_VIEW_SIZE;
    if (request->size == 0)
        request->size = section->size - request->offset;
    if (request->size > end - request->offset)
        return STATUS_INVALID_VIEW_SIZE;
    request->size = ROUND_UP(request->size, PAGE_SIZE);
    return STATUS_SUCCESS;
}

// The rights that a handle needs for a view with these rights.
static ACCESS_MASK access_for_rights(uint8_t rights)
{
    ACCESS_MASK access = SECTION_MAP_READ;
    if ((rights & RIGHTS_WRITE) != 0 && (rights & RIGHTS_COPY) == 0)
        access |= SECTION_MAP_WRITE;
    if ((rights & RIGHTS_EXECUTE) != 0)
        access |= SECTION_MAP_EXECUTE;
    return access;
}

static bool is_compatible(const struct section *section, uint8_t rights)
{
    uint8_t needed = rights & (RIGHTS_WRITE | RIGHTS_EXECUTE);
    if ((rights & RIGHTS_COPY) != 0)
        needed &= (uint8_t)~RIGHTS_WRITE;
    return (needed & ~section->limit) == 0;
}

static status_t map_image(struct image *image, struct address_space *space,
                          const struct view_request *request, vaddr_t *start, vaddr_t *end)
{
    struct image_view view = {
        .address = request->base,
        .highest = request->where.highest,
        .replaces_placeholder = (request->type & MEM_REPLACE_PLACEHOLDER) != 0,
    };
    // A part of an image cannot be mapped.
    if (request->offset != 0)
        return STATUS_INVALID_VIEW_SIZE;
    if (view.replaces_placeholder && request->size != image->pe.image_size)
        return STATUS_CONFLICTING_ADDRESSES;
    status_t status = image_map(image, space, &view, start);
    if (status != STATUS_SUCCESS)
        return status;
    *end = *start + image->pe.image_size;
    return *start == image->base ? STATUS_SUCCESS : STATUS_IMAGE_NOT_AT_BASE;
}

static status_t map_data(struct section *section, struct address_space *space,
                         struct view_request *request, vaddr_t *start, vaddr_t *end)
{
    status_t status = fit_to_section(section, request);
    if (status != STATUS_SUCCESS)
        return status;
    if (!is_compatible(section, request->rights))
        return STATUS_SECTION_PROTECTION;
    uint64_t first = request->offset >> PAGE_SHIFT;
    if (request->commit_size > request->size)
        return STATUS_INVALID_PARAMETER_5;
    if (section->memory->commit_map != NULL && request->commit_size != 0) {
        uint64_t pages = ROUND_UP(request->commit_size, PAGE_SIZE) >> PAGE_SHIFT;
        status = memory_object_commit(section->memory, first, first + pages);
        if (status != STATUS_SUCCESS)
            return status;
    }
    struct space_reservation what = {
        .address = request->base,
        .size = request->size,
        .alignment = MAX(request->where.alignment, ALLOCATION_GRANULARITY),
        .lowest = request->where.lowest,
        .highest = request->where.highest,
        .top_down = (request->type & MEM_TOP_DOWN) != 0,
        .commit = true,
        .replaces_placeholder = (request->type & MEM_REPLACE_PLACEHOLDER) != 0,
        .rights = request->rights,
        .kind = AREA_MAPPED,
        .object = section->memory,
        .first_page = first,
        .limit = section->limit,
    };
    status = space_reserve(space, &what, start);
    if (status == STATUS_SUCCESS)
        *end = *start + what.size;
    return status;
}

// Flags and protection have been checked, arguments copied.
static status_t map(HANDLE SectionHandle, HANDLE ProcessHandle, struct view_request *request,
                    vaddr_t *start, vaddr_t *end)
{
    struct object *object;
    status_t status =
        nt_find_object(SectionHandle, &section_type, access_for_rights(request->rights), &object);
    if (status != STATUS_SUCCESS)
        return status;
    struct section *section = container_of(object, struct section, object);
    struct image *image = nt_image_of_section(section);
    struct nt_memory memory;
    status = nt_memory_of_handle(ProcessHandle, PROCESS_VM_OPERATION, &memory);
    if (status == STATUS_SUCCESS) {
        status = image != NULL ? map_image(image, memory.space, request, start, end)
                               : map_data(section, memory.space, request, start, end);
        nt_memory_release(&memory);
    }
    object_put(object);
    return status;
}

static void publish_view(PVOID USER *BaseAddress, LARGE_INTEGER USER *SectionOffset,
                         SIZE_T USER *ViewSize, const struct view_request *request, vaddr_t start,
                         vaddr_t end)
{
    nt_publish_range(BaseAddress, ViewSize, start, end);
    if (SectionOffset != NULL) {
        LARGE_INTEGER offset = { .QuadPart = (LONGLONG)request->offset };
        status_t lost = put_user(SectionOffset, &offset);
        (void)lost;
    }
}

static status_t check_type(const char *service, ULONG type)
{
    if ((type & MEM_LARGE_PAGES) != 0)
        return STATUS_PRIVILEGE_NOT_HELD;
    // Views that are larger than the section, and sections that stay as they are protected.
    if ((type & (MEM_RESERVE | SEC_NO_CHANGE)) != 0)
        return service_lacks(service, "AllocationType", type);
    return STATUS_SUCCESS;
}

NTSTATUS NtMapViewOfSection(HANDLE SectionHandle, HANDLE ProcessHandle, PVOID USER *BaseAddress,
                            ULONG_PTR ZeroBits, SIZE_T CommitSize,
                            LARGE_INTEGER USER *SectionOffset, SIZE_T USER *ViewSize,
                            SECTION_INHERIT InheritDisposition, ULONG AllocationType,
                            ULONG Win32Protect)
{
    struct view_request request = { .type = AllocationType, .commit_size = CommitSize };
    // Children never inherit views here: no service makes a process out of another's memory.
    if (InheritDisposition != ViewShare && InheritDisposition != ViewUnmap)
        return STATUS_INVALID_PARAMETER_8;
    if ((AllocationType & ~VIEW_TYPES) != 0)
        return STATUS_INVALID_PARAMETER_9;
    if (!nt_highest_of_zero_bits(ZeroBits, &request.where.highest))
        return STATUS_INVALID_PARAMETER_4;
    if (!rights_from_protection(Win32Protect, &request.rights))
        return STATUS_INVALID_PAGE_PROTECTION;
    status_t status = check_type("NtMapViewOfSection", AllocationType);
    if (status == STATUS_SUCCESS)
        status = capture_request(BaseAddress, SectionOffset, ViewSize, &request);
    if (status == STATUS_SUCCESS)
        status = check_place(&request);
    vaddr_t start, end;
    if (status == STATUS_SUCCESS)
        status = map(SectionHandle, ProcessHandle, &request, &start, &end);
    if (status_is_success(status))
        publish_view(BaseAddress, SectionOffset, ViewSize, &request, start, end);
    return status;
}

NTSTATUS NtMapViewOfSectionEx(HANDLE SectionHandle, HANDLE ProcessHandle, PVOID USER *BaseAddress,
                              LARGE_INTEGER USER *SectionOffset, SIZE_T USER *ViewSize,
                              ULONG AllocationType, ULONG PageProtection,
                              MEM_EXTENDED_PARAMETER USER *ExtendedParameters,
                              ULONG ExtendedParameterCount)
{
    struct view_request request = { .type = AllocationType };
    if ((AllocationType & ~VIEW_TYPES_EX) != 0)
        return STATUS_INVALID_PARAMETER;
    if (!rights_from_protection(PageProtection, &request.rights))
        return STATUS_INVALID_PAGE_PROTECTION;
    status_t status = check_type("NtMapViewOfSectionEx", AllocationType);
    if (status == STATUS_SUCCESS)
        status = nt_capture_requirements(ExtendedParameters, ExtendedParameterCount,
                                         "NtMapViewOfSectionEx", &request.where);
    if (status == STATUS_SUCCESS)
        status = capture_request(BaseAddress, SectionOffset, ViewSize, &request);
    if (status == STATUS_SUCCESS)
        status = check_place(&request);
    bool has_requirements = (request.where.lowest | request.where.alignment) != 0;
    bool is_placeholder = (AllocationType & MEM_REPLACE_PLACEHOLDER) != 0;
    if (status == STATUS_SUCCESS && ((has_requirements && request.base != 0) ||
                                     (is_placeholder && (request.base == 0 || request.size == 0))))
        status = STATUS_INVALID_PARAMETER;
    vaddr_t start, end;
    if (status == STATUS_SUCCESS)
        status = map(SectionHandle, ProcessHandle, &request, &start, &end);
    if (status_is_success(status))
        publish_view(BaseAddress, SectionOffset, ViewSize, &request, start, end);
    return status;
}

static status_t unmap(HANDLE ProcessHandle, const void USER *BaseAddress, bool keep_placeholder)
{
    struct nt_memory memory;
    status_t status = nt_memory_of_handle(ProcessHandle, PROCESS_VM_OPERATION, &memory);
    if (status != STATUS_SUCCESS)
        return status;
    status = space_unmap(memory.space, (vaddr_t)BaseAddress, keep_placeholder);
    nt_memory_release(&memory);
    return status;
}

NTSTATUS NtUnmapViewOfSection(HANDLE ProcessHandle, void USER *BaseAddress)
{
    return unmap(ProcessHandle, BaseAddress, false);
}

NTSTATUS NtUnmapViewOfSectionEx(HANDLE ProcessHandle, void USER *BaseAddress, ULONG Flags)
{
    // The boost is for pages on their way to a disk, which there is none of.
    if ((Flags & ~(MEM_PRESERVE_PLACEHOLDER | MEM_UNMAP_WITH_TRANSIENT_BOOST)) != 0)
        return STATUS_INVALID_PARAMETER_3;
    return unmap(ProcessHandle, BaseAddress, (Flags & MEM_PRESERVE_PLACEHOLDER) != 0);
}

// The file behind what is mapped at an address of the caller's.
static status_t mapped_file(const void USER *address, struct space_view *out)
{
    if (!space_find_view(current_process()->space, (vaddr_t)address, out))
        return STATUS_INVALID_ADDRESS;
    if (out->object == NULL)
        return STATUS_CONFLICTING_ADDRESSES;
    return STATUS_SUCCESS;
}

static struct file_memory *file_of_object(struct memory_object *object)
{
    const struct boot_file *file = boot_file_of_memory(object);
    if (file != NULL)
        return file->memory;
    return object->ops == &image_memory_ops ? image_of_memory(object)->file : NULL;
}

NTSTATUS NtAreMappedFilesTheSame(void USER *File1MappedAsAnImage, void USER *File2MappedAsFile)
{
    struct space_view first, second;
    status_t status = mapped_file(File1MappedAsAnImage, &first);
    if (status != STATUS_SUCCESS)
        return status;
    status = mapped_file(File2MappedAsFile, &second);
    if (status == STATUS_SUCCESS) {
        const struct file_memory *file = file_of_object(first.object);
        bool is_same = file != NULL && file == file_of_object(second.object);
        status = is_same || first.area_start == second.area_start ? STATUS_SUCCESS
                                                                  : STATUS_NOT_SAME_DEVICE;
        memory_object_put(second.object);
    }
    memory_object_put(first.object);
    return status;
}
