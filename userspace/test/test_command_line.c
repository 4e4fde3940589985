// SPDX-License-Identifier: MIT
// The rules of command lines, mostly with the examples that Microsoft's documentation gives.

// cmocka wants these before it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <uchar.h>
#include <user/command_line.h>

static size_t units_of(const char16_t *line)
{
    size_t units = 0;

    while (line[units] != 0)
        units++;
    return units;
}

// Splits into buffers of exactly the promised sizes, so that the sanitizer sees one byte too many.
static void expect(const char16_t *line, int count, const char *const *wanted)
{
    size_t units = units_of(line);
    uint16_t *copy = malloc(units * sizeof(*copy) + 1);
    char *text = malloc(COMMAND_LINE_TEXT_BYTES(units));
    char **argv = malloc(COMMAND_LINE_POINTERS(units) * sizeof(*argv));

    for (size_t i = 0; i < units; i++)
        copy[i] = line[i];
    assert_int_equal(command_line_split(copy, units, text, argv), count);
    for (int i = 0; i < count; i++)
        assert_string_equal(argv[i], wanted[i]);
    assert_null(argv[count]);
    free(argv);
    free(text);
    free(copy);
}

#define EXPECT(line, ...)                                                                          \
    do {                                                                                           \
        static const char *const wanted[] = { __VA_ARGS__ };                                       \
        expect(line, sizeof(wanted) / sizeof(wanted[0]), wanted);                                  \
    } while (0)

static void name_ends_at_a_blank_outside_quotes(void **state)
{
    (void)state;
    EXPECT(u"", "");
    EXPECT(u"a.exe", "a.exe");
    EXPECT(u"\"c:\\my dir\\a.exe\" x", "c:\\my dir\\a.exe", "x");
    EXPECT(u"a\"b c\"d x", "ab cd", "x");
    EXPECT(u"c:\\dir\\\\\"q x\" y", "c:\\dir\\\\q x", "y");
    EXPECT(u" x", "", "x");
}

static void blanks_separate(void **state)
{
    (void)state;
    EXPECT(u"p a  b\tc ", "p", "a", "b", "c");
    EXPECT(u"p    ", "p");
    EXPECT(u"p \"\" x", "p", "", "x");
    EXPECT(u"p a b c d e f", "p", "a", "b", "c", "d", "e", "f");
}

static void documented_examples(void **state)
{
    (void)state;
    EXPECT(u"p \"a b c\" d e", "p", "a b c", "d", "e");
    EXPECT(u"p \"ab\\\"c\" \"\\\\\" d", "p", "ab\"c", "\\", "d");
    EXPECT(u"p a\\\\\\b d\"e f\"g h", "p", "a\\\\\\b", "de fg", "h");
    EXPECT(u"p a\\\\\\\"b c d", "p", "a\\\"b", "c", "d");
    EXPECT(u"p a\\\\\\\\\"b c\" d e", "p", "a\\\\b c", "d", "e");
    EXPECT(u"p a\"b\"\" c d", "p", "ab\" c d");
}

static void ends_inside_of_things(void **state)
{
    (void)state;
    EXPECT(u"p \"open", "p", "open");
    EXPECT(u"p \"", "p", "");
    EXPECT(u"p x\\", "p", "x\\");
    EXPECT(u"p x\\\\ y", "p", "x\\\\", "y");
    EXPECT(u"p \"x\"\"", "p", "x\"");
    EXPECT(u"\"", "");
}

static void text_becomes_utf8(void **state)
{
    (void)state;
    EXPECT(u"p \u00E4\u20AC\U0001F375", "p", "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x8D\xB5");
    const char *const replaced[] = { "p", "\xEF\xBF\xBDx", "\xEF\xBF\xBD" };
    const char16_t lone[] = { 'p', ' ', 0xDC00, 'x', ' ', 0xD800, 0 };
    expect(lone, 3, replaced);
    // The longest text for its units: every unit becomes three bytes.
    EXPECT(u"\u20AC\u20AC \u20AC", "\xE2\x82\xAC\xE2\x82\xAC", "\xE2\x82\xAC");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(name_ends_at_a_blank_outside_quotes),
        cmocka_unit_test(blanks_separate),
        cmocka_unit_test(documented_examples),
        cmocka_unit_test(ends_inside_of_things),
        cmocka_unit_test(text_becomes_utf8),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
