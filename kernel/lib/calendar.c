// SPDX-License-Identifier: MIT
/*
 * Dates to NT's count of 100 ns since 1601-01-01. That year starts a cycle of 400 years in the
 * Gregorian calendar, so leap days before a year are counted by three divisions.
 */

#include <kernel/clock.h>

#define SECONDS_PER_DAY  86400ull
#define UNITS_PER_SECOND 10000000ull // of 100 ns

static bool is_leap_year(unsigned year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static uint64_t days_before_year(unsigned year)
{
    uint64_t years = year - 1601;

    return years * 365 + years / 4 - years / 100 + years / 400;
}

static unsigned days_before_month(unsigned year, unsigned month)
{
    static const uint16_t before[12] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };

    return before[month - 1] + (month > 2 && is_leap_year(year));
}

uint64_t calendar_to_100ns(const struct calendar *date)
{
    // An RTC may hold nonsense; a month that does not exist must not index the table.
    unsigned month = MIN(MAX(date->month, 1u), 12u);
    unsigned year = MAX(date->year, 1601u);
    uint64_t days = days_before_year(year) + days_before_month(year, month) + date->day - 1;

    uint64_t seconds =
        days * SECONDS_PER_DAY + date->hour * 3600ull + date->minute * 60ull + date->second;
    return seconds * UNITS_PER_SECOND;
}
