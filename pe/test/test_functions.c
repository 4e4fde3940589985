// SPDX-License-Identifier: MIT
// The exception directory: finding functions, and decoding every kind of unwind code.

#include <pe/functions.h>

#include "builder.h"
#include "check.h"

#define TABLE 0x2000u
#define INFO  0x2100u

static void put_function(struct builder *builder, uint32_t at, uint32_t begin, uint32_t end,
                         uint32_t unwind)
{
    struct pe_raw_function raw = { begin, end, unwind };
    memcpy(builder_at(builder, at), &raw, sizeof(raw));
}

// Unwind information at INFO with the given codes, and one function at 0x1000 that has it.
static void put_info(struct builder *builder, unsigned version, unsigned flags,
                     const uint16_t *slots, uint8_t count)
{
    struct pe_raw_unwind_info raw = { (uint8_t)(version | flags << 3), 0x20, count, 0x25 };
    memcpy(builder_at(builder, INFO), &raw, sizeof(raw));
    if (count != 0)
        memcpy(builder_at(builder, INFO + 4), slots, count * 2u);
    put_function(builder, TABLE, 0x1000, 0x1100, INFO);
    builder_set_directory(builder, PE_DIRECTORY_EXCEPTION, TABLE, 12);
}

static enum pe_error get_info(struct builder *builder, struct pe_unwind_info *info)
{
    struct pe_image image;
    struct pe_directory directory;
    struct pe_function function;
    builder_must_open(builder, &image);
    struct pe_rva_reader reader = pe_image_reader(&image);
    assert_ok(pe_get_directory(&image, PE_DIRECTORY_EXCEPTION, &directory));
    assert_ok(pe_find_function(&reader, &directory, (pe_rva){ 0x1000 }, &function));
    return pe_get_unwind_info(&reader, &function, info);
}

static void functions_are_found_by_halving(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    struct pe_directory directory;
    struct pe_function function;
    builder_begin(&builder);
    for (uint32_t i = 0; i < 9; i++)
        put_function(&builder, TABLE + i * 12, 0x1000 + i * 0x20, 0x1010 + i * 0x20, INFO);
    builder_set_directory(&builder, PE_DIRECTORY_EXCEPTION, TABLE, 9 * 12 + 11);
    builder_must_open(&builder, &image);
    struct pe_rva_reader reader = pe_image_reader(&image);
    assert_ok(pe_get_directory(&image, PE_DIRECTORY_EXCEPTION, &directory));
    assert_int_equal(pe_function_count(&directory), 9);
    for (uint32_t i = 0; i < 9; i++) {
        for (uint32_t at = 0; at < 0x20; at += 0xf) {
            pe_rva rva = { 0x1000 + i * 0x20 + at };
            if (at < 0x10) {
                assert_ok(pe_find_function(&reader, &directory, rva, &function));
                assert_int_equal(function.begin.v, 0x1000 + i * 0x20);
            } else {
                assert_error(pe_find_function(&reader, &directory, rva, &function),
                             PE_ERROR_NOT_FOUND);
            }
        }
    }
    assert_error(pe_find_function(&reader, &directory, (pe_rva){ 0xfff }, &function),
                 PE_ERROR_NOT_FOUND);
    assert_error(pe_function_at(&reader, &directory, 9, &function), PE_END);
    builder_end(&builder);
}

static void a_function_that_ends_before_it_begins_is_refused(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    struct pe_directory directory;
    struct pe_function function;
    builder_begin(&builder);
    put_function(&builder, TABLE, 0x1000, 0x1000, INFO);
    builder_set_directory(&builder, PE_DIRECTORY_EXCEPTION, TABLE, 12);
    builder_must_open(&builder, &image);
    struct pe_rva_reader reader = pe_image_reader(&image);
    assert_ok(pe_get_directory(&image, PE_DIRECTORY_EXCEPTION, &directory));
    assert_error(pe_function_at(&reader, &directory, 0, &function), PE_ERROR_DIRECTORY);
    builder_end(&builder);
}

