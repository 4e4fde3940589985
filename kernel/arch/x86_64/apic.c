// SPDX-License-Identifier: MIT
/*
 * Interrupt controllers: the local APICs (timer, messages, end of interrupt) and one IO-APIC
 * (device lines, which all go to the boot processor). The old PICs are masked and never used.
 * Vectors are handed out from TRAP_IRQ_FIRST up, one per connected line; the handlers of a shared
 * line are all called.
 *
 * Every processor finds its own local APIC behind the same address, or, as an x2APIC, behind the
 * same model-specific registers, which a virtual machine serves faster.
 *
 * Source: Intel SDM vol. 3A, chapter 10, 10.12 (x2APIC); Intel 82093AA data sheet (IO-APIC).
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

#define MSR_X2APIC       0x800u
#define APIC_BASE_ENABLE (1u << 11)
#define APIC_BASE_X2     (1u << 10)
#define LVT_MASKED       0x10000u
#define LVT_NMI          0x400u
#define MESSAGE_PENDING  0x1000u // the one before has not been taken yet

#define VECTOR_COUNT (TRAP_TIMER - TRAP_IRQ_FIRST)

struct handler {
    interrupt_handler_fn call;
    void *context;
    struct handler *next;
};

static struct {
    struct spinlock lock; // guards all below but the registers' addresses
    uint8_t *local;       // NULL: x2APIC
    uint8_t *io;
    unsigned io_line_count;
    struct acpi_facts acpi;
    unsigned next_vector;
    unsigned vector_line[VECTOR_COUNT];
    struct handler *handlers[VECTOR_COUNT];
} apic = { .lock = SPINLOCK("interrupts", LOCK_RANK_DEVICE), .next_vector = TRAP_IRQ_FIRST };

uint32_t local_apic_read(enum local_apic_register reg)
{
    return apic.local ? mmio_read32(apic.local + reg) : (uint32_t)msr_read(MSR_X2APIC + (reg >> 4));
}

void local_apic_write(enum local_apic_register reg, uint32_t value)
{
    if (apic.local)
        mmio_write32(apic.local + reg, value);
    else
        msr_write(MSR_X2APIC + (reg >> 4), value);
}

void local_apic_send(uint32_t apic_id, uint32_t message)
{
    if (!apic.local) {
        // Unlike a write to memory, this one does not wait for what was written before.
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        msr_write(MSR_X2APIC + (LOCAL_APIC_COMMAND >> 4), (uint64_t)apic_id << 32 | message);
        return;
    }
    while (local_apic_read(LOCAL_APIC_COMMAND) & MESSAGE_PENDING)
        cpu_relax();
    local_apic_write(LOCAL_APIC_COMMAND_HIGH, apic_id << 24);
    local_apic_write(LOCAL_APIC_COMMAND, message);
}

void local_apic_enable(struct cpu *cpu)
{
    uint64_t base = msr_read(MSR_APIC_BASE) | APIC_BASE_ENABLE;
    msr_write(MSR_APIC_BASE, apic.local ? base : base | APIC_BASE_X2);
    uint32_t id = local_apic_read(LOCAL_APIC_ID);
    cpu->apic_id = apic.local ? id >> 24 : id;
    local_apic_write(LOCAL_APIC_SPURIOUS, 0x100 | TRAP_SPURIOUS); // enable
    local_apic_write(LOCAL_APIC_LVT_LINT0, LVT_MASKED);           // the PICs' way in
    local_apic_write(LOCAL_APIC_LVT_LINT1, cpu->number == 0 ? LVT_NMI : LVT_MASKED);
}

// Chooses between the two forms of the local APIC; firmware may have chosen already.
static void find_local_apic(void)
{
    uint64_t base = msr_read(MSR_APIC_BASE);
    if ((base & APIC_BASE_X2) || (cpuid(1, 0).ecx >> 21 & 1))
        return;
    paddr_t address = base & 0xFFFFFF000ull;
    apic.local = kernel_map_device(address ? address : LOCAL_APIC_DEFAULT, REGISTERS_SIZE);
    if (!apic.local)
        panic("interrupts: no memory to map the local APIC");
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
    find_local_apic();
    init_io_apic();
    local_apic_enable(this_cpu());
    timer_calibrate();
    processors_wake(&apic.acpi);
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
    io_apic_write(IO_APIC_REDIRECTION + pin * 2 + 1, cpus[0]->apic_id << 24);
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

#define LINE_SELF UINT32_MAX // no real line: interrupts that a processor sends to itself

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
    if (status == STATUS_SUCCESS)
        local_apic_send(0, MESSAGE_TO_SELF | vector);
    spin_unlock(&apic.lock, state);
    if (status != STATUS_SUCCESS)
        heap_free(handler);
    return status;
}

// Handlers are only ever added, at the front of their list, so no lock is needed to walk it.
static void call_handlers(unsigned vector)
{
    struct handler *first =
        vector - TRAP_IRQ_FIRST < VECTOR_COUNT ? apic.handlers[vector - TRAP_IRQ_FIRST] : NULL;
    for (struct handler *h = first; h; h = h->next)
        h->call(h->context);
    if (!first)
        log_warn("interrupts", "nobody expects vector 0x%x", vector);
}

void interrupt_dispatch(unsigned vector, bool was_in_kernel)
{
    switch (vector) {
    case TRAP_SPURIOUS:
        return; // wants no end of interrupt
    case TRAP_TIMER:
        sched_timer_expired(was_in_kernel);
        break;
    case TRAP_RESCHEDULE:
        break; // the way back to the program, or out of HLT, is all that was wanted
    case TRAP_CALL:
        cpus_serve_requests();
        break;
    default:
        call_handlers(vector);
    }
    end_of_interrupt();
}
