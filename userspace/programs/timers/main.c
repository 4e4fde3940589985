// SPDX-License-Identifier: MIT
/*
 * Checks timers: when they are signalled, what a period does, which APCs run. Times have wide upper
 * bounds, since a virtual machine may stop at any moment, but exact lower ones: no timer may come
 * early. Exit code: how many checks failed.
 *
 * Source: learn.microsoft.com, CreateWaitableTimerEx, SetWaitableTimerEx, CancelWaitableTimer,
 * ZwSetTimerEx
 */

#include "timers.h"

#include <user/exception.h>
#include <user/start.h>

LONGLONG counter(void)
{
    LARGE_INTEGER count = { .QuadPart = 0 };

    NtQueryPerformanceCounter(&count, NULL);
    return count.QuadPart;
}

LONGLONG system_time(void)
{
    LARGE_INTEGER time = { .QuadPart = 0 };

    NtQuerySystemTime(&time);
    return time.QuadPart;
}

HANDLE make_timer(TIMER_TYPE type)
{
    HANDLE timer = NULL;

    check_status("make a timer", NtCreateTimer(&timer, TIMER_ALL_ACCESS, NULL, type),
                 STATUS_SUCCESS);
    return timer;
}

NTSTATUS set_timer(HANDLE timer, LONGLONG due, LONG period)
{
    LARGE_INTEGER time = { .QuadPart = due };

    return NtSetTimer(timer, &time, NULL, NULL, FALSE, period, NULL);
}

NTSTATUS wait_until(HANDLE timer, LONGLONG timeout)
{
    LARGE_INTEGER time = { .QuadPart = timeout };

    return NtWaitForSingleObject(timer, FALSE, &time);
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    use_apc_dispatcher();
    test_expiry();
    test_refusals();
    test_apcs();
    test_clock();
    return check_summary("timers");
}
