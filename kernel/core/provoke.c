// SPDX-License-Identifier: MIT
// Panics on demand (boot option panic=KIND), so that what a panic prints can be tested for each way
// of getting there. Each kind happens in a function of its own, which the backtrace must name.

#include "provoke.h"

#include <arch/interrupt.h>

#include <kernel/boot.h>
#include <kernel/init.h>
#include <kernel/log.h>
#include <kernel/panic.h>
#include <kernel/spinlock.h>
#include <kernel/status.h>
#include <kernel/string.h>

#define KIND_MAX 16

static NOINLINE void provoke_assert(void)
{
    volatile int two = 2;
    assert(two + two == 5);
}

static NOINLINE void provoke_fault(void)
{
    volatile int *volatile nowhere = (volatile int *)0x18;
    *nowhere = 1;
}

// Calls itself through a pointer that could change, so that the compiler lets it.
static int provoke_stack(int depth);
static int (*volatile deeper)(int) = provoke_stack;

static NOINLINE int provoke_stack(int depth)
{
    volatile char room[512];
    room[0] = (char)depth;
    return deeper(depth + 1) + room[0];
}

static void provoke_in_interrupt(void *unused)
{
    (void)unused;
    panic("provoke: in an interrupt handler");
}

static NOINLINE void provoke_irq(void)
{
    if (interrupt_raise_self(provoke_in_interrupt, NULL) != STATUS_SUCCESS)
        panic("provoke: no vector left");
    irq_enable();
    for (;;)
        cpu_relax();
}

static NOINLINE void provoke_lock(void)
{
    static struct spinlock lock = SPINLOCK("provoked", LOCK_RANK_DEVICE);
    spin_lock(&lock);
    panic("provoke: with a lock held");
}

// On several processors at the same moment: one may speak.
static NOINLINE void provoke_elsewhere(void *unused)
{
    (void)unused;
    panic("provoke: on processor %u", this_cpu()->number);
}

static NOINLINE void provoke_processors(void)
{
    cpus_call(~0ull, provoke_elsewhere, NULL);
    panic("provoke: there is no other processor");
}

static NOINLINE void provoke_execute(void)
{
    static uint8_t data[16] = { 0xC3 };
    ((void (*)(void))(vaddr_t)data)();
}

static NOINLINE void provoke_write_code(void)
{
    *(volatile uint8_t *)(vaddr_t)provoke_execute = 0xC3;
}

static NOINLINE void provoke_undefined(void)
{
    __asm__ volatile("ud2");
}

static NOINLINE void provoke_early(void)
{
    panic("provoke: before the heap exists");
}

static void provoke_before_the_heap(void)
{
    char kind[KIND_MAX];
    if (boot_option("panic", kind, sizeof(kind)) && strcmp(kind, "early") == 0)
        provoke_early();
}
INITCALL(20_FRAMES, provoke_before_the_heap);

static void overflow_the_stack(void)
{
    provoke_stack(0);
}

static const struct {
    const char *kind;
    void (*provoke)(void);
} kinds[] = {
    { "assert", provoke_assert },    { "fault", provoke_fault },
    { "stack", overflow_the_stack }, { "irq", provoke_irq },
    { "lock", provoke_lock },        { "execute", provoke_execute },
    { "write", provoke_write_code }, { "undefined", provoke_undefined },
    { "cpus", provoke_processors },
};

void provoke_panic(void)
{
    char kind[KIND_MAX];
    if (!boot_option("panic", kind, sizeof(kind)))
        return;
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        if (strcmp(kinds[i].kind, kind) == 0)
            kinds[i].provoke();
    log_error("boot",
              "panic=%s: the kinds are early, assert, fault, stack, irq, lock, execute, "
              "write, undefined, cpus",
              kind);
}
