// SPDX-License-Identifier: MIT
// The process parameters: every pointer lies in the block, every string is whole and ended.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "parameters.h"

#define BASE 0x7FF00000000ull

static RTL_USER_PROCESS_PARAMETERS *build(const struct parameters_source *source,
                                          struct parameters_facts *facts)
{
    parameters_build(source, NULL, facts);
    void *block = malloc(facts->size); // exactly, for the sanitizer
    size_t measured = facts->size;
    parameters_build(source, block, facts);
    parameters_place(block, BASE);
    assert_int_equal(facts->size, measured);
    return block;
}

// The text behind a string, for ASCII; checks where it lies and that it is ended.
static const char *text_of(const RTL_USER_PROCESS_PARAMETERS *block, const UNICODE_STRING *string,
                           size_t size)
{
    static char text[256];
    uint64_t offset = (uint64_t)string->Buffer - BASE;
    assert_true(offset >= sizeof(*block) && offset < size);
    assert_true(string->Length + 2u <= string->MaximumLength);
    assert_true(string->MaximumLength <= size - offset);
    const uint16_t *units = (const uint16_t *)((const char *)block + offset);
    size_t count = string->Length / 2;
    for (size_t i = 0; i < count; i++)
        text[i] = (char)units[i];
    text[count] = '\0';
    assert_int_equal(units[count], 0);
    return text;
}

static void strings_and_handles_are_as_given(void **state)
{
    (void)state;
    struct parameters_source source = { "hello.exe", "hello.exe \"a b\" c", 4, 8, 12, 2 };
    struct parameters_facts facts;
    RTL_USER_PROCESS_PARAMETERS *block = build(&source, &facts);
    assert_string_equal(text_of(block, &block->CommandLine, facts.size), "hello.exe \"a b\" c");
    assert_string_equal(text_of(block, &block->ImagePathName, facts.size), "C:\\hello.exe");
    assert_string_equal(text_of(block, &block->CurrentDirectory.DosPath, facts.size), "C:\\");
    assert_int_equal(block->CurrentDirectory.DosPath.MaximumLength, 0x208);
    assert_int_equal((uint64_t)block->StandardInput, 4);
    assert_int_equal((uint64_t)block->StandardOutput, 8);
    assert_int_equal((uint64_t)block->StandardError, 12);
    assert_int_equal(block->Flags, RTL_USER_PROC_PARAMS_NORMALIZED);
    assert_int_equal(facts.command_line_units, 17);
    assert_int_equal(facts.invalid_count, 0);
    free(block);
}

static void the_environment_ends_where_it_says(void **state)
{
    (void)state;
    struct parameters_source source = { "x.exe", "x", 4, 8, 12, 3 };
    struct parameters_facts facts;
    RTL_USER_PROCESS_PARAMETERS *block = build(&source, &facts);
    uint64_t offset = (uint64_t)block->Environment - BASE;
    assert_int_equal(offset + block->EnvironmentSize, facts.size);
    const uint16_t *units = (const uint16_t *)((const char *)block + offset);
    size_t count = block->EnvironmentSize / 2;
    assert_int_equal(units[count - 1], 0);
    assert_int_equal(units[count - 2], 0);
    for (size_t i = 0; i + 2 < count; i++) // no empty entry before the end
        assert_true(units[i] != 0 || units[i + 1] != 0);
    static const char first[] = "NUMBER_OF_PROCESSORS=3";
    for (size_t i = 0; i < sizeof(first); i++)
        assert_int_equal(units[i], first[i]);
    free(block);
}

static void invalid_bytes_are_counted(void **state)
{
    (void)state;
    struct parameters_source source = { "x.exe", "x \xFF\xFE", 4, 8, 12, 1 };
    struct parameters_facts facts;
    RTL_USER_PROCESS_PARAMETERS *block = build(&source, &facts);
    assert_int_equal(facts.invalid_count, 2);
    assert_int_equal(facts.command_line_units, 4);
    free(block);
}

static void the_longest_command_line_fits_and_a_longer_one_is_told(void **state)
{
    (void)state;
    for (size_t length = COMMAND_LINE_UNITS_MAX; length <= COMMAND_LINE_UNITS_MAX + 1; length++) {
        char *line = malloc(length + 1);
        memset(line, 'a', length);
        line[length] = '\0';
        struct parameters_source source = { "x.exe", line, 4, 8, 12, 1 };
        struct parameters_facts facts;
        RTL_USER_PROCESS_PARAMETERS *block = build(&source, &facts);
        assert_int_equal(facts.command_line_units, length);
        assert_int_equal(block->CommandLine.Length, COMMAND_LINE_UNITS_MAX * 2);
        assert_int_equal(block->CommandLine.MaximumLength, COMMAND_LINE_UNITS_MAX * 2 + 2);
        free(block);
        free(line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_and_handles_are_as_given),
        cmocka_unit_test(the_environment_ends_where_it_says),
        cmocka_unit_test(invalid_bytes_are_counted),
        cmocka_unit_test(the_longest_command_line_fits_and_a_longer_one_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
