// SPDX-License-Identifier: MIT
// The formatter against the host's own printf, format by format, and what it does with nonsense.

// cmocka wants these before it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <user/format.h>

struct text {
    size_t length;
    char bytes[128];
};

static void put(void *context, const char *bytes, size_t length)
{
    struct text *text = context;

    assert_true(length < sizeof(text->bytes) - text->length);
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
}

static void format_to(struct text *text, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    format_text(put, text, format, arguments);
    va_end(arguments);
    text->bytes[text->length] = '\0';
}

#define SAME_AS_PRINTF(...)                                                                        \
    do {                                                                                           \
        struct text text = { 0 };                                                                  \
        char wanted[128];                                                                          \
        snprintf(wanted, sizeof(wanted), __VA_ARGS__);                                             \
        format_to(&text, __VA_ARGS__);                                                             \
        assert_string_equal(text.bytes, wanted);                                                   \
    } while (0)

static void numbers(void **state)
{
    (void)state;
    SAME_AS_PRINTF("%d %d %d %d", 0, -1, INT_MAX, INT_MIN);
    SAME_AS_PRINTF("%i|%5d|%-5d|%05d|%05d", 7, 42, 42, 42, -42);
    SAME_AS_PRINTF("%u %x %X %08X", UINT_MAX, 0xBEEFu, 0xBEEFu, 0xBEEFu);
    SAME_AS_PRINTF("%lld %lld %llu", LLONG_MIN, LLONG_MAX, ULLONG_MAX);
    SAME_AS_PRINTF("%ld %lx %zu %zX", LONG_MIN, ULONG_MAX, SIZE_MAX, SIZE_MAX);
    SAME_AS_PRINTF("%016llX|%20llu|%-20lld|", 0x123456789ABCull, 5ull, -5ll);
    SAME_AS_PRINTF("%3d %02x", 12345, 0x12345u);
}

static void texts(void **state)
{
    (void)state;
    SAME_AS_PRINTF("plain");
    SAME_AS_PRINTF("%s%c%s", "a", 'b', "");
    SAME_AS_PRINTF("[%8s] [%-8s] [%2s]", "abc", "abc", "abc");
    SAME_AS_PRINTF("[%3c] [%-3c] 100%%", 'x', 'y');
}

static void own_choices(void **state)
{
    struct text text = { 0 };

    (void)state;
    format_to(&text, "%p %s %y %", (void *)0x1234, NULL);
    assert_string_equal(text.bytes, "0x0000000000001234 (null) %y %");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(texts),
        cmocka_unit_test(own_choices),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
