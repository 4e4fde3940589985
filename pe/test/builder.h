// SPDX-License-Identifier: MIT
/*
 * A small valid image that tests take and spoil. It has the sections
 *
 *      .text  rva 0x1000, 0x300 bytes, all in the file   (read, execute)
 *      .data  rva 0x2000, 0x2000 bytes, half in the file (read, write)
 *      .bss   rva 0x4000, 0x1000 bytes, none in the file (read, write)
 *
 * and no directories. Its preferred base is BUILDER_BASE.
 */

#pragma once

#include <stddef.h>
#include <stdint.h>

#include <pe/image.h>

#define BUILDER_BASE     0x140000000ull
#define BUILDER_NT       0x80u
#define BUILDER_SIZE     0x1800u
#define BUILDER_MAX_SIZE 0x4000u

struct builder {
    uint8_t *bytes; // BUILDER_MAX_SIZE of them, zero behind the image
    size_t size;    // of the file
    struct pe_dos_header *dos;
    struct pe_nt_headers *nt;
    struct pe_section_header *sections;
    uint8_t *exact; // what builder_open has given to the parser
};

void builder_begin(struct builder *builder);
void builder_end(struct builder *builder);

// The byte at rva in .text or the first half of .data.
void *builder_at(struct builder *builder, uint32_t rva);

void builder_put16(struct builder *builder, uint32_t rva, uint16_t value);
void builder_put32(struct builder *builder, uint32_t rva, uint32_t value);
void builder_put64(struct builder *builder, uint32_t rva, uint64_t value);
void builder_put_text(struct builder *builder, uint32_t rva, const char *text);
void builder_set_directory(struct builder *builder, enum pe_directory_index index, uint32_t rva,
                           uint32_t size);

/*
 * Opens a copy that is exactly as long as the file, so that the address sanitizer sees any byte
 * read behind it. The copy lives until builder_end or the next open.
 */
enum pe_error builder_open(struct builder *builder, struct pe_image *image);

// As builder_open, and the test fails if the image does not open.
void builder_must_open(struct builder *builder, struct pe_image *image);
