// SPDX-License-Identifier: MIT
/*
 * Which thread runs where. Each processor has a run queue with a list per priority, and takes the
 * first of the highest. A thread that becomes ready goes to an idle processor if its affinity
 * allows one, back to the one it ran on last if it is more urgent than what runs there, else to the
 * one that runs the least urgent; a processor with nothing to do takes from the others. So no
 * processor is idle while there is a thread for it.
 *
 * A switch is made with sched_lock held and the lock travels with it: whoever is switched to
 * releases it. The kernel is not preempted: a switch is asked for by needs_reschedule, and made
 * when the running thread waits, or on its way to user mode.
 */

#include <kernel/thread.h>

#include <arch/context.h>
#include <arch/cpu.h>

#include <kernel/heap.h>
#include <kernel/init.h>
#include <kernel/panic.h>
#include <kernel/process.h>
#include <kernel/status.h>

#include "sched_private.h"

struct spinlock sched_lock = SPINLOCK("scheduler", LOCK_RANK_SCHEDULER);
struct run_queue *run_queues[CPU_MAX];
cpu_mask_t sched_online;

static struct {
    cpu_mask_t idle;      // [s] processors that have nothing to do
    uint32_t ready_count; // [s] threads in all run queues
} sched;

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
static struct run_queue *least_urgent(cpu_mask_t processors)
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
    cpu_mask_t allowed = thread->affinity & sched_online;
    cpu_mask_t idle = sched.idle & allowed;
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
    thread->ready_since = sched_ticks;
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
    for (cpu_mask_t left = sched_online & ~thief->bit; left; left &= left - 1) {
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
    // The counter of another processor may be a little ahead of this one's.
    uint64_t now = MAX(cpu_timestamp(), queue->accounted);
    uint64_t cycles = now - queue->accounted;
    queue->accounted = now;
    if (in_kernel) {
        thread->kernel_cycles += cycles;
    } else {
        thread->user_cycles += cycles;
        queue->user_cycles += cycles;
    }
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
        sched_start_ticks_locked(queue);
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

bool sched_must_give_way_locked(const struct run_queue *queue, const struct thread *self)
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
    if (sched_must_give_way_locked(queue, self)) {
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
    if (thread->state == THREAD_RUNNING && sched_must_give_way_locked(thread->home, thread))
        ask_for_switch(thread->home);
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
        .bit = cpu_bit(cpu),
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
