// SPDX-License-Identifier: MIT
// The registers of a PC's real-time clock (MC146818 and its kin) as a date. Pure.

#pragma once

#include <kernel/clock.h>

#define RTC_FORMAT_BINARY 0x04u // of status register B; else the values are BCD
#define RTC_FORMAT_24H    0x02u // of status register B; else bit 7 of the hour means afternoon

struct rtc_registers {
    uint8_t second, minute, hour, day, month, year, century;
    uint8_t format; // status register B
};

/*
 * Turns registers into a date. A century register that holds no likely century is taken for 20.
 * Returns  whether they hold a date at all
 */
bool rtc_decode(const struct rtc_registers *registers, struct calendar *out) MUST_CHECK;
