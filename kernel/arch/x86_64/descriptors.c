// SPDX-License-Identifier: MIT
// The tables that the processor itself reads: segments (GDT), the task-state segment with its
// stacks, and interrupt gates (IDT). Selectors lie where SYSCALL and SYSRET compute them from STAR,
// which puts the user's on Windows' own values (trap_frame.h).

#include "arch_private.h"

#include <kernel/heap.h>
#include <kernel/kernel_space.h>
#include <kernel/string.h>

// Intel SDM vol. 3A, figure 7-11.
struct task_state {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7]; // ist[0] is IST 1
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t io_map_base;
} PACKED;
static_assert(sizeof(struct task_state) == 104, "SDM vol. 3A, 7.7");

// Intel SDM vol. 3A, figure 6-8.
struct gate {
    uint16_t offset_low;
    uint16_t selector;
    uint8_t ist;
    uint8_t type; // present, DPL, 0xE: interrupt gate
    uint16_t offset_middle;
    uint32_t offset_high;
    uint32_t reserved;
};
static_assert(sizeof(struct gate) == 16, "SDM vol. 3A, 6.14.1");

struct table_pointer {
    uint16_t limit;
    uint64_t base;
} PACKED;

#define GDT_ENTRIES (SELECTOR_TSS / 8 + 2)
#define IST_STACK   8192

struct descriptor_tables {
    uint64_t gdt[GDT_ENTRIES];
    struct task_state tss;
};

static struct descriptor_tables boot_tables;
static struct gate idt[256];

// The boot processor's. Each stack has a page below it that paging_init leaves unmapped; the
// others' come from kernel_pages_alloc, which does the same.
static struct {
    char guard[PAGE_SIZE];
    char stack[IST_STACK];
} interrupt_stacks[IST_COUNT - 1] ALIGNED(PAGE_SIZE) SECTION(".bss.page");

extern const vaddr_t trap_stubs[256];
extern const char syscall_entry[];

static const char *const ist_names[] = { "", "double fault", "NMI", "machine check", "debug" };

const char *descriptors_describe_stack(vaddr_t address)
{
    for (unsigned number = 0; number < CPU_MAX && cpus[number]; number++) {
        for (int i = 0; i < IST_COUNT - 1; i++) {
            vaddr_t stack = cpus[number]->tables->tss.ist[i] - IST_STACK;
            if (address >= stack - PAGE_SIZE && address < stack)
                return ist_names[i + 1];
        }
    }
    return NULL;
}

void descriptors_unmap_guards(void (*unmap)(vaddr_t page))
{
    for (int i = 0; i < IST_COUNT - 1; i++)
        unmap((vaddr_t)interrupt_stacks[i].guard);
}

static void set_gate(unsigned vector, unsigned ist, unsigned privilege)
{
    vaddr_t stub = trap_stubs[vector];
    idt[vector] = (struct gate){
        .offset_low = (uint16_t)stub,
        .selector = SELECTOR_KERNEL_CODE,
        .ist = (uint8_t)ist,
        .type = (uint8_t)(0x8E | privilege << 5),
        .offset_middle = (uint16_t)(stub >> 16),
        .offset_high = (uint32_t)(stub >> 32),
    };
}

static void fill_idt(void)
{
    for (unsigned vector = 0; vector < 256; vector++)
        set_gate(vector, IST_NONE, 0);
    set_gate(TRAP_DOUBLE_FAULT, IST_DOUBLE_FAULT, 0);
    set_gate(TRAP_NMI, IST_NMI, 0);
    set_gate(TRAP_MACHINE_CHECK, IST_MACHINE_CHECK, 0);
    set_gate(TRAP_DEBUG, IST_DEBUG, 0);
    // What a program may raise by an INT instruction, as on NT; any other gives it a #GP.
    static const uint8_t for_programs[] = { TRAP_BREAKPOINT, TRAP_OVERFLOW,      TRAP_FASTFAIL,
                                            TRAP_ASSERTION,  TRAP_DEBUG_SERVICE, TRAP_SERVICE };
    for (unsigned i = 0; i < ARRAY_SIZE(for_programs); i++)
        set_gate(for_programs[i], IST_NONE, 3);
}

