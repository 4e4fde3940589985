// SPDX-License-Identifier: MIT
// Base relocations: what is accepted, what is refused, and that pages relocated one by one, in any
// order, give the same image as values relocated one by one.

#include <pe/relocations.h>

#include "builder.h"
#include "check.h"

#define TABLE 0x1100u // where the tests put their directory: in .text, which has no relocations
#define DELTA 0x123456789abc0000ull

#define DIR64(offset)    (uint16_t)(PE_RELOCATION_DIR64 << 12 | (offset))
#define ABSOLUTE(offset) (uint16_t)(PE_RELOCATION_ABSOLUTE << 12 | (offset))

// Appends a block at *end.
static void add_block(struct builder *builder, uint32_t *end, uint32_t page,
                      const uint16_t *entries, uint32_t count)
{
    builder_put32(builder, *end, page);
    builder_put32(builder, *end + 4, 8 + count * 2);
    for (uint32_t i = 0; i < count; i++)
        builder_put16(builder, *end + 8 + i * 2, entries[i]);
    *end += 8 + count * 2;
    builder_set_directory(builder, PE_DIRECTORY_RELOCATION, TABLE, *end - TABLE);
}

// Opens the image and checks its relocations.
static enum pe_error check(struct builder *builder, struct pe_image *image,
                           struct pe_relocations *relocations)
{
    builder_must_open(builder, image);
    return pe_check_relocations(image, relocations);
}

static void an_image_may_have_none(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    struct pe_relocations relocations;
    struct pe_relocation_iterator iterator = { 0 };
    pe_rva rva;
    builder_begin(&builder);
    assert_ok(check(&builder, &image, &relocations));
    assert_int_equal(relocations.entry_count, 0);
    assert_error(pe_next_relocation(&relocations, &iterator, &rva), PE_END);
    builder_end(&builder);
}

static void entries_are_listed_and_padding_is_not(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    struct pe_relocations relocations;
    uint16_t many[70];
    uint32_t end = TABLE;
    builder_begin(&builder);
    for (uint16_t i = 0; i < 70; i++)
        many[i] = i % 7 == 0 ? ABSOLUTE(i) : DIR64(i * 8);
    add_block(&builder, &end, 0x2000, many, 70);
    add_block(&builder, &end, 0x3000, (uint16_t[]){ DIR64(0xff8), ABSOLUTE(0) }, 2);
    assert_ok(check(&builder, &image, &relocations));
    assert_int_equal(relocations.block_count, 2);
    assert_int_equal(relocations.entry_count, 61);
    assert_true(relocations.is_sorted);
    struct pe_relocation_iterator iterator = { 0 };
    pe_rva rva;
    for (uint32_t i = 0; i < 70; i++) {
        if (i % 7 != 0) {
            assert_ok(pe_next_relocation(&relocations, &iterator, &rva));
            assert_int_equal(rva.v, 0x2000 + i * 8);
        }
    }
    assert_ok(pe_next_relocation(&relocations, &iterator, &rva));
    assert_int_equal(rva.v, 0x3ff8);
    assert_error(pe_next_relocation(&relocations, &iterator, &rva), PE_END);
    builder_end(&builder);
}

// A test that a block with one entry is refused after `change`.
#define REFUSED(name, page, entry, change, expected)                                               \
    static void name(void **state)                                                                 \
    {                                                                                              \
        (void)state;                                                                               \
        struct builder builder, *b = &builder;                                                     \
        struct pe_image image;                                                                     \
        struct pe_relocations relocations;                                                         \
        uint32_t end = TABLE;                                                                      \
        builder_begin(b);                                                                          \
        add_block(b, &end, page, (uint16_t[]){ entry, 0 }, 2);                                     \
        change;                                                                                    \
        assert_error(check(b, &image, &relocations), expected);                                    \
        builder_end(b);                                                                            \
    }

