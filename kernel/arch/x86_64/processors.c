// SPDX-License-Identifier: MIT
/*
 * Starting the other processors. All are woken at once and early, so that they walk through their
 * first instructions while the boot processor goes on; each then waits at a gate (processor_enter)
 * for its struct cpu. When the heap and the scheduler are there, the boot processor admits those
 * that have arrived, in the order of their arrival, which is also their numbering: a processor that
 * was announced but does not come leaves no hole and costs no memory, only time.
 *
 * Source: Intel SDM vol. 3A, 8.4.4 (INIT, start-up message, times between them).
 */

#include <arch/paging.h>
#include <arch/tlb.h>

#include <kernel/boot.h>
#include <kernel/clock.h>
#include <kernel/early_memory.h>
#include <kernel/frames.h>
#include <kernel/heap.h>
#include <kernel/init.h>
#include <kernel/kernel_space.h>
#include <kernel/log.h>
#include <kernel/status.h>
#include <kernel/string.h>
#include <kernel/thread.h>

#include "apic.h"
#include "arch_private.h"

#define INIT_NS        10000000ull   // from INIT to the first start-up message
#define SECOND_TRY_NS  200000ull     // from the first start-up message to the second
#define ARRIVAL_MAX_NS 1000000000ull // a busy host may not run a processor for a long time
#define NOT_WANTED     ((struct cpu *)1)
#define WARP_ROUNDS    200

extern char processor_start[], processor_start_end[];

// Known to processor_start.asm.
uint32_t processors_arrived;                  // atomic
struct cpu *processors_admitted[CPU_MAX - 1]; // atomic
NORETURN void processor_main(struct cpu *cpu);

struct cpu *cpus[CPU_MAX];
cpu_mask_t cpus_online = 1;

static struct {
    uint32_t apic_ids[CPU_MAX - 1];
    unsigned count;               // of those woken
    nanoseconds_t woken;          // when
    uint64_t boot_timestamp;      // atomic: what the boot processor has read last
    uint64_t timestamps[CPU_MAX]; // atomic: and the others
    uint64_t greatest_warp;       // atomic: by how much a counter was seen to be behind another
} start;

unsigned cpu_count(void)
{
    cpu_mask_t online = __atomic_load_n(&cpus_online, __ATOMIC_ACQUIRE);
    unsigned count = 0;
    for (; online; online &= online - 1)
        count++;
    return count;
}

// The value of the boot option cpus=N, or 0: not given, or no number from 1 to CPU_MAX.
static unsigned announced_by_option(void)
{
    char text[8];
    uint64_t value;
    if (!boot_option("cpus", text, sizeof(text)))
        return 0;
    if (!parse_number(text, &value) || value == 0 || value > CPU_MAX) {
        log_warn("processors", "cpus=%s: must be 1 to %u", text, CPU_MAX);
        return 0;
    }
    return (unsigned)value;
}

// Finds out whom to wake. Where ACPI names no processors, their ids are taken to be 0, 1, ...
static void choose(const struct acpi_facts *acpi)
{
    unsigned option = announced_by_option();
    unsigned known = acpi->processor_count ? acpi->processor_count : option;
    unsigned limit = option ? option : CPU_MAX;
    for (unsigned i = 0; i < known && start.count + 1 < limit; i++) {
        uint32_t id = acpi->processor_count ? acpi->processors[i] : i;
        if (id != this_cpu()->apic_id && start.count < ARRAY_SIZE(start.apic_ids))
            start.apic_ids[start.count++] = id;
    }
}

static bool start_page_is_ram(void)
{
    struct memory_range range;
    for (size_t i = 0; early_memory_range(i, &range); i++)
        if (range.start <= PROCESSOR_START_PAGE && range.end >= PROCESSOR_START_PAGE + PAGE_SIZE)
            return true;
    return false;
}

static void send_to_all(uint32_t message)
{
    for (unsigned i = 0; i < start.count; i++)
        local_apic_send(start.apic_ids[i], message);
}

static void wait_until(nanoseconds_t deadline)
{
    while (clock_now() < deadline)
        cpu_relax();
}

void processors_wake(const struct acpi_facts *acpi)
{
    choose(acpi);
    if (start.count == 0)
        return;
    if (!start_page_is_ram()) {
        log_warn("processors", "no memory at 0x%x to start them from", PROCESSOR_START_PAGE);
        start.count = 0;
        return;
    }
    memcpy(direct_map(PROCESSOR_START_PAGE), processor_start,
           (size_t)(processor_start_end - processor_start));
    send_to_all(MESSAGE_INIT);
    // Real processors need this long; those of a hypervisor have nothing to reset.
    bool is_virtual = cpuid(1, 0).ecx >> 31 & 1;
    if (!is_virtual)
        wait_until(clock_now() + INIT_NS);
    send_to_all(MESSAGE_START | PROCESSOR_START_PAGE >> PAGE_SHIFT);
    start.woken = clock_now();
}

