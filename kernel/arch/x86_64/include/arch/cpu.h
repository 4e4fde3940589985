// SPDX-License-Identifier: MIT
/*
 * The processor: per-CPU data, interrupts on and off, features, and the few instructions that C has
 * no words for. Included by the lock headers, so it includes next to nothing itself.
 */

#pragma once

#include <kernel/types.h>

struct descriptor_tables;
struct run_queue;
struct spinlock;
struct thread;
struct trap_frame;

#define CPU_MAX 64

typedef uint64_t cpu_mask_t; // bit n: the processor with number n

// One per processor, found through GS in the kernel. Assembly knows the first members by offset
// (arch_offsets.c).
struct cpu {
    struct cpu *self;
    vaddr_t kernel_stack_top;   // of the running thread: where SYSCALL starts
    vaddr_t user_stack_scratch; // SYSCALL parks the program's RSP here for three instructions
    struct thread *thread;      // the running thread
    struct thread *idle;        // runs when nothing else does
    struct spinlock *locks;     // those held, innermost first
    uint32_t number;            // below cpu_count(), the boot processor's is 0
    uint32_t apic_id;
    volatile uint32_t interrupt_depth; // 0 in threads
    volatile bool needs_reschedule;
    bool is_root_lazy;       // a kernel thread runs here, in the address space of a program
    paddr_t page_table_root; // what CR3 holds; atomic: tlb.c looks at other processors'
    cpu_mask_t requests;     // atomic: who waits for this processor in cpus_call
    struct run_queue *run_queue;
    struct descriptor_tables *tables;
    const struct trap_frame *stopped_at; // where cpus_stop_others met it
};

typedef uint64_t irq_state_t; // RFLAGS as they were

#define RFLAGS_IF 0x200ull

#ifdef PEKOE_HOST_TEST // has one processor, and no interrupts
extern struct cpu host_cpu;
static inline struct cpu *this_cpu(void)
{
    return &host_cpu;
}

static inline irq_state_t irq_disable(void)
{
    return 0;
}
#else
static ALWAYS_INLINE struct cpu *this_cpu(void)
{
    struct cpu *cpu;
    __asm__ volatile("movq %%gs:0, %0" : "=r"(cpu));
    return cpu;
}

static ALWAYS_INLINE irq_state_t irq_disable(void)
{
    irq_state_t state;
    __asm__ volatile("pushfq; popq %0; cli" : "=r"(state)::"memory");
    return state;
}
#endif

static ALWAYS_INLINE void irq_restore(irq_state_t state)
{
    if (state & RFLAGS_IF)
        __asm__ volatile("sti" ::: "memory");
}

// Where it is known that they are on, or does not matter.
static ALWAYS_INLINE void irq_turn_off(void)
{
    __asm__ volatile("cli" ::: "memory");
}

static ALWAYS_INLINE void irq_enable(void)
{
    __asm__ volatile("sti" ::: "memory");
}

// Waits for an interrupt; interrupts are off before and on after, with no gap between.
static ALWAYS_INLINE void cpu_wait_for_interrupt(void)
{
    __asm__ volatile("sti; hlt" ::: "memory");
}

// Fills a page with zeroes.
static ALWAYS_INLINE void clear_page(void *page)
{
    uint64_t words = PAGE_SIZE / 8;
    __asm__ volatile("rep stosq" : "+D"(page), "+c"(words) : "a"(0) : "memory");
}

static ALWAYS_INLINE void cpu_relax(void)
{
    __asm__ volatile("pause" ::: "memory");
}

static ALWAYS_INLINE uint64_t cpu_timestamp(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

// What the processor can do, found once at start.
struct cpu_features {
    char vendor[13];
    char brand[49];
    bool has_smep, has_smap, has_umip;
    bool has_1gib_pages;
    bool has_xsave, has_xsaveopt;
    bool has_rdrand;
    uint64_t xsave_mask; // state components in use (XCR0), 0 without XSAVE
    uint32_t xsave_size; // bytes of a save area, 512 without XSAVE
};
extern struct cpu_features cpu_features;

// The processors that run, by number. From level 60_DRIVERS on there come no more.
extern struct cpu *cpus[CPU_MAX];
extern cpu_mask_t cpus_online; // atomic until then

unsigned cpu_count(void);

static inline cpu_mask_t cpu_bit(const struct cpu *cpu)
{
    return (cpu_mask_t)1 << cpu->number;
}

/*
 * Interrupts another processor, so that it looks at its needs_reschedule and its thread's pending
 * work before it goes on in user mode, and leaves HLT. The caller has set what it is to see.
 * Context  any but NMI; takes no lock
 */
void cpu_reschedule(struct cpu *cpu);

/*
 * Runs function(argument) on the processors of mask, except this one and those that do not run, all
 * at once, and returns when all have. There it runs with interrupts off, in an interrupt or where
 * the processor waits for a spin lock: it takes no lock, calls neither this nor the scheduler, and
 * is short.
 * Context  any but NMI and such a function; interrupts may be off and locks held, since whoever
 *          waits for a spin lock or here serves the others' calls meanwhile
 */
void cpus_call(cpu_mask_t mask, void (*function)(void *argument), void *argument);

// Runs what others want of this processor. For loops that wait with interrupts off.
void cpus_serve_requests(void);
static ALWAYS_INLINE void cpu_wait_briefly(void)
{
    if (unlikely(__atomic_load_n(&this_cpu()->requests, __ATOMIC_RELAXED) != 0))
        cpus_serve_requests();
    cpu_relax();
}

/*
 * Stops the other processors for ever, wherever they are, and waits a moment until they have. Their
 * stopped_at tells where that was; NULL: no answer.
 */
void cpus_stop_others(void);

// How many NMIs came with the boot option nmi=count; without it the first is a panic.
uint32_t cpu_nmi_count(void);

// Ends the VM with a code that its starter sees: QEMU's isa-debug-exit, else halts for ever.
enum machine_exit {
    MACHINE_EXIT_ORDERLY = 0x10,
    MACHINE_EXIT_PANIC = 0x11
};
NORETURN void machine_exit(enum machine_exit how);
NORETURN void cpu_halt_forever(void);