static void an_entry_may_point_to_another(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    struct pe_directory directory;
    struct pe_function function;
    builder_begin(&builder);
    put_function(&builder, TABLE, 0x1000, 0x1010, INFO);
    put_function(&builder, TABLE + 12, 0x1020, 0x1030, TABLE | 1);
    put_function(&builder, TABLE + 24, 0x1040, 0x1050, (TABLE + 12) | 1);
    builder_set_directory(&builder, PE_DIRECTORY_EXCEPTION, TABLE, 36);
    builder_must_open(&builder, &image);
    struct pe_rva_reader reader = pe_image_reader(&image);
    assert_ok(pe_get_directory(&image, PE_DIRECTORY_EXCEPTION, &directory));
    assert_ok(pe_find_function(&reader, &directory, (pe_rva){ 0x1025 }, &function));
    assert_int_equal(function.begin.v, 0x1000);
    assert_int_equal(function.unwind_info.v, INFO);
    assert_error(pe_find_function(&reader, &directory, (pe_rva){ 0x1045 }, &function),
                 PE_ERROR_UNWIND_CHAIN);
    builder_end(&builder);
}

static void every_code_is_decoded(void **state)
{
    (void)state;
    static const uint16_t slots[] = {
        0x0620, 0x3616,         // epilogue, twice (version 2)
        0x6820, 0x0102,         // save xmm6
        0x7920, 0x5678, 0x1234, // save xmm7, far
        0x341e, 0x0004,         // save rbx
        0xc51c, 0x5678, 0x1234, // save r12, far
        0x031a,                 // set frame
        0x0110, 0x0200,         // allocate 0x1000
        0x1112, 0x5678, 0x1234, // allocate 0x12345678
        0xf204,                 // allocate 128
        0x5001,                 // push rbp
        0x1a00,                 // machine frame with error code
    };
    static const struct pe_unwind_code expected[] = {
        { PE_UNWIND_EPILOGUE, 0x20, 0, 0x20 },
        { PE_UNWIND_EPILOGUE, 0x16, 3, 0x316 },
        { PE_UNWIND_SAVE_XMM, 0x20, 6, 0x1020 },
        { PE_UNWIND_SAVE_XMM, 0x20, 7, 0x12345678 },
        { PE_UNWIND_SAVE, 0x1e, 3, 0x20 },
        { PE_UNWIND_SAVE, 0x1c, 12, 0x12345678 },
        { PE_UNWIND_SET_FRAME, 0x1a, 0, 0 },
        { PE_UNWIND_ALLOCATE, 0x10, 0, 0x1000 },
        { PE_UNWIND_ALLOCATE, 0x12, 1, 0x12345678 },
        { PE_UNWIND_ALLOCATE, 0x04, 15, 128 },
        { PE_UNWIND_PUSH, 0x01, 5, 0 },
        { PE_UNWIND_MACHINE_FRAME, 0x00, 1, 1 },
    };
    struct builder builder;
    struct pe_unwind_info info;
    struct pe_unwind_code code;
    uint32_t slot = 0;
    builder_begin(&builder);
    put_info(&builder, 2, 0, slots, sizeof(slots) / sizeof(slots[0]));
    assert_ok(get_info(&builder, &info));
    assert_int_equal(info.version, 2);
    assert_int_equal(info.prologue_size, 0x20);
    assert_int_equal(info.frame_register, PE_RBP);
    assert_int_equal(info.frame_offset, 0x20);
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        assert_ok(pe_next_unwind_code(&info, &slot, &code));
        assert_int_equal(code.operation, expected[i].operation);
        assert_int_equal(code.prologue_offset, expected[i].prologue_offset);
        assert_int_equal(code.reg, expected[i].reg);
        assert_int_equal(code.value, expected[i].value);
    }
    assert_error(pe_next_unwind_code(&info, &slot, &code), PE_END);
    builder_end(&builder);
}

