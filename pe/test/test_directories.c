// SPDX-License-Identifier: MIT
// Imports, delay imports, TLS, load configuration and debug directory.

#include <pe/directories.h>
#include <pe/imports.h>

#include "builder.h"
#include "check.h"

#define LOOKUP  0x2100u
#define ADDRESS 0x2140u

static void add_imports(struct builder *builder)
{
    builder_set_directory(builder, PE_DIRECTORY_IMPORT, 0x2000, 60);
    struct pe_raw_import raw = { .lookup_table = LOOKUP, .name = 0x2080, .address_table = ADDRESS };
    memcpy(builder_at(builder, 0x2000), &raw, sizeof(raw));
    raw = (struct pe_raw_import){ .name = 0x2090, .address_table = 0x2160, .timestamp = 7 };
    memcpy(builder_at(builder, 0x2014), &raw, sizeof(raw));
    builder_put_text(builder, 0x2080, "KERNEL32.dll");
    builder_put_text(builder, 0x2090, "b.dll");
    builder_put64(builder, LOOKUP, 0x2180);
    builder_put64(builder, LOOKUP + 8, 0x8000000000000000ull | 42);
    builder_put16(builder, 0x2180, 0x123);
    builder_put_text(builder, 0x2182, "ExitProcess");
    builder_put64(builder, 0x2160, 0x8000000000000000ull | 1);
}

static void dlls_and_their_imports_are_listed(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    struct pe_import_dll dll;
    struct pe_import import;
    uint32_t dll_index = 0;
    uint32_t index = 0;
    char text[32];
    builder_begin(&builder);
    add_imports(&builder);
    builder_must_open(&builder, &image);

    assert_ok(pe_next_import_dll(&image, &dll_index, &dll));
    assert_ok(pe_read_string(&image, dll.name, text, sizeof(text), NULL));
    assert_string_equal(text, "KERNEL32.dll");
    assert_ok(pe_next_import(&image, &dll, &index, &import));
    assert_false(import.is_ordinal);
    assert_int_equal(import.hint, 0x123);
    assert_int_equal(import.slot.v, ADDRESS);
    assert_ok(pe_read_string(&image, import.name, text, sizeof(text), NULL));
    assert_string_equal(text, "ExitProcess");
    assert_ok(pe_next_import(&image, &dll, &index, &import));
    assert_true(import.is_ordinal);
    assert_int_equal(import.ordinal, 42);
    assert_int_equal(import.slot.v, ADDRESS + 8);
    assert_error(pe_next_import(&image, &dll, &index, &import), PE_END);

    // The second has no lookup table: its address table stands in.
    assert_ok(pe_next_import_dll(&image, &dll_index, &dll));
    assert_int_equal(dll.timestamp, 7);
    index = 0;
    assert_ok(pe_next_import(&image, &dll, &index, &import));
    assert_int_equal(import.ordinal, 1);
    assert_error(pe_next_import_dll(&image, &dll_index, &dll), PE_END);
    builder_end(&builder);
}

static void no_imports_is_an_empty_list(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    struct pe_import_dll dll;
    uint32_t index = 0;
    builder_begin(&builder);
    builder_must_open(&builder, &image);
    assert_error(pe_next_import_dll(&image, &index, &dll), PE_END);
    assert_error(pe_next_delay_import_dll(&image, &index, &dll), PE_END);
    // A directory with nothing but the terminator, as GNU's linker writes it.
    builder_set_directory(&builder, PE_DIRECTORY_IMPORT, 0x2000, 20);
    builder_must_open(&builder, &image);
    assert_error(pe_next_import_dll(&image, &index, &dll), PE_END);
    builder_end(&builder);
}

