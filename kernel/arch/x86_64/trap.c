// SPDX-License-Identifier: MIT
// Where every exception and interrupt arrives in C. A page fault is first offered to the address
// space; what remains of user mode's exceptions goes to the personality in NT's terms, and what
// remains of the kernel's own is a panic, unless it happened in a user copy.

#include <arch/debug.h>
#include <arch/trap_frame.h>

#include <kernel/boot.h>
#include <kernel/init.h>
#include <kernel/kernel_space.h>
#include <kernel/panic.h>
#include <kernel/personality.h>
#include <kernel/process.h>
#include <kernel/status.h>
#include <kernel/string.h>

#include "arch_private.h"
#include "user_exception.h"

struct copy_fixup {
    vaddr_t instruction;
    vaddr_t landing;
};

extern const struct copy_fixup copy_fixups_start[], copy_fixups_end[];

// Called by entry.asm.
void trap_from_user(struct trap_frame *frame);
void trap_from_kernel(struct trap_frame *frame);
void trap_on_own_stack(struct trap_frame *frame);
void trap_return_work(struct trap_frame *frame);

static const char *const trap_names[] = {
    "divide error",
    "debug exception",
    "NMI",
    "breakpoint",
    "overflow",
    "bound range exceeded",
    "invalid opcode",
    "device not available",
    "double fault",
    "coprocessor overrun",
    "invalid TSS",
    "segment not present",
    "stack fault",
    "general protection",
    "page fault",
    "reserved",
    "x87 error",
    "alignment check",
    "machine check",
    "SIMD error",
    "virtualization",
    "control protection",
};

// An NMI stops the machine and shows what it was doing, which is what one sends it for. With the boot
// option nmi=count it is only counted, so that tests can send thousands at any moment.
static struct {
    bool is_counted;
    uint32_t count;
} nmi;

static void read_nmi_option(void)
{
    char value[8];
    nmi.is_counted = boot_option("nmi", value, sizeof(value)) && strcmp(value, "count") == 0;
}
INITCALL(10_CPU, read_nmi_option);

uint32_t cpu_nmi_count(void)
{
    return nmi.count;
}

static const char *trap_name(uint64_t vector)
{
    return vector < ARRAY_SIZE(trap_names) ? trap_names[vector] : "unexpected vector";
}

static void handle_interrupt(const struct trap_frame *frame)
{
    struct cpu *cpu = this_cpu();
    cpu->interrupt_depth++;
    interrupt_dispatch((unsigned)frame->vector, !(frame->cs & 3));
    cpu->interrupt_depth--;
}

static ALWAYS_INLINE status_t resolve_page_fault(vaddr_t address, uint64_t error)
{
    struct process *process = current_process();
    if (unlikely(!process || address >= USER_END))
        return STATUS_ACCESS_VIOLATION;
    struct page_fault fault = {
        .address = address,
        .is_write = error & PAGE_FAULT_WRITE,
        .is_execute = error & PAGE_FAULT_EXECUTE,
    };
    status_t status = space_fault(process->space, &fault);
    if (unlikely(fault.stack_limit) && personality->stack_grew)
        personality->stack_grew(fault.stack_limit);
    return status;
}

void trap_return_work(struct trap_frame *frame)
{
    struct thread *thread = current_thread();
    const uint32_t all_but_frame = ~(uint32_t)THREAD_WORK_FRAME;
    do {
        irq_enable();
        if (thread->work & all_but_frame)
            thread_do_work(frame);
        user_exception_check_frame(frame);
        if (this_cpu()->needs_reschedule)
            thread_preempt();
        irq_turn_off();
    } while ((thread->work & all_but_frame) || this_cpu()->needs_reschedule);
    __atomic_and_fetch(&thread->work, all_but_frame, __ATOMIC_RELAXED);
}

/*
 * Whether SMAP has stopped an access that the processor made for a program, but as the kernel. No
 * mapping helps against that. QEMU 7.2 does it to the stack of an IRET or a far RET in user mode.
 */
static bool is_stopped_by_smap(uint64_t error)
{
    return (error & (PAGE_FAULT_PRESENT | PAGE_FAULT_USER)) == PAGE_FAULT_PRESENT;
}

static void user_page_fault(struct trap_frame *frame)
{
    vaddr_t address = cr2_read();
    irq_enable();
    status_t status = STATUS_ACCESS_VIOLATION;
    if (likely(!is_stopped_by_smap(frame->error_code)))
        status = resolve_page_fault(address, frame->error_code);
    else if (user_iret(frame))
        return;
    if (likely(status == STATUS_SUCCESS))
        return;
    struct user_exception exception;
    user_exception_of_page_fault(frame, address, status, &exception);
    personality->exception(frame, &exception);
}

#ifdef PEKOE_DEBUG
#define POISONED_STACK 8192u
#define POISON_BYTE    0xFE

