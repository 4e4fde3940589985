// SPDX-License-Identifier: MIT
// The end of the machine, explained. Works on a broken kernel: no heap, no locks, little stack, and
// a panic inside a panic stops at once.

#include <kernel/panic.h>

#include <arch/context.h>
#include <arch/trap_frame.h>

#include <kernel/chardev.h>
#include <kernel/log.h>
#include <kernel/process.h>
#include <kernel/spinlock.h>
#include <kernel/string.h>

#include <symbols/symbols.h>

#define REASON_MAX      160u
#define BACKTRACE_LIMIT 32u
#define LAST_LINES      12u

extern char kernel_symbols_start[], kernel_symbols_end[];

#define OTHERS_BACKTRACE 4u // lines for each of the other processors

static struct {
    struct cpu *cpu; // atomic: the processor that panics, the first if there are several
    struct symbols symbols;
    bool has_symbols;
    unsigned depth; // of the frame that is printed next
} panicking;

static void print_address(vaddr_t address, bool is_return_address)
{
    struct symbol_location where;
    // A return address may lie behind its function's end, if the call was the last instruction.
    vaddr_t look_up = is_return_address ? address - 1 : address;
    if (panicking.has_symbols && symbols_find(&panicking.symbols, look_up, &where))
        log_raw("  #%-2u %016lx %s+0x%lx (%s:%u)\n", panicking.depth++, address, where.name,
                where.offset + (address - look_up), where.file, where.line);
    else
        log_raw("  #%-2u %016lx\n", panicking.depth++, address);
}

static void print_return_address(vaddr_t address)
{
    print_address(address, true);
}

static void print_backtrace(const struct trap_frame *frame, bool is_trap)
{
    size_t size = (size_t)(kernel_symbols_end - kernel_symbols_start);
    panicking.has_symbols = symbols_open(&panicking.symbols, kernel_symbols_start, size);
    log_raw("backtrace:\n");
    print_address(frame->rip, !is_trap);
    vaddr_t caller = is_trap ? arch_caller_of_bad_jump(frame) : 0;
    if (caller)
        print_address(caller, true);
    arch_backtrace(frame->rbp, BACKTRACE_LIMIT, print_return_address);
}

static void print_running(const struct cpu *cpu)
{
    const struct thread *thread = cpu->thread;
    if (thread->process)
        log_raw("running: thread %u \"%s\" of process %u \"%s\"\n", thread->id, thread->name,
                thread->process->id, thread->process->name);
    else
        log_raw("running: kernel thread %u \"%s\"\n", thread->id, thread->name);
    if (cpu->interrupt_depth > 0)
        log_raw("in an interrupt handler\n");
}

// What another processor was doing.
static void print_other(const struct cpu *cpu)
{
    const struct trap_frame *frame = cpu->stopped_at;
    if (!frame) {
        log_raw("---- processor %u does not answer\n", cpu->number);
        return;
    }
    bool is_user = frame->cs & 3;
    log_raw("---- processor %u%s\n", cpu->number, is_user ? ", in user mode" : "");
    panicking.depth = 0;
    print_address(frame->rip, false);
    if (!is_user)
        arch_backtrace(frame->rbp, OTHERS_BACKTRACE - 1, print_return_address);
    print_running(cpu);
}

/*
 * Makes this processor the one that panics. A panic inside a panic ends the machine; a second
 * processor's waits to be stopped by the first.
 */
static void claim_panic(void)
{
    struct cpu *nobody = NULL;
    if (__atomic_compare_exchange_n(&panicking.cpu, &nobody, this_cpu(), false, __ATOMIC_SEQ_CST,
                                    __ATOMIC_SEQ_CST))
        return;
    if (nobody == this_cpu())
        machine_exit(MACHINE_EXIT_PANIC);
    cpu_halt_forever(); // an NMI takes it out of there
}

// is_trap: frame is of interrupted code, not of a caller of panic.
NORETURN static void stop(const struct trap_frame *frame, bool is_trap, const char *reason)
{
    irq_disable();
    claim_panic();
    cpus_stop_others();
    log_enter_panic();
    log_replay_ring("---- the last log lines:\n", LAST_LINES);
    log_raw("---- kernel panic: %s\n", reason);
    arch_print_registers(frame);
    print_backtrace(frame, is_trap);
    print_running(this_cpu());
    spin_print_held();
    for (unsigned number = 0; number < cpu_count(); number++)
        if (cpus[number] != this_cpu())
            print_other(cpus[number]);
    log_raw("%s\n", PANIC_FINAL_LINE);
    machine_exit(MACHINE_EXIT_PANIC);
}

void panic(const char *format, ...)
{
    char reason[REASON_MAX];
    va_list arguments;
    va_start(arguments, format);
    format_string_v(reason, sizeof(reason), format, arguments);
    va_end(arguments);
    struct trap_frame frame;
    arch_capture_frame(&frame);
    // The panic itself is not worth a line: begin with its caller.
    frame.rip = (vaddr_t)__builtin_return_address(0);
    frame.rbp = *(uint64_t *)__builtin_frame_address(0);
    frame.rsp = (vaddr_t)__builtin_frame_address(0) + 16;
    stop(&frame, false, reason);
}

void panic_trap(const struct trap_frame *frame, const char *format, ...)
{
    char reason[REASON_MAX];
    va_list arguments;
    va_start(arguments, format);
    format_string_v(reason, sizeof(reason), format, arguments);
    va_end(arguments);
    stop(frame, true, reason);
}