static void imports_that_point_outside_are_refused(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    struct pe_import_dll dll;
    struct pe_import import;
    uint32_t index = 0;
    builder_begin(&builder);
    add_imports(&builder);
    builder_put64(&builder, LOOKUP, 0x4ffe);
    builder_put64(&builder, LOOKUP + 8, 0x7fffffffffffffff);
    builder_must_open(&builder, &image);
    assert_ok(pe_next_import_dll(&image, &index, &dll));
    index = 0;
    assert_error(pe_next_import(&image, &dll, &index, &import), PE_ERROR_IMPORTS);
    index = 1;
    assert_error(pe_next_import(&image, &dll, &index, &import), PE_ERROR_IMPORTS);
    // A good entry whose slot is not in the image, then a DLL whose name is not.
    builder_put64(&builder, LOOKUP, 0x2180);
    builder_put32(&builder, 0x2000 + 12, 0x5000);
    builder_must_open(&builder, &image);
    dll.address_table.v = 0x4ff9;
    index = 0;
    assert_error(pe_next_import(&image, &dll, &index, &import), PE_ERROR_IMPORTS);
    assert_error(pe_next_import_dll(&image, &index, &dll), PE_ERROR_IMPORTS);
    builder_end(&builder);
}

static void an_endless_list_ends_with_the_image(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    struct pe_import_dll dll;
    struct pe_import import;
    builder_begin(&builder);
    builder.nt->file.section_count = 2;
    builder.nt->optional.image_size = 0x3000;
    builder.sections[1].virtual_size = 0x1000;
    memset(builder_at(&builder, 0x2000), 0x11, 0x1000);
    for (uint32_t at = 0x2000; at < 0x3000; at += 4)
        builder_put32(&builder, at, 0x2004);
    builder_set_directory(&builder, PE_DIRECTORY_IMPORT, 0x2000, 20);
    builder_must_open(&builder, &image);
    uint32_t index = 0;
    enum pe_error error;
    while ((error = pe_next_import_dll(&image, &index, &dll)) == PE_OK) {
    }
    assert_error(error, PE_ERROR_RVA);
    assert_int_equal(index, 0x1000 / 20);
    index = 0;
    dll.lookup_table.v = 0x2ff0;
    assert_error(pe_next_import(&image, &dll, &index, &import), PE_ERROR_IMPORTS);
    builder_end(&builder);
}

static void delay_imports_are_listed(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    struct pe_import_dll dll;
    struct pe_import import;
    uint32_t dll_index = 0;
    uint32_t index = 0;
    builder_begin(&builder);
    add_imports(&builder);
    struct pe_raw_delay_import raw = { .attributes = 1,
                                       .name = 0x2080,
                                       .module_handle = 0x2200,
                                       .address_table = ADDRESS,
                                       .lookup_table = LOOKUP };
    memcpy(builder_at(&builder, 0x2300), &raw, sizeof(raw));
    builder_set_directory(&builder, PE_DIRECTORY_DELAY_IMPORT, 0x2300, 64);
    builder_must_open(&builder, &image);
    assert_ok(pe_next_delay_import_dll(&image, &dll_index, &dll));
    assert_true(dll.is_delayed);
    assert_int_equal(dll.module_handle.v, 0x2200);
    assert_ok(pe_next_import(&image, &dll, &index, &import));
    assert_int_equal(import.hint, 0x123);
    assert_error(pe_next_delay_import_dll(&image, &dll_index, &dll), PE_END);
    // Virtual addresses instead of RVAs do not exist in PE32+; nor does a missing lookup table.
    builder_put32(&builder, 0x2300, 0);
    builder_must_open(&builder, &image);
    dll_index = 0;
    assert_error(pe_next_delay_import_dll(&image, &dll_index, &dll), PE_ERROR_IMPORTS);
    builder_put32(&builder, 0x2300, 1);
    builder_put32(&builder, 0x2310, 0);
    builder_must_open(&builder, &image);
    assert_error(pe_next_delay_import_dll(&image, &dll_index, &dll), PE_ERROR_IMPORTS);
    builder_end(&builder);
}

static void add_tls(struct builder *builder, struct pe_raw_tls raw)
{
    memcpy(builder_at(builder, 0x2400), &raw, sizeof(raw));
    builder_set_directory(builder, PE_DIRECTORY_TLS, 0x2400, sizeof(raw));
}

