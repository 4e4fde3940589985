// SPDX-License-Identifier: MIT
/*
 * Keeps the writers of one output apart: log lines (which come with the log's lock held, from any
 * context) and program output. A spin lock cannot do it: it would have to rank below the log's, and
 * a panic may have interrupted its holder. So this gate is waited for only so long; then the writer
 * goes ahead, as mixed output is better than none, and better than a hang.
 *
 * Rules: taken with interrupts disabled; the holder calls nothing and may not sleep.
 */

#pragma once

#include <arch/cpu.h>

struct output_gate {
    uint8_t is_closed; // atomic
};

// Far longer than a holder needs for a line, far shorter than a person's patience.
#define OUTPUT_GATE_SPINS 200000u

static inline irq_state_t output_gate_enter(struct output_gate *gate)
{
    irq_state_t state = irq_disable();

    for (unsigned i = 0; i < OUTPUT_GATE_SPINS; i++) {
        if (__atomic_exchange_n(&gate->is_closed, 1, __ATOMIC_ACQUIRE) == 0)
            break;
        cpu_wait_briefly();
    }
    return state;
}

static inline void output_gate_leave(struct output_gate *gate, irq_state_t state)
{
    __atomic_store_n(&gate->is_closed, 0, __ATOMIC_RELEASE);
    irq_restore(state);
}
