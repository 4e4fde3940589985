// SPDX-License-Identifier: MIT
/*
 * The services that make, open and describe sections; view.c maps them. What is mapped is decided
 * here, once: zeroes, the bytes of a file, or the file as an image.
 *
 * Source: learn.microsoft.com, NtCreateSection, ZwOpenSection, CreateFileMapping; observed on Wine
 * 8: the statuses of SEC_IMAGE
 */

#include "section.h"

#include "services_generated.h"

#include <kernel/boot.h>
#include <kernel/status.h>
#include <kernel/user_copy.h>
#include <pe/image.h>

#include "arguments.h"
#include "boot_file.h"
#include "file.h"
#include "image.h"
#include "object_attributes.h"
#include "protection.h"
#include "service.h"
#include "virtual_memory.h"

#define SECTION_FLAGS                                                                              \
    (SEC_COMMIT | SEC_RESERVE | SEC_IMAGE | SEC_NOCACHE | SEC_WRITECOMBINE | SEC_LARGE_PAGES |     \
     SEC_FILE | SEC_PROTECTED_IMAGE | SEC_64K_PAGES)

static status_t check_attributes(ULONG attributes)
{
    ULONG kind = attributes & (SEC_COMMIT | SEC_RESERVE | SEC_IMAGE);
    if ((attributes & ~SECTION_FLAGS) != 0 || (kind & (kind - 1)) != 0 || kind == 0)
        return STATUS_INVALID_PARAMETER_6;
    if (kind == SEC_IMAGE && (attributes & (SEC_LARGE_PAGES | SEC_WRITECOMBINE)) != 0)
        return STATUS_INVALID_PARAMETER_6;
    if ((attributes & SEC_LARGE_PAGES) != 0)
        return kind == SEC_COMMIT ? STATUS_PRIVILEGE_NOT_HELD : STATUS_INVALID_PARAMETER_6;
    if ((attributes & (SEC_PROTECTED_IMAGE | SEC_64K_PAGES)) != 0)
        return service_lacks("NtCreateSection", "attributes", attributes);
    return STATUS_SUCCESS;
}

// The rights that a section's protection gives its views.
static bool limit_of_protection(ULONG protection, uint8_t *limit)
{
    uint8_t rights;
    const uint8_t known = RIGHTS_READ | RIGHTS_WRITE | RIGHTS_EXECUTE | RIGHTS_COPY;
    if (!rights_from_protection(protection, &rights) || rights == RIGHTS_NONE ||
        (rights & ~known) != 0)
        return false;
    if ((rights & RIGHTS_COPY) != 0)
        rights &= (uint8_t) ~(RIGHTS_WRITE | RIGHTS_COPY);
    *limit = rights | RIGHTS_READ;
    return true;
}

static status_t make_zeroes(uint64_t size, ULONG attributes, struct section *what)
{
    if (size == 0)
        return STATUS_INVALID_PARAMETER_4;
    if (size > USER_END)
        return STATUS_SECTION_TOO_BIG;
    what->kind = SECTION_ZEROES;
    what->size = ROUND_UP(size, PAGE_SIZE);
    return memory_object_create_zeroed(what->size >> PAGE_SHIFT, (attributes & SEC_RESERVE) != 0,
                                       &what->memory);
}

static status_t make_file(const struct boot_file *file, uint64_t size, struct section *what)
{
    if (file->size == 0)
        return STATUS_MAPPED_FILE_SIZE_ZERO;
    // These files cannot grow, nor be written to.
    if (size > file->size)
        return STATUS_SECTION_TOO_BIG;
    if ((what->limit & RIGHTS_WRITE) != 0)
        return STATUS_ACCESS_DENIED;
    what->kind = SECTION_FILE;
    what->size = size != 0 ? size : file->size;
    return boot_file_memory(file, &what->memory);
}

static status_t make_image(const struct boot_file *file, struct section *what)
{
    char words[128];
    struct reason reason = { words, sizeof(words) };
    struct image *image;
    if (file->size == 0)
        return STATUS_INVALID_FILE_FOR_SECTION;
    status_t status = image_open(file, &image, &reason);
    if (status != STATUS_SUCCESS)
        // The program's own warning of a foreign machine is for those who start programs.
        return status == STATUS_IMAGE_MACHINE_TYPE_MISMATCH_EXE ? STATUS_INVALID_IMAGE_FORMAT
                                                                : status;
    what->kind = SECTION_IMAGE;
    what->size = image->pe.image_size;
    what->memory = &image->memory;
    return STATUS_SUCCESS;
}

