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

static ULONGLONG time_stamp(void)
{
    ULONG low, high;

    __asm__ volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (ULONGLONG)high << 32 | low;
}

// The counter as RtlQueryPerformanceCounter reads it, without a service.
static LONGLONG counter_by_page(const volatile SYSTEM_HYPERVISOR_USER_SHARED_DATA *page)
{
    unsigned __int128 product = (unsigned __int128)time_stamp() * page->QpcMultiplier;

    return (LONGLONG)(((ULONGLONG)(product >> 64) + page->QpcBias + shared_data()->QpcBias) >>
                      shared_data()->QpcShift);
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

static void test_counter_page(void)
{
    const volatile SYSTEM_HYPERVISOR_USER_SHARED_DATA *page = NULL;
    ULONG length = 0;
    bool agree = true;

    check("the counter may be read without a service",
          shared_data()->QpcBypassEnabled ==
              (QPC_BYPASS_ENABLED | QPC_BYPASS_USE_HV_PAGE | QPC_BYPASS_USE_LFENCE));
    check_equal("at the same frequency", (ULONGLONG)shared_data()->QpcFrequency, 10000000);
    check_status("ask for the page that has its scale",
                 NtQuerySystemInformation(SystemHypervisorSharedPageInformation, &page,
                                          sizeof(page), &length),
                 STATUS_SUCCESS);
    if (!check("there is one", page != NULL && page->TimeUpdateLock != 0))
        return;
    for (int i = 0; i < 1000; i++) {
        LONGLONG before = counter(), between = counter_by_page(page), after = counter();
        agree &= is_within(between, before, after);
    }
    check("both ways to read the counter agree to the unit", agree);
}

static void test_time_of_day(void)
{
    SYSTEM_TIMEOFDAY_INFORMATION time = { .TimeZoneId = 9 };
    LONGLONG before = system_time();

    check_status("ask for the time of day",
                 NtQuerySystemInformation(SystemTimeOfDayInformation, &time, sizeof(time), NULL),
                 STATUS_SUCCESS);
    check("it is the date", is_within(time.CurrentTime.QuadPart, before, system_time()));
    check("the machine was started a while ago",
          is_within(before - time.BootTime.QuadPart, 0, 3600 * SECOND));
    check("the date is UTC", time.TimeZoneBias.QuadPart == 0 && time.TimeZoneId == 0);
}

// A process' request for a tick, and what the shared page makes of it.
static void test_tick(void)
{
    ULONG longest = 0, shortest = 0, current = 0, actual = 0;

    check_status("ask for the clock's ticks", NtQueryTimerResolution(&longest, &shortest, &current),
                 STATUS_SUCCESS);
    check("64 Hz to 2 kHz, now 64", longest == 156250 && shortest == 5000 && current == 156250);
    check_status("take back what was not asked for", NtSetTimerResolution(0, FALSE, &actual),
                 STATUS_TIMER_RESOLUTION_NOT_SET);
    check_equal("the tick is told all the same", actual, 156250);
    check_status("ask for 1 ms", NtSetTimerResolution(10000, TRUE, &actual), STATUS_SUCCESS);
    check_equal("that is given", actual, 10000);
    LONGLONG first = shared_time(&shared_data()->InterruptTime), next = first;
    for (LONGLONG end = counter() + 10 * SECOND; next == first && counter() < end;)
        next = shared_time(&shared_data()->InterruptTime);
    first = next;
    LONGLONG least = SECOND;
    for (int i = 0; i < 10; i++, first = next) {
        for (LONGLONG end = counter() + 10 * SECOND; next == first && counter() < end;)
            next = shared_time(&shared_data()->InterruptTime);
        least = next - first < least ? next - first : least;
    }
    check("the shared page ticks so often", is_within(least, 0, 3 * MILLISECOND));
    check_status("ask for less than there is", NtSetTimerResolution(1, TRUE, &actual),
                 STATUS_SUCCESS);
    check_equal("there is half a millisecond", actual, 5000);
    check_status("take it back", NtSetTimerResolution(0, FALSE, &actual), STATUS_SUCCESS);
    check_equal("and the tick is as it was", actual, 156250);
    check_status("nowhere to put it", NtSetTimerResolution(10000, TRUE, NULL),
                 STATUS_ACCESS_VIOLATION);
    check_status("then nothing was asked for", NtSetTimerResolution(0, FALSE, &actual),
                 STATUS_TIMER_RESOLUTION_NOT_SET);
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
    test_counter_page();
    test_time_of_day();
    test_tick();
    test_waiting();
    test_other_delays();
}
