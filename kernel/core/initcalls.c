// SPDX-License-Identifier: MIT
// Runs what INITCALL registered; the linker has sorted it by level (kernel.ld).

#include <kernel/init.h>
#include <kernel/log.h>

extern const struct initcall *const initcalls_start[], *const initcalls_end[];

void run_initcalls(void)
{
    for (const struct initcall *const *call = initcalls_start; call < initcalls_end; call++)
        (*call)->run();
}