static void fill_gdt(struct descriptor_tables *tables)
{
    vaddr_t tss = (vaddr_t)&tables->tss;
    tables->gdt[SELECTOR_KERNEL_CODE / 8] = 0x00209B0000000000;
    tables->gdt[SELECTOR_KERNEL_DATA / 8] = 0x0000930000000000;
    // SELECTOR_USER_CODE32 stays empty: on AMD's processors and in QEMU, SYSCALL in 32-bit code
    // would enter the kernel at CSTAR, on the program's stack. No program runs 32-bit code here.
    tables->gdt[SELECTOR_USER_DATA / 8] = 0x00CFF3000000FFFF;
    tables->gdt[SELECTOR_USER_CODE / 8] = 0x0020FB0000000000;
    tables->gdt[SELECTOR_TSS / 8] = (sizeof(struct task_state) - 1) | (tss & 0xFFFFFF) << 16 |
                                    0x89ull << 40 | (tss >> 24 & 0xFF) << 56;
    tables->gdt[SELECTOR_TSS / 8 + 1] = tss >> 32;
    tables->tss.io_map_base = sizeof(struct task_state); // no port is open to programs
}

static void load_tables(struct descriptor_tables *tables)
{
    struct table_pointer gdt_pointer = { sizeof(tables->gdt) - 1, (vaddr_t)tables->gdt };
    struct table_pointer idt_pointer = { sizeof(idt) - 1, (vaddr_t)idt };
    __asm__ volatile("lgdt %0\n\t"
                     "pushq %2\n\t"
                     "leaq 1f(%%rip), %%rax\n\t"
                     "pushq %%rax\n\t"
                     "lretq\n"
                     "1:\n\t"
                     "movl %3, %%eax\n\t"
                     "movl %%eax, %%ss\n\t"
                     "xorl %%eax, %%eax\n\t"
                     "movl %%eax, %%ds\n\t"
                     "movl %%eax, %%es\n\t"
                     "movl %%eax, %%fs\n\t"
                     "movl %%eax, %%gs\n\t"
                     "lidt %1\n\t"
                     "ltr %w4"
                     :
                     : "m"(gdt_pointer), "m"(idt_pointer), "i"(SELECTOR_KERNEL_CODE),
                       "i"(SELECTOR_KERNEL_DATA), "r"(SELECTOR_TSS)
                     : "rax", "memory");
}

void descriptors_load(struct cpu *cpu)
{
    load_tables(cpu->tables);

    cpu->self = cpu;
    msr_write(MSR_GS_BASE, (vaddr_t)cpu);
    msr_write(MSR_KERNEL_GS_BASE, 0);

    // SYSRET adds 16 and 8 to its base for CS and SS, SYSCALL 0 and 8 (AMD64 APM vol. 2, 6.1.1).
    msr_write(MSR_STAR,
              (uint64_t)SELECTOR_USER_CODE32 << 48 | (uint64_t)SELECTOR_KERNEL_CODE << 32);
    msr_write(MSR_LSTAR, (vaddr_t)syscall_entry);
    msr_write(MSR_SFMASK, 0x00047700); // AC, NT, IOPL, DF, IF, TF
}

void descriptors_init(struct cpu *cpu)
{
    cpu->tables = &boot_tables;
    fill_gdt(&boot_tables);
    for (int i = 0; i < IST_COUNT - 1; i++)
        boot_tables.tss.ist[i] = (vaddr_t)interrupt_stacks[i].stack + IST_STACK;
    fill_idt();
    descriptors_load(cpu);
    descriptors_set_kernel_stack(cpu, (vaddr_t)boot_stack_top);
}

void descriptors_destroy(struct cpu *cpu)
{
    for (int i = 0; i < IST_COUNT - 1; i++)
        if (cpu->tables->tss.ist[i])
            kernel_pages_free((void *)(cpu->tables->tss.ist[i] - IST_STACK));
    heap_free(cpu->tables);
}

bool descriptors_create(struct cpu *cpu)
{
    cpu->tables = heap_alloc_zeroed(sizeof(*cpu->tables));
    if (!cpu->tables)
        return false;
    fill_gdt(cpu->tables);
    for (int i = 0; i < IST_COUNT - 1; i++) {
        void *stack = kernel_pages_alloc(IST_STACK / PAGE_SIZE);
        if (!stack) {
            descriptors_destroy(cpu);
            return false;
        }
        cpu->tables->tss.ist[i] = (vaddr_t)stack + IST_STACK;
    }
    return true;
}

void descriptors_set_kernel_stack(struct cpu *cpu, vaddr_t top)
{
    cpu->kernel_stack_top = top;
    cpu->tables->tss.rsp[0] = top;
}