REFUSED(a_good_block, 0x2000, DIR64(8), (void)0, PE_OK)
REFUSED(kind_highlow, 0x2000, 0x3008, (void)0, PE_ERROR_RELOCATION_KIND)
REFUSED(kind_unknown, 0x2000, 0xf008, (void)0, PE_ERROR_RELOCATION_KIND)
REFUSED(page_unaligned, 0x2008, DIR64(0), (void)0, PE_ERROR_RELOCATION_BLOCK)
REFUSED(block_size_zero, 0x2000, DIR64(8), builder_put32(b, TABLE + 4, 0),
        PE_ERROR_RELOCATION_BLOCK)
REFUSED(block_size_below_header, 0x2000, DIR64(8), builder_put32(b, TABLE + 4, 7),
        PE_ERROR_RELOCATION_BLOCK)
REFUSED(block_size_odd, 0x2000, DIR64(8), builder_put32(b, TABLE + 4, 11),
        PE_ERROR_RELOCATION_BLOCK)
REFUSED(block_behind_directory, 0x2000, DIR64(8), builder_put32(b, TABLE + 4, 14),
        PE_ERROR_RELOCATION_BLOCK)
REFUSED(block_header_cut_off, 0x2000, DIR64(8),
        builder_set_directory(b, PE_DIRECTORY_RELOCATION, TABLE, 12 + 4), PE_ERROR_RELOCATION_BLOCK)
REFUSED(directory_outside, 0x2000, DIR64(8),
        builder_set_directory(b, PE_DIRECTORY_RELOCATION, 0x4ffc, 12), PE_ERROR_DIRECTORY)
REFUSED(value_at_the_last_byte_that_fits, 0x4000, DIR64(0xff8), (void)0, PE_OK)
REFUSED(value_over_the_end, 0x4000, DIR64(0xff9), (void)0, PE_ERROR_RVA)
REFUSED(page_outside, 0xfffff000, DIR64(0xfff), (void)0, PE_ERROR_RVA)

// What the whole image must look like: every value relocated in place, in a copy of the image.
static uint8_t *relocate_whole(const struct pe_relocations *relocations)
{
    const struct pe_image *image = relocations->image;
    uint8_t *mapped = malloc(image->image_size);
    assert_non_null(mapped);
    assert_ok(pe_read(image, (pe_rva){ 0 }, mapped, image->image_size));
    struct pe_relocation_iterator iterator = { 0 };
    pe_rva rva;
    enum pe_error error;
    while ((error = pe_next_relocation(relocations, &iterator, &rva)) == PE_OK) {
        uint64_t value;
        memcpy(&value, mapped + rva.v, 8);
        value += DELTA;
        memcpy(mapped + rva.v, &value, 8);
    }
    assert_error(error, PE_END);
    return mapped;
}

static void compare_page(const struct pe_relocations *relocations,
                         struct pe_relocation_cursor *cursor, uint32_t page,
                         const uint8_t *expected)
{
    uint8_t bytes[PE_PAGE_SIZE];
    assert_ok(pe_read(relocations->image, (pe_rva){ page }, bytes, sizeof(bytes)));
    assert_ok(pe_relocate_page(relocations, cursor, (pe_rva){ page }, DELTA, bytes));
    assert_memory_equal(bytes, expected + page, sizeof(bytes));
}

static void compare_pages(struct builder *builder)
{
    struct pe_image image;
    struct pe_relocations relocations;
    assert_ok(check(builder, &image, &relocations));
    uint8_t *expected = relocate_whole(&relocations);
    struct pe_relocation_cursor up = { 0 };
    for (uint32_t page = 0; page < image.image_size; page += PE_PAGE_SIZE) {
        compare_page(&relocations, &up, page, expected);
        compare_page(&relocations, NULL, page, expected);
    }
    struct pe_relocation_cursor down = { 0 };
    for (uint32_t page = image.image_size; page > 0; page -= PE_PAGE_SIZE)
        compare_page(&relocations, &down, page - PE_PAGE_SIZE, expected);
    free(expected);
}

static void fill_data(struct builder *builder)
{
    uint8_t *data = builder_at(builder, 0x2000);
    for (uint32_t i = 0; i < 0x1000; i++)
        data[i] = (uint8_t)(i * 7 + i / 256);
}

