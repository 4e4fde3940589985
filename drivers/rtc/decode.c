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
    if (year > 99 || !calendar_is_valid(&date))
        return false;
    *out = date;
    return true;
}
