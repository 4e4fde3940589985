// SPDX-License-Identifier: MIT
// Exports: by name, ordinal and address, forwarders, and tables that lie.

#include <pe/exports.h>

#include "builder.h"
#include "check.h"

#define DIRECTORY 0x2000u
#define FUNCTIONS 0x2040u
#define NAMES     0x2080u
#define ORDINALS  0x20c0u
#define STRINGS   0x2200u

// Six functions from ordinal 5: alpha, (unused), beta, delta forwarded, one without name, gamma.
static void add_exports(struct builder *builder)
{
    static const uint32_t functions[] = { 0x1010, 0, 0x1020, DIRECTORY + 0x38, 0x1040, 0x1030 };
    static const char *const names[] = { "alpha", "beta", "delta", "gamma" };
    static const uint16_t ordinals[] = { 0, 2, 3, 5 };
    struct pe_raw_exports raw = {
        .name = STRINGS,
        .ordinal_base = 5,
        .function_count = 6,
        .name_count = 4,
        .functions = FUNCTIONS,
        .names = NAMES,
        .ordinals = ORDINALS,
    };
    memcpy(builder_at(builder, DIRECTORY), &raw, sizeof(raw));
    memcpy(builder_at(builder, FUNCTIONS), functions, sizeof(functions));
    memcpy(builder_at(builder, ORDINALS), ordinals, sizeof(ordinals));
    builder_put_text(builder, STRINGS, "TEST.dll");
    builder_put_text(builder, DIRECTORY + 0x38, "K.d");
    for (uint32_t i = 0; i < 4; i++) {
        builder_put32(builder, NAMES + i * 4, STRINGS + 0x10 + i * 0x10);
        builder_put_text(builder, STRINGS + 0x10 + i * 0x10, names[i]);
    }
    builder_set_directory(builder, PE_DIRECTORY_EXPORT, DIRECTORY, 0x40);
}

static void begin(struct builder *builder, struct pe_image *image, struct pe_exports *exports)
{
    builder_begin(builder);
    add_exports(builder);
    builder_must_open(builder, image);
    assert_ok(pe_open_exports(image, exports));
}

static void names_are_found(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    struct pe_exports exports;
    struct pe_export export;
    begin(&builder, &image, &exports);
    static const struct {
        const char *name;
        uint32_t ordinal, rva;
    } cases[] = { { "alpha", 5, 0x1010 }, { "beta", 7, 0x1020 }, { "gamma", 10, 0x1030 } };
    for (size_t i = 0; i < 3; i++) {
        // With the right hint, a wrong one, and one outside the table.
        for (uint32_t hint = 0; hint < 6; hint++) {
            assert_ok(pe_export_by_name(&exports, cases[i].name, hint, &export));
            assert_int_equal(export.ordinal, cases[i].ordinal);
            assert_int_equal(export.rva.v, cases[i].rva);
            assert_int_equal(export.forwarder.v, 0);
        }
    }
    const char *missing[] = { "", "a", "alph", "alphaa", "zeta", "Alpha" };
    for (size_t i = 0; i < sizeof(missing) / sizeof(missing[0]); i++)
        assert_error(pe_export_by_name(&exports, missing[i], 0, &export), PE_ERROR_NOT_FOUND);
    builder_end(&builder);
}

static void forwarders_are_told_apart(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    struct pe_exports exports;
    struct pe_export export;
    char text[16];
    begin(&builder, &image, &exports);
    assert_ok(pe_export_by_name(&exports, "delta", 0, &export));
    assert_int_equal(export.rva.v, 0);
    assert_ok(pe_read_string(&image, export.forwarder, text, sizeof(text), NULL));
    assert_string_equal(text, "K.d");
    builder_end(&builder);
}

static void ordinals_count_from_the_base(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    struct pe_exports exports;
    struct pe_export export;
    begin(&builder, &image, &exports);
    assert_ok(pe_export_by_ordinal(&exports, 9, &export));
    assert_int_equal(export.rva.v, 0x1040);
    assert_error(pe_export_by_ordinal(&exports, 6, &export), PE_ERROR_NOT_FOUND);
    assert_error(pe_export_by_ordinal(&exports, 4, &export), PE_ERROR_NOT_FOUND);
    assert_error(pe_export_by_ordinal(&exports, 11, &export), PE_ERROR_NOT_FOUND);
    assert_error(pe_export_at(&exports, 6, &export), PE_END);
    assert_error(pe_export_name_at(&exports, 4, &export), PE_END);
    builder_end(&builder);
}

