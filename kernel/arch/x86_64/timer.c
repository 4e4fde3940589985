// SPDX-License-Identifier: MIT
/*
 * The clock and the timer. Time is the time-stamp counter, scaled; the local APIC's timer, in
 * one-shot mode, interrupts at the next deadline.
 *
 * Both are calibrated against the PIT's channel 2, which counts down from 65,536 at 1.193182 MHz
 * without interrupts: the measurement is started at the kernel's first instructions and read when
 * the clock is needed, so that start-up itself is the interval; it is stretched only if that was
 * too short. The PIT wraps after 55 ms: a kernel that took longer (a slow host) measures anew.
 *
 * Source: Intel 8254 data sheet; Intel SDM vol. 3A, 10.5.4; vol. 3B, 17.17 (TSC).
 */

#include <arch/io.h>

#include <kernel/clock.h>
#include <kernel/log.h>
#include <kernel/panic.h>
#include <kernel/thread.h>

#include "apic.h"
#include "arch_private.h"

#define PIT_FREQUENCY  1193182ull
#define PIT_CHANNEL_2  0x42
#define PIT_COMMAND    0x43
#define PIT_GATE       0x61
#define PIT_TICKS_MIN  2400u  // 2 ms: an error of one tick is 0.04 %
#define PIT_OUTPUT_2   0x20   // in the gate port

#define NANOSECONDS 1000000000ull

static struct {
    uint64_t pit_tsc;      // counter when the PIT started
    uint64_t tsc_frequency;
    uint64_t tsc_base;     // counter at time 0
    uint64_t ns_per_tick;  // 32.32 fixed point
    uint64_t apic_ticks_per_ns; // 32.32 fixed point
    uint64_t wall_base;    // 100 ns since 1601 at time 0
} timing;

static void pit_start(void)
{
    io_write8(PIT_GATE, (uint8_t)((io_read8(PIT_GATE) & ~2u) | 1)); // speaker off, counting on
    io_write8(PIT_COMMAND, 0xB0); // channel 2, both bytes, mode 0
    io_write8(PIT_CHANNEL_2, 0xFF);
    io_write8(PIT_CHANNEL_2, 0xFF);
    timing.pit_tsc = cpu_timestamp();
}

static unsigned pit_elapsed(void)
{
    io_write8(PIT_COMMAND, 0x80); // latch channel 2
    unsigned low = io_read8(PIT_CHANNEL_2);
    return 0xFFFF - (low | (unsigned)io_read8(PIT_CHANNEL_2) << 8);
}

void timer_begin_calibration(void)
{
    pit_start();
}

void timer_calibrate(void)
{
    local_apic_write(LOCAL_APIC_TIMER_DIVIDE, 0xB); // divide by 1
    local_apic_write(LOCAL_APIC_LVT_TIMER, 0x10000);
    local_apic_write(LOCAL_APIC_TIMER_INITIAL, UINT32_MAX);
    uint64_t apic_tsc = cpu_timestamp();

    // In mode 0 channel 2's output stays low until the count reaches 0: high means that it wrapped.
    if (io_read8(PIT_GATE) & PIT_OUTPUT_2)
        pit_start();
    unsigned ticks;
    do {
        cpu_relax();
        ticks = pit_elapsed();
    } while (ticks < PIT_TICKS_MIN);
    uint64_t now = cpu_timestamp();
    uint32_t apic_ticks = UINT32_MAX - local_apic_read(LOCAL_APIC_TIMER_CURRENT);
    local_apic_write(LOCAL_APIC_TIMER_INITIAL, 0);

    timing.tsc_frequency = (now - timing.pit_tsc) * PIT_FREQUENCY / ticks;
    timing.ns_per_tick = (NANOSECONDS << 32) / timing.tsc_frequency;
    uint64_t apic_ns = (now - apic_tsc) * NANOSECONDS / timing.tsc_frequency;
    timing.apic_ticks_per_ns = apic_ns ? ((uint64_t)apic_ticks << 32) / apic_ns : 0;
    if (!timing.apic_ticks_per_ns)
        panic("timer: the local APIC's timer does not count");
    timing.tsc_base = timing.pit_tsc;
    log_info("clock", "counter %lu.%03lu MHz, timer %lu MHz", timing.tsc_frequency / 1000000,
             timing.tsc_frequency / 1000 % 1000, (timing.apic_ticks_per_ns * 1000) >> 32);
}

nanoseconds_t clock_now(void)
{
    if (!timing.ns_per_tick)
        return 0;
    uint64_t ticks = cpu_timestamp() - timing.tsc_base;
    return (nanoseconds_t)((unsigned __int128)ticks * timing.ns_per_tick >> 32);
}

uint64_t clock_interrupt_100ns(void)
{
    return clock_now() / 100;
}

uint64_t clock_wall_100ns(void)
{
    return timing.wall_base + clock_now() / 100;
}

void clock_set_wall(uint64_t now_100ns)
{
    timing.wall_base = now_100ns - clock_now() / 100;
}

uint64_t clock_tsc_frequency(void)
{
    return timing.tsc_frequency;
}

void timer_set_deadline(nanoseconds_t deadline)
{
    if (deadline == NO_DEADLINE) {
        local_apic_write(LOCAL_APIC_TIMER_INITIAL, 0);
        return;
    }
    nanoseconds_t now = clock_now();
    uint64_t wait = deadline > now ? deadline - now : 0;
    unsigned __int128 ticks = ((unsigned __int128)wait * timing.apic_ticks_per_ns >> 32) + 1;
    local_apic_write(LOCAL_APIC_LVT_TIMER, TRAP_TIMER);
    local_apic_write(LOCAL_APIC_TIMER_INITIAL, ticks > UINT32_MAX ? UINT32_MAX : (uint32_t)ticks);
}
