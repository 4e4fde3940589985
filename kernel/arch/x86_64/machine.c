// SPDX-License-Identifier: MIT
// Ending the machine. QEMU's isa-debug-exit is asked first; on a machine without it the processor
// halts, which is all that can be done without ACPI.

#include "arch_private.h"

#include <arch/io.h>

#define DEBUG_EXIT_PORT 0x501

void cpu_halt_forever(void)
{
    for (;;)
        __asm__ volatile("cli; hlt");
}

void machine_exit(enum machine_exit how)
{
    io_write32(DEBUG_EXIT_PORT, how);
    cpus_stop_others();
    cpu_halt_forever();
}
