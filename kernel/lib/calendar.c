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

// The days of a year before a month; month 13 would be the next year's first.
static unsigned days_before_month(unsigned year, unsigned month)
{
    static const uint16_t before[13] = {
        0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365
    };

    return before[month - 1] + (month > 2 && is_leap_year(year));
}

bool calendar_is_valid(const struct calendar *date)
{
    if (date->year < 1601 || date->year > 9999 || date->month < 1 || date->month > 12)
        return false;
    unsigned days =
        days_before_month(date->year, date->month + 1) - days_before_month(date->year, date->month);
    return date->day >= 1 && date->day <= days && date->hour <= 23 && date->minute <= 59 &&
           date->second <= 59;
}

uint64_t calendar_to_100ns(const struct calendar *date)
{
    uint64_t days =
        days_before_year(date->year) + days_before_month(date->year, date->month) + date->day - 1;

    uint64_t seconds =
        days * SECONDS_PER_DAY + date->hour * 3600ull + date->minute * 60ull + date->second;
    return seconds * UNITS_PER_SECOND;
}
