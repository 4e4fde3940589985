// SPDX-License-Identifier: MIT
// Decoding the real-time clock's registers. A clock whose battery is dead holds anything, so every
// field is checked.
#include "decode.h"

#define HOUR_IS_PM 0x80u

// A register's value; 0xFF, which no field can hold, for what is no BCD number.
static unsigned number_of(uint8_t value, uint8_t format)
{
    if (format & RTC_FORMAT_BINARY)
        return value;
    if ((value & 0x0F) > 9 || value >> 4 > 9)
        return 0xFF;
    return (value >> 4) * 10u + (value & 0x0F);
}

// The hour from 0 to 23, or 0xFF. Twelve-hour clocks go 12, 1, ..., 11, in each half of the day.
static unsigned hour_of(const struct rtc_registers *registers)
{
    unsigned hour;

    if (registers->format & RTC_FORMAT_24H) {
        hour = number_of(registers->hour, registers->format);
        return hour <= 23 ? hour : 0xFF;
    }
    hour = number_of(registers->hour & (uint8_t)~HOUR_IS_PM, registers->format);
    if (hour < 1 || hour > 12)
        return 0xFF;
    return hour % 12 + (registers->hour & HOUR_IS_PM ? 12 : 0);
}

static bool is_leap(unsigned year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned days_of_month(unsigned month, unsigned year)
{
    static const uint8_t days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

    return days[month - 1] + (month == 2 && is_leap(year) ? 1u : 0u);
}

bool rtc_decode(const struct rtc_registers *registers, struct calendar *out)
{
    uint8_t format = registers->format;
    unsigned century = number_of(registers->century, format);
    unsigned year = number_of(registers->year, format);
    struct calendar date = {
        .month = number_of(registers->month, format),
        .day = number_of(registers->day, format),
        .hour = hour_of(registers),
        .minute = number_of(registers->minute, format),
        .second = number_of(registers->second, format),
    };

    if (century < 19 || century > 29)
        century = 20;
    date.year = century * 100 + year;
    if (year > 99 || date.month < 1 || date.month > 12 || date.day < 1 ||
        date.day > days_of_month(date.month, date.year))
        return false;
    if (date.hour > 23 || date.minute > 59 || date.second > 59)
        return false;
    *out = date;
    return true;
}
