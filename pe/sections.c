// SPDX-License-Identifier: MIT
/*
 * The section table. In an image whose sections start on pages, each must begin exactly where the
 * one before it ends, which is what linkers promise and NT demands; so sections cannot overlap, and
 * the table is sorted. With a smaller alignment the image is one piece: the file as it is, then
 * zeros.
 * Source: Microsoft's "PE Format", "Section Table" and "Optional Header Windows-Specific Fields".
 */

#include <pe/image.h>

#include "pe_private.h"

// NT counts section data in sectors, whatever FileAlignment says above that.
#define SECTOR_SIZE 512u

static uint8_t rights_of(uint32_t characteristics)
{
    uint8_t rights = 0;
    if (characteristics & PE_SECTION_READ)
        rights |= PE_RIGHT_READ;
    if (characteristics & PE_SECTION_WRITE)
        rights |= PE_RIGHT_WRITE;
    if (characteristics & PE_SECTION_EXECUTE)
        rights |= PE_RIGHT_EXECUTE;
    return rights;
}

static void take_header(struct pe_section *section, const struct pe_section_header *raw)
{
    *section = (struct pe_section){
        .rights = rights_of(raw->characteristics),
        .is_shared = (raw->characteristics & PE_SECTION_SHARED) != 0,
        .is_discardable = (raw->characteristics & PE_SECTION_DISCARDABLE) != 0,
        .rva = { raw->rva },
        .virtual_size = raw->virtual_size != 0 ? raw->virtual_size : raw->raw_size,
        .characteristics = raw->characteristics,
    };
    __builtin_memcpy(section->name, raw->name, sizeof(raw->name));
    // Without an offset in the file there is no data, whatever its size claims to be.
    if (raw->raw_offset != 0) {
        section->file_offset.v = raw->raw_offset;
        section->file_size = raw->raw_size;
    }
}

// A section's data in the file; of what is longer than the section only whole pages are mapped.
static enum pe_error check_data(const struct pe_image *image, struct pe_section *section)
{
    if (section->file_size == 0)
        return PE_OK;
    uint32_t alignment = image->file_alignment < SECTOR_SIZE ? image->file_alignment : SECTOR_SIZE;
    if (section->file_offset.v % alignment != 0)
        return PE_ERROR_SECTION_DATA;
    if (!pe_range_fits(section->file_offset.v, section->file_size, image->source_size))
        return PE_ERROR_TRUNCATED;
    uint32_t unit = image->is_one_piece ? image->section_alignment : PE_PAGE_SIZE;
    uint64_t mapped = pe_align_up(section->virtual_size, unit);
    if (section->file_size > mapped)
        section->file_size = (uint32_t)mapped;
    return PE_OK;
}

// *next is where the section must begin, and becomes where the following one must.
static enum pe_error check_place(const struct pe_image *image, const struct pe_section *section,
                                 uint64_t *next)
{
    if (section->rva.v % image->section_alignment != 0)
        return PE_ERROR_SECTION_ADDRESS;
    if (section->rva.v < *next)
        return PE_ERROR_SECTION_OVERLAP;
    if (section->rva.v > *next && !image->is_one_piece)
        return PE_ERROR_SECTION_GAP;
    if (!pe_range_fits(section->rva.v, section->virtual_size, image->image_size))
        return PE_ERROR_SECTION_BEYOND;
    *next = pe_align_up((uint64_t)section->rva.v + section->virtual_size, image->section_alignment);
    return PE_OK;
}

// Every byte of a one-piece image is where it is in the file; only at its end may zeros follow.
static enum pe_error extend_one_piece(struct pe_image *image, const struct pe_section *section)
{
    if (section->file_size == 0)
        return PE_OK;
    if (section->file_offset.v != section->rva.v)
        return PE_ERROR_LOW_ALIGNMENT;
    image->one_piece_size = section->rva.v + section->file_size;
    if (image->one_piece_size > image->image_size)
        image->one_piece_size = image->image_size;
    return PE_OK;
}

// Where the file goes on, no section may expect zeros.
static enum pe_error check_one_piece(const struct pe_image *image)
{
    for (uint32_t i = 0; i < image->section_count; i++) {
        const struct pe_section *section = &image->sections[i];
        uint64_t data_end = (uint64_t)section->rva.v + section->file_size;
        if (section->virtual_size > section->file_size && data_end < image->one_piece_size)
            return PE_ERROR_LOW_ALIGNMENT;
    }
    return PE_OK;
}

static enum pe_error load_section(struct pe_image *image, struct pe_section *section,
                                  uint64_t header_offset, uint64_t *next)
{
    struct pe_section_header raw;
    enum pe_error error = pe_read_source(image, header_offset, &raw, sizeof(raw));
    if (error != PE_OK)
        return error;
    take_header(section, &raw);
    error = check_place(image, section, next);
    if (error != PE_OK)
        return error;
    if (image->layout == PE_LAYOUT_MAPPED) {
        section->file_offset = (pe_fileoff){ 0 };
        section->file_size = 0;
        return PE_OK;
    }
    error = check_data(image, section);
    if (error != PE_OK || !image->is_one_piece)
        return error;
    return extend_one_piece(image, section);
}

enum pe_error pe_load_sections(struct pe_image *image, uint64_t table_offset)
{
    uint64_t next = pe_align_up(image->headers_size, image->section_alignment);
    image->one_piece_size = image->is_one_piece ? image->headers_size : 0;
    for (uint32_t i = 0; i < image->section_count; i++) {
        enum pe_error error = load_section(
            image, &image->sections[i], table_offset + i * sizeof(struct pe_section_header), &next);
        if (error != PE_OK)
            return error;
    }
    bool is_file = image->layout == PE_LAYOUT_FILE;
    return is_file && image->is_one_piece ? check_one_piece(image) : PE_OK;
}

const struct pe_section *pe_section_at(const struct pe_image *image, pe_rva rva)
{
    uint32_t low = 0;
    uint32_t high = image->section_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct pe_section *section = &image->sections[middle];
        if (rva.v < section->rva.v)
            high = middle;
        else if (rva.v - section->rva.v >= section->virtual_size)
            low = middle + 1;
        else
            return section;
    }
    return NULL;
}
