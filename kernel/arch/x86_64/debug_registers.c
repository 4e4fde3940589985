// SPDX-License-Identifier: MIT
// Hardware breakpoints (arch/debug.h). Source: Intel SDM vol. 3B, 17.2.

#include <arch/debug.h>

#include <kernel/thread.h>

#include "arch_private.h"

#define CONTROL_ALWAYS 0x400ull // a bit of DR7 that reads as 1

// Of DR7: local enables and exactness, types and lengths. Not the global enables, which are meant
// for whoever owns the processor, and not the detection of accesses to the registers (GD).
#define CONTROL_ENABLES 0x55ull
#define CONTROL_LEGAL   (0xFFFF0000ull | 0x100 | CONTROL_ENABLES)

// Of DR6: which breakpoints were met, and single step.
#define STATUS_LEGAL 0x400Full
#define STATUS_NONE  0xFFFF0FF0ull

enum breakpoint_type {
    BREAK_ON_EXECUTION = 0,
    BREAK_ON_WRITE = 1,
    BREAK_ON_IO = 2,
    BREAK_ON_ACCESS = 3
};

static bool is_armed(const struct debug_registers *registers)
{
    return (registers->control & CONTROL_ENABLES) != 0;
}

void debug_registers_load(const struct debug_registers *registers)
{
    __asm__ volatile("mov %0, %%db7" ::"r"(CONTROL_ALWAYS)); // none fires while they change
    if (!is_armed(registers))
        return;
    __asm__ volatile("mov %0, %%db0\n\t"
                     "mov %1, %%db1\n\t"
                     "mov %2, %%db2\n\t"
                     "mov %3, %%db3\n\t"
                     "mov %4, %%db7" ::"r"(registers->address[0]),
                     "r"(registers->address[1]), "r"(registers->address[2]),
                     "r"(registers->address[3]), "r"(registers->control | CONTROL_ALWAYS));
}

uint64_t debug_registers_take_status(void)
{
    uint64_t status;
    __asm__ volatile("mov %%db6, %0" : "=r"(status));
    __asm__ volatile("mov %0, %%db6" ::"r"(STATUS_NONE));
    return status & STATUS_LEGAL;
}

// Whether the manual says what such a breakpoint does.
static bool is_defined(uint64_t control, unsigned number)
{
    unsigned type = control >> (16 + 4 * number) & 3;
    unsigned length = control >> (18 + 4 * number) & 3;
    return type != BREAK_ON_IO && (type != BREAK_ON_EXECUTION || length == 0);
}

void debug_registers_set(const struct debug_registers *registers)
{
    struct debug_registers *own = &current_thread()->debug;
    bool was_armed = is_armed(own);

    own->control = registers->control & CONTROL_LEGAL;
    own->status = registers->status & STATUS_LEGAL;
    for (unsigned i = 0; i < ARRAY_SIZE(own->address); i++) {
        bool is_allowed = registers->address[i] < USER_END;
        own->address[i] = is_allowed ? registers->address[i] : 0;
        if (!is_allowed || !is_defined(own->control, i))
            own->control &= ~(3ull << (2 * i));
    }
    if (was_armed || is_armed(own))
        debug_registers_load(own);
}
