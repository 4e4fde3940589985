// SPDX-License-Identifier: MIT
// When timers are signalled, and what the services refuse.

#include "timers.h"

static TIMER_BASIC_INFORMATION query(HANDLE timer)
{
    TIMER_BASIC_INFORMATION information = { .TimerState = 9 };

    check_status(
        "query a timer",
        NtQueryTimer(timer, TimerBasicInformation, &information, sizeof(information), NULL),
        STATUS_SUCCESS);
    return information;
}

static void test_once(TIMER_TYPE type)
{
    HANDLE timer = make_timer(type);

    check_status("a timer that was never set", wait_until(timer, 0), STATUS_TIMEOUT);
    LONGLONG start = counter();
    check_status("set it", set_timer(timer, -20 * MILLISECOND, 0), STATUS_SUCCESS);
    check("it remains to be waited for", query(timer).RemainingTime.QuadPart > 0);
    check("it is not signalled", !query(timer).TimerState);
    check_status("wait for it", wait_until(timer, -10 * SECOND), STATUS_WAIT_0);
    check("it is not early", counter() - start >= 20 * MILLISECOND);
    check("its time is over", query(timer).RemainingTime.QuadPart <= 0);
    check_status(type == NotificationTimer ? "a notification timer stays signalled"
                                           : "a synchronization timer lets one wait pass",
                 wait_until(timer, 0), type == NotificationTimer ? STATUS_WAIT_0 : STATUS_TIMEOUT);
    check_status("set a timer for now", set_timer(timer, 0, 0), STATUS_SUCCESS);
    check_status("it is signalled at once", wait_until(timer, 0), STATUS_WAIT_0);
    check_status("set it for a second ago", set_timer(timer, system_time() - SECOND, 0),
                 STATUS_SUCCESS);
    check_status("that is now, too", wait_until(timer, 0), STATUS_WAIT_0);
    NtClose(timer);
}

static void test_dates(void)
{
    HANDLE timer = make_timer(SynchronizationTimer);
    LONGLONG due = system_time() + 20 * MILLISECOND;

    check_status("set a timer for a date", set_timer(timer, due, 0), STATUS_SUCCESS);
    check_status("it comes", wait_until(timer, -10 * SECOND), STATUS_WAIT_0);
    check("not before that", system_time() >= due);
    check_status("set it for a date that never comes", set_timer(timer, INT64_MAX, 0),
                 STATUS_SUCCESS);
    check_status("set it for a time that never comes", set_timer(timer, INT64_MIN, 0),
                 STATUS_SUCCESS);
    check_status("neither has come", wait_until(timer, 0), STATUS_TIMEOUT);
    NtClose(timer);
}

// Half a millisecond is much less than a clock tick of 15.6 ms.
static void test_accuracy(void)
{
    HANDLE timer = make_timer(SynchronizationTimer);
    LONGLONG best = INT64_MAX;

    for (int i = 0; i < 20; i++) {
        LONGLONG start = counter();
        set_timer(timer, -MILLISECOND / 2, 0);
        wait_until(timer, -10 * SECOND);
        LONGLONG taken = counter() - start;
        best = taken < best ? taken : best;
    }
    check("half a millisecond is at least that", best >= MILLISECOND / 2);
    check("and sometimes no more than 2 ms", best < 2 * MILLISECOND);
    NtClose(timer);
}

static void test_period(void)
{
    enum {
        ROUNDS = 20
    };
    HANDLE timer = make_timer(SynchronizationTimer);
    LONGLONG start = counter();
    int came = 0;

    check_status("set a timer with a period", set_timer(timer, -5 * MILLISECOND, 2),
                 STATUS_SUCCESS);
    for (int i = 0; i < ROUNDS; i++)
        came += wait_until(timer, -10 * SECOND) == STATUS_WAIT_0;
    check_equal("it comes again and again", (ULONGLONG)came, ROUNDS);
    check("not faster than its period", counter() - start >= (5 + 2 * (ROUNDS - 1)) * MILLISECOND);
    BOOLEAN state = 9;
    check_status("cancel it", NtCancelTimer(timer, &state), STATUS_SUCCESS);
    check("the state is told", state == TRUE || state == FALSE);
    wait_until(timer, 0); // it may have come once more
    check_status("then it comes no more", wait_until(timer, -20 * MILLISECOND), STATUS_TIMEOUT);
    NtClose(timer);
}