static status_t make_of_file(HANDLE handle, uint64_t size, ULONG attributes, struct section *what)
{
    ACCESS_MASK access = 0;
    if ((what->limit & RIGHTS_READ) != 0)
        access |= FILE_READ_DATA;
    if ((what->limit & RIGHTS_WRITE) != 0)
        access |= FILE_WRITE_DATA;
    if ((what->limit & RIGHTS_EXECUTE) != 0)
        access = FILE_EXECUTE; // as on NT, executing includes reading
    struct object *object;
    const struct boot_file *file;
    status_t status = boot_file_of_handle(handle, access, &object, &file);
    if (status != STATUS_SUCCESS)
        return status;
    if ((attributes & SEC_IMAGE) != 0)
        status = make_image(file, what);
    else
        status = make_file(file, size, what);
    object_put(object); // the files of today outlive their objects
    return status;
}

static status_t create(HANDLE USER *SectionHandle, ACCESS_MASK DesiredAccess,
                       OBJECT_ATTRIBUTES USER *ObjectAttributes, LARGE_INTEGER USER *MaximumSize,
                       ULONG protection, ULONG attributes, HANDLE file)
{
    struct section what = { .attributes = attributes, .protection = protection };
    LARGE_INTEGER size = { .QuadPart = 0 };
    status_t status = check_attributes(attributes);
    if (status != STATUS_SUCCESS)
        return status;
    if (!limit_of_protection(protection, &what.limit))
        return STATUS_INVALID_PAGE_PROTECTION;
    if (MaximumSize != NULL)
        status = get_user(&size, MaximumSize);
    if (status != STATUS_SUCCESS)
        return status;
    if (size.QuadPart < 0)
        return STATUS_SECTION_TOO_BIG;
    if (file != NULL)
        status = make_of_file(file, (uint64_t)size.QuadPart, attributes, &what);
    else if ((attributes & SEC_IMAGE) != 0)
        status = STATUS_INVALID_FILE_FOR_SECTION;
    else
        status = make_zeroes((uint64_t)size.QuadPart, attributes, &what);
    struct section *section;
    if (status == STATUS_SUCCESS)
        status = section_create(&what, &section);
    if (status != STATUS_SUCCESS)
        return status;
    return nt_create_object(SectionHandle, DesiredAccess, ObjectAttributes, &section->object);
}

NTSTATUS NtCreateSection(HANDLE USER *SectionHandle, ACCESS_MASK DesiredAccess,
                         OBJECT_ATTRIBUTES USER *ObjectAttributes, LARGE_INTEGER USER *MaximumSize,
                         ULONG SectionPageProtection, ULONG AllocationAttributes, HANDLE FileHandle)
{
    return create(SectionHandle, DesiredAccess, ObjectAttributes, MaximumSize,
                  SectionPageProtection, AllocationAttributes, FileHandle);
}

NTSTATUS NtCreateSectionEx(HANDLE USER *SectionHandle, ACCESS_MASK DesiredAccess,
                           OBJECT_ATTRIBUTES USER *ObjectAttributes,
                           LARGE_INTEGER USER *MaximumSize, ULONG SectionPageProtection,
                           ULONG AllocationAttributes, HANDLE FileHandle,
                           MEM_EXTENDED_PARAMETER USER *ExtendedParameters,
                           ULONG ExtendedParameterCount)
{
    struct nt_requirements ignored;
    status_t status = nt_capture_requirements(ExtendedParameters, ExtendedParameterCount,
                                              "NtCreateSectionEx", &ignored);
    if (status != STATUS_SUCCESS)
        return status;
    // A section has no address.
    if ((ignored.lowest | ignored.highest | ignored.alignment) != 0)
        return STATUS_INVALID_PARAMETER;
    return create(SectionHandle, DesiredAccess, ObjectAttributes, MaximumSize,
                  SectionPageProtection, AllocationAttributes, FileHandle);
}

NTSTATUS NtOpenSection(HANDLE USER *SectionHandle, ACCESS_MASK DesiredAccess,
                       OBJECT_ATTRIBUTES USER *ObjectAttributes)
{
    return nt_open_object(SectionHandle, DesiredAccess, ObjectAttributes, &section_type);
}

struct image *nt_image_of_section(const struct section *section)
{
    return section->kind == SECTION_IMAGE ? image_of_memory(section->memory) : NULL;
}

