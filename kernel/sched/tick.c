// SPDX-License-Identifier: MIT
/*
 * Ticks: what happens at regular times on a processor that runs threads. Turns end, threads that
 * never get one are helped, and the clocks of programs are set. A processor with nothing to do does
 * not tick; the first tick after that makes up for it.
 */

#include <kernel/thread.h>

#include <arch/cpu.h>

#include <kernel/clock.h>
#include <kernel/personality.h>

#include "sched_private.h"

#define TICK_DEFAULT 15625000ull // ns; NT's 64 Hz
#define TICK_LEAST   500000ull

uint64_t sched_ticks;

static struct {
    nanoseconds_t interval; // [s]
    nanoseconds_t due;      // [s] when the clocks of programs are to be set next
} tick = { .interval = TICK_DEFAULT };

// Sets the clocks of programs (NT: the shared-data page) if that is due.
static void tell_time(nanoseconds_t now)
{
    if (now < tick.due)
        return;
    tick.due = (now / tick.interval + 1) * tick.interval;
    sched_ticks++;
    if (personality)
        personality->tick();
}

void sched_start_ticks_locked(struct run_queue *queue)
{
    tell_time(clock_now());
    queue->tick_due = tick.due;
    sched_arm_timer_locked(queue);
}

// A tick of the running thread's turn. At its end what was added to its priority wears off.
static void charge_quantum(struct run_queue *queue)
{
    struct thread *thread = queue->cpu->thread;
    if (thread->quantum > 0)
        thread->quantum--;
    if (thread->quantum > 0)
        return;
    if (thread->priority > thread->base_priority)
        thread->priority--;
    if (sched_must_give_way_locked(queue, thread))
        queue->cpu->needs_reschedule = true;
    else
        thread->quantum = SCHED_QUANTUM;
}

#define STARVED_TICKS    256 // 4 s, as NT's balance set manager has it
#define STARVED_PRIORITY 15

// Threads that have been ready, but never run, for seconds get one turn at a high priority, lest a
// lock that they hold is never given back.
static void help_starved(struct run_queue *queue)
{
    uint32_t low = queue->ready_bits & ((1u << STARVED_PRIORITY) - 1);
    for (; low; low &= low - 1) {
        struct thread *thread =
            list_first(&queue->ready[__builtin_ctz(low)], struct thread, queue_link);
        if (sched_ticks - thread->ready_since > STARVED_TICKS) {
            thread->quantum = SCHED_QUANTUM;
            sched_set_effective_priority_locked(thread, STARVED_PRIORITY);
        }
    }
}

void sched_timer_expired(bool was_in_kernel)
{
    spin_lock(&sched_lock);
    struct run_queue *queue = this_run_queue();
    nanoseconds_t now = clock_now();
    queue->timer_armed = NO_DEADLINE;
    sched_expire_timers_locked(queue, now);
    if (queue->tick_due <= now) {
        sched_account_locked(queue, was_in_kernel);
        tell_time(now);
        queue->tick_due = tick.due;
        charge_quantum(queue);
        help_starved(queue);
    }
    sched_arm_timer_locked(queue);
    spin_unlock(&sched_lock, 0);
}

void sched_set_tick(nanoseconds_t interval)
{
    irq_state_t state = spin_lock(&sched_lock);
    tick.interval = MAX(MIN(interval, TICK_DEFAULT), TICK_LEAST);
    tick.due = (clock_now() / tick.interval + 1) * tick.interval;
    struct run_queue *queue = this_run_queue();
    queue->tick_due = tick.due; // the others follow at their next tick
    sched_arm_timer_locked(queue);
    spin_unlock(&sched_lock, state);
}

nanoseconds_t sched_tick(void)
{
    return __atomic_load_n(&tick.interval, __ATOMIC_RELAXED);
}

void sched_cpu_times(unsigned number, struct cpu_times *out)
{
    *out = (struct cpu_times){ 0 };
    irq_state_t state = spin_lock(&sched_lock);
    struct run_queue *queue = number < CPU_MAX ? run_queues[number] : NULL;
    if (queue && sched_online & queue->bit) {
        sched_account_locked(queue, !queue->cpu->thread->process);
        uint64_t all = queue->accounted - queue->started;
        uint64_t idle = queue->cpu->idle->kernel_cycles;
        *out = (struct cpu_times){ .idle_cycles = idle,
                                   .user_cycles = queue->user_cycles,
                                   .kernel_cycles = all - idle - queue->user_cycles,
                                   .switches = queue->switches };
    }
    spin_unlock(&sched_lock, state);
}
