// SPDX-License-Identifier: MIT
// format.c against the host's snprintf: random formats made of all that string.h promises, into
// buffers of every size.

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <kernel/string.h>

#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-overflow"
#pragma GCC diagnostic ignored "-Wformat-truncation"

#define ROOM 128

#define CHECK_SAME(room, ...)                                                                      \
    do {                                                                                           \
        char ours[ROOM], theirs[ROOM];                                                             \
        memset(ours, '~', ROOM);                                                                   \
        memset(theirs, '~', ROOM);                                                                 \
        int our_length = format_string(ours, room, __VA_ARGS__);                                   \
        assert_int_equal(our_length, snprintf(theirs, room, __VA_ARGS__));                         \
        assert_memory_equal(ours, theirs, ROOM);                                                   \
    } while (0)

static void append(char *to, const char *text)
{
    strcat(to, text);
}

// One conversion with random flags, width and precision, but neither size nor kind.
static void make_start(char *format)
{
    static const char *const flags[] = { "-", "0", "#", "+", " " };
    char number[16];

    strcpy(format, "<%");
    for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
        if (rand() % 4 == 0)
            append(format, flags[i]);
    }
    if (rand() % 2 == 0) {
        snprintf(number, sizeof(number), "%d", 1 + rand() % 30);
        append(format, number);
    }
    if (rand() % 3 == 0) {
        snprintf(number, sizeof(number), ".%d", rand() % 26);
        append(format, rand() % 8 == 0 ? "." : number);
    }
}

static uint64_t random_value(void)
{
    static const uint64_t corners[] = { 0,          1,     9,       10,       127,
                                        128,        255,   INT_MAX, UINT_MAX, (uint64_t)INT64_MIN,
                                        UINT64_MAX, 0x8000 };

    if (rand() % 3 == 0)
        return corners[(size_t)rand() % ARRAY_SIZE(corners)];
    return ((uint64_t)rand() << 42 ^ (uint64_t)rand() << 21 ^ (uint64_t)rand()) >> rand() % 64;
}

static void numbers_look_as_in_c(void **state)
{
    static const char *const sizes[] = { "hh", "h", "", "l", "ll", "z", "t", "j" };
    static const char kinds[] = "diuxXo";

    (void)state;
    for (int round = 0; round < 200000; round++) {
        char format[64];
        size_t size = (size_t)rand() % ARRAY_SIZE(sizes);
        size_t room = (size_t)rand() % 4 == 0 ? (size_t)rand() % 20 : ROOM;
        uint64_t value = random_value();

        make_start(format);
        append(format, sizes[size]);
        strncat(format, &kinds[(size_t)rand() % (sizeof(kinds) - 1)], 1);
        append(format, ">");
        if (size <= 2)
            CHECK_SAME(room, format, (int)value);
        else
            CHECK_SAME(room, format, value);
    }
}

static void texts_look_as_in_c(void **state)
{
    (void)state;
    for (int round = 0; round < 20000; round++) {
        char format[64] = "<%";
        char number[16];
        snprintf(number, sizeof(number), "%s%d", rand() % 2 ? "-" : "", rand() % 20 + 1);
        append(format, number);
        snprintf(number, sizeof(number), ".%d", rand() % 12);
        append(format, rand() % 2 ? number : "");
        append(format, "s|%-3c|%%>");
        size_t room = (size_t)rand() % 40;
        const char *text = rand() % 2 ? "pekoe" : "";
        CHECK_SAME(room, format, text, 'x');
    }
    CHECK_SAME(ROOM, "%.3s", (const char[]){ 'a', 'b', 'c' }); // no byte after the third is read
    CHECK_SAME(ROOM, "%s", (char *)NULL);
}

static void widths_may_be_arguments(void **state)
{
    (void)state;
    CHECK_SAME(ROOM, "<%*d|%-*d|%*d>", 8, 1, 8, 2, -8, 3);
    CHECK_SAME(ROOM, "<%.*d|%.*x|%.*s>", 5, 1, -1, 255u, 2, "abc");
    CHECK_SAME(ROOM, "<%0*d|%*.*d>", 9, -4, 7, 3, -5);
}

static void pointers_are_hexadecimal(void **state)
{
    char text[32];

    (void)state;
    CHECK_SAME(ROOM, "<%p|%20p|%-20p>", (void *)0xFFFF800012345678, (void *)0x1, (void *)0xABC);
    format_string(text, sizeof(text), "%p", NULL);
    assert_string_equal(text, "0x0");
}

static void mistakes_in_a_format_stay_visible(void **state)
{
    char text[32];

    (void)state;
    format_string(text, sizeof(text), "<%5y>");
    assert_string_equal(text, "<%5y>");
    format_string(text, sizeof(text), "a%");
    assert_string_equal(text, "a%");
    format_string(text, sizeof(text), "%-08l");
    assert_string_equal(text, "%-08l");
    assert_int_equal(format_string(text, sizeof(text), "%99999999999999d", 1), 999999);
}

static void no_room_writes_nothing(void **state)
{
    char guard = '~';

    (void)state;
    assert_int_equal(format_string(&guard, 0, "abc%d", 12), 5);
    assert_int_equal(guard, '~');
    assert_int_equal(format_string(NULL, 0, "%s", "xyz"), 3);
    assert_int_equal(format_string(&guard, 1, "abc"), 3);
    assert_int_equal(guard, '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_look_as_in_c),
        cmocka_unit_test(texts_look_as_in_c),
        cmocka_unit_test(widths_may_be_arguments),
        cmocka_unit_test(pointers_are_hexadecimal),
        cmocka_unit_test(mistakes_in_a_format_stay_visible),
        cmocka_unit_test(no_room_writes_nothing),
    };

    srand(2);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
