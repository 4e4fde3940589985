// SPDX-License-Identifier: MIT
// Reading by RVA: file layout, mapped layout, images in one piece, strings, and sources that fail
// or change while they are read.

#include "builder.h"
#include "check.h"

static void headers_sections_and_zeros_read_as_mapped(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    uint8_t bytes[0x2000];
    builder_begin(&builder);
    memset(builder_at(&builder, 0x1000), 0x11, 0x400);
    memset(builder_at(&builder, 0x2000), 0x22, 0x1000);
    builder_must_open(&builder, &image);

    assert_ok(pe_read(&image, (pe_rva){ 0 }, bytes, 2));
    assert_memory_equal(bytes, "MZ", 2);
    // From the end of the headers through padding into .text.
    assert_ok(pe_read(&image, (pe_rva){ 0x3ff }, bytes, 0xc02));
    assert_int_equal(bytes[0xc00], 0);
    assert_int_equal(bytes[0xc01], 0x11);
    // From .text through its page's zeros into .data.
    assert_ok(pe_read(&image, (pe_rva){ 0x13ff }, bytes, 0xc02));
    assert_int_equal(bytes[0], 0x11);
    assert_int_equal(bytes[1], 0);
    assert_int_equal(bytes[0xc00], 0);
    assert_int_equal(bytes[0xc01], 0x22);
    // From .data's file part through its zeros into .bss.
    assert_ok(pe_read(&image, (pe_rva){ 0x2fff }, bytes, 0x1800));
    assert_int_equal(bytes[0], 0x22);
    for (size_t i = 1; i < 0x1800; i++)
        assert_int_equal(bytes[i], 0);
    builder_end(&builder);
}

static void reading_ends_with_the_image(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    uint8_t bytes[32];
    builder_begin(&builder);
    builder_must_open(&builder, &image);
    assert_ok(pe_read(&image, (pe_rva){ 0x4ff0 }, bytes, 16));
    assert_error(pe_read(&image, (pe_rva){ 0x4ff0 }, bytes, 17), PE_ERROR_RVA);
    assert_ok(pe_read(&image, (pe_rva){ 0x5000 }, bytes, 0));
    assert_error(pe_read(&image, (pe_rva){ 0x5001 }, bytes, 0), PE_ERROR_RVA);
    assert_error(pe_read(&image, (pe_rva){ 16 }, bytes, SIZE_MAX), PE_ERROR_RVA);
    builder_end(&builder);
}

static void strings_end_or_are_refused(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    char text[64];
    size_t length;
    builder_begin(&builder);
    const char *fifty = "01234567890123456789012345678901234567890123456789";
    builder_put_text(&builder, 0x2010, fifty);
    builder_must_open(&builder, &image);
    assert_ok(pe_read_string(&image, (pe_rva){ 0x2010 }, text, sizeof(text), &length));
    assert_string_equal(text, fifty);
    assert_int_equal(length, 50);
    assert_ok(pe_read_string(&image, (pe_rva){ 0x2010 }, text, 51, NULL));
    assert_error(pe_read_string(&image, (pe_rva){ 0x2010 }, text, 50, NULL), PE_ERROR_STRING);
    assert_int_equal(strlen(text), 49);
    assert_error(pe_read_string(&image, (pe_rva){ 0x2010 }, text, 0, NULL), PE_ERROR_STRING);
    assert_error(pe_read_string(&image, (pe_rva){ 0x5000 }, text, 8, NULL), PE_ERROR_RVA);
    assert_string_equal(text, "");
    builder_end(&builder);
}

static void a_string_may_not_run_out_of_the_image(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    char text[64];
    builder_begin(&builder);
    builder.nt->file.section_count = 2;
    builder.nt->optional.image_size = 0x3000;
    builder.sections[1].virtual_size = 0x1000;
    memset(builder_at(&builder, 0x2ff8), 'x', 8);
    builder_must_open(&builder, &image);
    assert_error(pe_read_string(&image, (pe_rva){ 0x2ff8 }, text, 64, NULL), PE_ERROR_RVA);
    assert_string_equal(text, "");
    builder_end(&builder);
}

static void virtual_addresses_become_rvas(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    pe_rva rva;
    builder_begin(&builder);
    builder_must_open(&builder, &image);
    assert_ok(pe_rva_of_va(&image, BUILDER_BASE, &rva));
    assert_int_equal(rva.v, 0);
    assert_ok(pe_rva_of_va(&image, BUILDER_BASE + 0x4fff, &rva));
    assert_int_equal(rva.v, 0x4fff);
    assert_error(pe_rva_of_va(&image, BUILDER_BASE + 0x5000, &rva), PE_ERROR_RVA);
    assert_error(pe_rva_of_va(&image, BUILDER_BASE - 1, &rva), PE_ERROR_RVA);
    assert_error(pe_rva_of_va(&image, BUILDER_BASE + 0x100001000, &rva), PE_ERROR_RVA);
    builder_end(&builder);
}

// An image in memory, of which reading can be made to fail or to give something new each time.
struct memory {
    const uint8_t *bytes;
    uint64_t fails_from;
    unsigned *counter;
};

static bool read_memory(const void *context, uint64_t offset, void *to, size_t size)
{
    const struct memory *memory = context;
    if (memory->counter != NULL)
        ++*memory->counter;
    if (offset + size > memory->fails_from)
        return false;
    memcpy(to, memory->bytes + offset, size);
    return true;
}