static void the_nearest_export_names_an_address(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    struct pe_exports exports;
    struct pe_export export;
    char text[16];
    begin(&builder, &image, &exports);
    assert_error(pe_export_near(&exports, (pe_rva){ 0x100f }, &export), PE_ERROR_NOT_FOUND);
    assert_ok(pe_export_near(&exports, (pe_rva){ 0x102f }, &export));
    assert_ok(pe_read_string(&image, export.name, text, sizeof(text), NULL));
    assert_string_equal(text, "beta");
    assert_ok(pe_export_near(&exports, (pe_rva){ 0x1050 }, &export));
    assert_int_equal(export.ordinal, 9);
    assert_int_equal(export.name.v, 0);
    builder_end(&builder);
}

static void unsorted_names_are_found_too(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    struct pe_exports exports;
    struct pe_export export;
    builder_begin(&builder);
    add_exports(&builder);
    builder_put_text(&builder, STRINGS + 0x10, "zz");
    builder_must_open(&builder, &image);
    assert_ok(pe_open_exports(&image, &exports));
    assert_ok(pe_export_by_name(&exports, "zz", 3, &export));
    assert_int_equal(export.ordinal, 5);
    builder_end(&builder);
}

static void names_at_the_end_of_the_image_are_not_overrun(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    struct pe_exports exports;
    struct pe_export export;
    builder_begin(&builder);
    add_exports(&builder);
    builder.nt->file.section_count = 2;
    builder.nt->optional.image_size = 0x3000;
    builder.sections[1].virtual_size = 0x1000;
    memcpy(builder_at(&builder, 0x2ffc), "beta", 4);
    builder_put32(&builder, NAMES + 4, 0x2ffc);
    builder_put32(&builder, NAMES + 8, UINT32_MAX);
    builder_must_open(&builder, &image);
    assert_ok(pe_open_exports(&image, &exports));
    assert_error(pe_export_by_name(&exports, "beta", 0, &export), PE_ERROR_NOT_FOUND);
    assert_ok(pe_export_by_name(&exports, "gamma", 0, &export));
    builder_end(&builder);
}

static void nothing_exported_is_absent(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    struct pe_exports exports;
    builder_begin(&builder);
    builder_must_open(&builder, &image);
    assert_error(pe_open_exports(&image, &exports), PE_ERROR_ABSENT);
    builder_end(&builder);
}

// A test that the directory is refused once the field at `offset` holds `value`.
#define REFUSED(name, offset, value)                                                               \
    static void name(void **state)                                                                 \
    {                                                                                              \
        (void)state;                                                                               \
        struct builder builder;                                                                    \
        struct pe_image image;                                                                     \
        struct pe_exports exports;                                                                 \
        builder_begin(&builder);                                                                   \
        add_exports(&builder);                                                                     \
        builder_put32(&builder, DIRECTORY + (offset), value);                                      \
        builder_must_open(&builder, &image);                                                       \
        assert_error(pe_open_exports(&image, &exports), PE_ERROR_EXPORTS);                         \
        builder_end(&builder);                                                                     \
    }

REFUSED(too_many_functions, 20, PE_EXPORT_MAX + 1)
REFUSED(too_many_names, 24, UINT32_MAX)
REFUSED(function_table_outside, 28, 0x4ff0)
REFUSED(name_table_outside, 32, 0x4ff4)
REFUSED(ordinal_table_outside, 36, UINT32_MAX)

static void entries_that_point_outside_are_refused(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    struct pe_exports exports;
    struct pe_export export;
    builder_begin(&builder);
    add_exports(&builder);
    builder_put32(&builder, FUNCTIONS, 0x5000);
    builder_put16(&builder, ORDINALS + 2, 6);
    builder_must_open(&builder, &image);
    assert_ok(pe_open_exports(&image, &exports));
    assert_error(pe_export_by_name(&exports, "alpha", 0, &export), PE_ERROR_RVA);
    assert_error(pe_export_by_name(&exports, "beta", 0, &export), PE_ERROR_EXPORTS);
    builder_end(&builder);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(names_are_found),
        T(forwarders_are_told_apart),
        T(ordinals_count_from_the_base),
        T(the_nearest_export_names_an_address),
        T(unsorted_names_are_found_too),
        T(names_at_the_end_of_the_image_are_not_overrun),
        T(nothing_exported_is_absent),
        T(too_many_functions),
        T(too_many_names),
        T(function_table_outside),
        T(name_table_outside),
        T(ordinal_table_outside),
        T(entries_that_point_outside_are_refused),
    };
    return cmocka_run_group_tests_name("pe exports", tests, NULL, NULL);
}
