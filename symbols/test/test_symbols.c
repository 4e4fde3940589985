// SPDX-License-Identifier: MIT
// The resolver on tables that the packer made of the sample kernel, and on damaged ones. That every
// name and line is right is proven elsewhere (pack_symbols.py --verify, before this program is
// built); here stand the contract's edges, and that no damage makes the resolver read outside.

#include <symbols/symbols.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "table_format.h"
#include "tables.h"

// More than the sample's code is long.
#define SAMPLE_SPAN 0x2000
#define MUTATIONS   10000

static struct symbols open_sample(void)
{
    struct symbols symbols;
    assert_true(symbols_open(&symbols, sample_table, sizeof sample_table));
    return symbols;
}

// The start of the sample's function of that name, the `nth` of several, or 0.
static uint64_t address_of(const struct symbols *symbols, const char *name, int nth)
{
    struct symbol_location at;
    for (uint64_t address = symbols->base; address < symbols->base + SAMPLE_SPAN; address++) {
        if (symbols_find(symbols, address, &at) && at.offset == 0 && strcmp(at.name, name) == 0 &&
            nth-- == 0)
            return address;
    }
    return 0;
}

static void every_byte_of_a_function_is_found(void **state)
{
    (void)state;
    struct symbols symbols = open_sample();
    uint32_t functions = 0;
    uint64_t end = 0;
    struct symbol_location at;
    struct symbol_location first = { 0 };
    for (uint64_t address = symbols.base; address < symbols.base + SAMPLE_SPAN; address++) {
        if (!symbols_find(&symbols, address, &at)) {
            assert_true(address >= end);
            continue;
        }
        if (at.offset == 0) {
            assert_true(address >= end);
            first = at;
            end = address + at.size;
            functions++;
        }
        assert_true(address < end);
        assert_int_equal(at.offset, address - (end - first.size));
        assert_int_equal(at.size, first.size);
        assert_string_equal(at.name, first.name);
    }
    assert_int_equal(functions, symbols.function_count);
    assert_true(functions > 2 * TABLE_FUNCTIONS_PER_BLOCK);
}

static void functions_of_one_name_are_told_apart(void **state)
{
    (void)state;
    struct symbols symbols = open_sample();
    struct symbol_location one;
    struct symbol_location other;
    assert_true(symbols_find(&symbols, address_of(&symbols, "twin", 0), &one));
    assert_true(symbols_find(&symbols, address_of(&symbols, "twin", 1), &other));
    assert_string_not_equal(one.file, other.file);
    assert_int_equal(address_of(&symbols, "twin", 2), 0);
}

static void an_alias_gives_way_to_the_shortest_name(void **state)
{
    (void)state;
    struct symbols symbols = open_sample();
    assert_int_not_equal(address_of(&symbols, "sample_alias", 0), 0);
    assert_int_equal(address_of(&symbols, "sample_alibi", 0), 0);
    assert_int_equal(address_of(&symbols, "sample_alias_that_is_longer", 0), 0);
}

static void labels_of_the_assembler_are_functions(void **state)
{
    (void)state;
    struct symbols symbols = open_sample();
    struct symbol_location at;
    assert_true(symbols_find(&symbols, address_of(&symbols, "sample_entry", 0), &at));
    assert_string_equal(at.file, "symbols/test/sample/entry.asm");
    assert_true(symbols_find(&symbols, address_of(&symbols, "sample_without_size", 0) + 2, &at));
    assert_int_equal(at.size, 3);
    uint64_t label = address_of(&symbols, "sample_label", 0);
    assert_true(symbols_find(&symbols, label + 6, &at));
    assert_int_equal(at.size, 7);
    assert_false(symbols_find(&symbols, label + 7, &at));
}

static void a_line_keeps_its_number_and_file(void **state)
{
    (void)state;
    struct symbols symbols = open_sample();
    struct symbol_location at;
    assert_true(symbols_find(&symbols, address_of(&symbols, "sample_line_70000", 0), &at));
    assert_string_equal(at.file, "generated/table.def");
    assert_int_equal(at.line, 70001);
}

