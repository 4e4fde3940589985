// SPDX-License-Identifier: MIT
/*
 * string.c and text.c against the host's library. Our functions are compiled under other names, so
 * that both are at hand and the sanitizers keep watching the host's.
 */

#include <stdlib.h>
#include <string.h>

#define memcpy  our_memcpy
#define memmove our_memmove
#define memset  our_memset
#define memcmp  our_memcmp
#define strlen  our_strlen
#define strnlen our_strnlen
#define strcmp  our_strcmp
#define strncmp our_strncmp
#define strchr  our_strchr
#include "../string.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp
#undef strchr

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ROOM 200

static void fill_random(uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)rand();
}

static void copies_of_all_sizes_and_alignments(void **state)
{
    uint8_t from[ROOM], ours[ROOM], theirs[ROOM];

    (void)state;
    for (size_t size = 0; size < 70; size++) {
        for (size_t shift = 0; shift < 64; shift++) {
            fill_random(from, ROOM);
            fill_random(ours, ROOM);
            memcpy(theirs, ours, ROOM);
            assert_ptr_equal(our_memcpy(ours + shift, from + (63 - shift), size), ours + shift);
            memcpy(theirs + shift, from + (63 - shift), size);
            assert_memory_equal(ours, theirs, ROOM);
        }
    }
}

static void moves_overlap_in_both_directions(void **state)
{
    uint8_t ours[ROOM], theirs[ROOM];

    (void)state;
    for (size_t size = 0; size < 70; size++) {
        for (size_t to = 0; to < 64; to++) {
            fill_random(ours, ROOM);
            memcpy(theirs, ours, ROOM);
            assert_ptr_equal(our_memmove(ours + to, ours + 32, size), ours + to);
            memmove(theirs + to, theirs + 32, size);
            assert_memory_equal(ours, theirs, ROOM);
        }
    }
}

static void fills_exactly_what_was_asked(void **state)
{
    uint8_t ours[ROOM], theirs[ROOM];

    (void)state;
    for (size_t size = 0; size < 70; size++) {
        fill_random(ours, ROOM);
        memcpy(theirs, ours, ROOM);
        assert_ptr_equal(our_memset(ours + size % 9, 0x1A5, size), ours + size % 9);
        memset(theirs + size % 9, 0x1A5, size);
        assert_memory_equal(ours, theirs, ROOM);
    }
}

static int sign(int value)
{
    return (value > 0) - (value < 0);
}

static void compares_bytes_as_unsigned(void **state)
{
    uint8_t a[40], b[40];

    (void)state;
    for (int round = 0; round < 20000; round++) {
        size_t size = (size_t)rand() % sizeof(a);
        fill_random(a, sizeof(a));
        memcpy(b, a, sizeof(a));
        if (rand() % 4 != 0)
            b[(size_t)rand() % sizeof(b)] = (uint8_t)rand();
        assert_int_equal(sign(our_memcmp(a, b, size)), sign(memcmp(a, b, size)));
    }
}

static void strings_behave_as_in_c(void **state)
{
    static const char *const texts[] = { "", "a", "ab", "abc", "b", "\xff", "ab\xff", "abd" };
    static const char abc[3] = { 'a', 'b', 'c' }; // without an end

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        assert_int_equal(our_strlen(texts[i]), strlen(texts[i]));
        for (const char *c = "abcdz\xff"; *c != '\0'; c++)
            assert_ptr_equal(our_strchr(texts[i], *c), strchr(texts[i], *c));
        assert_ptr_equal(our_strchr(texts[i], '\0'), texts[i] + strlen(texts[i]));
        for (size_t j = 0; j < ARRAY_SIZE(texts); j++) {
            assert_int_equal(sign(our_strcmp(texts[i], texts[j])),
                             sign(strcmp(texts[i], texts[j])));
            for (size_t n = 0; n < 5; n++)
                assert_int_equal(sign(our_strncmp(texts[i], texts[j], n)),
                                 sign(strncmp(texts[i], texts[j], n)));
        }
    }
    assert_int_equal(our_strnlen(abc, sizeof(abc)), 3);
    assert_int_equal(our_strnlen("ab", 9), 2);
    assert_int_equal(our_strncmp(abc, "abcd", 3), 0);
}

static void copied_strings_are_cut_and_ended(void **state)
{
    char to[4] = "xxx";

    (void)state;
    assert_false(copy_string(to, 0, "abc"));
    assert_string_equal(to, "xxx");
    assert_true(copy_string(to, sizeof(to), "abc"));
    assert_string_equal(to, "abc");
    assert_false(copy_string(to, sizeof(to), "defg"));
    assert_string_equal(to, "def");
    assert_false(copy_string(to, 1, "a"));
    assert_string_equal(to, "");
    assert_true(copy_string(to, 1, ""));
}

static void numbers_are_read_whole_or_not_at_all(void **state)
{
    static const char *const bad[] = { "",
                                       "0x",
                                       "-1",
                                       " 1",
                                       "1 ",
                                       "12a",
                                       "0x1g",
                                       "0xx1",
                                       "1.0",
                                       "18446744073709551616",
                                       "0x10000000000000000" };
    uint64_t value = 7;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_false(parse_number(bad[i], &value));
    assert_int_equal(value, 7);
    assert_true(parse_number("0", &value) && value == 0);
    assert_true(parse_number("010", &value) && value == 10);
    assert_true(parse_number("18446744073709551615", &value) && value == UINT64_MAX);
    assert_true(parse_number("0XfFfFfFfFfFfFfFfF", &value) && value == UINT64_MAX);
    assert_true(parse_number("0x1aB", &value) && value == 0x1AB);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_of_all_sizes_and_alignments),
        cmocka_unit_test(moves_overlap_in_both_directions),
        cmocka_unit_test(fills_exactly_what_was_asked),
        cmocka_unit_test(compares_bytes_as_unsigned),
        cmocka_unit_test(strings_behave_as_in_c),
        cmocka_unit_test(copied_strings_are_cut_and_ended),
        cmocka_unit_test(numbers_are_read_whole_or_not_at_all),
    };

    srand(1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
