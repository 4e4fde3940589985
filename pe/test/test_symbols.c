// SPDX-License-Identifier: MIT
// COFF symbols: names short and long, the nearest one, and tables that lie.

#include <pe/symbols.h>

#include "builder.h"
#include "check.h"

#define TABLE BUILDER_SIZE // in the file, behind the sections

static struct pe_raw_symbol symbol(const char *name, uint32_t value, int16_t section, uint16_t type,
                                   uint8_t storage_class, uint8_t auxiliary)
{
    struct pe_raw_symbol raw = { .value = value,
                                 .section = section,
                                 .type = type,
                                 .storage_class = storage_class,
                                 .auxiliary_count = auxiliary };
    memcpy(raw.name.text, name, strnlen(name, sizeof(raw.name.text)));
    return raw;
}

#define LONG_NAME "a_name_of_more_than_eight_bytes"

static void begin(struct builder *builder)
{
    builder_begin(builder);
    // clang-format off
    struct pe_raw_symbol table[] = {
        symbol(".file", 0, -2, 0, 103, 1),   // its auxiliary record looks like a symbol ...
        symbol("trap", 0x28, 1, 0x20, 2, 0), // ... namely this one
        symbol(".text", 0, 1, 0, 3, 1),
        symbol("", 0, 0, 0, 0, 0),
        symbol("start", 0x10, 1, 0x20, 2, 0),
        symbol("local", 0x10, 1, 0x20, 3, 0),
        symbol("label", 0x10, 1, 0, 3, 0),
        symbol("eightchr", 0x20, 1, 0x20, 3, 0),
        symbol("longer", 0x30, 1, 0x20, 2, 0),
        symbol("data", 0x18, 2, 0, 2, 0),
        symbol("zeros", 0x20, 3, 0, 2, 0),
        symbol("absolute", 0x1018, -1, 0, 2, 0),
    };
    // clang-format on
    table[8].name.longer.zero = 0;
    table[8].name.longer.offset = 4;
    uint32_t strings_size = 4 + sizeof(LONG_NAME);
    memcpy(builder->bytes + TABLE, table, sizeof(table));
    memcpy(builder->bytes + TABLE + sizeof(table), &strings_size, 4);
    memcpy(builder->bytes + TABLE + sizeof(table) + 4, LONG_NAME, sizeof(LONG_NAME));
    builder->nt->file.symbol_table = TABLE;
    builder->nt->file.symbol_count = 12;
    builder->size = TABLE + sizeof(table) + strings_size;
}

static void open(struct builder *builder, struct pe_image *image, struct pe_symbols *symbols)
{
    builder_must_open(builder, image);
    assert_ok(pe_open_symbols(image, symbols));
}

static void symbols_are_listed_without_auxiliary_records(void **state)
{
    (void)state;
    static const char *const names[] = { ".file",    ".text",   "start", "local", "label",
                                         "eightchr", LONG_NAME, "data",  "zeros", "absolute" };
    struct builder builder;
    struct pe_image image;
    struct pe_symbols symbols;
    struct pe_symbol found;
    uint32_t index = 0;
    char text[64];
    begin(&builder);
    open(&builder, &image, &symbols);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_ok(pe_next_symbol(&symbols, &index, &found));
        assert_ok(pe_symbol_name(&symbols, &found, text, sizeof(text)));
        assert_string_equal(text, names[i]);
        assert_int_equal(found.is_defined, i >= 1 && i <= 8);
    }
    assert_error(pe_next_symbol(&symbols, &index, &found), PE_END);
    builder_end(&builder);
}

