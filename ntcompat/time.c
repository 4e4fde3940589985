// SPDX-License-Identifier: MIT
/*
 * The clocks: the date, the performance counter, and how often the clock ticks.
 *
 * Each process may ask for a tick; the shortest that any of them asks for is in force, and 15.625
 * ms when nobody asks. Only what looks at the shared-data page, and turns of threads, depend on it:
 * waits and timers end on time whatever the tick.
 *
 * Source: learn.microsoft.com, QueryPerformanceCounter, SetSystemTime, timeBeginPeriod,
 * ExSetTimerResolution, ExQueryTimerResolution
 */

#include "time.h"

#include <kernel/clock.h>
#include <kernel/process.h>
#include <kernel/status.h>
#include <kernel/user_copy.h>

#include "nt_process.h"
#include "nt_timer.h"
#include "services_generated.h"
#include "shared_data.h"

// In 100 ns, as sched_set_tick allows them.
#define TICK_LONGEST  156250u
#define TICK_SHORTEST 5000u

LARGE_INTEGER nt_time_of(nanoseconds_t moment)
{
    nanoseconds_t ago = clock_now() - moment;
    return (LARGE_INTEGER){ .QuadPart =
                                (LONGLONG)(clock_wall_100ns() - ago / NANOSECONDS_PER_100NS) };
}

LARGE_INTEGER nt_time_of_cycles(uint64_t cycles)
{
    return (LARGE_INTEGER){ .QuadPart =
                                (LONGLONG)(clock_cycles_to_ns(cycles) / NANOSECONDS_PER_100NS) };
}

NTSTATUS NtQuerySystemTime(LARGE_INTEGER USER *SystemTime)
{
    LARGE_INTEGER now = { .QuadPart = (LONGLONG)clock_wall_100ns() };
    return put_user(SystemTime, &now);
}

// No date: the time zone has changed, which is always UTC here.
NTSTATUS NtSetSystemTime(LARGE_INTEGER USER *SystemTime, LARGE_INTEGER USER *PreviousTime)
{
    LARGE_INTEGER now = { .QuadPart = 0 };
    LARGE_INTEGER previous = { .QuadPart = (LONGLONG)clock_wall_100ns() };
    status_t status = SystemTime != NULL ? get_user(&now, SystemTime) : STATUS_SUCCESS;
    if (status == STATUS_SUCCESS && PreviousTime != NULL)
        status = put_user(PreviousTime, &previous);
    if (status != STATUS_SUCCESS || SystemTime == NULL)
        return status;
    if (now.QuadPart <= 0)
        return STATUS_INVALID_PARAMETER;
    clock_set_wall((uint64_t)now.QuadPart);
    irq_state_t state = spin_lock(&sched_lock); // which serialises the page's writers
    shared_data_tick();
    spin_unlock(&sched_lock, state);
    nt_timers_clock_was_set();
    return STATUS_SUCCESS;
}

NTSTATUS NtQueryPerformanceCounter(LARGE_INTEGER USER *PerformanceCounter,
                                   LARGE_INTEGER USER *PerformanceFrequency)
{
    LARGE_INTEGER counter = { .QuadPart = (LONGLONG)clock_interrupt_100ns() };
    LARGE_INTEGER frequency = { .QuadPart = NT_PERFORMANCE_FREQUENCY };
    status_t status = put_user(PerformanceCounter, &counter);
    if (status == STATUS_SUCCESS && PerformanceFrequency != NULL)
        status = put_user(PerformanceFrequency, &frequency);
    return status;
}

// ---- the tick -----------------------------------------------------------------------------------

static struct list requests = LIST(requests); // [requests_lock] struct nt_tick_request
static struct spinlock requests_lock = SPINLOCK("tick requests", LOCK_RANK_TICK_REQUESTS);

static ULONG current_tick(void)
{
    return (ULONG)(sched_tick() / NANOSECONDS_PER_100NS);
}

static void apply_locked(void)
{
    ULONG shortest = TICK_LONGEST;
    const struct nt_tick_request *request;
    list_for_each(request, &requests, link)
        shortest = MIN(shortest, request->interval_100ns);
    if (shortest != current_tick())
        sched_set_tick((nanoseconds_t)shortest * NANOSECONDS_PER_100NS);
}

// interval: 0 takes the request back. Returns whether there was one.
static bool request_tick(struct nt_tick_request *request, ULONG interval)
{
    irq_state_t state = spin_lock(&requests_lock);
    bool was_there = request->interval_100ns != 0;
    if (was_there)
        list_remove(&request->link);
    if (interval != 0)
        list_append(&requests, &request->link);
    request->interval_100ns = interval;
    apply_locked();
    spin_unlock(&requests_lock, state);
    return was_there;
}

void nt_tick_process_ended(struct nt_process *process)
{
    if (process->tick_request.interval_100ns != 0)
        request_tick(&process->tick_request, 0);
}

NTSTATUS NtQueryTimerResolution(ULONG USER *MaximumTime, ULONG USER *MinimumTime,
                                ULONG USER *CurrentTime)
{
    ULONG longest = TICK_LONGEST, shortest = TICK_SHORTEST, current = current_tick();
    status_t status = put_user(MaximumTime, &longest);
    if (status == STATUS_SUCCESS)
        status = put_user(MinimumTime, &shortest);
    if (status == STATUS_SUCCESS)
        status = put_user(CurrentTime, &current);
    return status;
}

// A process has one request; a new one takes the place of the last.
NTSTATUS NtSetTimerResolution(ULONG DesiredTime, BOOLEAN SetResolution, ULONG USER *ActualTime)
{
    struct nt_tick_request *request = &current_nt_process()->tick_request;
    ULONG actual = current_tick();
    status_t status = put_user(ActualTime, &actual);
    if (status != STATUS_SUCCESS)
        return status;
    if (SetResolution)
        request_tick(request, MAX(MIN(DesiredTime, TICK_LONGEST), TICK_SHORTEST));
    else if (!request_tick(request, 0))
        return STATUS_TIMER_RESOLUTION_NOT_SET;
    actual = current_tick();
    return put_user(ActualTime, &actual);
}
