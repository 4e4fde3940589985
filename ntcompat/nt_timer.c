// SPDX-License-Identifier: MIT
/*
 * Timer objects. A timer is set for a moment: so long from now, by the time since boot, or at a
 * date, which moves when the clock is set. It is then signalled, once or again and again, and may
 * call a function of the program as a user APC of the thread that set it.
 *
 * The APC of one setting is a block of its own: the thread may be about to call it when another one
 * sets the timer anew. It belongs to the timer while it is idle, and to the thread's queue from the
 * expiry to the delivery; a timer that lets go of it in between leaves it to the delivery to free.
 *
 * Source: learn.microsoft.com, SetWaitableTimerEx, CancelWaitableTimer, Waitable Timer Objects,
 * KeSetTimerEx, ZwSetTimerEx
 *
 *	s	scheduler lock
 */

#include "nt_timer.h"

#include <kernel/apc.h>
#include <kernel/clock.h>
#include <kernel/dispatcher.h>
#include <kernel/heap.h>
#include <kernel/status.h>
#include <kernel/timer.h>
#include <kernel/user_copy.h>

#include "arguments.h"
#include "object_attributes.h"
#include "services_generated.h"
#include "sync.h"

#define NANOSECONDS_PER_MS 1000000ull

struct timer_apc {
    struct user_apc apc;
    struct thread *thread; // that set the timer; a reference
    bool is_under_way;     // [s] queued, or about to be called
    bool is_due_again;     // [s] the timer expired while it was about to be called
    bool is_abandoned;     // [s] the timer has let go of it
};

struct nt_timer {
    struct object object;
    struct waitable waitable;
    struct timer timer;        // [s]
    nanoseconds_t due;         // [s] when it is or was due; 0: never set
    nanoseconds_t period;      // [s] 0: once
    uint64_t date;             // [s] 100 ns since 1601, if it was set for a date
    struct timer_apc *apc;     // [s] or NULL
    struct list absolute_link; // [s] in absolute_timers while it is set for a date
};

static struct list absolute_timers = LIST(absolute_timers); // [sched_lock]

static struct nt_timer *timer_of(struct object *object)
{
    return container_of(object, struct nt_timer, object);
}

// ---- the APC ------------------------------------------------------------------------------------

static void free_apc(struct timer_apc *apc)
{
    if (apc == NULL)
        return;
    object_put(&apc->thread->object);
    heap_free(apc);
}

static void queue_apc_locked(struct timer_apc *apc)
{
    uint64_t now = clock_wall_100ns();
    apc->apc.arguments[1] = (uint32_t)now;
    apc->apc.arguments[2] = now >> 32;
    apc->is_due_again = false;
    apc->is_under_way = thread_queue_user_apc_locked(apc->thread, &apc->apc);
}

// It has been delivered, or the thread ends.
static void apc_delivered(struct user_apc *user_apc)
{
    struct timer_apc *apc = container_of(user_apc, struct timer_apc, apc);
    irq_state_t state = spin_lock(&sched_lock);
    bool is_abandoned = apc->is_abandoned;
    apc->is_under_way = false;
    if (!is_abandoned && apc->is_due_again)
        queue_apc_locked(apc);
    spin_unlock(&sched_lock, state);
    if (is_abandoned)
        free_apc(apc);
}

// Takes the APC from the timer. Returns it if it is the caller's to free.
static struct timer_apc *take_apc_locked(struct nt_timer *timer)
{
    struct timer_apc *apc = timer->apc;
    timer->apc = NULL;
    if (apc == NULL || !apc->is_under_way || user_apc_cancel_locked(&apc->apc))
        return apc;
    apc->is_abandoned = true;
    return NULL;
}