static void the_nearest_symbol_names_an_address(void **state)
{
    (void)state;
    static const struct {
        uint32_t rva;
        const char *name;
    } cases[] = { { 0x1010, "start" },    { 0x101f, "start" },   { 0x1020, "eightchr" },
                  { 0x102f, "eightchr" }, { 0x1030, LONG_NAME }, { 0x12ff, LONG_NAME },
                  { 0x2018, "data" },     { 0x4020, "zeros" } };
    struct builder builder;
    struct pe_image image;
    struct pe_symbols symbols;
    struct pe_symbol found;
    char text[64];
    begin(&builder);
    open(&builder, &image, &symbols);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_ok(pe_find_symbol(&symbols, (pe_rva){ cases[i].rva }, &found));
        assert_ok(pe_symbol_name(&symbols, &found, text, sizeof(text)));
        assert_string_equal(text, cases[i].name);
    }
    static const uint32_t nowhere[] = { 0x100f, 0x2017, 0x4000, 0x800, UINT32_MAX };
    for (size_t i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++)
        assert_error(pe_find_symbol(&symbols, (pe_rva){ nowhere[i] }, &found), PE_ERROR_NOT_FOUND);
    builder_end(&builder);
}

static void names_that_do_not_fit_are_cut(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    struct pe_symbols symbols;
    struct pe_symbol found;
    char text[16];
    begin(&builder);
    open(&builder, &image, &symbols);
    assert_ok(pe_find_symbol(&symbols, (pe_rva){ 0x1020 }, &found));
    assert_ok(pe_symbol_name(&symbols, &found, text, 9));
    assert_error(pe_symbol_name(&symbols, &found, text, 8), PE_ERROR_STRING);
    assert_string_equal(text, "eightch");
    assert_error(pe_symbol_name(&symbols, &found, text, 0), PE_ERROR_STRING);
    assert_ok(pe_find_symbol(&symbols, (pe_rva){ 0x1030 }, &found));
    assert_error(pe_symbol_name(&symbols, &found, text, 5), PE_ERROR_STRING);
    assert_string_equal(text, "a_na");
    builder_end(&builder);
}

static void no_table_is_absent(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    struct pe_symbols symbols;
    builder_begin(&builder);
    builder_must_open(&builder, &image);
    assert_error(pe_open_symbols(&image, &symbols), PE_ERROR_ABSENT);
    builder_end(&builder);
}

static void tables_that_lie_are_refused(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    struct pe_symbols symbols;
    struct pe_symbol found;
    char text[64];
    uint32_t index = 11;
    begin(&builder);
    builder.nt->file.symbol_count = UINT32_MAX;
    builder_must_open(&builder, &image);
    assert_error(pe_open_symbols(&image, &symbols), PE_ERROR_SYMBOLS);
    builder.nt->file.symbol_count = 12;
    builder.nt->file.symbol_table = UINT32_MAX;
    builder_must_open(&builder, &image);
    assert_error(pe_open_symbols(&image, &symbols), PE_ERROR_SYMBOLS);
    // A string table that is longer than the file.
    builder.nt->file.symbol_table = TABLE;
    builder.size--;
    builder_must_open(&builder, &image);
    assert_error(pe_open_symbols(&image, &symbols), PE_ERROR_SYMBOLS);
    builder.size++;
    // A name behind the string table, and auxiliary records behind the last symbol.
    struct pe_raw_symbol *table = (struct pe_raw_symbol *)(builder.bytes + TABLE);
    table[8].name.longer.offset = 4 + sizeof(LONG_NAME);
    table[11].auxiliary_count = 1;
    open(&builder, &image, &symbols);
    assert_ok(pe_find_symbol(&symbols, (pe_rva){ 0x1030 }, &found));
    assert_error(pe_symbol_name(&symbols, &found, text, sizeof(text)), PE_ERROR_SYMBOLS);
    assert_error(pe_next_symbol(&symbols, &index, &found), PE_ERROR_SYMBOLS);
    builder_end(&builder);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(symbols_are_listed_without_auxiliary_records),
        T(the_nearest_symbol_names_an_address),
        T(names_that_do_not_fit_are_cut),
        T(no_table_is_absent),
        T(tables_that_lie_are_refused),
    };
    return cmocka_run_group_tests_name("pe symbols", tests, NULL, NULL);
}