void nt_describe_image(const struct image *image, SECTION_IMAGE_INFORMATION *out)
{
    const struct pe_image *pe = &image->pe;
    bool has_code = false;
    for (uint32_t i = 0; i < pe->section_count; i++)
        has_code |= (pe->sections[i].rights & PE_RIGHT_EXECUTE) != 0;
    *out = (SECTION_IMAGE_INFORMATION){
        .TransferAddress = (PVOID)(image->base + pe->entry_point.v),
        .MaximumStackSize = pe->stack_reserve,
        .CommittedStackSize = pe->stack_commit,
        .SubSystemType = pe->subsystem,
        .SubSystemMinorVersion = pe->subsystem_minor,
        .SubSystemMajorVersion = pe->subsystem_major,
        .MajorOperatingSystemVersion = pe->os_major,
        .MinorOperatingSystemVersion = pe->os_minor,
        .ImageCharacteristics = pe->characteristics,
        .DllCharacteristics = pe->dll_characteristics,
        .Machine = pe->machine,
        .ImageContainsCode = has_code,
        .ImageFlags = (image->base != pe->image_base ? IMAGE_DYNAMICALLY_RELOCATED : 0) |
                      (pe->is_one_piece ? IMAGE_MAPPED_FLAT : 0),
        .ImageFileSize = (ULONG)image->file_size,
        .CheckSum = pe->checksum,
    };
}

// Collects one class; *length receives its size.
static status_t describe(const struct section *section, SECTION_INFORMATION_CLASS kind, void *to,
                         SIZE_T *length)
{
    const struct image *image = nt_image_of_section(section);
    if (kind != SectionBasicInformation && image == NULL)
        return STATUS_SECTION_NOT_IMAGE;
    switch (kind) {
    case SectionBasicInformation:
        *length = sizeof(SECTION_BASIC_INFORMATION);
        *(SECTION_BASIC_INFORMATION *)to = (SECTION_BASIC_INFORMATION){
            .AllocationAttributes =
                section->attributes | (section->kind == SECTION_ZEROES ? 0 : SEC_FILE),
            .MaximumSize.QuadPart = (LONGLONG)section->size,
        };
        return STATUS_SUCCESS;
    case SectionImageInformation:
        *length = sizeof(SECTION_IMAGE_INFORMATION);
        nt_describe_image(image, to);
        return STATUS_SUCCESS;
    case SectionRelocationInformation:
        *length = sizeof(ULONG_PTR);
        *(ULONG_PTR *)to = image->base - image->pe.image_base;
        return STATUS_SUCCESS;
    default:
        *length = sizeof(PVOID);
        *(PVOID *)to = (PVOID)image->pe.image_base;
        return STATUS_SUCCESS;
    }
}

static bool is_known(SECTION_INFORMATION_CLASS kind, SIZE_T *size)
{
    static const SIZE_T sizes[] = { sizeof(SECTION_BASIC_INFORMATION),
                                    sizeof(SECTION_IMAGE_INFORMATION), sizeof(ULONG_PTR),
                                    sizeof(PVOID) };
    if ((ULONG)kind >= ARRAY_SIZE(sizes))
        return false;
    *size = sizes[kind];
    return true;
}

NTSTATUS NtQuerySection(HANDLE SectionHandle, SECTION_INFORMATION_CLASS SectionInformationClass,
                        void USER *SectionInformation, SIZE_T SectionInformationLength,
                        SIZE_T USER *ReturnLength)
{
    union {
        SECTION_BASIC_INFORMATION basic;
        SECTION_IMAGE_INFORMATION image;
    } information = { 0 };
    SIZE_T length;
    if (!is_known(SectionInformationClass, &length)) {
        if (SectionInformationClass != SectionInternalImageInformation)
            return STATUS_INVALID_INFO_CLASS;
        return service_lacks("NtQuerySection", "information class", SectionInformationClass);
    }
    if (SectionInformationLength < length)
        return STATUS_INFO_LENGTH_MISMATCH;
    struct object *object;
    status_t status = nt_find_object(SectionHandle, &section_type, SECTION_QUERY, &object);
    if (status != STATUS_SUCCESS)
        return status;
    status = describe(container_of(object, struct section, object), SectionInformationClass,
                      &information, &length);
    object_put(object);
    if (status == STATUS_SUCCESS)
        status = copy_to_user(SectionInformation, &information, length);
    if (status == STATUS_SUCCESS && ReturnLength != NULL)
        status = put_user(ReturnLength, &length);
    return status;
}

NTSTATUS NtExtendSection(HANDLE SectionHandle, LARGE_INTEGER USER *NewSectionSize)
{
    LARGE_INTEGER size;
    status_t status = capture_inout(&size, NewSectionSize);
    if (status != STATUS_SUCCESS)
        return status;
    struct object *object;
    status = nt_find_object(SectionHandle, &section_type, SECTION_EXTEND_SIZE, &object);
    if (status != STATUS_SUCCESS)
        return status;
    const struct section *section = container_of(object, struct section, object);
    // Only files grow, and those of today cannot.
    if (section->kind != SECTION_FILE || (uint64_t)size.QuadPart > section->size) {
        status = STATUS_SECTION_NOT_EXTENDED;
    } else {
        size.QuadPart = (LONGLONG)section->size;
        status = put_user(NewSectionSize, &size);
    }
    object_put(object);
    return status;
}
