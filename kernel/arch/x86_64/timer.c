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

#include <arch/context.h>
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
#define PIT_TICKS_MIN  2400u // 2 ms: an error of one tick is 0.04 %
#define APIC_TICKS_MIN 1200u // 1 ms for the APIC's timer, whose measurement starts later
#define SAMPLES        4
#define PIT_OUTPUT     0x80 // in a channel's status

#define NANOSECONDS      1000000000ull
#define UNITS_PER_SECOND (NANOSECONDS / NANOSECONDS_PER_100NS)

// All three counters at one moment.
struct sample {
    uint64_t tsc;
    unsigned pit;  // ticks since pit_start
    uint32_t apic; // ticks since the timer was started, if it was
};

static struct {
    struct sample start; // taken at the kernel's first instructions
    uint64_t tsc_frequency;
    uint64_t ns_per_tick;       // 32.32 fixed point
    struct clock_scale scale;   // the clock itself
    uint64_t apic_ticks_per_ns; // 32.32 fixed point
    uint64_t wall_base;         // 100 ns since 1601 at time 0
} timing;

static ALWAYS_INLINE uint64_t multiply_high(uint64_t a, uint64_t b)
{
    return (uint64_t)((unsigned __int128)a * b >> 64);
}

// high * 2^64 / divisor, where high < divisor: what C has no division for.
static uint64_t divide_high(uint64_t high, uint64_t divisor)
{
    uint64_t quotient;
    __asm__("divq %2" : "=a"(quotient), "+d"(high) : "r"(divisor), "a"(0ull) : "cc");
    return quotient;
}

static void pit_start(void)
{
    io_write8(PIT_GATE, (uint8_t)((io_read8(PIT_GATE) & ~2u) | 1)); // speaker off, counting on
    io_write8(PIT_COMMAND, 0xB0);                                   // channel 2, both bytes, mode 0
    io_write8(PIT_CHANNEL_2, 0xFF);
    io_write8(PIT_CHANNEL_2, 0xFF);
}

static unsigned pit_elapsed(void)
{
    io_write8(PIT_COMMAND, 0x80); // latch channel 2
    unsigned low = io_read8(PIT_CHANNEL_2);
    return 0xFFFF - (low | (unsigned)io_read8(PIT_CHANNEL_2) << 8);
}

// In mode 0 the channel's output stays low until the count reaches 0. The gate's port would show
// it, too, but small machines have no such port and read as if it were high for ever.
static bool pit_has_wrapped(void)
{
    io_write8(PIT_COMMAND, 0xE8); // read back the status of channel 2
    return io_read8(PIT_CHANNEL_2) & PIT_OUTPUT;
}

// The host may take the processor away between two reads: of several samples, the one whose reads
// lie closest together is the truest.
static struct sample take_sample(bool with_apic)
{
    struct sample best = { 0 };
    uint64_t best_span = UINT64_MAX;
    for (int i = 0; i < SAMPLES; i++) {
        uint64_t before = cpu_timestamp();
        unsigned pit = pit_elapsed();
        uint32_t apic = with_apic ? UINT32_MAX - local_apic_read(LOCAL_APIC_TIMER_CURRENT) : 0;
        uint64_t span = cpu_timestamp() - before;
        if (span < best_span) {
            best_span = span;
            best = (struct sample){ before + span / 2, pit, apic };
        }
    }
    return best;
}

void timer_begin_calibration(void)
{
    pit_start();
    timing.start = take_sample(false);
}

void timer_enable(void)
{
    local_apic_write(LOCAL_APIC_TIMER_DIVIDE, 0xB); // divide by 1
    local_apic_write(LOCAL_APIC_LVT_TIMER, 0x10000);
}

void timer_calibrate(void)
{
    timer_enable();
    local_apic_write(LOCAL_APIC_TIMER_INITIAL, UINT32_MAX);

    // The host may take the processor away at any moment, for longer than the PIT takes to wrap: a
    // measurement counts only if it has not wrapped at the end.
    struct sample first, last;
    do {
        if (pit_has_wrapped())
            timer_begin_calibration();
        first = take_sample(true);
        unsigned enough = MAX(timing.start.pit + PIT_TICKS_MIN, first.pit + APIC_TICKS_MIN);
        while (pit_elapsed() < enough && !pit_has_wrapped())
            cpu_relax();
        last = take_sample(true);
    } while (pit_has_wrapped());
    local_apic_write(LOCAL_APIC_TIMER_INITIAL, 0);

    timing.tsc_frequency =
        (last.tsc - timing.start.tsc) * PIT_FREQUENCY / (last.pit - timing.start.pit);
    if (timing.tsc_frequency <= UNITS_PER_SECOND)
        panic("timer: the time-stamp counter is slower than 10 MHz");
    timing.ns_per_tick = (NANOSECONDS << 32) / timing.tsc_frequency;
    uint64_t apic_ns = (last.tsc - first.tsc) * NANOSECONDS / timing.tsc_frequency;
    timing.apic_ticks_per_ns = ((uint64_t)(last.apic - first.apic) << 32) / apic_ns;
    if (!timing.apic_ticks_per_ns)
        panic("timer: the local APIC's timer does not count");
    uint64_t multiplier = divide_high(UNITS_PER_SECOND, timing.tsc_frequency);
    timing.scale.bias = -multiply_high(timing.start.tsc, multiplier);
    timing.scale.multiplier = multiplier;
    log_info("clock", "counter %lu.%03lu MHz, timer %lu MHz", timing.tsc_frequency / 1000000,
             timing.tsc_frequency / 1000 % 1000, (timing.apic_ticks_per_ns * 1000) >> 32);
}

/*
 * Programs read the clock by the same formula, in whole units of 100 ns (clock_scale); the fraction
 * below that makes nanoseconds of it, so both agree to the unit.
 */
nanoseconds_t clock_now(void)
{
    if (!timing.scale.multiplier)
        return 0;
    unsigned __int128 units = (unsigned __int128)cpu_timestamp() * timing.scale.multiplier;
    return ((uint64_t)(units >> 64) + timing.scale.bias) * NANOSECONDS_PER_100NS +
           multiply_high((uint64_t)units, NANOSECONDS_PER_100NS);
}

struct clock_scale clock_scale(void)
{
    return timing.scale;
}

nanoseconds_t clock_cycles_to_ns(uint64_t cycles)
{
    return (nanoseconds_t)((unsigned __int128)cycles * timing.ns_per_tick >> 32);
}

uint64_t clock_interrupt_100ns(void)
{
    return multiply_high(cpu_timestamp(), timing.scale.multiplier) + timing.scale.bias;
}

uint64_t clock_wall_100ns(void)
{
    return timing.wall_base + clock_interrupt_100ns();
}

void clock_set_wall(uint64_t now_100ns)
{
    timing.wall_base = now_100ns - clock_interrupt_100ns();
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