static void tls_addresses_become_rvas(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    struct pe_tls tls;
    pe_rva callback;
    uint32_t number = 0;
    builder_begin(&builder);
    add_tls(&builder,
            (struct pe_raw_tls){ BUILDER_BASE + 0x2500, BUILDER_BASE + 0x2520,
                                 BUILDER_BASE + 0x4000, BUILDER_BASE + 0x2600, 16, 5u << 20 });
    builder_put64(&builder, 0x2600, BUILDER_BASE + 0x1010);
    builder_must_open(&builder, &image);
    assert_ok(pe_get_tls(&image, &tls));
    assert_int_equal(tls.template_start.v, 0x2500);
    assert_int_equal(tls.template_size, 0x20);
    assert_int_equal(tls.zero_fill, 16);
    assert_int_equal(tls.alignment, 16);
    assert_int_equal(tls.index.v, 0x4000);
    assert_ok(pe_next_tls_callback(&image, &tls, &number, &callback));
    assert_int_equal(callback.v, 0x1010);
    assert_error(pe_next_tls_callback(&image, &tls, &number, &callback), PE_END);
    builder_end(&builder);
}

static void tls_may_have_an_empty_template(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    struct pe_tls tls;
    pe_rva callback;
    uint32_t number = 0;
    builder_begin(&builder);
    add_tls(&builder, (struct pe_raw_tls){ BUILDER_BASE + 0x5000, BUILDER_BASE + 0x5000,
                                           BUILDER_BASE + 0x4000, 0, 0, 0 });
    builder_must_open(&builder, &image);
    assert_ok(pe_get_tls(&image, &tls));
    assert_int_equal(tls.template_size, 0);
    assert_int_equal(tls.template_start.v, 0);
    assert_int_equal(tls.alignment, 0);
    assert_error(pe_next_tls_callback(&image, &tls, &number, &callback), PE_END);
    builder_end(&builder);
}

