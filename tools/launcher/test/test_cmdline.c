// SPDX-License-Identifier: MIT
// Quoting, proved by its purpose: what we join, a parser written from the documented rules of
// Microsoft's C runtime splits into the same words.

#include "cmdline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vm.h"

#define MAX_WORDS 8
#define WORD_SIZE 64

struct words {
    char text[MAX_WORDS][WORD_SIZE];
    size_t count;
};

// The first word: quotation marks toggle, backslashes mean themselves.
static const char *split_name(const char *line, char *to)
{
    bool is_quoted = false;

    for (; *line != '\0' && (is_quoted || (*line != ' ' && *line != '\t')); line++) {
        if (*line == '"')
            is_quoted = !is_quoted;
        else
            *to++ = *line;
    }
    *to = '\0';
    return line;
}

/*
 * One argument. 2n backslashes before a mark are n, and the mark toggles; 2n+1 are n and a literal
 * mark; a doubled mark inside quotes is a literal one; other backslashes mean themselves.
 */
static const char *split_argument(const char *line, char *to)
{
    bool is_quoted = false;

    while (*line != '\0' && (is_quoted || (*line != ' ' && *line != '\t'))) {
        size_t backslashes = strspn(line, "\\");
        bool is_mark = line[backslashes] == '"';

        line += backslashes;
        memset(to, '\\', is_mark ? backslashes / 2 : backslashes);
        to += is_mark ? backslashes / 2 : backslashes;
        if (is_mark && backslashes % 2 != 0) {
            *to++ = '"';
            line++;
        } else if (is_mark && is_quoted && line[1] == '"') {
            *to++ = '"';
            line += 2;
        } else if (is_mark) {
            is_quoted = !is_quoted;
            line++;
        } else if (backslashes == 0) {
            *to++ = *line++;
        }
    }
    *to = '\0';
    return line;
}

static void split(struct words *words, const char *line)
{
    line = split_name(line, words->text[0]);
    words->count = 1;
    for (;;) {
        line += strspn(line, " \t");
        if (*line == '\0')
            return;
        assert_in_range(words->count, 0, MAX_WORDS - 1);
        line = split_argument(line, words->text[words->count++]);
    }
}

static void check_round_trip(const char *name, char *const *arguments, size_t count)
{
    static struct words words;
    char *line = cmdline_windows(name, arguments, count);

    assert_non_null(line);
    split(&words, line);
    assert_int_equal(words.count, count + 1);
    assert_string_equal(words.text[0], name);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(words.text[i + 1], arguments[i]);
    free(line);
}

static void check_line(const char *expected, char *argument)
{
    char *line = cmdline_windows("a.exe", &argument, 1);

    assert_string_equal(line, expected);
    free(line);
}

static void test_known_lines(void **state)
{
    (void)state;
    check_line("a.exe plain", "plain");
    check_line("a.exe \"\"", "");
    check_line("a.exe \"two words\"", "two words");
    check_line("a.exe c:\\dir\\", "c:\\dir\\");
    check_line("a.exe \"c:\\my dir\\\\\"", "c:\\my dir\\");
    check_line("a.exe \"say \\\"hi\\\"\"", "say \"hi\"");
    check_line("a.exe \"\\\\\\\"\"", "\\\"");
    check_line("a.exe *.txt", "*.txt");
}

static void test_names_with_blanks_survive(void **state)
{
    char *arguments[] = { "x" };

    (void)state;
    check_round_trip("my program.exe", arguments, 1);
    check_round_trip("back\\slash\\.exe", arguments, 0);
    check_round_trip("my back\\", arguments, 1);
}

// Every word of up to six characters over an alphabet of the characters that matter.
static void test_all_short_words_survive(void **state)
{
    static const char alphabet[] = "a \\\"\t";
    const size_t letters = sizeof(alphabet) - 1;

    (void)state;
    for (size_t length = 0, combinations = 1; length <= 6; length++, combinations *= letters) {
        for (size_t number = 0; number < combinations; number++) {
            char word[8] = "";
            char *arguments[] = { "first", word, "last" };

            for (size_t i = 0, rest = number; i < length; i++, rest /= letters)
                word[i] = alphabet[rest % letters];
            check_round_trip("a.exe", arguments, 3);
        }
    }
}

static void test_bytes_pass_unchanged(void **state)
{
    (void)state;
    check_line("a.exe gr\xC3\xBC\xC3\x9F\xFF\xFE", "gr\xC3\xBC\xC3\x9F\xFF\xFE");
}

static void test_utf16_units(void **state)
{
    static const struct {
        const char *text;
        size_t units;
    } cases[] = {
        { "", 0 },
        { "abc", 3 },
        { "\xC3\xA9", 1 },                         // U+00E9
        { "\xE4\xB8\xAD", 1 },                     // U+4E2D
        { "\xF0\x9F\x98\x80", 2 },                 // U+1F600, a surrogate pair
        { "\xFF", 1 },                             // never in UTF-8
        { "\xC0\x80", 2 },                         // overlong
        { "\xE0\x80\x80", 3 },                     // overlong
        { "\xED\xA0\x80", 3 },                     // a surrogate
        { "\xF4\x90\x80\x80", 4 },                 // beyond U+10FFFF
        { "\xE4\xB8", 2 },                         // cut off
        { "\xF0\x9F\x98", 3 },                     // cut off
        { "a\xE4\xB8\xAD\xF0\x9F\x98\x80\x80", 5 } // all at once
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(cmdline_utf16_units(cases[i].text), cases[i].units);
}

static void check_kernel_line(const char *expected, const char *log, bool trace)
{
    struct options options = { .smp = 2, .log = log, .trace = trace };
    char *line = cmdline_kernel(&options, "a.exe -- \"b c\"");

    assert_string_equal(line, expected);
    free(line);
}

static void test_kernel_line(void **state)
{
    (void)state;
    check_kernel_line("log=warn " VM_KERNEL_OPTIONS " cpus=2 -- a.exe -- \"b c\"", NULL, false);
    check_kernel_line("log=info " VM_KERNEL_OPTIONS " cpus=2 -- a.exe -- \"b c\"", "file", false);
    check_kernel_line("log=info trace " VM_KERNEL_OPTIONS " cpus=2 -- a.exe -- \"b c\"", NULL,
                      true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_lines),
        cmocka_unit_test(test_names_with_blanks_survive),
        cmocka_unit_test(test_all_short_words_survive),
        cmocka_unit_test(test_bytes_pass_unchanged),
        cmocka_unit_test(test_utf16_units),
        cmocka_unit_test(test_kernel_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
