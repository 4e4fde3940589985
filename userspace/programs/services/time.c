// SPDX-License-Identifier: MIT
// Time: the clocks run, agree with each other, and waiting takes as long as it should.

#include "services.h"

// 100 ns from 1601 to the starts of 2020 and 2100.
#define START_OF_2020 132223104000000000LL
#define START_OF_2100 157469184000000000LL

static LONGLONG system_time(void)
{
    LARGE_INTEGER time = { .QuadPart = 0 };

    (void)NtQuerySystemTime(&time);
    return time.QuadPart;
}

static LONGLONG counter(void)
{
    LARGE_INTEGER count = { .QuadPart = 0 };

    (void)NtQueryPerformanceCounter(&count, NULL);
    return count.QuadPart;
}

static LONGLONG shared_time(const volatile KSYSTEM_TIME *time)
{
    LONG high;
    ULONG low;

    do {
        high = time->High1Time;
        low = time->LowPart;
    } while (high != time->High2Time);
    return (LONGLONG)((ULONGLONG)(ULONG)high << 32 | low);
}

static bool is_within(LONGLONG value, LONGLONG least, LONGLONG most)
{
    return value >= least && value <= most;
}

static NTSTATUS delay(LONGLONG interval)
{
    LARGE_INTEGER time = { .QuadPart = interval };

    return NtDelayExecution(FALSE, &time);
}

static void test_clocks(void)
{
    LARGE_INTEGER count, frequency = { .QuadPart = 0 };
    LONGLONG first = counter();

    check_status("ask for the counter's frequency", NtQueryPerformanceCounter(&count, &frequency),
                 STATUS_SUCCESS);
    check_equal("it is 10 MHz", (ULONGLONG)frequency.QuadPart, 10000000);
    check("the counter never goes back", count.QuadPart >= first);
    check("the date is of this century", is_within(system_time(), START_OF_2020, START_OF_2100));
    check("shared data has the same time",
          is_within(system_time() - shared_time(&shared_data()->SystemTime), -SECOND, SECOND));
}

// Waits, and sees how far each clock went meanwhile. Upper bounds are generous: a virtual machine
// may be stopped at any moment.
static void test_waiting(void)
{
    LONGLONG counted = counter();
    LONGLONG time = system_time();
    LONGLONG interrupt_time = shared_time(&shared_data()->InterruptTime);
    LONGLONG ticks = shared_time(&shared_data()->TickCount);

    check_status("wait for 50 ms", delay(-50 * MILLISECOND), STATUS_SUCCESS);
    counted = counter() - counted;
    time = system_time() - time;
    interrupt_time = shared_time(&shared_data()->InterruptTime) - interrupt_time;
    ticks = shared_time(&shared_data()->TickCount) - ticks;

    check("the counter went on by 50 ms", is_within(counted, 50 * MILLISECOND, 10 * SECOND));
    check("the date went on by 50 ms", is_within(time, 49 * MILLISECOND, 10 * SECOND));
    // The shared page may be as old as a clock tick, 15.6 ms, at either end.
    check("the shared interrupt time went on",
          is_within(interrupt_time, 30 * MILLISECOND, 10 * SECOND));
    check("the shared tick count went on", ticks > 0);
}

static void test_other_delays(void)
{
    LONGLONG counted = counter();

    check_status("wait for no time", delay(0), STATUS_SUCCESS);
    check_status("wait until 1601", delay(1), STATUS_SUCCESS);
    check_status("wait until a second ago", delay(system_time() - SECOND), STATUS_SUCCESS);
    check("none of these waits", counter() - counted < SECOND);

    counted = counter();
    check_status("wait until a moment ahead", delay(system_time() + 30 * MILLISECOND),
                 STATUS_SUCCESS);
    check("that waits", is_within(counter() - counted, 20 * MILLISECOND, 10 * SECOND));

    NTSTATUS status = NtYieldExecution();
    check("yield", status == STATUS_SUCCESS || status == STATUS_NO_YIELD_PERFORMED);
}

void test_time(void)
{
    test_clocks();
    test_waiting();
    test_other_delays();
}
