// SPDX-License-Identifier: MIT
/*
 * Start-up in levels. INITCALL(level, fn) puts a pointer to fn's descriptor into the section
 * .initcall.LEVEL; the linker sorts the sections, kernel_main runs them. Within a level the order
 * must not matter. A level may use all that the levels before it have set up:
 *
 *   10_CPU         descriptor tables, traps; the log and panics work; no allocation
 *   20_FRAMES      physical frames, the kernel's final page tables
 *   30_HEAP        heap_alloc, kernel address ranges, MMIO
 *   40_OBJECTS     clock, interrupt controllers, object types
 *   50_THREADS     scheduler, timers: may sleep from here on
 *   55_PROCESSORS  the other processors run
 *   60_DRIVERS     devices are matched and attached
 *   70_NT          the NT personality registers itself
 *   80_USER        programs start
 */

#pragma once

#include <kernel/compiler.h>

struct initcall {
    void (*run)(void);
    const char *name;
};

#define INITCALL(level, function)                                                                  \
    static const struct initcall initcall_##function = { function, #function };                    \
    static const struct initcall *const initcall_pointer_##function USED SECTION(                  \
        ".initcall." #level) = &initcall_##function

// Runs every initcall, level by level.
void run_initcalls(void);
