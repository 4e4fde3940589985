// SPDX-License-Identifier: MIT
// Dates out of the real-time clock's registers, in all four formats, and what is no date.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../decode.h"

static struct rtc_registers registers;

static int setup(void **state)
{
    (void)state;
    // 2026-11-21 23:59:58, BCD, 24 hours.
    registers = (struct rtc_registers){
        .second = 0x58,
        .minute = 0x59,
        .hour = 0x23,
        .day = 0x21,
        .month = 0x11,
        .year = 0x26,
        .century = 0x20,
        .format = RTC_FORMAT_24H,
    };
    return 0;
}

static void check_date(unsigned year, unsigned month, unsigned day)
{
    struct calendar date;

    assert_true(rtc_decode(&registers, &date));
    assert_int_equal(date.year, year);
    assert_int_equal(date.month, month);
    assert_int_equal(date.day, day);
}

static void check_hour(unsigned hour)
{
    struct calendar date;

    assert_true(rtc_decode(&registers, &date));
    assert_int_equal(date.hour, hour);
}

static void check_refused(void)
{
    struct calendar date = { .year = 1 };

    assert_false(rtc_decode(&registers, &date));
    assert_int_equal(date.year, 1);
}

static void bcd_is_decoded(void **state)
{
    struct calendar date;

    (void)state;
    check_date(2026, 11, 21);
    check_hour(23);
    assert_true(rtc_decode(&registers, &date));
    assert_int_equal(date.minute, 59);
    assert_int_equal(date.second, 58);
}

static void binary_is_decoded(void **state)
{
    (void)state;
    registers =
        (struct rtc_registers){ 58, 59, 23, 21, 11, 26, 20, RTC_FORMAT_24H | RTC_FORMAT_BINARY };
    check_date(2026, 11, 21);
    check_hour(23);
}

static void twelve_hour_clocks_start_at_twelve(void **state)
{
    static const struct {
        uint8_t bcd, binary;
        unsigned hour;
    } cases[] = {
        { 0x12, 12, 0 },    { 0x01, 1, 1 },     { 0x11, 11, 11 },
        { 0x92, 0x8C, 12 }, { 0x81, 0x81, 13 }, { 0x91, 0x8B, 23 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        setup(NULL);
        registers.format = 0;
        registers.hour = cases[i].bcd;
        check_hour(cases[i].hour);
        registers =
            (struct rtc_registers){ 0, 0, cases[i].binary, 1, 1, 26, 20, RTC_FORMAT_BINARY };
        check_hour(cases[i].hour);
    }
}

static void the_century_counts_if_it_is_likely(void **state)
{
    (void)state;
    registers.century = 0x19;
    registers.year = 0x99;
    check_date(1999, 11, 21);
    registers.century = 0x21;
    check_date(2199, 11, 21);
    registers.century = 0x00;
    check_date(2099, 11, 21);
    registers.century = 0xFF;
    check_date(2099, 11, 21);
    registers.century = 0x77;
    check_date(2099, 11, 21);
}

static void leap_days_exist_in_leap_years_only(void **state)
{
    (void)state;
    registers.month = 0x02;
    registers.day = 0x29;
    registers.year = 0x24;
    check_date(2024, 2, 29);
    registers.year = 0x00;
    check_date(2000, 2, 29);
    registers.year = 0x26;
    check_refused();
    registers.century = 0x21;
    registers.year = 0x00;
    check_refused();
}

static void what_is_no_date_is_refused(void **state)
{
    static const struct {
        size_t field;
        uint8_t value;
    } cases[] = {
        { offsetof(struct rtc_registers, second), 0x60 },
        { offsetof(struct rtc_registers, second), 0x5A },
        { offsetof(struct rtc_registers, minute), 0x60 },
        { offsetof(struct rtc_registers, minute), 0xFF },
        { offsetof(struct rtc_registers, hour), 0x24 },
        { offsetof(struct rtc_registers, hour), 0xA3 },
        { offsetof(struct rtc_registers, day), 0x00 },
        { offsetof(struct rtc_registers, day), 0x31 },
        { offsetof(struct rtc_registers, month), 0x00 },
        { offsetof(struct rtc_registers, month), 0x13 },
        { offsetof(struct rtc_registers, year), 0xA0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        setup(NULL);
        ((uint8_t *)&registers)[cases[i].field] = cases[i].value;
        check_refused();
    }
    setup(NULL);
    registers.format = 0;
    registers.hour = 0x00;
    check_refused();
    registers.hour = 0x13;
    check_refused();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {
        TEST(bcd_is_decoded),
        TEST(binary_is_decoded),
        TEST(twelve_hour_clocks_start_at_twelve),
        TEST(the_century_counts_if_it_is_likely),
        TEST(leap_days_exist_in_leap_years_only),
        TEST(what_is_no_date_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