static void pages_one_by_one_give_the_whole(void **state)
{
    (void)state;
    struct builder builder;
    uint32_t end = TABLE;
    builder_begin(&builder);
    fill_data(&builder);
    add_block(&builder, &end, 0x2000, (uint16_t[]){ DIR64(0), DIR64(0x123), DIR64(0xff8) }, 3);
    add_block(&builder, &end, 0x3000, (uint16_t[]){ DIR64(0x10), DIR64(0xff8), 0 }, 3);
    add_block(&builder, &end, 0x4000, (uint16_t[]){ DIR64(0) }, 1);
    compare_pages(&builder);
    builder_end(&builder);
}

static void values_may_straddle_pages(void **state)
{
    (void)state;
    for (uint16_t offset = 0xff8; offset <= 0xfff; offset++) {
        struct builder builder;
        uint32_t end = TABLE;
        builder_begin(&builder);
        fill_data(&builder);
        add_block(&builder, &end, 0x1000, (uint16_t[]){ DIR64(offset) }, 1);
        add_block(&builder, &end, 0x2000, (uint16_t[]){ DIR64(offset) }, 1);
        add_block(&builder, &end, 0x3000, (uint16_t[]){ DIR64(offset) }, 1);
        compare_pages(&builder);
        builder_end(&builder);
    }
}

static void unsorted_and_split_blocks_work_too(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    struct pe_relocations relocations;
    uint32_t end = TABLE;
    builder_begin(&builder);
    fill_data(&builder);
    add_block(&builder, &end, 0x3000, (uint16_t[]){ DIR64(0x20) }, 1);
    add_block(&builder, &end, 0x2000, (uint16_t[]){ DIR64(0x20), DIR64(0xffc) }, 2);
    add_block(&builder, &end, 0x4000, (uint16_t[]){ DIR64(0x20) }, 1);
    add_block(&builder, &end, 0x2000, (uint16_t[]){ DIR64(0x40) }, 1);
    assert_ok(check(&builder, &image, &relocations));
    assert_false(relocations.is_sorted);
    compare_pages(&builder);
    builder_end(&builder);
}

static void only_pages_of_the_image_are_relocated(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    struct pe_relocations relocations;
    uint8_t page[PE_PAGE_SIZE] = { 0 };
    builder_begin(&builder);
    assert_ok(check(&builder, &image, &relocations));
    assert_error(pe_relocate_page(&relocations, NULL, (pe_rva){ 0x5000 }, 1, page), PE_ERROR_RVA);
    assert_error(pe_relocate_page(&relocations, NULL, (pe_rva){ 0x1008 }, 1, page), PE_ERROR_RVA);
    builder_end(&builder);
}

// The file changes after the check: errors are fine, touching other memory is not.
static void a_change_after_the_check_is_harmless(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    struct pe_relocations relocations;
    uint8_t page[PE_PAGE_SIZE] = { 0 };
    uint32_t end = TABLE;
    builder_begin(&builder);
    add_block(&builder, &end, 0x2000, (uint16_t[]){ DIR64(0x20), DIR64(0xffc) }, 2);
    assert_ok(check(&builder, &image, &relocations));
    memset(builder.exact + 0x500, 0xff, 12);
    assert_error(pe_relocate_page(&relocations, NULL, (pe_rva){ 0x2000 }, DELTA, page),
                 PE_ERROR_RELOCATION_BLOCK);
    builder_end(&builder);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(an_image_may_have_none),
        T(entries_are_listed_and_padding_is_not),
        T(a_good_block),
        T(kind_highlow),
        T(kind_unknown),
        T(page_unaligned),
        T(block_size_zero),
        T(block_size_below_header),
        T(block_size_odd),
        T(block_behind_directory),
        T(block_header_cut_off),
        T(directory_outside),
        T(value_at_the_last_byte_that_fits),
        T(value_over_the_end),
        T(page_outside),
        T(pages_one_by_one_give_the_whole),
        T(values_may_straddle_pages),
        T(unsorted_and_split_blocks_work_too),
        T(only_pages_of_the_image_are_relocated),
        T(a_change_after_the_check_is_harmless),
    };
    return cmocka_run_group_tests_name("pe relocations", tests, NULL, NULL);
}