static void tls_that_lies_is_refused(void **state)
{
    (void)state;
    static const struct pe_raw_tls cases[] = {
        { BUILDER_BASE + 0x2500, BUILDER_BASE + 0x24ff, 0, 0, 0, 0 },
        { BUILDER_BASE + 0x4ff0, BUILDER_BASE + 0x5001, 0, 0, 0, 0 },
        { 0x2500, 0x2510, 0, 0, 0, 0 },
        { 1, UINT64_MAX, 0, 0, 0, 0 },
        { 0, 0, BUILDER_BASE + 0x4ffd, 0, 0, 0 },
        { 0, 0, 0, BUILDER_BASE - 8, 0, 0 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct builder builder;
        struct pe_image image;
        struct pe_tls tls;
        builder_begin(&builder);
        add_tls(&builder, cases[i]);
        builder_must_open(&builder, &image);
        assert_error(pe_get_tls(&image, &tls), PE_ERROR_DIRECTORY);
        builder_end(&builder);
    }
}

static void load_config_is_read_as_far_as_it_goes(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    struct pe_load_config config;
    struct pe_raw_load_config raw = {
        .size = 0x94,
        .dependent_load_flags = 0x800,
        .security_cookie = BUILDER_BASE + 0x4008,
        .guard_check = BUILDER_BASE + 0x2010,
        .guard_flags = 0x10500,
    };
    builder_begin(&builder);
    builder_set_directory(&builder, PE_DIRECTORY_LOAD_CONFIG, 0x2800, 0x40);
    memcpy(builder_at(&builder, 0x2800), &raw, sizeof(raw));
    builder_must_open(&builder, &image);
    assert_ok(pe_get_load_config(&image, &config));
    assert_int_equal(config.security_cookie.v, 0x4008);
    assert_int_equal(config.guard_check.v, 0x2010);
    assert_int_equal(config.guard_dispatch.v, 0);
    assert_int_equal(config.guard_flags, 0x10500);
    assert_int_equal(config.dependent_load_flags, 0x800);
    // An old linker's ends before control-flow guard.
    builder_put32(&builder, 0x2800, 0x70);
    builder_must_open(&builder, &image);
    assert_ok(pe_get_load_config(&image, &config));
    assert_int_equal(config.security_cookie.v, 0x4008);
    assert_int_equal(config.guard_check.v, 0);
    assert_int_equal(config.guard_flags, 0);
    // Too short to say its own size, too long, or pointing outside.
    builder_put32(&builder, 0x2800, 3);
    builder_must_open(&builder, &image);
    assert_error(pe_get_load_config(&image, &config), PE_ERROR_DIRECTORY);
    builder_put32(&builder, 0x2800, 0x2801);
    builder_must_open(&builder, &image);
    assert_error(pe_get_load_config(&image, &config), PE_ERROR_DIRECTORY);
    builder_put32(&builder, 0x2800, 0x94);
    builder_put64(&builder, 0x2858, BUILDER_BASE + 0x4ff9);
    builder_must_open(&builder, &image);
    assert_error(pe_get_load_config(&image, &config), PE_ERROR_DIRECTORY);
    builder_end(&builder);
}

static void the_codeview_record_names_the_pdb(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    struct pe_codeview codeview;
    char text[32];
    builder_begin(&builder);
    builder_must_open(&builder, &image);
    assert_error(pe_get_codeview(&image, &codeview), PE_ERROR_ABSENT);
    struct pe_raw_debug entries[2] = {
        { .type = 16, .rva = 0x2b00, .size = 30 }, // what it holds must not matter
        { .type = PE_DEBUG_CODEVIEW, .rva = 0x2a00, .size = 30, .file_offset = 0x1200 },
    };
    struct pe_raw_codeview raw = { .signature = PE_CODEVIEW_SIGNATURE,
                                   .guid = "0123456789abcde",
                                   .age = 3 };
    memcpy(builder_at(&builder, 0x2900), entries, sizeof(entries));
    memcpy(builder_at(&builder, 0x2a00), &raw, sizeof(raw));
    builder_put_text(&builder, 0x2a18, "a.pdb");
    raw.age = 99;
    memcpy(builder_at(&builder, 0x2b00), &raw, sizeof(raw));
    builder_set_directory(&builder, PE_DIRECTORY_DEBUG, 0x2900, sizeof(entries) + 27);
    builder_must_open(&builder, &image);
    assert_ok(pe_get_codeview(&image, &codeview));
    assert_int_equal(codeview.age, 3);
    assert_memory_equal(codeview.guid, raw.guid, 16);
    assert_ok(pe_read_string(&image, codeview.path, text, sizeof(text), NULL));
    assert_string_equal(text, "a.pdb");
    struct pe_debug_entry entry;
    uint32_t index = 1;
    assert_ok(pe_next_debug_entry(&image, &index, &entry));
    assert_int_equal(entry.rva.v, 0x2a00);
    assert_int_equal(entry.file_offset.v, 0x1200);
    assert_error(pe_next_debug_entry(&image, &index, &entry), PE_END);
    // Another kind of record, and one that is not in the image.
    builder_put32(&builder, 0x2a00, 0x3031424e);
    builder_must_open(&builder, &image);
    assert_error(pe_get_codeview(&image, &codeview), PE_ERROR_ABSENT);
    builder_put32(&builder, 0x2900 + 28 + 20, 0x4ff0);
    builder_must_open(&builder, &image);
    assert_error(pe_get_codeview(&image, &codeview), PE_ERROR_DIRECTORY);
    builder_end(&builder);
}

static void a_debug_directory_as_large_as_the_image_is_refused(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    struct pe_debug_entry entry;
    uint32_t index = 0;
    builder_begin(&builder);
    uint32_t size = (PE_DEBUG_ENTRIES_MAX + 1) * sizeof(struct pe_raw_debug);
    builder_set_directory(&builder, PE_DIRECTORY_DEBUG, 0x2000, size);
    builder_must_open(&builder, &image);
    assert_error(pe_next_debug_entry(&image, &index, &entry), PE_ERROR_DIRECTORY);
    builder_end(&builder);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(dlls_and_their_imports_are_listed),
        T(no_imports_is_an_empty_list),
        T(imports_that_point_outside_are_refused),
        T(an_endless_list_ends_with_the_image),
        T(delay_imports_are_listed),
        T(tls_addresses_become_rvas),
        T(tls_may_have_an_empty_template),
        T(tls_that_lies_is_refused),
        T(load_config_is_read_as_far_as_it_goes),
        T(the_codeview_record_names_the_pdb),
        T(a_debug_directory_as_large_as_the_image_is_refused),
    };
    return cmocka_run_group_tests_name("pe directories", tests, NULL, NULL);
}
