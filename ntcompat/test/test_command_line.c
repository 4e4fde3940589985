// SPDX-License-Identifier: MIT
// Which program a command line names.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "command_line.h"

static void the_first_word_names_the_program(void **state)
{
    (void)state;
    // clang-format off
    static const struct {
        const char *line, *name;
    } cases[] = {
        { "hello.exe a b", "hello.exe" },
        { "hello", "hello" },
        { "hello.exe\ta", "hello.exe" },
        { "\"a b.exe\" c", "a b.exe" },
        { "a\" \"b.exe c", "a b.exe" },      // quotes may begin inside a word
        { "\"a b.exe", "a b.exe" },          // and need not end
        { "C:\\dir\\x.exe y", "x.exe" },
        { "\"C:\\my dir\\x y.exe\" z", "x y.exe" },
        { "dir/x.exe", "x.exe" },
        { "C:x.exe", "x.exe" },
        { "a\\\"b c\" d", "b c" },           // a backslash protects nothing in this word
        { "\xC3\xA9.exe", "\xC3\xA9.exe" },
    };
    // clang-format on
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char name[32];
        assert_true(command_line_program(cases[i].line, name, sizeof(name)));
        assert_string_equal(name, cases[i].name);
    }
}

static void a_line_without_a_program_is_refused(void **state)
{
    (void)state;
    char name[32];
    assert_false(command_line_program("", name, sizeof(name)));
    assert_false(command_line_program(" hello.exe", name, sizeof(name)));
    assert_false(command_line_program("\"\" a", name, sizeof(name)));
    assert_false(command_line_program("C:\\dir\\ a", name, sizeof(name)));
}

static void only_the_base_name_has_to_fit(void **state)
{
    (void)state;
    char name[6];
    assert_true(command_line_program("12345", name, sizeof(name)));
    assert_false(command_line_program("123456", name, sizeof(name)));
    assert_true(command_line_program("a-long-folder\\12345", name, sizeof(name)));
    assert_string_equal(name, "12345");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_word_names_the_program),
        cmocka_unit_test(a_line_without_a_program_is_refused),
        cmocka_unit_test(only_the_base_name_has_to_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