// The return address of a call at a function's end is not in the function; one less is.
static void a_call_at_the_end_belongs_to_its_function(void **state)
{
    (void)state;
    struct symbols symbols = open_sample();
    struct symbol_location at;
    uint64_t start = address_of(&symbols, "sample_ends_in_call", 0);
    assert_true(symbols_find(&symbols, start, &at));
    uint64_t return_address = start + at.size;
    assert_true(!symbols_find(&symbols, return_address, &at) || at.offset == 0);
    assert_true(symbols_find(&symbols, return_address - 1, &at));
    assert_string_equal(at.name, "sample_ends_in_call");
}

static void a_long_name_is_cut(void **state)
{
    (void)state;
    static const char start[] = "a_name_of_many_words_that_goes_on_and_on_past_what_a_buffer";
    struct symbols symbols = open_sample();
    struct symbol_location at;
    for (uint64_t address = symbols.base; address < symbols.base + SAMPLE_SPAN; address++) {
        if (symbols_find(&symbols, address, &at) && strncmp(at.name, start, strlen(start)) == 0) {
            assert_int_equal(strlen(at.name), SYMBOLS_NAME_SIZE - 1);
            return;
        }
    }
    fail_msg("the sample's long name was not found");
}

static void a_name_of_too_many_words_is_whole(void **state)
{
    (void)state;
    struct symbols symbols = open_sample();
    assert_int_not_equal(
        address_of(&symbols, "a_B_C_D_E_F_G_H_I_J_K_L_M_N_O_P_Q_R_S_T_U_V_W_X_Y_Z_0_1_2", 0), 0);
}

static void nothing_is_found_outside_the_code(void **state)
{
    (void)state;
    struct symbols symbols = open_sample();
    struct symbol_location at;
    const uint64_t outside[] = { 0,
                                 1,
                                 symbols.base - 1,
                                 symbols.base + SAMPLE_SPAN,
                                 symbols.base + UINT32_MAX,
                                 symbols.base + UINT32_MAX + 1,
                                 UINT64_MAX };
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++)
        assert_false(symbols_find(&symbols, outside[i], &at));
}

static void an_empty_table_opens_and_finds_nothing(void **state)
{
    (void)state;
    struct symbols symbols;
    struct symbol_location at;
    assert_true(symbols_open(&symbols, empty_table, sizeof empty_table));
    assert_int_equal(symbols.function_count, 0);
    assert_false(symbols_find(&symbols, 0, &at));
    assert_false(symbols_find(&symbols, UINT64_MAX, &at));
}

// A copy on the heap, where the sanitizer sees every byte that is read outside.
static uint8_t *copy_of_sample(size_t size)
{
    uint8_t *table = malloc(size > 0 ? size : 1);
    assert_non_null(table);
    memcpy(table, sample_table, size < sizeof sample_table ? size : sizeof sample_table);
    return table;
}

static void set_u32(uint8_t *bytes, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

static void look_around(const struct symbols *symbols, uint64_t step)
{
    struct symbol_location at;
    for (uint64_t i = 0; i < 8; i++) {
        if (symbols_find(symbols, symbols->base + i * step, &at)) {
            assert_non_null(memchr(at.name, 0, sizeof at.name));
            assert_non_null(memchr(at.file, 0, sizeof at.file));
            assert_true(at.offset < at.size);
        }
    }
}

static void a_cut_table_is_refused(void **state)
{
    (void)state;
    struct symbols symbols;
    assert_false(symbols_open(&symbols, "", 0));
    for (size_t size = 0; size < sizeof sample_table; size++) {
        uint8_t *table = copy_of_sample(size);
        assert_false(symbols_open(&symbols, table, size));
        free(table);
    }
}

// The header agrees with the cut, so only the stream's end is missing.
static void a_stream_that_ends_early_is_survived(void **state)
{
    (void)state;
    for (size_t size = TABLE_HEADER_SIZE; size < sizeof sample_table; size++) {
        uint8_t *table = copy_of_sample(size);
        set_u32(table + TABLE_AT_SIZE, (uint32_t)size);
        struct symbols symbols;
        if (symbols_open(&symbols, table, size))
            look_around(&symbols, 512);
        free(table);
    }
}

static void what_follows_the_table_is_ignored(void **state)
{
    (void)state;
    uint8_t *table = copy_of_sample(sizeof sample_table + 100);
    memset(table + sizeof sample_table, 0xA5, 100);
    struct symbols symbols;
    assert_true(symbols_open(&symbols, table, sizeof sample_table + 100));
    assert_int_not_equal(address_of(&symbols, "sample_entry", 0), 0);
    free(table);
}

static void another_version_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < 8; i++) {
        uint8_t *table = copy_of_sample(sizeof sample_table);
        table[i]++;
        struct symbols symbols;
        assert_false(symbols_open(&symbols, table, sizeof sample_table));
        free(table);
    }
}

