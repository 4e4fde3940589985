// SPDX-License-Identifier: MIT
/*
 * Interrupt controllers: the local APIC (timer, end of interrupt) and one IO-APIC (device lines).
 * The old PICs are masked and never used. Vectors are handed out from TRAP_IRQ_FIRST up, one per
 * connected line; the handlers of a shared line are all called.
 *
 * Source: Intel SDM vol. 3A, chapter 10; Intel 82093AA data sheet (IO-APIC).
 */

#include <arch/interrupt.h>
#include <arch/io.h>

#include <kernel/boot.h>
#include <kernel/heap.h>
#include <kernel/init.h>
#include <kernel/kernel_space.h>
#include <kernel/log.h>
#include <kernel/panic.h>
#include <kernel/spinlock.h>
#include <kernel/status.h>
#include <kernel/thread.h>

#include "apic.h"
#include "arch_private.h"

#define LOCAL_APIC_DEFAULT 0xFEE00000ull
#define IO_APIC_DEFAULT    0xFEC00000ull
#define REGISTERS_SIZE     0x1000u

// IO-APIC: an index window and a data window.
enum {
    IO_APIC_INDEX = 0x00,
    IO_APIC_DATA = 0x10
};
enum {
    IO_APIC_VERSION = 1,
    IO_APIC_REDIRECTION = 0x10
};
#define REDIRECTION_LEVEL  (1u << 15)
#define REDIRECTION_LOW    (1u << 13)
#define REDIRECTION_MASKED (1u << 16)

#define VECTOR_COUNT (TRAP_TIMER - TRAP_IRQ_FIRST)

struct handler {
    interrupt_handler_fn call;
    void *context;
    struct handler *next;
};

static struct {
    struct spinlock lock; // guards all below but the registers' addresses
    uint8_t *local;
    uint8_t *io;
    unsigned io_line_count;
    struct acpi_facts acpi;
    unsigned next_vector;
    unsigned vector_line[VECTOR_COUNT];
    struct handler *handlers[VECTOR_COUNT];
} apic = { .lock = SPINLOCK("interrupts", LOCK_RANK_DEVICE), .next_vector = TRAP_IRQ_FIRST };

uint32_t local_apic_read(enum local_apic_register reg)
{
    return mmio_read32(apic.local + reg);
}

void local_apic_write(enum local_apic_register reg, uint32_t value)
{
    mmio_write32(apic.local + reg, value);
}

static uint32_t io_apic_read(uint32_t index)
{
    mmio_write32(apic.io + IO_APIC_INDEX, index);
    return mmio_read32(apic.io + IO_APIC_DATA);
}

static void io_apic_write(uint32_t index, uint32_t value)
{
    mmio_write32(apic.io + IO_APIC_INDEX, index);
    mmio_write32(apic.io + IO_APIC_DATA, value);
}

static void mask_pics(void)
{
    io_write8(0x21, 0xFF);
    io_write8(0xA1, 0xFF);
}

static void init_io_apic(void)
{
    paddr_t address = apic.acpi.io_apic ? apic.acpi.io_apic : IO_APIC_DEFAULT;
    apic.io = kernel_map_device(address, REGISTERS_SIZE);
    if (!apic.io)
        panic("interrupts: no memory to map the IO-APIC");
    apic.io_line_count = (io_apic_read(IO_APIC_VERSION) >> 16 & 0xFF) + 1;
    for (unsigned line = 0; line < apic.io_line_count; line++)
        io_apic_write(IO_APIC_REDIRECTION + line * 2, REDIRECTION_MASKED);
}

static void interrupts_init(void)
{
    mask_pics();
    acpi_read(boot_info.acpi_rsdp, &apic.acpi);
    paddr_t base = msr_read(MSR_APIC_BASE) & 0xFFFFFF000ull;
    apic.local = kernel_map_device(base ? base : LOCAL_APIC_DEFAULT, REGISTERS_SIZE);
    if (!apic.local)
        panic("interrupts: no memory to map the local APIC");
    init_io_apic();
    this_cpu()->apic_id = local_apic_read(LOCAL_APIC_ID) >> 24;
    local_apic_write(LOCAL_APIC_SPURIOUS, 0x100 | TRAP_SPURIOUS); // enable
    local_apic_write(LOCAL_APIC_LVT_LINT0, 0x10000);              // the PICs' way in, masked
    local_apic_write(LOCAL_APIC_LVT_LINT1, 0x400);                // where a PC's NMI comes in
    timer_calibrate();
}
INITCALL(40_OBJECTS, interrupts_init);