static void malformed_codes_are_refused(void **state)
{
    (void)state;
    // Operands cut off, unknown operations, operands out of range, an epilogue in version 1.
    static const uint16_t cases[] = { 0x0100, 0x1100, 0x0400, 0x0500, 0x0800, 0x0900,
                                      0x2100, 0x0600, 0x0700, 0x0b00, 0x0f00, 0x2a00 };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct builder builder;
        struct pe_unwind_info info;
        struct pe_unwind_code code;
        uint32_t slot = 0;
        builder_begin(&builder);
        put_info(&builder, 1, 0, &cases[i], 1);
        assert_ok(get_info(&builder, &info));
        assert_error(pe_next_unwind_code(&info, &slot, &code), PE_ERROR_UNWIND_CODE);
        builder_end(&builder);
    }
}

static void unknown_versions_are_refused(void **state)
{
    (void)state;
    static const unsigned versions[] = { 0, 3, 7 };
    for (size_t i = 0; i < 3; i++) {
        struct builder builder;
        struct pe_unwind_info info;
        builder_begin(&builder);
        put_info(&builder, versions[i], 0, (uint16_t[]){ 0x5001 }, 1);
        assert_error(get_info(&builder, &info), PE_ERROR_UNWIND_VERSION);
        builder_end(&builder);
    }
}

static void handlers_follow_the_padded_codes(void **state)
{
    (void)state;
    for (uint8_t count = 0; count <= 3; count++) {
        struct builder builder;
        struct pe_unwind_info info;
        builder_begin(&builder);
        put_info(&builder, 1, PE_UNWIND_HANDLER_EXCEPTION, (uint16_t[]){ 0x5001, 0x5001, 0x5001 },
                 count);
        uint32_t tail = INFO + 4 + (count + 1u) / 2 * 4;
        builder_put32(&builder, tail, 0x1200);
        assert_ok(get_info(&builder, &info));
        assert_int_equal(info.handler.v, 0x1200);
        assert_int_equal(info.handler_data.v, tail + 4);
        builder_end(&builder);
    }
}

static void chains_lead_to_the_first_part(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    struct pe_function primary;
    builder_begin(&builder);
    put_info(&builder, 1, PE_UNWIND_CHAINED, NULL, 0);
    put_function(&builder, INFO + 4, 0x1200, 0x1300, INFO + 0x40);
    builder_put32(&builder, INFO + 0x40, 1);
    builder_must_open(&builder, &image);
    struct pe_rva_reader reader = pe_image_reader(&image);
    struct pe_function function = { { 0x1000 }, { 0x1100 }, { INFO } };
    assert_ok(pe_primary_function(&reader, &function, &primary));
    assert_int_equal(primary.begin.v, 0x1200);
    // A chain that bites its tail.
    put_function(&builder, INFO + 4, 0x1200, 0x1300, INFO);
    builder_must_open(&builder, &image);
    assert_error(pe_primary_function(&reader, &function, &primary), PE_ERROR_UNWIND_CHAIN);
    builder_end(&builder);
}

static void information_outside_the_image_is_refused(void **state)
{
    (void)state;
    struct builder builder;
    struct pe_image image;
    struct pe_unwind_info info;
    builder_begin(&builder);
    builder_must_open(&builder, &image);
    struct pe_rva_reader reader = pe_image_reader(&image);
    struct pe_function function = { { 0x1000 }, { 0x1100 }, { 0x4ffd } };
    assert_error(pe_get_unwind_info(&reader, &function, &info), PE_ERROR_RVA);
    function.unwind_info.v = UINT32_MAX;
    assert_error(pe_get_unwind_info(&reader, &function, &info), PE_ERROR_RVA);
    builder_end(&builder);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(functions_are_found_by_halving),
        T(a_function_that_ends_before_it_begins_is_refused),
        T(an_entry_may_point_to_another),
        T(every_code_is_decoded),
        T(malformed_codes_are_refused),
        T(unknown_versions_are_refused),
        T(handlers_follow_the_padded_codes),
        T(chains_lead_to_the_first_part),
        T(information_outside_the_image_is_refused),
    };
    return cmocka_run_group_tests_name("pe functions", tests, NULL, NULL);
}
