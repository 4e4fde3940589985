// SPDX-License-Identifier: MIT
// calendar.c against the host's timegm, and the list of statuses.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include <kernel/clock.h>
#include <kernel/status.h>

#define SECONDS_1601_TO_1970 11644473600ll

static void dates_agree_with_the_host(void **state)
{
    (void)state;
    for (int round = 0; round < 100000; round++) {
        struct tm tm = { .tm_year = 1601 - 1900 + rand() % 8399,
                         .tm_mon = rand() % 12,
                         .tm_mday = 1 + rand() % 28,
                         .tm_hour = rand() % 24,
                         .tm_min = rand() % 60,
                         .tm_sec = rand() % 60 };
        struct calendar date = { (unsigned)tm.tm_year + 1900, (unsigned)tm.tm_mon + 1,
                                 (unsigned)tm.tm_mday,        (unsigned)tm.tm_hour,
                                 (unsigned)tm.tm_min,         (unsigned)tm.tm_sec };
        uint64_t expected = (uint64_t)(timegm(&tm) + SECONDS_1601_TO_1970) * 10000000;
        assert_int_equal(calendar_to_100ns(&date), expected);
    }
}

static void leap_days_follow_the_gregorian_rules(void **state)
{
    static const struct {
        unsigned year, days_in_february;
    } years[] = { { 2000, 29 }, { 1900, 28 }, { 2024, 29 }, { 2023, 28 }, { 2100, 28 } };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(years); i++) {
        struct calendar february = { years[i].year, 2, 1, 0, 0, 0 };
        struct calendar march = { years[i].year, 3, 1, 0, 0, 0 };
        uint64_t days =
            (calendar_to_100ns(&march) - calendar_to_100ns(&february)) / (86400ull * 10000000);
        assert_int_equal(days, years[i].days_in_february);
    }
}

static void time_starts_in_1601(void **state)
{
    struct calendar date = { 1601, 1, 1, 0, 0, 0 };

    (void)state;
    assert_int_equal(calendar_to_100ns(&date), 0);
}

static void only_dates_are_valid(void **state)
{
    static const struct {
        struct calendar date;
        bool is_valid;
    } cases[] = {
        { { 1601, 1, 1, 0, 0, 0 }, true },    { { 9999, 12, 31, 23, 59, 59 }, true },
        { { 1600, 12, 31, 0, 0, 0 }, false }, { { 10000, 1, 1, 0, 0, 0 }, false },
        { { 2026, 0, 1, 0, 0, 0 }, false },   { { 2026, 13, 1, 0, 0, 0 }, false },
        { { 2026, 1, 0, 0, 0, 0 }, false },   { { 2026, 1, 32, 0, 0, 0 }, false },
        { { 2026, 4, 30, 0, 0, 0 }, true },   { { 2026, 4, 31, 0, 0, 0 }, false },
        { { 2024, 2, 29, 0, 0, 0 }, true },   { { 2026, 2, 29, 0, 0, 0 }, false },
        { { 2000, 2, 29, 0, 0, 0 }, true },   { { 1900, 2, 29, 0, 0, 0 }, false },
        { { 2026, 1, 1, 24, 0, 0 }, false },  { { 2026, 1, 1, 0, 60, 0 }, false },
        { { 2026, 1, 1, 0, 0, 60 }, false },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_int_equal(calendar_is_valid(&cases[i].date), cases[i].is_valid);
}

static void statuses_have_names(void **state)
{
    (void)state;
    assert_string_equal(status_name(STATUS_ACCESS_VIOLATION), "STATUS_ACCESS_VIOLATION");
    assert_string_equal(status_words(STATUS_ACCESS_VIOLATION), "access violation");
    assert_string_equal(status_name(0), "STATUS_SUCCESS");
    assert_null(status_name(0x12345678));
    assert_null(status_words(0x12345678));
    assert_true(status_is_success(STATUS_PENDING));
    assert_false(status_is_success(STATUS_GUARD_PAGE_VIOLATION));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_agree_with_the_host),
        cmocka_unit_test(leap_days_follow_the_gregorian_rules),
        cmocka_unit_test(time_starts_in_1601),
        cmocka_unit_test(only_dates_are_valid),
        cmocka_unit_test(statuses_have_names),
    };

    srand(4);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