// What a service copies to its caller without having written it is not 0 by chance: gaps between
// members, say. Tests look for the pattern.
static NOINLINE void poison_stack(void)
{
    uint8_t below[POISONED_STACK];
    memset(below, POISON_BYTE, sizeof(below));
    __asm__ volatile("" ::"r"(below) : "memory"); // it is used, as far as the compiler knows
}
#else
static void poison_stack(void) {}
#endif

void trap_from_user(struct trap_frame *frame)
{
    poison_stack();
    if (likely(frame->vector == TRAP_PAGE_FAULT)) {
        user_page_fault(frame);
    } else if (frame->vector >= TRAP_IRQ_FIRST) {
        handle_interrupt(frame);
    } else if (frame->vector == TRAP_SERVICE) {
        irq_enable();
        personality->service(frame);
    } else {
        struct user_exception exception;
        irq_enable();
        if (user_exception_of_trap(frame, &exception))
            personality->exception(frame, &exception);
    }
    irq_turn_off();
    const struct cpu *cpu = this_cpu();
    if (unlikely(cpu->thread->work | cpu->needs_reschedule))
        trap_return_work(frame);
}

// The entry for the instruction of a user copy that was interrupted; NULL: it was none.
static const struct copy_fixup *find_copy_fixup(const struct trap_frame *frame)
{
    for (const struct copy_fixup *fixup = copy_fixups_start; fixup < copy_fixups_end; fixup++)
        if (fixup->instruction == frame->rip)
            return fixup;
    return NULL;
}

static void stop_user_copy(struct trap_frame *frame, const struct copy_fixup *fixup,
                           status_t status)
{
    current_thread()->copy_fault_status = status;
    frame->rip = fixup->landing;
}

// Words for an address that the kernel must not touch, beginning with ", ", or nothing.
static void describe_kernel_fault(char *text, size_t room, vaddr_t address)
{
    const char *owner = descriptors_describe_stack(address);
    vaddr_t boot_guard = (vaddr_t)boot_stack_guard;
    text[0] = '\0';
    if (owner)
        format_string(text, room, ", below the %s stack", owner);
    else if (address >= boot_guard && address < boot_guard + PAGE_SIZE)
        format_string(text, room, ", below the boot stack: kernel stack overflow");
    else if ((owner = kernel_space_describe(address)))
        format_string(text, room, ", %s", owner);
    else if (address < PAGE_SIZE)
        format_string(text, room, ", a null pointer");
    else if (address < USER_END)
        format_string(text, room, ", a user address");
}

static void kernel_page_fault(struct trap_frame *frame)
{
    vaddr_t address = cr2_read();
    const struct copy_fixup *fixup = find_copy_fixup(frame);
    if (fixup && this_cpu()->interrupt_depth == 0) {
        irq_enable();
        status_t status = resolve_page_fault(address, frame->error_code);
        irq_turn_off();
        if (status != STATUS_SUCCESS)
            stop_user_copy(frame, fixup, status);
        return;
    }
    char what[64];
    describe_kernel_fault(what, sizeof(what), address);
    panic_trap(frame, "page fault: %s 0x%016lx%s",
               frame->error_code & PAGE_FAULT_EXECUTE ? "executing"
               : frame->error_code & PAGE_FAULT_WRITE ? "writing"
                                                      : "reading",
               address, what);
}

void trap_from_kernel(struct trap_frame *frame)
{
    const struct copy_fixup *fixup;
    if (frame->vector >= TRAP_IRQ_FIRST)
        handle_interrupt(frame);
    else if (frame->vector == TRAP_PAGE_FAULT)
        kernel_page_fault(frame);
    else if (frame->vector == TRAP_PROTECTION && (fixup = find_copy_fixup(frame)))
        stop_user_copy(frame, fixup, STATUS_ACCESS_VIOLATION); // a non-canonical address
    else
        panic_trap(frame, "trap: %s in the kernel, error 0x%lx", trap_name(frame->vector),
                   frame->error_code);
}

void trap_on_own_stack(struct trap_frame *frame)
{
    switch (frame->vector) {
    case TRAP_DEBUG:
        // A breakpoint that a program armed on memory that the kernel touches for it, or delayed
        // past a MOV SS into the entry code. NT does not tell of these; the kernel goes on.
        (void)debug_registers_take_status();
        return;
    case TRAP_DOUBLE_FAULT: {
        char what[64];
        describe_kernel_fault(what, sizeof(what), cr2_read());
        panic_trap(frame, "trap: double fault, last page fault at 0x%016lx%s", cr2_read(), what);
    }
    case TRAP_NMI:
        cpu_stop_if_asked(frame);
        if (nmi.is_counted) {
            __atomic_add_fetch(&nmi.count, 1, __ATOMIC_RELAXED);
            return;
        }
        // fall through
    default:
        panic_trap(frame, "trap: %s", trap_name(frame->vector));
    }
}
