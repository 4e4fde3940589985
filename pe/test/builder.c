// SPDX-License-Identifier: MIT
// The image that tests take and spoil.

#include "builder.h"

#include "check.h"

static void fill_headers(struct builder *builder)
{
    builder->dos->magic = PE_DOS_MAGIC;
    builder->dos->relocation_table = 0x40;
    builder->dos->nt_headers = BUILDER_NT;
    builder->nt->signature = PE_NT_SIGNATURE;
    builder->nt->file = (struct pe_file_header){
        .machine = PE_MACHINE_AMD64,
        .section_count = 3,
        .optional_size = sizeof(struct pe_optional_header),
        .characteristics = PE_FILE_EXECUTABLE_IMAGE,
    };
    builder->nt->optional = (struct pe_optional_header){
        .magic = PE_OPTIONAL_PE32P,
        .entry_point = 0x1000,
        .image_base = BUILDER_BASE,
        .section_alignment = 0x1000,
        .file_alignment = 0x200,
        .image_size = 0x5000,
        .headers_size = 0x400,
        .subsystem = 3,
        .dll_characteristics = PE_DLL_DYNAMIC_BASE | PE_DLL_NX_COMPAT,
        .stack_reserve = 0x200000,
        .stack_commit = 0x1000,
        .heap_reserve = 0x100000,
        .heap_commit = 0x2000,
        .directory_count = PE_DIRECTORY_COUNT,
    };
}

static void fill_sections(struct builder *builder)
{
    const struct pe_section_header sections[] = {
        { .name = ".text",
          .virtual_size = 0x300,
          .rva = 0x1000,
          .raw_size = 0x400,
          .raw_offset = 0x400,
          .characteristics = PE_SECTION_CODE | PE_SECTION_READ | PE_SECTION_EXECUTE },
        { .name = ".data",
          .virtual_size = 0x2000,
          .rva = 0x2000,
          .raw_size = 0x1000,
          .raw_offset = 0x800,
          .characteristics = PE_SECTION_READ | PE_SECTION_WRITE },
        { .name = ".bss",
          .virtual_size = 0x1000,
          .rva = 0x4000,
          .characteristics = PE_SECTION_UNINITIALIZED | PE_SECTION_READ | PE_SECTION_WRITE },
    };
    memcpy(builder->sections, sections, sizeof(sections));
}

void builder_begin(struct builder *builder)
{
    builder->bytes = calloc(1, BUILDER_MAX_SIZE);
    assert_non_null(builder->bytes);
    builder->size = BUILDER_SIZE;
    builder->dos = (struct pe_dos_header *)builder->bytes;
    builder->nt = (struct pe_nt_headers *)(builder->bytes + BUILDER_NT);
    builder->sections = (struct pe_section_header *)(builder->nt + 1);
    builder->exact = NULL;
    fill_headers(builder);
    fill_sections(builder);
}

void builder_end(struct builder *builder)
{
    free(builder->exact);
    free(builder->bytes);
}

void *builder_at(struct builder *builder, uint32_t rva)
{
    if (rva >= 0x1000 && rva < 0x1400)
        return builder->bytes + 0x400 + (rva - 0x1000);
    assert_in_range(rva, 0x2000, 0x2fff);
    return builder->bytes + 0x800 + (rva - 0x2000);
}

void builder_put16(struct builder *builder, uint32_t rva, uint16_t value)
{
    memcpy(builder_at(builder, rva), &value, sizeof(value));
}

void builder_put32(struct builder *builder, uint32_t rva, uint32_t value)
{
    memcpy(builder_at(builder, rva), &value, sizeof(value));
}

void builder_put64(struct builder *builder, uint32_t rva, uint64_t value)
{
    memcpy(builder_at(builder, rva), &value, sizeof(value));
}

void builder_put_text(struct builder *builder, uint32_t rva, const char *text)
{
    memcpy(builder_at(builder, rva), text, strlen(text) + 1);
}

void builder_set_directory(struct builder *builder, enum pe_directory_index index, uint32_t rva,
                           uint32_t size)
{
    builder->nt->optional.directories[index] = (struct pe_raw_directory){ rva, size };
}

enum pe_error builder_open(struct builder *builder, struct pe_image *image)
{
    free(builder->exact);
    builder->exact = malloc(builder->size != 0 ? builder->size : 1);
    assert_non_null(builder->exact);
    memcpy(builder->exact, builder->bytes, builder->size);
    return pe_open(image, builder->exact, builder->size);
}

void builder_must_open(struct builder *builder, struct pe_image *image)
{
    assert_ok(builder_open(builder, image));
}
