// SPDX-License-Identifier: MIT
/*
 * KUSER_SHARED_DATA, and the page by which programs read the performance counter: two frames,
 * written here through the direct map and mapped read-only into every process. They belong to this
 * file for ever; an address space only points to them.
 *
 * Readers take no lock: the three words of a time are written in an order from which they notice a
 * change, see nt/shared_data.h.
 */

#include "shared_data.h"

#include <kernel/clock.h>
#include <kernel/frames.h>
#include <kernel/memory_object.h>
#include <kernel/panic.h>
#include <kernel/status.h>
#include <nt/shared_data.h>

#include <arch/cpu.h>
#include <arch/fpu.h>

#include "processor.h"

#define SUITE_SINGLE_USER     0x110u // VER_SUITE_SINGLEUSERTS | VER_SUITE_TERMINAL
#define NX_ALWAYS_ON          1u
#define ARCHITECTURE_AMD64    9u
#define UNITS_PER_MILLISECOND 10000u // of 100 ns

static struct {
    KUSER_SHARED_DATA *page;
    paddr_t frames[2];           // of the two pages of memory
    struct memory_object memory; // is never put
} shared;

static paddr_t lend(struct memory_object *object, uint64_t page)
{
    (void)object;
    return shared.frames[page];
}

static const struct memory_object_ops memory_ops = { .name = "shared data", .lend = lend };

static void set_time(KSYSTEM_TIME *time, uint64_t value)
{
    volatile KSYSTEM_TIME *to = time;
    to->High2Time = (LONG)(value >> 32);
    __atomic_signal_fence(__ATOMIC_SEQ_CST); // x86 keeps the order of stores; so must the compiler
    to->LowPart = (ULONG)value;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    to->High1Time = (LONG)(value >> 32);
}

void shared_data_tick(void)
{
    uint64_t interrupt_time = clock_interrupt_100ns();
    uint64_t milliseconds = interrupt_time / UNITS_PER_MILLISECOND;
    set_time(&shared.page->InterruptTime, interrupt_time);
    set_time(&shared.page->SystemTime, clock_wall_100ns());
    set_time(&shared.page->TickCount, milliseconds);
    shared.page->TickCountLowDeprecated = (ULONG)milliseconds;
}

static void set_system_root(WCHAR *to)
{
    static const WCHAR root[] = u"C:\\windows";
    for (size_t i = 0; i < ARRAY_SIZE(root); i++)
        to[i] = root[i];
}

// How ntdll lays out contexts with extended state: in XSAVE's standard form.
static void describe_xstate(XSTATE_CONFIGURATION *xstate)
{
    if (cpu_features.xsave_mask == 0)
        return;
    xstate->EnabledFeatures = xstate->EnabledVolatileFeatures = cpu_features.xsave_mask;
    xstate->Size = xstate->AllFeatureSize = FPU_LEGACY_SIZE + fpu_layout.size;
    xstate->ControlFlags = cpu_features.has_xsaveopt ? XSTATE_CONTROL_OPTIMIZED_SAVE : 0;
    xstate->Features[0] = (XSTATE_FEATURE){ 0, 0xA0 }; // x87, with the control registers
    xstate->Features[1] = (XSTATE_FEATURE){ 0xA0, 0x100 };
    for (unsigned i = FPU_COMPONENT_FIRST; i < FPU_COMPONENT_LIMIT; i++) {
        xstate->Features[i].Size = fpu_layout.components[i].size;
        if (fpu_layout.components[i].size != 0)
            xstate->Features[i].Offset = FPU_LEGACY_SIZE + fpu_layout.components[i].offset;
        if (fpu_layout.components[i].is_aligned)
            xstate->AlignedFeatures |= 1ull << i;
    }
    for (unsigned i = 0; i < FPU_COMPONENT_LIMIT; i++)
        xstate->AllFeatures[i] = xstate->Features[i].Size;
}

static void *make_page(unsigned number)
{
    struct frame *frame = frame_alloc_zeroed(FRAME_TAG_USER);
    if (frame == NULL)
        panic("nt: no memory for the shared-data pages");
    shared.frames[number] = frame_paddr(frame);
    return frame_address(frame);
}

/*
 * The time-stamp counter does not run at the performance counter's 10 MHz, nor at a power of two of
 * it, so shifting it, as KUSER_SHARED_DATA alone would have it, does not do. Windows solves this
 * with a page of its own where a hypervisor knows the scale; so do we everywhere.
 */
static void describe_counter(KUSER_SHARED_DATA *page, SYSTEM_HYPERVISOR_USER_SHARED_DATA *counter)
{
    struct clock_scale scale = clock_scale();
    counter->TimeUpdateLock = 1; // never changes: the scale does not
    counter->QpcMultiplier = scale.multiplier;
    counter->QpcBias = scale.bias;
    page->QpcFrequency = NT_PERFORMANCE_FREQUENCY;
    page->QpcBypassEnabled = QPC_BYPASS_ENABLED | QPC_BYPASS_USE_HV_PAGE | QPC_BYPASS_USE_LFENCE;
}

void shared_data_init(void)
{
    status_t status = memory_object_init(&shared.memory, &memory_ops, 2, 0);
    assert(status == STATUS_SUCCESS); // it charges nothing
    shared.page = make_page(0);

    KUSER_SHARED_DATA *page = shared.page;
    // Ticks are milliseconds here: (ticks * multiplier) >> 24 leaves them as they are.
    page->TickCountMultiplier = 1u << 24;
    page->ImageNumberLow = 0x8664;
    page->ImageNumberHigh = 0x8664;
    set_system_root(page->NtSystemRoot);
    page->NtBuildNumber = NT_BUILD_NUMBER;
    page->NtProductType = NtProductWinNt;
    page->ProductTypeIsValid = true;
    page->NativeProcessorArchitecture = ARCHITECTURE_AMD64;
    page->NtMajorVersion = 10;
    page->NtMinorVersion = 0;
    processor_list_features(page->ProcessorFeatures);
    page->SuiteMask = SUITE_SINGLE_USER;
    page->MitigationPolicies = NX_ALWAYS_ON;
    page->NumberOfPhysicalPages = (ULONG)frames_stats().total;
    describe_counter(page, make_page(1));
    page->Cookie = (ULONG)processor_random();
    page->ActiveProcessorCount = cpu_count();
    page->UnparkedProcessorCount = (USHORT)cpu_count();
    page->ActiveGroupCount = 1;
    describe_xstate(&page->XState);
    // SystemCall stays 0: services are entered by SYSCALL.
    shared_data_tick();
}

static status_t map_page(struct address_space *space, vaddr_t address, uint64_t number)
{
    struct space_reservation what = {
        .address = address,
        .size = PAGE_SIZE,
        .commit = true,
        .rights = RIGHTS_READ,
        .kind = AREA_PRIVATE, // so says Windows, too
        .object = &shared.memory,
        .first_page = number,
        .is_fixed = true,
    };
    return space_reserve(space, &what, &address);
}

status_t shared_data_map(struct address_space *space)
{
    status_t status = map_page(space, KUSER_SHARED_DATA_ADDRESS, 0);
    return status == STATUS_SUCCESS ? map_page(space, COUNTER_PAGE_ADDRESS, 1) : status;
}
