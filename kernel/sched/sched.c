// SPDX-License-Identifier: MIT
/*
 * Which thread runs where. Each processor has a run queue with a list per priority, and takes the
 * first of the highest. A thread that becomes ready goes to an idle processor if its affinity allows
 * one, back to the one it ran on last if it is more urgent than what runs there, else to the one that
 * runs the least urgent; a processor with nothing to do takes from the others. So no processor is
 * idle while there is a thread for it.
 *
 * A switch is made with sched_lock held and the lock travels with it: whoever is switched to
 * releases it. The kernel is not preempted: a switch is asked for by needs_reschedule, and made when
 * the running thread waits, or on its way to user mode.
 */

#include <kernel/thread.h>

#include <arch/context.h>
#include <arch/cpu.h>

#include <kernel/clock.h>
#include <kernel/heap.h>
#include <kernel/init.h>
#include <kernel/panic.h>
#include <kernel/personality.h>
#include <kernel/process.h>
#include <kernel/status.h>

#include "sched_private.h"

#define TICK_DEFAULT 15625000ull // ns; NT's 64 Hz
#define TICK_LEAST   500000ull

struct spinlock sched_lock = SPINLOCK("scheduler", LOCK_RANK_SCHEDULER);
struct run_queue *run_queues[CPU_MAX];
uint64_t sched_online;

static struct {
    uint64_t idle;          // [s] bits of processors that have nothing to do
    uint32_t ready_count;   // [s] threads in all run queues
    nanoseconds_t interval; // [s] of ticks
    nanoseconds_t due;      // [s] when the clocks of programs are to be set next
    uint64_t ticks;         // [s] how often they were
} sched = { .interval = TICK_DEFAULT };

struct run_queue *this_run_queue(void)
{
    return this_cpu()->run_queue;
}

static unsigned highest(uint32_t bits)
{
    return 31 - (unsigned)__builtin_clz(bits);
}

static uint8_t running_priority(const struct run_queue *queue)
{
    return queue->cpu->thread->priority;
}

static void put_in_queue(struct run_queue *queue, struct thread *thread, bool first)
{
    struct list *list = &queue->ready[thread->priority];
    thread->state = THREAD_READY;
    thread->home = queue;
    list_insert_before(first ? list->next : list, &thread->queue_link);
    queue->ready_bits |= 1u << thread->priority;
    sched.ready_count++;
}

void sched_unready_locked(struct thread *thread)
{
    struct run_queue *queue = thread->home;
    list_remove(&thread->queue_link);
    if (list_is_empty(&queue->ready[thread->priority]))
        queue->ready_bits &= ~(1u << thread->priority);
    sched.ready_count--;
}

static void ask_for_switch(struct run_queue *queue)
{
    queue->cpu->needs_reschedule = true;
    if (queue != this_run_queue())
        cpu_reschedule(queue->cpu);
}

void sched_poke_locked(struct thread *thread)
{
    if (thread->state == THREAD_RUNNING && thread->home != this_run_queue())
        cpu_reschedule(thread->home->cpu);
}

// Of several processors the one that runs the least urgent thread.
static struct run_queue *least_urgent(uint64_t processors)
{
    struct run_queue *least = NULL;
    for (; processors; processors &= processors - 1) {
        struct run_queue *queue = run_queues[__builtin_ctzll(processors)];
        if (!least || running_priority(queue) < running_priority(least))
            least = queue;
    }
    return least;
}

static struct run_queue *choose_queue(const struct thread *thread)
{
    uint64_t allowed = thread->affinity & sched_online;
    uint64_t idle = sched.idle & allowed;
    struct run_queue *home = thread->home;
    if (likely(home->bit & (idle ? idle : allowed)) &&
        (idle || running_priority(home) < thread->priority || allowed == home->bit))
        return home;
    if (idle)
        return idle & thread->ideal->bit ? thread->ideal : run_queues[__builtin_ctzll(idle)];
    struct run_queue *least = least_urgent(allowed);
    return home->bit & allowed && running_priority(least) >= thread->priority ? home : least;
}

static void make_ready(struct thread *thread, bool first)
{
    struct run_queue *queue = choose_queue(thread);
    put_in_queue(queue, thread, first);
    thread->ready_since = sched.ticks;
    if (sched.idle & queue->bit) {
        sched.idle &= ~queue->bit; // the next one goes elsewhere
        ask_for_switch(queue);
    } else if (thread->priority > running_priority(queue)) {
        ask_for_switch(queue);
    }
}

void sched_make_ready_locked(struct thread *thread)
{
    make_ready(thread, false);
}

