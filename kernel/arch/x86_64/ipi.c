// SPDX-License-Identifier: MIT
/*
 * Processors that want something of each other (cpu.h). A call is posted in two places: what is
 * wanted stands in the caller's own slot, and in the request word of each target the caller's bit
 * is set. A target takes its whole word at once, so that one interrupt may serve several callers,
 * and only who finds a word empty has to send one.
 */

#include "apic.h"
#include "arch_private.h"

#include <kernel/clock.h>

#define STOP_PATIENCE_NS 50000000ull // a host may take a processor away for a while

// One per calling processor: it calls with interrupts off, so it has one call at a time.
static struct call {
    void (*function)(void *argument);
    void *argument;
    cpu_mask_t pending; // atomic: those that have not run it yet
} ALIGNED(64) calls[CPU_MAX];

static bool is_stopping; // atomic: cpus_stop_others was called

void cpu_reschedule(struct cpu *cpu)
{
    irq_state_t state = irq_disable();
    local_apic_send(cpu->apic_id, TRAP_RESCHEDULE);
    irq_restore(state);
}

void cpus_serve_requests(void)
{
    struct cpu *self = this_cpu();
    cpu_mask_t callers = __atomic_exchange_n(&self->requests, 0, __ATOMIC_ACQUIRE);
    for (; callers; callers &= callers - 1) {
        struct call *call = &calls[__builtin_ctzll(callers)];
        call->function(call->argument);
        __atomic_fetch_and(&call->pending, ~cpu_bit(self), __ATOMIC_RELEASE);
    }
}

static void post(struct cpu *target, cpu_mask_t self_bit)
{
    if (__atomic_fetch_or(&target->requests, self_bit, __ATOMIC_SEQ_CST) == 0)
        local_apic_send(target->apic_id, TRAP_CALL);
}

void cpus_call(cpu_mask_t mask, void (*function)(void *), void *argument)
{
    irq_state_t state = irq_disable();
    struct cpu *self = this_cpu();
    struct call *call = &calls[self->number];
    mask &= __atomic_load_n(&cpus_online, __ATOMIC_ACQUIRE) & ~cpu_bit(self);
    call->function = function;
    call->argument = argument;
    __atomic_store_n(&call->pending, mask, __ATOMIC_RELEASE);
    for (cpu_mask_t left = mask; left; left &= left - 1)
        post(cpus[__builtin_ctzll(left)], cpu_bit(self));
    while (__atomic_load_n(&call->pending, __ATOMIC_ACQUIRE))
        cpu_wait_briefly();
    irq_restore(state);
}

void cpu_stop_if_asked(const struct trap_frame *frame)
{
    struct cpu *self = this_cpu();
    if (!__atomic_load_n(&is_stopping, __ATOMIC_ACQUIRE))
        return;
    __atomic_store_n(&self->stopped_at, frame, __ATOMIC_RELEASE);
    cpu_halt_forever();
}

static bool all_have_stopped(void)
{
    for (unsigned number = 0; number < cpu_count(); number++)
        if (cpus[number] != this_cpu() &&
            !__atomic_load_n(&cpus[number]->stopped_at, __ATOMIC_ACQUIRE))
            return false;
    return true;
}

void cpus_stop_others(void)
{
    if (cpu_count() == 1)
        return;
    __atomic_store_n(&is_stopping, true, __ATOMIC_SEQ_CST);
    local_apic_send(0, MESSAGE_TO_OTHERS | MESSAGE_NMI);
    nanoseconds_t give_up = clock_now() + STOP_PATIENCE_NS;
    while (!all_have_stopped() && clock_now() < give_up)
        cpu_relax();
}