static void contradicting_counts_are_refused(void **state)
{
    (void)state;
    static const uint32_t wrong[] = { UINT32_MAX, UINT32_MAX / 8 + 1, 8 * sizeof sample_table };
    static const enum table_header fields[] = { TABLE_AT_SIZE, TABLE_AT_FUNCTION_COUNT,
                                                TABLE_AT_FILES_BIT };
    for (size_t f = 0; f < sizeof fields / sizeof fields[0]; f++) {
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
            uint8_t *table = copy_of_sample(sizeof sample_table);
            set_u32(table + fields[f], wrong[i]);
            struct symbols symbols;
            assert_false(symbols_open(&symbols, table, sizeof sample_table));
            free(table);
        }
    }
}

// Knuth's linear congruential generator: the same damage in every run.
static uint32_t next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}

static void random_damage_is_survived(void **state)
{
    (void)state;
    uint64_t seed = 45;
    uint32_t opened = 0;
    uint8_t *table = copy_of_sample(sizeof sample_table);
    for (uint32_t i = 0; i < MUTATIONS; i++) {
        memcpy(table, sample_table, sizeof sample_table);
        // Half of the time near the front, where damage reaches furthest.
        uint32_t range = i % 2 == 0 ? sizeof sample_table : 512;
        for (uint32_t changes = 1 + next_random(&seed) % 8; changes > 0; changes--)
            table[TABLE_AT_SIZE + next_random(&seed) % (range - TABLE_AT_SIZE)] =
                (uint8_t)next_random(&seed);
        struct symbols symbols;
        if (symbols_open(&symbols, table, sizeof sample_table)) {
            opened++;
            look_around(&symbols, next_random(&seed) % 1024);
        }
    }
    free(table);
    assert_true(opened > MUTATIONS / 2);
}

static void noise_behind_a_header_is_survived(void **state)
{
    (void)state;
    uint64_t seed = 7;
    uint8_t table[256];
    for (uint32_t i = 0; i < MUTATIONS; i++) {
        for (size_t at = 0; at < sizeof table; at++)
            table[at] = (uint8_t)(next_random(&seed) & (i % 2 == 0 ? 0xFF : 0x01));
        memcpy(table, sample_table, 16);
        set_u32(table + TABLE_AT_SIZE, sizeof table);
        set_u32(table + TABLE_AT_FUNCTION_COUNT, 1);
        struct symbols symbols;
        if (symbols_open(&symbols, table, sizeof table))
            look_around(&symbols, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_of_a_function_is_found),
        cmocka_unit_test(functions_of_one_name_are_told_apart),
        cmocka_unit_test(an_alias_gives_way_to_the_shortest_name),
        cmocka_unit_test(labels_of_the_assembler_are_functions),
        cmocka_unit_test(a_line_keeps_its_number_and_file),
        cmocka_unit_test(a_call_at_the_end_belongs_to_its_function),
        cmocka_unit_test(a_long_name_is_cut),
        cmocka_unit_test(a_name_of_too_many_words_is_whole),
        cmocka_unit_test(nothing_is_found_outside_the_code),
        cmocka_unit_test(an_empty_table_opens_and_finds_nothing),
        cmocka_unit_test(a_cut_table_is_refused),
        cmocka_unit_test(a_stream_that_ends_early_is_survived),
        cmocka_unit_test(what_follows_the_table_is_ignored),
        cmocka_unit_test(another_version_is_refused),
        cmocka_unit_test(contradicting_counts_are_refused),
        cmocka_unit_test(random_damage_is_survived),
        cmocka_unit_test(noise_behind_a_header_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
