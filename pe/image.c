// SPDX-License-Identifier: MIT
// Opening an image: DOS header, NT headers, optional header. Each is copied out once and every fact
// comes from that copy, so that a file which changes meanwhile can be refused but cannot confuse.

#include <pe/image.h>

#include "pe_private.h"

// The optional header up to its directories, of which an image may have fewer than sixteen.
#define OPTIONAL_FIXED_SIZE offsetof(struct pe_optional_header, directories)

static bool read_memory(const void *context, uint64_t offset, void *to, size_t size)
{
    __builtin_memcpy(to, (const uint8_t *)context + offset, size);
    return true;
}

static bool is_power_of_two(uint32_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

// A file that begins with MZ but has no NT headers is one of its ancestors; says which.
static enum pe_error name_other_format(uint32_t signature)
{
    switch (signature & 0xffff) {
    case PE_NE_MAGIC:
        return PE_ERROR_NE;
    case PE_LE_MAGIC:
    case PE_LX_MAGIC:
        return PE_ERROR_LE;
    default:
        return PE_ERROR_NO_SIGNATURE;
    }
}

// Finds the NT headers.
static enum pe_error read_dos_header(const struct pe_image *image, uint64_t *nt_offset)
{
    uint16_t magic;
    enum pe_error error = pe_read_source(image, 0, &magic, sizeof(magic));
    if (error == PE_ERROR_READ)
        return error;
    if (error != PE_OK || magic != PE_DOS_MAGIC)
        return PE_ERROR_NOT_MZ;

    struct pe_dos_header dos;
    error = pe_read_source(image, 0, &dos, sizeof(dos));
    if (error != PE_OK)
        return error;
    // Programs for DOS alone put other things at 0x3c; their relocation table lies before 0x40.
    bool is_plain_dos = dos.relocation_table != 0 && dos.relocation_table < sizeof(dos);
    uint32_t signature;
    error = pe_read_source(image, dos.nt_headers, &signature, sizeof(signature));
    if (error != PE_OK)
        return is_plain_dos ? PE_ERROR_DOS_PROGRAM : error;
    if (signature != PE_NT_SIGNATURE)
        return is_plain_dos ? PE_ERROR_DOS_PROGRAM : name_other_format(signature);
    if (dos.nt_headers % 4 != 0)
        return PE_ERROR_HEADER_OFFSET;
    *nt_offset = dos.nt_headers;
    return PE_OK;
}

// Who may run the image, told apart before anything that depends on it is looked at.
static enum pe_error check_kind(const struct pe_nt_headers *nt)
{
    if (nt->file.machine == PE_MACHINE_I386 ||
        (nt->file.machine == PE_MACHINE_AMD64 && nt->optional.magic == PE_OPTIONAL_PE32))
        return PE_ERROR_PE32;
    if (nt->file.machine != PE_MACHINE_AMD64)
        return PE_ERROR_MACHINE;
    if (nt->optional.magic != PE_OPTIONAL_PE32P)
        return PE_ERROR_OPTIONAL_MAGIC;
    if ((nt->file.characteristics & PE_FILE_EXECUTABLE_IMAGE) == 0)
        return PE_ERROR_NOT_EXECUTABLE;
    return PE_OK;
}

// Reads the NT headers; what the optional header's size leaves out is zero.
static enum pe_error read_nt_headers(const struct pe_image *image, uint64_t offset,
                                     struct pe_nt_headers *nt)
{
    *nt = (struct pe_nt_headers){ 0 };
    size_t fixed = offsetof(struct pe_nt_headers, optional) + sizeof(nt->optional.magic);
    enum pe_error error = pe_read_source(image, offset, nt, fixed);
    if (error != PE_OK)
        return error;
    error = check_kind(nt);
    if (error != PE_OK)
        return error;
    uint32_t size = nt->file.optional_size;
    if (size < OPTIONAL_FIXED_SIZE)
        return PE_ERROR_OPTIONAL_SIZE;
    if (size > sizeof(nt->optional))
        size = sizeof(nt->optional);
    // The part that check_kind has seen is not read again.
    error = pe_read_source(image, offset + fixed, (uint8_t *)nt + fixed,
                           size - sizeof(nt->optional.magic));
    if (error != PE_OK)
        return error;
    if (nt->optional.directory_count > PE_DIRECTORY_COUNT)
        nt->optional.directory_count = PE_DIRECTORY_COUNT;
    if (nt->optional.directory_count >
        (size - OPTIONAL_FIXED_SIZE) / sizeof(struct pe_raw_directory))
        return PE_ERROR_OPTIONAL_SIZE;
    return PE_OK;
}

static enum pe_error check_alignments(const struct pe_optional_header *optional)
{
    if (!is_power_of_two(optional->section_alignment))
        return PE_ERROR_SECTION_ALIGNMENT;
    if (!is_power_of_two(optional->file_alignment))
        return PE_ERROR_FILE_ALIGNMENT;
    if (optional->section_alignment < optional->file_alignment ||
        optional->section_alignment > PE_IMAGE_SIZE_MAX)
        return PE_ERROR_SECTION_ALIGNMENT;
    // Below a page the two must agree, and above, the file is counted in sectors of 512 bytes.
    bool is_low = optional->section_alignment < PE_PAGE_SIZE;
    if (is_low ? optional->file_alignment != optional->section_alignment
               : optional->file_alignment < 512)
        return PE_ERROR_FILE_ALIGNMENT;
    return PE_OK;
}

static enum pe_error check_sizes(const struct pe_image *image,
                                 const struct pe_optional_header *optional, uint64_t table_end)
{
    if (optional->image_size == 0 || optional->image_size > PE_IMAGE_SIZE_MAX)
        return PE_ERROR_IMAGE_SIZE;
    if (optional->image_base % 0x10000 != 0 ||
        optional->image_base > UINT64_MAX - PE_IMAGE_SIZE_MAX)
        return PE_ERROR_IMAGE_BASE;
    if (optional->headers_size < table_end || optional->headers_size > optional->image_size)
        return PE_ERROR_HEADERS_SIZE;
    if (optional->headers_size > image->source_size)
        return PE_ERROR_TRUNCATED;
    if (image->layout == PE_LAYOUT_MAPPED && optional->image_size > image->source_size)
        return PE_ERROR_TRUNCATED;
    if (optional->entry_point >= optional->image_size)
        return PE_ERROR_ENTRY_POINT;
    return PE_OK;
}

static void take_file_header(struct pe_image *image, const struct pe_file_header *file)
{
    image->machine = file->machine;
    image->characteristics = file->characteristics;
    image->timestamp = file->timestamp;
    image->symbol_table = (pe_fileoff){ file->symbol_table };
    image->symbol_count = file->symbol_count;
    image->section_count = file->section_count;
    image->is_dll = (file->characteristics & PE_FILE_DLL) != 0;
    image->may_relocate = (file->characteristics & PE_FILE_RELOCS_STRIPPED) == 0;
}

static void take_optional_header(struct pe_image *image, const struct pe_optional_header *optional)
{
    image->subsystem = optional->subsystem;
    image->dll_characteristics = optional->dll_characteristics;
    image->os_major = optional->os_major;
    image->os_minor = optional->os_minor;
    image->image_major = optional->image_major;
    image->image_minor = optional->image_minor;
    image->subsystem_major = optional->subsystem_major;
    image->subsystem_minor = optional->subsystem_minor;
    image->checksum = optional->checksum;
    image->image_base = optional->image_base;
    image->image_size = (uint32_t)pe_align_up(optional->image_size, PE_PAGE_SIZE);
    image->headers_size = optional->headers_size;
    image->section_alignment = optional->section_alignment;
    image->file_alignment = optional->file_alignment;
    image->entry_point = (pe_rva){ optional->entry_point };
    image->stack_reserve = optional->stack_reserve;
    image->stack_commit = optional->stack_commit;
    image->heap_reserve = optional->heap_reserve;
    image->heap_commit = optional->heap_commit;
    image->is_one_piece = optional->section_alignment < PE_PAGE_SIZE;
    image->wants_relocation =
        image->may_relocate && (optional->dll_characteristics & PE_DLL_DYNAMIC_BASE) != 0;
    for (uint32_t i = 0; i < optional->directory_count; i++) {
        const struct pe_raw_directory *raw = &optional->directories[i];
        image->directories[i] = (struct pe_directory){ { raw->rva }, raw->size };
    }
}

static enum pe_error open_headers(struct pe_image *image)
{
    uint64_t nt_offset;
    enum pe_error error = read_dos_header(image, &nt_offset);
    if (error != PE_OK)
        return error;
    struct pe_nt_headers nt;
    error = read_nt_headers(image, nt_offset, &nt);
    if (error != PE_OK)
        return error;
    error = check_alignments(&nt.optional);
    if (error != PE_OK)
        return error;
    if (nt.file.section_count > PE_SECTION_MAX)
        return PE_ERROR_SECTION_COUNT;
    uint64_t table = nt_offset + offsetof(struct pe_nt_headers, optional) + nt.file.optional_size;
    uint64_t table_end = table + nt.file.section_count * sizeof(struct pe_section_header);
    error = check_sizes(image, &nt.optional, table_end);
    if (error != PE_OK)
        return error;
    take_file_header(image, &nt.file);
    take_optional_header(image, &nt.optional);
    return pe_load_sections(image, table);
}

enum pe_error pe_open_file(struct pe_image *image, pe_read_fn *read, const void *context,
                           uint64_t size)
{
    *image = (struct pe_image){
        .read = read, .context = context, .source_size = size, .layout = PE_LAYOUT_FILE
    };
    enum pe_error error = open_headers(image);
    image->va_base = image->image_base;
    return error;
}

enum pe_error pe_open(struct pe_image *image, const void *bytes, size_t size)
{
    return pe_open_file(image, read_memory, bytes, size);
}

enum pe_error pe_open_mapped(struct pe_image *image, pe_read_fn *read, const void *context,
                             uint64_t size, uint64_t base)
{
    *image = (struct pe_image){
        .read = read, .context = context, .source_size = size, .layout = PE_LAYOUT_MAPPED
    };
    enum pe_error error = open_headers(image);
    image->va_base = base;
    return error;
}
