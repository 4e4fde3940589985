// SPDX-License-Identifier: MIT
/*
 * Time. The clock is the processor's time-stamp counter, calibrated against the PIT (or told by the
 * hypervisor); wall time starts from the RTC.
 *
 * Context  any, NMI and panic included, from level 40_OBJECTS on; before that the clock reads 0
 */

#pragma once

#include <kernel/types.h>

// What NT counts time in.
#define NANOSECONDS_PER_100NS 100u

// Time since the clock started.
nanoseconds_t clock_now(void);

// What a number of the time-stamp counter's cycles comes to.
nanoseconds_t clock_cycles_to_ns(uint64_t cycles);

// Wall time in 100 ns since 1601-01-01 00:00 UTC, as NT counts it.
uint64_t clock_wall_100ns(void);

// Time since start in 100 ns: NT's interrupt time and, here, its performance counter.
uint64_t clock_interrupt_100ns(void);

// How that comes from the time-stamp counter: the upper 64 bits of counter * multiplier, plus bias.
// Immutable once the clock runs; programs that know it need no service to read the clock.
struct clock_scale {
    uint64_t multiplier, bias;
};
struct clock_scale clock_scale(void);

struct calendar {
    unsigned year, month, day, hour, minute, second;
};

// Whether it is a date of the Gregorian calendar, 1601..9999, and a time of day.
bool calendar_is_valid(const struct calendar *date);

// Converts a valid date (UTC) to 100 ns since 1601.
uint64_t calendar_to_100ns(const struct calendar *date);

// Tells the clock what the wall time is now, in 100 ns since 1601 (the RTC driver does, once).
void clock_set_wall(uint64_t now_100ns);
