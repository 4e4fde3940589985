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

// Fills in the GDT, TSS and IDT and makes this struct cpu the one that GS finds.
void descriptors_init(struct cpu *cpu);

// Where traps from user mode begin, from now on.
void descriptors_set_kernel_stack(struct cpu *cpu, vaddr_t top);

// Which interrupt stack, if any, address lies just below (its guard page); NULL: none.
const char *descriptors_describe_stack(vaddr_t address);

// Calls unmap for each page below an interrupt stack.
void descriptors_unmap_guards(void (*unmap)(vaddr_t page));

// Finds out what the processor can do and turns on what protects: SMEP, SMAP, UMIP, XSAVE.
void features_init(void);

// Replaces the STAC and CLAC sites by the instructions; text must still be writable.
void smap_patch_sites(void);

// Builds the kernel's final page tables and drops the provisional ones.
void paging_init(void);

// Fills boot_info; magic and information come from boot.asm.
void boot_read_pvh(paddr_t information);
void boot_read_multiboot2(paddr_t information);

// Device interrupts.
void interrupt_dispatch(unsigned vector, bool was_in_kernel);

// ACPI, as far as interrupts need it.
struct acpi_facts {
    paddr_t io_apic;       // 0: not told
    uint32_t io_apic_base; // its first line
    struct {
        uint32_t line;
        bool is_level, is_low;
    } isa[16]; // how the old interrupts arrive
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