// The most urgent ready thread of another processor that may run here.
static struct thread *steal(const struct run_queue *thief)
{
    struct thread *best = NULL;
    for (uint64_t left = sched_online & ~thief->bit; left; left &= left - 1) {
        struct run_queue *queue = run_queues[__builtin_ctzll(left)];
        for (uint32_t bits = queue->ready_bits; bits; bits &= ~(1u << highest(bits))) {
            if (best && highest(bits) <= best->priority)
                break;
            struct thread *thread;
            list_for_each(thread, &queue->ready[highest(bits)], queue_link) {
                if (thread->affinity & thief->bit) {
                    best = thread;
                    break;
                }
            }
        }
    }
    return best;
}

// Takes the next thread for queue's processor, or returns NULL.
static struct thread *take_next(struct run_queue *queue)
{
    struct thread *next = NULL;
    if (likely(queue->ready_bits))
        next = list_first(&queue->ready[highest(queue->ready_bits)], struct thread, queue_link);
    else if (sched.ready_count)
        next = steal(queue);
    if (next)
        sched_unready_locked(next);
    return next;
}

void sched_account_locked(struct run_queue *queue, bool in_kernel)
{
    struct thread *thread = queue->cpu->thread;
    uint64_t now = cpu_timestamp();
    uint64_t cycles = now - queue->accounted;
    queue->accounted = now;
    if (in_kernel) {
        thread->kernel_cycles += cycles;
    } else {
        thread->user_cycles += cycles;
        queue->user_cycles += cycles;
    }
}

// Sets the clocks of programs (NT: the shared-data page) if that is due.
static void tell_time(nanoseconds_t now)
{
    if (now < sched.due)
        return;
    sched.due = (now / sched.interval + 1) * sched.interval;
    sched.ticks++;
    if (personality)
        personality->tick();
}

static void switch_to(struct run_queue *queue, struct thread *to)
{
    struct cpu *cpu = queue->cpu;
    struct thread *from = cpu->thread;
    cpu->needs_reschedule = false;
    to->state = THREAD_RUNNING;
    if (to == from)
        return;
    sched_account_locked(queue, !from->process);
    to->home = queue;
    to->context_switches++;
    queue->switches++;
    cpu->thread = to;
    if (to == cpu->idle) {
        sched.idle |= queue->bit;
        queue->tick_due = NO_DEADLINE;
    } else if (queue->tick_due == NO_DEADLINE) { // from the idle thread, or the first switch of all
        sched.idle &= ~queue->bit;
        tell_time(clock_now());
        queue->tick_due = sched.due;
        sched_arm_timer_locked(queue);
    }
    arch_switch(cpu, from, to);
}

void sched_switch_locked(void)
{
    struct run_queue *queue = this_run_queue();
    struct thread *next = take_next(queue);
    switch_to(queue, next ? next : queue->cpu->idle);
}

static NOINLINE bool yield_to_others(void)
{
    irq_state_t state = spin_lock(&sched_lock);
    struct run_queue *queue = this_run_queue();
    struct thread *next = take_next(queue);
    if (next) {
        struct thread *self = current_thread();
        self->quantum = SCHED_QUANTUM;
        if (self != queue->cpu->idle)
            put_in_queue(queue, self, false);
        switch_to(queue, next);
    }
    spin_unlock(&sched_lock, state);
    thread_reap();
    return next;
}

bool thread_yield(void)
{
    // Read without the lock: a moment later it may be otherwise anyway.
    return __atomic_load_n(&sched.ready_count, __ATOMIC_RELAXED) && yield_to_others();
}

// Whether the running thread has to give way on its processor.
static bool must_give_way(const struct run_queue *queue, const struct thread *self)
{
    if (unlikely(!(self->affinity & queue->bit)))
        return true;
    if (!queue->ready_bits)
        return false;
    unsigned best = highest(queue->ready_bits);
    return best > self->priority || (best == self->priority && self->quantum == 0);
}

void thread_preempt(void)
{
    irq_state_t state = spin_lock(&sched_lock);
    struct run_queue *queue = this_run_queue();
    struct thread *self = current_thread();
    queue->cpu->needs_reschedule = false;
    if (must_give_way(queue, self)) {
        bool has_turn = self->quantum != 0;
        if (!has_turn)
            self->quantum = SCHED_QUANTUM;
        if (self->affinity & queue->bit)
            put_in_queue(queue, self, has_turn);
        else
            make_ready(self, has_turn);
        sched_switch_locked();
    }
    spin_unlock(&sched_lock, state);
    thread_reap();
}