static void test_cancelling(void)
{
    HANDLE timer = make_timer(NotificationTimer);
    LARGE_INTEGER due = { .QuadPart = -10 * MILLISECOND };
    BOOLEAN state = 9;

    check_status("set a timer", set_timer(timer, -10 * MILLISECOND, 0), STATUS_SUCCESS);
    check_status("and cancel it", NtCancelTimer(timer, &state), STATUS_SUCCESS);
    check_equal("it was not signalled", state, FALSE);
    check_status("it does not come", wait_until(timer, -30 * MILLISECOND), STATUS_TIMEOUT);
    check_status("set it for now", set_timer(timer, 0, 0), STATUS_SUCCESS);
    check_status("cancelling leaves the state", NtCancelTimer(timer, &state), STATUS_SUCCESS);
    check_equal("signalled", state, TRUE);
    check_status("so it is still", wait_until(timer, 0), STATUS_WAIT_0);
    check_status("set it again", NtSetTimer(timer, &due, NULL, NULL, FALSE, 0, &state),
                 STATUS_SUCCESS);
    check_equal("which tells what it was", state, TRUE);
    check_status("and makes it not signalled", wait_until(timer, 0), STATUS_TIMEOUT);
    check_status("close it while it is set", NtClose(timer), STATUS_SUCCESS);
}

void test_expiry(void)
{
    test_once(NotificationTimer);
    test_once(SynchronizationTimer);
    test_dates();
    test_accuracy();
    test_period();
    test_cancelling();
}

void test_refusals(void)
{
    HANDLE timer = NULL, weak = NULL;
    LARGE_INTEGER due = { .QuadPart = -MILLISECOND };
    TIMER_SET_COALESCABLE_TIMER_INFO info = { .DueTime = due, .TolerableDelay = 100 };
    TIMER_BASIC_INFORMATION information;

    check_status("a timer of no type", NtCreateTimer(&timer, TIMER_ALL_ACCESS, NULL, (TIMER_TYPE)2),
                 STATUS_INVALID_PARAMETER_4);
    timer = make_timer(SynchronizationTimer);
    check_status("a negative period", set_timer(timer, -MILLISECOND, -1),
                 STATUS_INVALID_PARAMETER_6);
    check_status("no due time", NtSetTimer(timer, NULL, NULL, NULL, FALSE, 0, NULL),
                 STATUS_ACCESS_VIOLATION);
    check_status("wake the machine", NtSetTimer(timer, &due, NULL, NULL, TRUE, 0, NULL),
                 STATUS_TIMER_RESUME_IGNORED);
    check_status("the timer is set all the same", wait_until(timer, -10 * SECOND), STATUS_WAIT_0);
    check_status("a timer that may be late",
                 NtSetTimerEx(timer, TimerSetCoalescableTimer, &info, sizeof(info)),
                 STATUS_SUCCESS);
    check_status("comes", wait_until(timer, -10 * SECOND), STATUS_WAIT_0);
    check_status("set no class",
                 NtSetTimerEx(timer, (TIMER_SET_INFORMATION_CLASS)1, &info, sizeof(info)),
                 STATUS_INVALID_INFO_CLASS);
    check_status("set a wrong length", NtSetTimerEx(timer, TimerSetCoalescableTimer, &info, 8),
                 STATUS_INFO_LENGTH_MISMATCH);
    check_status("query a wrong length",
                 NtQueryTimer(timer, TimerBasicInformation, &information, 8, NULL),
                 STATUS_INFO_LENGTH_MISMATCH);
    check_status("a timer for waiting", NtCreateTimer(&weak, SYNCHRONIZE, NULL, NotificationTimer),
                 STATUS_SUCCESS);
    check_status("cannot be set", set_timer(weak, 0, 0), STATUS_ACCESS_DENIED);
    check_status("nor cancelled", NtCancelTimer(weak, NULL), STATUS_ACCESS_DENIED);
    check_status("nor queried",
                 NtQueryTimer(weak, TimerBasicInformation, &information, sizeof(information), NULL),
                 STATUS_ACCESS_DENIED);
    NtClose(timer);
    NtClose(weak);
}
