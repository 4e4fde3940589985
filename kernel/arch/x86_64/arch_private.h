// SPDX-License-Identifier: MIT
// What the files of this folder share among themselves.

#pragma once

#include <arch/cpu.h>
#include <arch/trap_frame.h>

// Stacks of their own for what can hit at any instruction (Intel SDM vol. 3A, 6.14.5).
enum ist_index {
    IST_NONE,
    IST_DOUBLE_FAULT,
    IST_NMI,
    IST_MACHINE_CHECK,
    IST_DEBUG,
    IST_COUNT
};

// Fills in the boot processor's GDT and TSS, and the IDT of all, and loads them.
void descriptors_init(struct cpu *cpu);

// Makes the tables and interrupt stacks of another processor. false: no memory.
bool descriptors_create(struct cpu *cpu) MUST_CHECK;
void descriptors_destroy(struct cpu *cpu);

// Loads the tables of this processor, the registers for SYSCALL, and makes cpu the one GS finds.
void descriptors_load(struct cpu *cpu);

// Where traps from user mode begin, from now on.
void descriptors_set_kernel_stack(struct cpu *cpu, vaddr_t top);

// Which interrupt stack, if any, address lies just below (its guard page); NULL: none.
const char *descriptors_describe_stack(vaddr_t address);

// Calls unmap for each page below an interrupt stack.
void descriptors_unmap_guards(void (*unmap)(vaddr_t page));

// Finds out what the processor can do and turns on what protects: SMEP, SMAP, UMIP, XSAVE.
void features_init(void);

// Turns the same on on another processor.
void features_enable(void);

// Replaces the STAC and CLAC sites by the instructions; text must still be writable.
void smap_patch_sites(void);

// Builds the kernel's final page tables and drops the provisional ones.
void paging_init(void);

// Makes this processor read the bits of page-table entries as all do (PAT).
void paging_enable(void);

// Fills boot_info; magic and information come from boot.asm.
void boot_read_pvh(paddr_t information);
void boot_read_multiboot2(paddr_t information);

// Device interrupts, the timer's and those from other processors.
void interrupt_dispatch(unsigned vector, bool was_in_kernel);

// Starts the other processors, as the machine's tables or the boot option cpus=N name them; they go
// on until they need this one (processors.c). Context: boot, once the clock runs.
struct acpi_facts;
void processors_wake(const struct acpi_facts *acpi);

// Called in the NMI: stops this processor if cpus_stop_others wants it.
void cpu_stop_if_asked(const struct trap_frame *frame);

// ACPI, as far as interrupts need it.
struct acpi_facts {
    paddr_t io_apic;       // 0: not told
    uint32_t io_apic_base; // its first line
    struct {
        uint32_t line;
        bool is_level, is_low;
    } isa[16];                    // how the old interrupts arrive
    uint32_t processors[CPU_MAX]; // APIC ids of those that are enabled, this one included
    unsigned processor_count;     // 0: not told
};
void acpi_read(paddr_t rsdp, struct acpi_facts *out);

// Symbols of kernel.ld and boot.asm.
extern char kernel_text_start[], kernel_text_end[], kernel_rodata_start[], kernel_data_start[],
    kernel_data_end[], kernel_image_start[], kernel_image_end[], boot_stack_guard[], boot_stack[],
    boot_stack_top[];

static ALWAYS_INLINE uint64_t msr_read(uint32_t msr)
{
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

static ALWAYS_INLINE void msr_write(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

#define MSR_STAR           0xC0000081u
#define MSR_LSTAR          0xC0000082u
#define MSR_SFMASK         0xC0000084u
#define MSR_GS_BASE        0xC0000101u
#define MSR_KERNEL_GS_BASE 0xC0000102u
#define MSR_APIC_BASE      0x1Bu

// With what long mode is entered, by every processor.
#define BOOT_CR0  0x80050033u                    // PG, AM, WP, NE, ET, MP, PE
#define BOOT_CR4  (1u << 5 | 1u << 7 | 3u << 9)  // PAE, PGE, OSFXSR, OSXMMEXCPT
#define BOOT_EFER (1u << 0 | 1u << 8 | 1u << 11) // SYSCALL, long mode, no-execute

#define CR4_OSXSAVE (1ull << 18)
#define CR4_UMIP    (1ull << 11)
#define CR4_SMEP    (1ull << 20)
#define CR4_SMAP    (1ull << 21)

#define DEFINE_CONTROL_REGISTER(name)                                                              \
    static ALWAYS_INLINE uint64_t name##_read(void)                                                \
    {                                                                                              \
        uint64_t value;                                                                            \
        __asm__ volatile("mov %%" #name ", %0" : "=r"(value));                                     \
        return value;                                                                              \
    }                                                                                              \
    static ALWAYS_INLINE void name##_write(uint64_t value)                                         \
    {                                                                                              \
        __asm__ volatile("mov %0, %%" #name ::"r"(value) : "memory");                              \
    }

DEFINE_CONTROL_REGISTER(cr0)
DEFINE_CONTROL_REGISTER(cr2)
DEFINE_CONTROL_REGISTER(cr3)
DEFINE_CONTROL_REGISTER(cr4)

struct cpuid_result {
    uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid_result cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid_result r;
    __asm__ volatile("cpuid"
                     : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                     : "a"(leaf), "c"(subleaf));
    return r;
}