void sched_set_effective_priority_locked(struct thread *thread, uint8_t priority)
{
    if (thread->priority == priority)
        return;
    if (thread->state == THREAD_READY) {
        sched_unready_locked(thread);
        thread->priority = priority;
        make_ready(thread, false);
        return;
    }
    thread->priority = priority;
    if (thread->state == THREAD_RUNNING && must_give_way(thread->home, thread))
        ask_for_switch(thread->home);
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
    if (must_give_way(queue, thread))
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
        if (sched.ticks - thread->ready_since > STARVED_TICKS) {
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
        queue->tick_due = sched.due;
        charge_quantum(queue);
        help_starved(queue);
    }
    sched_arm_timer_locked(queue);
    spin_unlock(&sched_lock, 0);
}

void sched_set_tick(nanoseconds_t interval)
{
    irq_state_t state = spin_lock(&sched_lock);
    sched.interval = MAX(MIN(interval, TICK_DEFAULT), TICK_LEAST);
    sched.due = (clock_now() / sched.interval + 1) * sched.interval;
    struct run_queue *queue = this_run_queue();
    queue->tick_due = sched.due; // the others follow at their next tick
    sched_arm_timer_locked(queue);
    spin_unlock(&sched_lock, state);
}

nanoseconds_t sched_tick(void)
{
    return __atomic_load_n(&sched.interval, __ATOMIC_RELAXED);
}

void sched_cpu_times(unsigned number, struct cpu_times *out)
{
    *out = (struct cpu_times){ 0 };
    irq_state_t state = spin_lock(&sched_lock);
    const struct run_queue *queue = number < CPU_MAX ? run_queues[number] : NULL;
    if (queue && sched_online & queue->bit) {
        const struct thread *running = queue->cpu->thread;
        // Another processor's counter may be a little behind.
        uint64_t now = MAX(cpu_timestamp(), queue->accounted), open = now - queue->accounted;
        uint64_t idle = queue->cpu->idle->kernel_cycles + (running == queue->cpu->idle ? open : 0);
        uint64_t user = queue->user_cycles + (running->process ? open : 0);
        *out = (struct cpu_times){ .idle_cycles = idle,
                                   .user_cycles = user,
                                   .kernel_cycles = now - queue->started - idle - user,
                                   .switches = queue->switches };
    }
    spin_unlock(&sched_lock, state);
}

// The idle thread's way to another one.
static void look_for_work(void)
{
    spin_lock(&sched_lock);
    struct run_queue *queue = this_run_queue();
    queue->cpu->needs_reschedule = false;
    struct thread *next = take_next(queue);
    if (next)
        switch_to(queue, next);
    else
        sched.idle |= queue->bit; // what it was woken for has been taken by another
    spin_unlock(&sched_lock, 0);
}

NORETURN static void idle(void)
{
    for (;;) {
        irq_turn_off();
        if (this_cpu()->needs_reschedule) {
            look_for_work();
            thread_reap_later();
        } else {
            cpu_wait_for_interrupt();
        }
    }
}

static void idle_thread(void *unused)
{
    (void)unused;
    irq_turn_off();
    idle();
}

status_t sched_prepare_cpu(struct cpu *cpu)
{
    struct run_queue *queue = heap_alloc(sizeof(*queue));
    if (!queue)
        return STATUS_NO_MEMORY;
    *queue = (struct run_queue){
        .cpu = cpu,
        .bit = 1ull << cpu->number,
        .tick_due = NO_DEADLINE,
        .timer_armed = NO_DEADLINE,
    };
    for (unsigned i = 0; i < PRIORITY_COUNT; i++)
        list_init(&queue->ready[i]);
    status_t status = thread_create(NULL, "idle", idle_thread, NULL, &cpu->idle);
    if (status != STATUS_SUCCESS) {
        heap_free(queue);
        return status;
    }
    struct thread *thread = cpu->idle;
    thread->priority = thread->base_priority = 0;
    thread->home = thread->ideal = queue;
    thread->affinity = queue->bit;
    cpu->run_queue = queue;
    run_queues[cpu->number] = queue;
    return STATUS_SUCCESS;
}

// From here on threads may run on the calling processor; `running` is what it runs now.
static void go_online(struct cpu *cpu, struct thread *running)
{
    spin_lock(&sched_lock);
    struct run_queue *queue = cpu->run_queue;
    queue->accounted = queue->started = cpu_timestamp();
    running->home = running->ideal = queue;
    running->state = THREAD_RUNNING;
    cpu->thread = running;
    sched_online |= queue->bit;
    if (running == cpu->idle)
        sched.idle |= queue->bit;
    spin_unlock(&sched_lock, 0);
}

void sched_run_cpu(void)
{
    struct cpu *cpu = this_cpu();
    go_online(cpu, cpu->idle);
    idle();
}

static void sched_init(void)
{
    if (sched_prepare_cpu(this_cpu()) != STATUS_SUCCESS)
        panic("scheduler: no memory for the idle thread");
    go_online(this_cpu(), &boot_thread);
    irq_enable();
}
INITCALL(50_THREADS, sched_init);
