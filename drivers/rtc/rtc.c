// SPDX-License-Identifier: MIT
/*
 * Wall time from the PC's real-time clock, once, at start. The clock counts in whole seconds, so
 * wall time is up to a second late.
 *
 * An update changes the registers one after another. The clock warns 244 us ahead of it, longer
 * than reading takes; but a virtual machine may be held up for any time, so the seconds are read
 * again at the end.
 */

#include <arch/io.h>
#include <kernel/clock.h>
#include <kernel/init.h>
#include <kernel/log.h>

#include "decode.h"

#define INDEX_PORT 0x70
#define DATA_PORT  0x71

enum {
    REG_SECOND = 0x00,
    REG_MINUTE = 0x02,
    REG_HOUR = 0x04,
    REG_DAY = 0x07,
    REG_MONTH = 0x08,
    REG_YEAR = 0x09,
    REG_STATUS_A = 0x0A,
    REG_STATUS_B = 0x0B,
    REG_CENTURY = 0x32, // by convention; the FADT would name it, and always names this one
};

#define UPDATE_IN_PROGRESS 0x80

// An update takes up to 2 ms, and a poll about 1 us.
#define UPDATE_POLLS  10000u
#define READ_ATTEMPTS 4u

static uint8_t read_register(uint8_t number)
{
    io_write8(INDEX_PORT, number);
    return io_read8(DATA_PORT);
}

// Where there is no clock all bits read as ones, and the update never ends.
static bool wait_for_update(void)
{
    for (unsigned i = 0; i < UPDATE_POLLS; i++) {
        if ((read_register(REG_STATUS_A) & UPDATE_IN_PROGRESS) == 0)
            return true;
    }
    return false;
}

static bool read_registers(struct rtc_registers *out)
{
    for (unsigned i = 0; i < READ_ATTEMPTS; i++) {
        if (!wait_for_update())
            return false;
        out->second = read_register(REG_SECOND); // first, to be compared last
        out->minute = read_register(REG_MINUTE);
        out->hour = read_register(REG_HOUR);
        out->day = read_register(REG_DAY);
        out->month = read_register(REG_MONTH);
        out->year = read_register(REG_YEAR);
        out->century = read_register(REG_CENTURY);
        out->format = read_register(REG_STATUS_B);
        if (read_register(REG_SECOND) == out->second)
            return true;
    }
    return false;
}

static void set_wall_time(void)
{
    struct rtc_registers registers;
    struct calendar date;

    if (!read_registers(&registers) || !rtc_decode(&registers, &date)) {
        log_warn("rtc", "no date from the real-time clock: wall time is unknown");
        return;
    }
    clock_set_wall(calendar_to_100ns(&date));
    log_info("rtc", "it is %04u-%02u-%02u %02u:%02u:%02u UTC", date.year, date.month, date.day,
             date.hour, date.minute, date.second);
}

INITCALL(60_DRIVERS, set_wall_time);