static void end_of_interrupt(void)
{
    local_apic_write(LOCAL_APIC_EOI, 0);
}

unsigned interrupt_isa_line(unsigned isa_irq)
{
    return isa_irq < ARRAY_SIZE(apic.acpi.isa) ? apic.acpi.isa[isa_irq].line : isa_irq;
}

static bool is_active_low(unsigned line)
{
    for (unsigned i = 0; i < ARRAY_SIZE(apic.acpi.isa); i++)
        if (apic.acpi.isa[i].line == line)
            return apic.acpi.isa[i].is_low;
    return false;
}

static void route_line(unsigned line, unsigned vector, bool is_level)
{
    unsigned pin = line - apic.acpi.io_apic_base;
    uint32_t low =
        vector | (is_level ? REDIRECTION_LEVEL : 0) | (is_active_low(line) ? REDIRECTION_LOW : 0);
    io_apic_write(IO_APIC_REDIRECTION + pin * 2 + 1, this_cpu()->apic_id << 24);
    io_apic_write(IO_APIC_REDIRECTION + pin * 2, low);
}

// The vector of a line that is connected already, or 0.
static unsigned vector_of_line(unsigned line)
{
    for (unsigned vector = TRAP_IRQ_FIRST; vector < apic.next_vector; vector++)
        if (apic.vector_line[vector - TRAP_IRQ_FIRST] == line)
            return vector;
    return 0;
}

// Gives line a vector, or finds the one it has, and adds handler to it.
static status_t add_handler(unsigned line, struct handler *handler, unsigned *vector, bool *is_new)
{
    *vector = vector_of_line(line);
    *is_new = *vector == 0;
    if (*is_new) {
        if (apic.next_vector == TRAP_TIMER)
            return STATUS_INSUFFICIENT_RESOURCES;
        *vector = apic.next_vector++;
        apic.vector_line[*vector - TRAP_IRQ_FIRST] = line;
    }
    handler->next = apic.handlers[*vector - TRAP_IRQ_FIRST];
    apic.handlers[*vector - TRAP_IRQ_FIRST] = handler;
    return STATUS_SUCCESS;
}

status_t interrupt_connect(unsigned line, bool is_level, interrupt_handler_fn call, void *context)
{
    if (line < apic.acpi.io_apic_base || line - apic.acpi.io_apic_base >= apic.io_line_count)
        return STATUS_INVALID_PARAMETER;
    struct handler *handler = heap_alloc(sizeof(*handler));
    if (!handler)
        return STATUS_INSUFFICIENT_RESOURCES;
    *handler = (struct handler){ call, context, NULL };

    unsigned vector;
    bool is_new;
    irq_state_t state = spin_lock(&apic.lock);
    status_t status = add_handler(line, handler, &vector, &is_new);
    if (status == STATUS_SUCCESS && is_new)
        route_line(line, vector, is_level);
    spin_unlock(&apic.lock, state);
    if (status != STATUS_SUCCESS)
        heap_free(handler);
    return status;
}

#define LINE_SELF    UINT32_MAX // no real line: interrupts that a processor sends to itself
#define COMMAND_SELF 0x40000u   // destination shorthand: this processor

status_t interrupt_raise_self(interrupt_handler_fn call, void *context)
{
    struct handler *handler = heap_alloc(sizeof(*handler));
    if (!handler)
        return STATUS_INSUFFICIENT_RESOURCES;
    *handler = (struct handler){ call, context, NULL };
    unsigned vector;
    bool is_new;
    irq_state_t state = spin_lock(&apic.lock);
    status_t status = add_handler(LINE_SELF, handler, &vector, &is_new);
    spin_unlock(&apic.lock, state);
    if (status != STATUS_SUCCESS) {
        heap_free(handler);
        return status;
    }
    local_apic_write(LOCAL_APIC_COMMAND, COMMAND_SELF | vector);
    return STATUS_SUCCESS;
}

// Handlers are only ever added, at the front of their list, so no lock is needed to walk it.
void interrupt_dispatch(unsigned vector, bool was_in_kernel)
{
    if (vector == TRAP_SPURIOUS)
        return; // wants no end of interrupt
    if (vector == TRAP_TIMER) {
        sched_timer_expired(was_in_kernel);
    } else if (vector - TRAP_IRQ_FIRST < VECTOR_COUNT && apic.handlers[vector - TRAP_IRQ_FIRST]) {
        for (struct handler *h = apic.handlers[vector - TRAP_IRQ_FIRST]; h; h = h->next)
            h->call(h->context);
    } else {
        log_warn("interrupts", "nobody expects vector 0x%x", vector);
    }
    end_of_interrupt();
}
