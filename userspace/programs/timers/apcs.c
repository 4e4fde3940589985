// SPDX-License-Identifier: MIT
// Timers that call a function, as an APC of the thread that set them; and the clock that they
// follow.

#include "timers.h"

static struct {
    int calls;
    PVOID context;
    LONGLONG time;
} seen;

static void NTAPI routine(PVOID context, ULONG low, LONG high)
{
    seen.calls++;
    seen.context = context;
    seen.time = (LONGLONG)((ULONGLONG)(ULONG)high << 32 | low);
}

static NTSTATUS set_with_apc(HANDLE timer, LONGLONG due, LONG period, PVOID context)
{
    LARGE_INTEGER time = { .QuadPart = due };

    return NtSetTimer(timer, &time, routine, context, FALSE, period, NULL);
}

static NTSTATUS sleep_alertably(LONGLONG time)
{
    LARGE_INTEGER interval = { .QuadPart = -time };

    return NtDelayExecution(TRUE, &interval);
}

static void test_call(void)
{
    HANDLE timer = make_timer(SynchronizationTimer);
    LONGLONG start = system_time();

    check_status("set a timer that calls a function",
                 set_with_apc(timer, -5 * MILLISECOND, 0, &seen), STATUS_SUCCESS);
    check_status("its call ends an alertable sleep", sleep_alertably(10 * SECOND), STATUS_USER_APC);
    check_equal("the function was called once", (ULONGLONG)seen.calls, 1);
    check("with its context", seen.context == &seen);
    check("and the time", seen.time >= start && seen.time <= system_time());
    check_status("the timer was signalled, too", wait_until(timer, 0), STATUS_WAIT_0);

    set_with_apc(timer, 0, 0, NULL);
    check_status("a wait that is not alertable does not see it", wait_until(timer, -SECOND),
                 STATUS_WAIT_0);
    check_equal("nothing was called", (ULONGLONG)seen.calls, 1);
    check_status("it waits for the next alertable one", sleep_alertably(0), STATUS_USER_APC);
    check_equal("which calls it", (ULONGLONG)seen.calls, 2);
    NtClose(timer);
}

static void test_periodic_calls(void)
{
    HANDLE timer = make_timer(SynchronizationTimer);
    int calls = seen.calls;

    set_with_apc(timer, -MILLISECOND, 1, NULL);
    for (int i = 0; i < 10; i++)
        sleep_alertably(10 * SECOND);
    check("a period calls again and again", seen.calls >= calls + 10);

    // However often it comes, only one call waits.
    calls = seen.calls;
    LARGE_INTEGER time = { .QuadPart = -20 * MILLISECOND };
    NtDelayExecution(FALSE, &time);
    NtCancelTimer(timer, NULL);
    check_status("cancelling takes the call back", sleep_alertably(0), STATUS_SUCCESS);
    check_equal("so it is not made", (ULONGLONG)seen.calls, (ULONGLONG)calls);

    set_with_apc(timer, -MILLISECOND, 1, NULL);
    NtDelayExecution(FALSE, &time);
    check_status("a call is waiting", sleep_alertably(0), STATUS_USER_APC);
    check_equal("one", (ULONGLONG)seen.calls, (ULONGLONG)calls + 1);
    NtClose(timer);
    check_status("closing takes it back, too", sleep_alertably(5 * MILLISECOND), STATUS_SUCCESS);
}

static void test_setting_anew(void)
{
    HANDLE timer = make_timer(NotificationTimer);
    int calls = seen.calls;

    set_with_apc(timer, 0, 0, &timer);
    set_with_apc(timer, 0, 0, &calls);
    check_status("set twice", sleep_alertably(0), STATUS_USER_APC);
    check_status("it calls once", sleep_alertably(0), STATUS_SUCCESS);
    check("with the last context", seen.context == &calls && seen.calls == calls + 1);
    NtClose(timer);
}

void test_apcs(void)
{
    test_call();
    test_periodic_calls();
    test_setting_anew();
}

// Dates follow the clock, times from now on do not.
void test_clock(void)
{
    HANDLE date = make_timer(NotificationTimer), interval = make_timer(NotificationTimer);
    LARGE_INTEGER ahead = { .QuadPart = system_time() + 3600 * SECOND }, previous;

    set_timer(date, system_time() + 1800 * SECOND, 0);
    set_timer(interval, -1800 * SECOND, 0);
    check_status("set the clock an hour ahead", NtSetSystemTime(&ahead, &previous), STATUS_SUCCESS);
    check("it tells what time it was", ahead.QuadPart - previous.QuadPart > 3500 * SECOND &&
                                           ahead.QuadPart - previous.QuadPart <= 3600 * SECOND);
    check("it is an hour later", system_time() >= ahead.QuadPart);
    check_status("a date in between has come", wait_until(date, -10 * SECOND), STATUS_WAIT_0);
    check_status("half an hour has not passed", wait_until(interval, 0), STATUS_TIMEOUT);
    ahead.QuadPart = -1;
    check_status("a date before 1601", NtSetSystemTime(&ahead, NULL), STATUS_INVALID_PARAMETER);
    check_status("a date that cannot be read", NtSetSystemTime((LARGE_INTEGER *)8, NULL),
                 STATUS_ACCESS_VIOLATION);
    NtClose(date);
    NtClose(interval);
}