static uint8_t *map_image(const struct pe_image *image)
{
    uint8_t *mapped = malloc(image->image_size);
    assert_non_null(mapped);
    assert_ok(pe_read(image, (pe_rva){ 0 }, mapped, image->image_size));
    return mapped;
}

static void a_mapped_image_reads_the_same(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    struct pe_image again;
    uint32_t value;
    pe_rva rva;
    builder_begin(&builder);
    builder_put32(&builder, 0x2ffc, 0x12345678);
    builder_must_open(&builder, &image);
    struct memory memory = { map_image(&image), 0x5000, NULL };
    assert_ok(pe_open_mapped(&again, read_memory, &memory, 0x5000, 0x7ff600000000));
    assert_ok(pe_read(&again, (pe_rva){ 0x2ffc }, &value, sizeof(value)));
    assert_int_equal(value, 0x12345678);
    assert_ok(pe_rva_of_va(&again, 0x7ff600001234, &rva));
    assert_int_equal(rva.v, 0x1234);
    assert_int_equal(again.sections[1].virtual_size, 0x2000);
    assert_int_equal(again.sections[1].file_size, 0);
    assert_error(pe_open_mapped(&again, read_memory, &memory, 0x4fff, 0), PE_ERROR_TRUNCATED);
    free((void *)memory.bytes);
    builder_end(&builder);
}

static void a_source_that_fails_gives_read_errors(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    uint32_t value;
    builder_begin(&builder);
    struct memory memory = { builder.bytes, BUILDER_SIZE, NULL };
    assert_ok(pe_open_file(&image, read_memory, &memory, BUILDER_SIZE));
    memory.fails_from = 0x800;
    assert_ok(pe_read(&image, (pe_rva){ 0x13fc }, &value, sizeof(value)));
    assert_error(pe_read(&image, (pe_rva){ 0x2000 }, &value, sizeof(value)), PE_ERROR_READ);
    for (memory.fails_from = 0; memory.fails_from < 0x200; memory.fails_from++)
        assert_error(pe_open_file(&image, read_memory, &memory, BUILDER_SIZE), PE_ERROR_READ);
    builder_end(&builder);
}

static void opening_reads_each_header_once(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    unsigned reads = 0;
    builder_begin(&builder);
    struct memory memory = { builder.bytes, BUILDER_SIZE, &reads };
    assert_ok(pe_open_file(&image, read_memory, &memory, BUILDER_SIZE));
    // The magic, the DOS header, the signature, the NT headers in two parts, three sections.
    assert_int_equal(reads, 8);
    builder_end(&builder);
}

// Sections of 0x200 bytes, as in the file: .text at 0x400, .data at 0x600 with zeros behind.
static void make_low(struct builder *builder)
{
    builder->nt->optional.section_alignment = 0x200;
    builder->nt->optional.entry_point = 0x400;
    builder->nt->optional.image_size = 0xa00;
    builder->nt->file.section_count = 2;
    builder->sections[0].rva = 0x400;
    builder->sections[0].virtual_size = 0x1f0;
    builder->sections[0].raw_size = 0x200;
    builder->sections[1].rva = 0x600;
    builder->sections[1].virtual_size = 0x400;
    builder->sections[1].raw_size = 0x200;
    builder->sections[1].raw_offset = 0x600;
}

static void low_alignment_maps_the_file_as_one_piece(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    uint8_t bytes[0x1000];
    builder_begin(&builder);
    make_low(&builder);
    memset(builder.bytes + 0x400, 0x33, 0x1000);
    builder_must_open(&builder, &image);
    assert_true(image.is_one_piece);
    assert_int_equal(image.one_piece_size, 0x800);
    assert_int_equal(image.image_size, 0x1000);
    assert_ok(pe_read(&image, (pe_rva){ 0 }, bytes, sizeof(bytes)));
    assert_int_equal(bytes[0], 'M');
    assert_int_equal(bytes[0x7ff], 0x33);
    assert_int_equal(bytes[0x800], 0);
    builder_end(&builder);
}

static void low_alignment_refuses_data_elsewhere(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    builder_begin(&builder);
    make_low(&builder);
    builder.sections[1].raw_offset = 0x800;
    assert_error(builder_open(&builder, &image), PE_ERROR_LOW_ALIGNMENT);
    builder_end(&builder);
}

static void low_alignment_refuses_zeros_amid_data(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    builder_begin(&builder);
    make_low(&builder);
    builder.sections[0].raw_size = 0;
    assert_error(builder_open(&builder, &image), PE_ERROR_LOW_ALIGNMENT);
    builder_end(&builder);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(headers_sections_and_zeros_read_as_mapped),
        T(reading_ends_with_the_image),
        T(strings_end_or_are_refused),
        T(a_string_may_not_run_out_of_the_image),
        T(virtual_addresses_become_rvas),
        T(a_mapped_image_reads_the_same),
        T(a_source_that_fails_gives_read_errors),
        T(opening_reads_each_header_once),
        T(low_alignment_maps_the_file_as_one_piece),
        T(low_alignment_refuses_data_elsewhere),
        T(low_alignment_refuses_zeros_amid_data),
    };
    return cmocka_run_group_tests_name("pe read", tests, NULL, NULL);
}