static status_t make_apc(PTIMER_APC_ROUTINE routine, void USER *context, struct timer_apc **out)
{
    *out = NULL;
    if (routine == NULL)
        return STATUS_SUCCESS;
    struct timer_apc *apc = heap_alloc_zeroed(sizeof(*apc));
    if (apc == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    apc->thread = current_thread();
    object_get(&apc->thread->object);
    apc->apc.routine = (uintptr_t)routine;
    apc->apc.arguments[0] = (uintptr_t)context;
    apc->apc.release = apc_delivered;
    *out = apc;
    return STATUS_SUCCESS;
}

// ---- expiry -------------------------------------------------------------------------------------

static void expire(struct timer *kernel_timer, nanoseconds_t now)
{
    struct nt_timer *timer = container_of(kernel_timer, struct nt_timer, timer);
    struct timer_apc *apc = timer->apc;
    list_remove(&timer->absolute_link);
    // The end of the thread that is to be called cancels the timer.
    if (apc != NULL && thread_is_terminating(apc->thread))
        return;
    timer->waitable.state = 1;
    waitable_satisfy_locked(&timer->waitable);
    if (apc != NULL && !apc->is_under_way)
        queue_apc_locked(apc);
    else if (apc != NULL && apc->apc.thread == NULL)
        apc->is_due_again = true;
    if (timer->period == 0)
        return;
    // From due time to due time, so that nothing adds up; those that were slept through are lost.
    timer->due += timer->period * ((now - timer->due) / timer->period + 1);
    timer_start_locked(&timer->timer, timer->due);
}

// ---- setting ------------------------------------------------------------------------------------

struct setting {
    LONGLONG due; // as NtSetTimer has it
    nanoseconds_t period;
    struct timer_apc *apc;
};

static void cancel_locked(struct nt_timer *timer)
{
    timer_stop_locked(&timer->timer);
    list_remove(&timer->absolute_link);
    timer->period = 0;
}

// In nanoseconds since boot; a time that has passed already is now.
static nanoseconds_t due_time(LONGLONG due)
{
    return MAX(nt_deadline_of(due), clock_now());
}

static BOOLEAN set(struct nt_timer *timer, const struct setting *setting)
{
    irq_state_t state = spin_lock(&sched_lock);
    BOOLEAN was_signalled = timer->waitable.state > 0;
    cancel_locked(timer);
    struct timer_apc *old = take_apc_locked(timer);
    timer->waitable.state = 0;
    timer->apc = setting->apc;
    timer->period = setting->period;
    timer->due = due_time(setting->due);
    if (setting->due > 0) {
        timer->date = (uint64_t)setting->due;
        list_append(&absolute_timers, &timer->absolute_link);
    }
    // A time that has come already is not left to the timer's interrupt.
    nanoseconds_t now = clock_now();
    if (timer->due <= now)
        expire(&timer->timer, now);
    else if (timer->due != NO_DEADLINE)
        timer_start_locked(&timer->timer, timer->due);
    spin_unlock(&sched_lock, state);
    free_apc(old);
    return was_signalled;
}

void nt_timers_clock_was_set(void)
{
    irq_state_t state = spin_lock(&sched_lock);
    struct nt_timer *timer;
    list_for_each(timer, &absolute_timers, absolute_link) {
        timer->due = due_time((LONGLONG)timer->date);
        if (timer->due != NO_DEADLINE)
            timer_start_locked(&timer->timer, timer->due);
        else
            timer_stop_locked(&timer->timer);
    }
    spin_unlock(&sched_lock, state);
}

static void destroy(struct object *object)
{
    struct nt_timer *timer = timer_of(object);
    irq_state_t state = spin_lock(&sched_lock);
    cancel_locked(timer);
    struct timer_apc *apc = take_apc_locked(timer);
    spin_unlock(&sched_lock, state);
    free_apc(apc);
    heap_free(timer);
}

OBJECT_TYPE(timer_type, "Timer",
            .access = { .valid = TIMER_ALL_ACCESS,
                        .read = ACCESS_READ_CONTROL | TIMER_QUERY_STATE,
                        .write = ACCESS_READ_CONTROL | TIMER_MODIFY_STATE,
                        .execute = ACCESS_READ_CONTROL | ACCESS_SYNCHRONIZE },
            .destroy = destroy, .waitable_offset = OBJECT_WAITABLE(struct nt_timer, waitable));

// ---- services -----------------------------------------------------------------------------------

static status_t create(HANDLE USER *TimerHandle, ACCESS_MASK DesiredAccess,
                       const OBJECT_ATTRIBUTES USER *ObjectAttributes, enum waitable_kind kind)
{
    struct nt_timer *timer = heap_alloc_zeroed(sizeof(*timer));
    if (timer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    object_init(&timer->object, &timer_type);
    waitable_init(&timer->waitable, kind, 0);
    timer->timer.expire = expire;
    list_init(&timer->absolute_link);
    return nt_create_object(TimerHandle, DesiredAccess, ObjectAttributes, &timer->object);
}

NTSTATUS NtCreateTimer(HANDLE USER *TimerHandle, ACCESS_MASK DesiredAccess,
                       OBJECT_ATTRIBUTES USER *ObjectAttributes, TIMER_TYPE TimerType)
{
    if (TimerType != NotificationTimer && TimerType != SynchronizationTimer)
        return STATUS_INVALID_PARAMETER_4;
    return create(TimerHandle, DesiredAccess, ObjectAttributes,
                  TimerType == NotificationTimer ? WAITABLE_NOTIFICATION
                                                 : WAITABLE_SYNCHRONIZATION);
}

NTSTATUS NtOpenTimer(HANDLE USER *TimerHandle, ACCESS_MASK DesiredAccess,
                     OBJECT_ATTRIBUTES USER *ObjectAttributes)
{
    return nt_open_object(TimerHandle, DesiredAccess, ObjectAttributes, &timer_type);
}

static status_t set_by_handle(HANDLE handle, LONGLONG due, PTIMER_APC_ROUTINE routine,
                              void USER *context, ULONG period_ms, BOOLEAN USER *PreviousState)
{
    struct object *object;
    struct setting setting = { .due = due, .period = period_ms * NANOSECONDS_PER_MS };
    status_t status = nt_probe_boolean(PreviousState);
    if (status == STATUS_SUCCESS)
        status = nt_find_object(handle, &timer_type, TIMER_MODIFY_STATE, &object);
    if (status != STATUS_SUCCESS)
        return status;
    status = make_apc(routine, context, &setting.apc);
    if (status == STATUS_SUCCESS) {
        BOOLEAN previous = set(timer_of(object), &setting);
        status = nt_publish_boolean(PreviousState, previous);
    }
    object_put(object);
    return status;
}

// The machine never sleeps, so there is nothing that ResumeTimer could wake; NT says so, too, where
// the hardware cannot.
NTSTATUS NtSetTimer(HANDLE TimerHandle, LARGE_INTEGER USER *DueTime,
                    PTIMER_APC_ROUTINE TimerApcRoutine, void USER *TimerContext,
                    BOOLEAN ResumeTimer, LONG Period, BOOLEAN USER *PreviousState)
{
    LARGE_INTEGER due;
    if (Period < 0)
        return STATUS_INVALID_PARAMETER_6;
    status_t status = get_user(&due, DueTime);
    if (status == STATUS_SUCCESS)
        status = set_by_handle(TimerHandle, due.QuadPart, TimerApcRoutine, TimerContext,
                               (ULONG)Period, PreviousState);
    return status == STATUS_SUCCESS && ResumeTimer ? STATUS_TIMER_RESUME_IGNORED : status;
}

// TolerableDelay allows a timer to be late so that timers can be served together; they never are
// here, and a timer that is on time is always tolerable.
NTSTATUS NtSetTimerEx(HANDLE TimerHandle, TIMER_SET_INFORMATION_CLASS TimerSetInformationClass,
                      void USER *TimerSetInformation, ULONG TimerSetInformationLength)
{
    TIMER_SET_COALESCABLE_TIMER_INFO info;
    if (TimerSetInformationClass != TimerSetCoalescableTimer)
        return STATUS_INVALID_INFO_CLASS;
    if (TimerSetInformationLength != sizeof(info))
        return STATUS_INFO_LENGTH_MISMATCH;
    status_t status = copy_from_user(&info, TimerSetInformation, sizeof(info));
    if (status != STATUS_SUCCESS)
        return status;
    if (info.TimerPeriod > INT32_MAX || info.TolerableDelay > INT32_MAX)
        return STATUS_INVALID_PARAMETER;
    status = set_by_handle(TimerHandle, info.DueTime.QuadPart, info.TimerApcRoutine,
                           (void USER *)info.TimerContext, info.TimerPeriod,
                           (BOOLEAN USER *)info.PreviousState);
    return status == STATUS_SUCCESS && info.WakeContext != NULL ? STATUS_TIMER_RESUME_IGNORED
                                                                : status;
}

// Leaves the state as it is, and takes back an APC that has not been delivered.
NTSTATUS NtCancelTimer(HANDLE TimerHandle, BOOLEAN USER *CurrentState)
{
    struct object *object;
    status_t status = nt_probe_boolean(CurrentState);
    if (status == STATUS_SUCCESS)
        status = nt_find_object(TimerHandle, &timer_type, TIMER_MODIFY_STATE, &object);
    if (status != STATUS_SUCCESS)
        return status;
    struct nt_timer *timer = timer_of(object);
    irq_state_t state = spin_lock(&sched_lock);
    BOOLEAN is_signalled = timer->waitable.state > 0;
    cancel_locked(timer);
    struct timer_apc *apc = take_apc_locked(timer);
    spin_unlock(&sched_lock, state);
    free_apc(apc);
    object_put(object);
    return nt_publish_boolean(CurrentState, is_signalled);
}

NTSTATUS NtQueryTimer(HANDLE TimerHandle, TIMER_INFORMATION_CLASS TimerInformationClass,
                      void USER *TimerInformation, ULONG TimerInformationLength,
                      ULONG USER *ReturnLength)
{
    struct object *object;
    TIMER_BASIC_INFORMATION information = { 0 };
    if (TimerInformationClass != TimerBasicInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (TimerInformationLength != sizeof(information))
        return STATUS_INFO_LENGTH_MISMATCH;
    status_t status = nt_find_object(TimerHandle, &timer_type, TIMER_QUERY_STATE, &object);
    if (status != STATUS_SUCCESS)
        return status;
    struct nt_timer *timer = timer_of(object);
    irq_state_t state = spin_lock(&sched_lock);
    information.TimerState = timer->waitable.state > 0;
    nanoseconds_t now = clock_now();
    information.RemainingTime.QuadPart =
        timer->due > now ? (LONGLONG)((timer->due - now) / NANOSECONDS_PER_100NS)
                         : -(LONGLONG)((now - timer->due) / NANOSECONDS_PER_100NS);
    spin_unlock(&sched_lock, state);
    object_put(object);
    return nt_publish_information(TimerInformation, &information, sizeof(information),
                                  ReturnLength);
}