// Makes what belongs to the processor that came as the index-th. false: no memory.
static bool admit(unsigned index)
{
    struct cpu *cpu = heap_alloc_zeroed(sizeof(*cpu));
    if (!cpu)
        return false;
    cpu->number = index + 1;
    cpu->page_table_root = paging_kernel_root;
    if (!descriptors_create(cpu)) {
        heap_free(cpu);
        return false;
    }
    if (sched_prepare_cpu(cpu) != STATUS_SUCCESS) {
        descriptors_destroy(cpu);
        heap_free(cpu);
        return false;
    }
    cpu->thread = cpu->idle;
    descriptors_set_kernel_stack(cpu, (vaddr_t)cpu->idle->kernel_stack + KERNEL_STACK_SIZE);
    cpus[cpu->number] = cpu;
    __atomic_store_n(&processors_admitted[index], cpu, __ATOMIC_RELEASE);
    return true;
}

// Admits processors as they arrive, until all have or the time is over. Returns how many.
static unsigned admit_all(void)
{
    unsigned admitted = 0;
    bool is_second_try = false;
    nanoseconds_t waited;
    do {
        unsigned arrived = __atomic_load_n(&processors_arrived, __ATOMIC_ACQUIRE);
        while (admitted < MIN(arrived, start.count) && admit(admitted))
            admitted++;
        waited = clock_now() - start.woken;
        if (waited > SECOND_TRY_NS && !is_second_try) {
            // Those that run already pay no attention.
            send_to_all(MESSAGE_START | PROCESSOR_START_PAGE >> PAGE_SHIFT);
            is_second_try = true;
        }
        cpu_relax();
    } while (admitted < start.count && waited < ARRIVAL_MAX_NS);
    for (unsigned late = admitted; late < ARRAY_SIZE(processors_admitted); late++)
        __atomic_store_n(&processors_admitted[late], NOT_WANTED, __ATOMIC_RELEASE);
    return admitted;
}

static void note_warp(uint64_t warp)
{
    uint64_t greatest = __atomic_load_n(&start.greatest_warp, __ATOMIC_RELAXED);
    while (warp > greatest &&
           !__atomic_compare_exchange_n(&start.greatest_warp, &greatest, warp, false,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
}

// Reads the counter behind a moment at which another's was read, to see whether it is not before
// it.
static uint64_t compare_counters(const uint64_t *other)
{
    uint64_t before = __atomic_load_n(other, __ATOMIC_ACQUIRE);
    __asm__ volatile("lfence" ::: "memory"); // RDTSC would not wait for the load
    uint64_t now = cpu_timestamp();
    if (now < before)
        note_warp(before - now);
    return now;
}

// Where the other processors come to, each on the stack of its idle thread.
void processor_main(struct cpu *cpu)
{
    descriptors_load(cpu);
    features_enable();
    paging_enable();
    local_apic_enable(cpu);
    timer_enable();
    for (int i = 0; i < WARP_ROUNDS; i++)
        __atomic_store_n(&start.timestamps[cpu->number], compare_counters(&start.boot_timestamp),
                         __ATOMIC_RELEASE);
    __atomic_fetch_or(&cpus_online, cpu_bit(cpu), __ATOMIC_SEQ_CST);
    tlb_flush_all_here(); // until now it was not told what the kernel unmapped
    sched_run_cpu();
}

static void processors_join(void)
{
    if (start.count == 0)
        return;
    unsigned admitted = admit_all();
    while (cpu_count() < admitted + 1)
        for (unsigned number = 1; number <= admitted; number++)
            __atomic_store_n(&start.boot_timestamp, compare_counters(&start.timestamps[number]),
                             __ATOMIC_RELEASE);
    if (admitted < start.count)
        log_warn("processors", "%u of %u did not answer", start.count - admitted, start.count);
    log_info("processors", "%u run, the last since %lu us after they were woken", cpu_count(),
             (clock_now() - start.woken) / 1000);
    if (start.greatest_warp)
        log_warn("processors", "their time-stamp counters differ by up to %lu: time may step back",
                 start.greatest_warp);
}
INITCALL(55_PROCESSORS, processors_join);
