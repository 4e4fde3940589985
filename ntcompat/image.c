// SPDX-License-Identifier: MIT
// Opening an image, and deciding whether it can be run. Mapping is image_map.c.

#include "image.h"

#include <kernel/heap.h>
#include <kernel/log.h>
#include <kernel/status.h>
#include <kernel/string.h>
#include <pe/directories.h>
#include <pe/imports.h>

#include "unicode.h"

#define SUBSYSTEM_NATIVE  1u
#define SUBSYSTEM_CONSOLE 3u

#define IMPORTS_COUNTED 1000u

status_t image_status(enum pe_error error)
{
    switch (error) {
    case PE_OK:
        return STATUS_SUCCESS;
    case PE_ERROR_NOT_MZ:
        return STATUS_INVALID_IMAGE_NOT_MZ;
    case PE_ERROR_DOS_PROGRAM:
        return STATUS_INVALID_IMAGE_PROTECT; // NT's name for "MZ, and nothing behind it"
    case PE_ERROR_NE:
        return STATUS_INVALID_IMAGE_NE_FORMAT;
    case PE_ERROR_LE:
        return STATUS_INVALID_IMAGE_LE_FORMAT;
    case PE_ERROR_PE32:
        return STATUS_INVALID_IMAGE_WIN_32;
    case PE_ERROR_MACHINE:
        return STATUS_IMAGE_MACHINE_TYPE_MISMATCH_EXE;
    default:
        return STATUS_INVALID_IMAGE_FORMAT;
    }
}

static status_t refuse(const struct image *image, enum pe_error error, struct reason *reason)
{
    format_string(reason->text, reason->room, "%s: %s", image->name, pe_error_text(error));
    return image_status(error);
}

// Reads where the headers hold ImageBase, which changes if the image is moved.
static enum pe_error find_base_field(struct image *image)
{
    uint32_t nt_headers;
    pe_rva at = { offsetof(struct pe_dos_header, nt_headers) };
    enum pe_error error = pe_read(&image->pe, at, &nt_headers, sizeof(nt_headers));
    if (error == PE_OK)
        image->base_field.v = nt_headers + offsetof(struct pe_nt_headers, optional.image_base);
    return error;
}

static enum pe_error read_headers(const struct boot_file *file, struct image *image)
{
    enum pe_error error = pe_open(&image->pe, file->data, file->size);
    if (error == PE_OK)
        error = pe_check_relocations(&image->pe, &image->relocations);
    if (error == PE_OK)
        error = find_base_field(image);
    return error;
}

// Makes the image of a file that is not in use as one.
static status_t make_image(const struct boot_file *file, struct image **out, struct reason *reason)
{
    struct image *image = heap_alloc_zeroed(sizeof(*image));
    if (image == NULL) {
        format_string(reason->text, reason->room, "not enough memory to open the program");
        return STATUS_NO_MEMORY;
    }
    image->file = file->memory;
    image->file_size = file->size;
    image->file_name = file->name;
    copy_string(image->name, sizeof(image->name), image->file_name);
    make_printable(image->name);
    mutex_init(&image->placing, "image", LOCK_RANK_IMAGE);

    enum pe_error error = read_headers(file, image);
    status_t status = error == PE_OK ? STATUS_SUCCESS : refuse(image, error, reason);
    if (status == STATUS_SUCCESS) {
        uint64_t pages = image->pe.image_size >> PAGE_SHIFT;
        image->base = image->file->image_base;
        if (image->base == 0)
            image->base = image_choose_base(&image->pe);
        status = memory_object_init(&image->memory, &image_memory_ops, pages, pages);
        if (status != STATUS_SUCCESS)
            format_string(reason->text, reason->room, "%s: not enough memory for the image",
                          image->name);
    }
    if (status != STATUS_SUCCESS) {
        heap_free(image);
        return status;
    }
    *out = image;
    return STATUS_SUCCESS;
}

status_t image_open(const struct boot_file *file, struct image **out, struct reason *reason)
{
    struct memory_object *found = file_memory_find(file->memory, &file->memory->image);
    if (found == NULL) {
        struct image *image;
        status_t status = make_image(file, &image, reason);
        if (status != STATUS_SUCCESS)
            return status;
        found = file_memory_enter(file->memory, &file->memory->image, &image->memory);
        if (found != &image->memory)
            image_put(image);
    }
    *out = image_of_memory(found);
    return STATUS_SUCCESS;
}

// Refuses an image with imports, naming the DLL that a loader would look for first.
static status_t check_imports(const struct image *image, struct reason *reason)
{
    struct pe_import_dll dll, first = { 0 };
    uint32_t count = 0;
    enum pe_error error = PE_OK;
    while (count < IMPORTS_COUNTED && error == PE_OK) {
        error = pe_next_import_dll(&image->pe, &count, &dll);
        if (error == PE_OK && count == 1)
            first = dll;
    }
    if (error != PE_OK && error != PE_END)
        return refuse(image, error, reason);
    if (count == 0)
        return STATUS_SUCCESS;

    char name[64];
    if (pe_read_string(&image->pe, first.name, name, sizeof(name), NULL) != PE_OK)
        return refuse(image, PE_ERROR_IMPORTS, reason);
    make_printable(name);
    if (count == 1)
        format_string(reason->text, reason->room, "%s: needs %s; the DLL layer is not built yet",
                      image->name, name);
    else
        format_string(reason->text, reason->room,
                      "%s: needs %s (first of %s%u DLLs); the DLL layer is not built yet",
                      image->name, name, count == IMPORTS_COUNTED ? "over " : "", count);
    return STATUS_DLL_NOT_FOUND;
}

status_t image_check_program(const struct image *image, struct reason *reason)
{
    if (image->pe.is_dll) {
        format_string(reason->text, reason->room, "%s: is a DLL, not a program", image->name);
        return STATUS_INVALID_IMAGE_FORMAT;
    }
    // A native image is a program that links nothing but ntdll; NT itself starts such ones.
    if (image->pe.subsystem < SUBSYSTEM_NATIVE || image->pe.subsystem > SUBSYSTEM_CONSOLE) {
        format_string(reason->text, reason->room,
                      "%s: is made for subsystem %u; only native, GUI and console programs run",
                      image->name, image->pe.subsystem);
        return STATUS_INVALID_IMAGE_FORMAT;
    }
    status_t status = check_imports(image, reason);
    if (status != STATUS_SUCCESS)
        return status;
    struct pe_tls tls;
    if (pe_get_tls(&image->pe, &tls) == PE_OK)
        log_warn("nt", "%s has thread-local storage, which only ntdll could set up", image->name);
    return STATUS_SUCCESS;
}
