// SPDX-License-Identifier: MIT
// UTF-8 to UTF-16 and back: every valid character survives, everything else is replaced and
// counted.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unicode.h"

static void check_utf16(const char *text, size_t length, const uint16_t *expected, size_t count,
                        size_t invalid_count)
{
    uint16_t units[64];
    struct utf_result result = utf16_from_utf8(text, length, units, 64);
    assert_int_equal(result.length, count);
    assert_int_equal(result.invalid_count, invalid_count);
    assert_memory_equal(units, expected, count * sizeof(uint16_t));
}

#define CHECK_UTF16(text, invalid_count, ...)                                                      \
    do {                                                                                           \
        static const uint16_t expected[] = { __VA_ARGS__ };                                        \
        check_utf16(text, sizeof(text) - 1, expected, sizeof(expected) / 2, invalid_count);        \
    } while (0)

static void valid_text_of_each_length_is_converted(void **state)
{
    (void)state;
    CHECK_UTF16("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z", 0, 'a', 0xE9, 0x20AC, 0xD83D, 0xDE00,
                'z');
}

static void broken_sequences_become_one_replacement_each(void **state)
{
    (void)state;
    CHECK_UTF16("\xE2\x82", 1, 0xFFFD);       // cut off at the end
    CHECK_UTF16("\xE2\x82x", 1, 0xFFFD, 'x'); // cut off by another character
    CHECK_UTF16("\xF0\x9F\x98\xC3\xA9", 1, 0xFFFD, 0xE9);
    CHECK_UTF16("\x80", 1, 0xFFFD); // a trailing byte alone
    CHECK_UTF16("\xFF\xFE", 2, 0xFFFD, 0xFFFD);
}

static void overlong_forms_surrogates_and_too_large_values_are_refused(void **state)
{
    (void)state;
    CHECK_UTF16("\xC0\xAF", 2, 0xFFFD, 0xFFFD);
    CHECK_UTF16("\xE0\x80\xAF", 3, 0xFFFD, 0xFFFD, 0xFFFD);
    CHECK_UTF16("\xED\xA0\x80", 3, 0xFFFD, 0xFFFD, 0xFFFD);
    CHECK_UTF16("\xF4\x90\x80\x80", 4, 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD);
    CHECK_UTF16("\xF0\x8F\xBF\xBF", 4, 0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD);
}

static void unpaired_surrogates_are_replaced(void **state)
{
    (void)state;
    static const uint16_t text[] = { 0xD83D, 'x', 0xDE00, 0xD83D };
    char bytes[16];
    struct utf_result result = utf8_from_utf16(text, 4, bytes, sizeof(bytes));
    assert_int_equal(result.length, 10);
    assert_int_equal(result.invalid_count, 3);
    assert_memory_equal(bytes, "\xEF\xBF\xBDx\xEF\xBF\xBD\xEF\xBF\xBD", 10);
}

static void every_character_survives_both_ways(void **state)
{
    (void)state;
    for (uint32_t c = 0; c < 0x110000; c++) {
        if (c >= 0xD800 && c < 0xE000)
            continue;
        uint16_t units[2] = { (uint16_t)c, 0 }, back[2];
        size_t count = 1;
        if (c >= 0x10000) {
            units[0] = (uint16_t)(0xD800 + ((c - 0x10000) >> 10));
            units[1] = (uint16_t)(0xDC00 + (c & 0x3FF));
            count = 2;
        }
        char bytes[4];
        struct utf_result out = utf8_from_utf16(units, count, bytes, 4);
        assert_int_equal(out.invalid_count, 0);
        struct utf_result in = utf16_from_utf8(bytes, out.length, back, 2);
        assert_int_equal(in.invalid_count, 0);
        assert_int_equal(in.length, count);
        assert_memory_equal(units, back, count * sizeof(uint16_t));
    }
}

// Exactly sized heap blocks, so that the sanitizer sees one byte too many.
static void too_little_room_measures_and_writes_no_further(void **state)
{
    (void)state;
    static const char text[] = "a\xF0\x9F\x98\x80\xE2\x82\xAC";
    static const uint16_t units[] = { 'a', 0xD83D, 0xDE00, 0x20AC };
    for (size_t room = 0; room <= 8; room++) {
        uint16_t *to = malloc(room * sizeof(uint16_t));
        assert_int_equal(utf16_from_utf8(text, 8, to, room).length, 4);
        free(to);
        char *bytes = malloc(room);
        assert_int_equal(utf8_from_utf16(units, 4, bytes, room).length, 8);
        free(bytes);
    }
    char bytes[8] = "########";
    assert_int_equal(utf8_from_utf16(units, 4, bytes, 6).length, 8);
    assert_memory_equal(bytes, "a\xF0\x9F\x98\x80###", 8); // no half of the last one
    assert_int_equal(utf16_from_utf8("abc", 3, NULL, 0).length, 3);
}

static void random_bytes_are_harmless(void **state)
{
    (void)state;
    srand(1);
    for (int round = 0; round < 20000; round++) {
        size_t length = (size_t)rand() % 24;
        char *bytes = malloc(length);
        for (size_t i = 0; i < length; i++)
            bytes[i] = (char)(rand() % 4 ? rand() % 256 : 0xF0);
        uint16_t units[24];
        struct utf_result result = utf16_from_utf8(bytes, length, units, 24);
        assert_true(result.length <= length);
        assert_true(result.invalid_count <= result.length);
        char back[72];
        assert_int_equal(utf8_from_utf16(units, result.length, back, 72).invalid_count, 0);
        free(bytes);
    }
}

static void names_are_made_printable(void **state)
{
    (void)state;
    char text[] = "a\n\x1B[b\xFF~";
    make_printable(text);
    assert_string_equal(text, "a??[b?~");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_text_of_each_length_is_converted),
        cmocka_unit_test(broken_sequences_become_one_replacement_each),
        cmocka_unit_test(overlong_forms_surrogates_and_too_large_values_are_refused),
        cmocka_unit_test(unpaired_surrogates_are_replaced),
        cmocka_unit_test(every_character_survives_both_ways),
        cmocka_unit_test(too_little_room_measures_and_writes_no_further),
        cmocka_unit_test(random_bytes_are_harmless),
        cmocka_unit_test(names_are_made_printable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
