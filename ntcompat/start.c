// SPDX-License-Identifier: MIT
/*
 * Starting a program that links no DLL. The process' first thread builds everything itself, in its
 * own address space, with the same checked copies that services use; then it leaves for user mode
 * and never comes back here. If something fails on the way, ending the process cleans up, so no step
 * has to be undone.
 *
 * What the program finds: its image, a stack as its header asks, TEB (at GS:0) and PEB, the
 * parameters block, the shared-data page, and standard handles. The entry point gets the PEB in RCX
 * and a return address of 0: who returns from it faults at address 0.
 *
 * Source: learn.microsoft.com, "Thread Stack Size"; observed: the state at a program's first
 * instruction under ntdll, from which freestanding programs keep what they can use
 */

#include "start.h"

#include <arch/cpu.h>
#include <arch/user.h>
#include <kernel/heap.h>
#include <kernel/log.h>
#include <kernel/status.h>
#include <kernel/string.h>
#include <kernel/user_copy.h>
#include <nt/thread.h>

#include "file.h"
#include "nt_process.h"
#include "parameters.h"
#include "shared_data.h"

#define STACK_RESERVE_DEFAULT (1 * MIB)
#define STACK_RESERVE_UNIT    (64 * KIB)
#define STACK_RESERVE_MIN     (64 * KIB)

#define PEB_BLOCK_SIZE 0x3000u // the PEB, and at +2000h a page that ntdll's debug output reads
#define TEB_BLOCK_SIZE 0x4000u // the TEB, and at +3000h a buffer for ntdll's debug output

#define HOME_AREA_SIZE 0x28u // four home slots and the return address, above the first RSP

// Minus 30 days, in 100 ns: how long a critical section waits before somebody suspects a deadlock.
#define CRITICAL_SECTION_TIMEOUT (-30LL * 24 * 60 * 60 * 10000000)

struct start {
    struct image *image;
    const char *command_line;
    struct reason *reason;
    status_t status; // STATUS_SUCCESS once the program runs
};

// What has been built so far, all in the new process.
struct layout {
    struct process *process;
    struct address_space *space;
    vaddr_t image_base;
    vaddr_t stack_bottom, stack_limit, stack_base;
    vaddr_t parameters, peb, teb;
    handle_t input, output, error;
};

static status_t fail(const struct start *start, const char *what, status_t status)
{
    const char *words = status_words(status);
    format_string(start->reason->text, start->reason->room, "%s: %s: %s", start->image->name, what,
                  words != NULL ? words : "failed");
    return status;
}

// Reserves and commits size bytes of ordinary memory, away from where programs like to be linked.
static status_t allocate(struct address_space *space, size_t size, vaddr_t *address)
{
    struct space_reservation what = {
        .size = ROUND_UP((uint64_t)size, PAGE_SIZE),
        .alignment = ALLOCATION_GRANULARITY,
        .top_down = true,
        .commit = true,
        .rights = RIGHTS_READ | RIGHTS_WRITE,
        .kind = AREA_PRIVATE,
    };
    return space_reserve(space, &what, address);
}

static status_t open_standard_handles(struct layout *layout)
{
    status_t status =
        file_open_standard(layout->process, "stdin", FILE_GENERIC_READ, &layout->input);
    if (status == STATUS_SUCCESS)
        status = file_open_standard(layout->process, "stdout",
                                    FILE_GENERIC_WRITE | FILE_READ_ATTRIBUTES, &layout->output);
    if (status == STATUS_SUCCESS)
        status = file_open_standard(layout->process, "stderr",
                                    FILE_GENERIC_WRITE | FILE_READ_ATTRIBUTES, &layout->error);
    return status;
}

// The header's figures; a reserve that is too small grows as the documentation says.
static status_t build_stack(const struct pe_image *pe, struct layout *layout)
{
    uint64_t reserve = pe->stack_reserve != 0 ? pe->stack_reserve : STACK_RESERVE_DEFAULT;
    uint64_t commit = MAX(pe->stack_commit, PAGE_SIZE);
    if (reserve > USER_HIGHEST || commit > USER_HIGHEST)
        return STATUS_NO_MEMORY;
    if (reserve <= commit)
        reserve = ROUND_UP(commit + 1, MIB);
    reserve = MAX(ROUND_UP(reserve, STACK_RESERVE_UNIT), STACK_RESERVE_MIN);
    commit = ROUND_UP(commit, PAGE_SIZE);
    // Below the committed part: the guard page, and the page that is never given out.
    commit = MIN(commit, reserve - 2 * PAGE_SIZE);

    status_t status = space_reserve_stack(layout->space, reserve, commit, &layout->stack_bottom);
    layout->stack_base = layout->stack_bottom + reserve;
    layout->stack_limit = layout->stack_base - commit;
    return status;
}

static status_t build_parameters(const struct start *start, struct layout *layout)
{
    struct parameters_source source = {
        .image_name = start->image->file_name,
        .command_line = start->command_line,
        .standard_input = layout->input,
        .standard_output = layout->output,
        .standard_error = layout->error,
        .processor_count = cpu_count(),
    };
    struct parameters_facts facts;
    parameters_build(&source, 0, NULL, &facts);
    if (facts.command_line_units > COMMAND_LINE_UNITS_MAX)
        return STATUS_NAME_TOO_LONG;
    if (facts.invalid_count != 0)
        log_warn("nt", "%s: %zu invalid bytes in its command line became U+FFFD",
                 start->image->name, facts.invalid_count);

    status_t status = allocate(layout->space, facts.size, &layout->parameters);
    if (status != STATUS_SUCCESS)
        return status;
    void *block = heap_alloc(facts.size);
    if (block == NULL)
        return STATUS_NO_MEMORY;
    parameters_build(&source, layout->parameters, block, &facts);
    status = copy_to_user((void USER *)layout->parameters, block, facts.size);
    heap_free(block);
    return status;
}

static status_t build_peb(const struct pe_image *pe, struct layout *layout)
{
    status_t status = allocate(layout->space, PEB_BLOCK_SIZE, &layout->peb);
    if (status != STATUS_SUCCESS)
        return status;
    PEB *peb = heap_alloc_zeroed(sizeof(*peb));
    if (peb == NULL)
        return STATUS_NO_MEMORY;
    peb->Mutant = (HANDLE)(LONG_PTR)-1;
    peb->ImageBaseAddress = (PVOID)layout->image_base;
    peb->ProcessParameters = (PRTL_USER_PROCESS_PARAMETERS)layout->parameters;
    peb->NumberOfProcessors = cpu_count();
    peb->CriticalSectionTimeout.QuadPart = CRITICAL_SECTION_TIMEOUT;
    peb->HeapSegmentReserve = 0x100000;
    peb->HeapSegmentCommit = 0x2000;
    peb->HeapDeCommitTotalFreeThreshold = 0x10000;
    peb->HeapDeCommitFreeBlockThreshold = 0x1000;
    peb->OSMajorVersion = 10;
    peb->OSBuildNumber = NT_BUILD_NUMBER;
    peb->OSPlatformId = 2; // VER_PLATFORM_WIN32_NT
    peb->ImageSubsystem = pe->subsystem;
    peb->ImageSubsystemMajorVersion = pe->subsystem_major;
    peb->ImageSubsystemMinorVersion = pe->subsystem_minor;
    peb->ActiveProcessAffinityMask = ~0ull >> (64 - MIN(cpu_count(), 64u));
    peb->SessionId = 1;
    status = copy_to_user((void USER *)layout->peb, peb, sizeof(*peb));
    heap_free(peb);
    return status;
}

static status_t build_teb(struct layout *layout)
{
    status_t status = allocate(layout->space, TEB_BLOCK_SIZE, &layout->teb);
    if (status != STATUS_SUCCESS)
        return status;
    TEB *teb = heap_alloc_zeroed(sizeof(*teb));
    if (teb == NULL)
        return STATUS_NO_MEMORY;
    vaddr_t at = layout->teb;
    // The end of a chain that Wine's DLLs compare with stack addresses: it must be above them all.
    teb->NtTib.ExceptionList = (PVOID)~0ull;
    teb->NtTib.StackBase = (PVOID)layout->stack_base;
    teb->NtTib.StackLimit = (PVOID)layout->stack_limit;
    teb->NtTib.Self = (PNT_TIB)at;
    teb->ClientId.UniqueProcess = (HANDLE)(uint64_t)layout->process->id;
    teb->ClientId.UniqueThread = (HANDLE)(uint64_t)current_thread()->id;
    teb->RealClientId = teb->ClientId;
    teb->ProcessEnvironmentBlock = (PPEB)layout->peb;
    PLIST_ENTRY cache = (PLIST_ENTRY)(at + offsetof(TEB, ActivationStack.FrameListCache));
    teb->ActivationStack.FrameListCache = (LIST_ENTRY){ cache, cache };
    teb->ActivationContextStackPointer =
        (ACTIVATION_CONTEXT_STACK *)(at + offsetof(TEB, ActivationStack));
    teb->StaticUnicodeString.MaximumLength = sizeof(teb->StaticUnicodeBuffer);
    teb->StaticUnicodeString.Buffer = (PWSTR)(at + offsetof(TEB, StaticUnicodeBuffer));
    teb->DeallocationStack = (PVOID)layout->stack_bottom;
    status = copy_to_user((void USER *)at, teb, sizeof(*teb));
    heap_free(teb);
    return status;
}

static status_t map_image(const struct start *start, struct layout *layout)
{
    struct nt_process *nt = layout->process->personality_data;
    status_t status = image_map_program(start->image, layout->space, &layout->image_base);
    if (status != STATUS_SUCCESS)
        return status;
    dispatchers_find(start->image, layout->image_base, &nt->dispatchers);
    return nt_process_add_module(nt, start->image, layout->image_base);
}

// The image comes before all that may stand anywhere, so that it finds its base free.
static status_t build_memory(const struct start *start, struct layout *layout)
{
    const struct pe_image *pe = &start->image->pe;
    status_t status = shared_data_map(layout->space);
    if (status != STATUS_SUCCESS)
        return fail(start, "mapping the shared data", status);
    status = map_image(start, layout);
    if (status != STATUS_SUCCESS)
        return fail(start, "mapping the image", status);
    status = build_stack(pe, layout);
    if (status != STATUS_SUCCESS)
        return fail(start, "reserving the stack", status);
    status = open_standard_handles(layout);
    if (status != STATUS_SUCCESS)
        return fail(start, "opening the standard streams", status);
    status = build_parameters(start, layout);
    if (status != STATUS_SUCCESS)
        return fail(start, "passing the command line", status);
    status = build_peb(pe, layout);
    if (status == STATUS_SUCCESS)
        status = build_teb(layout);
    if (status != STATUS_SUCCESS)
        return fail(start, "making PEB and TEB", status);
    return STATUS_SUCCESS;
}

static void first_thread(void *argument)
{
    struct start *start = argument;
    struct layout layout = { .process = current_process(), .space = current_process()->space };
    start->status = build_memory(start, &layout);
    if (start->status != STATUS_SUCCESS) {
        process_terminate(layout.process, start->status);
        thread_exit();
    }
    ((struct nt_process *)layout.process->personality_data)->peb = layout.peb;
    current_thread()->user_gs_base = layout.teb;
    *thread_user_frame(current_thread()) = (struct trap_frame){
        .rip = layout.image_base + start->image->pe.entry_point.v,
        .rcx = layout.peb,
        .rsp = layout.stack_base - HOME_AREA_SIZE,
        .cs = SELECTOR_USER_CODE,
        .ss = SELECTOR_USER_DATA,
        .rflags = RFLAGS_IF | 2, // bit 1 is always set
    };
    log_info("nt", "%s starts at %s+0x%x, process %u", start->image->name, start->image->name,
             start->image->pe.entry_point.v, layout.process->id);
    arch_enter_user();
}

// Makes the process with its first thread, which does not run yet.
static status_t create(struct start *start, struct process **process, struct thread **thread)
{
    status_t status = process_create(start->image->name, NULL, process);
    if (status != STATUS_SUCCESS)
        return status;
    struct nt_process *nt = NULL;
    status = nt_process_create(&nt);
    if (status == STATUS_SUCCESS) {
        (*process)->personality_data = nt;
        status = process_add_thread(*process, start->image->name, first_thread, start, thread);
    }
    if (status != STATUS_SUCCESS) {
        // No thread of it has ended, so nobody else will take the data back.
        (*process)->personality_data = NULL;
        if (nt != NULL)
            nt_process_destroy(nt);
        object_put(&(*process)->object);
    }
    return status;
}

status_t start_and_wait(struct image *image, const char *command_line, status_t *exit_status,
                        struct reason *reason)
{
    // Outlives its use by the first thread, as this function waits for the process.
    struct start start = { image, command_line, reason, STATUS_PENDING };
    struct process *process;
    struct thread *thread;
    status_t status = create(&start, &process, &thread);
    if (status != STATUS_SUCCESS)
        return fail(&start, "making the process", status);
    process_publish(process);
    thread_start(thread);
    status = process_wait(process, exit_status);
    object_put(&thread->object);
    object_put(&process->object);
    return status == STATUS_SUCCESS ? start.status : status;
}

void start_stack_grew(vaddr_t limit)
{
    vaddr_t teb = current_thread()->user_gs_base;
    if (teb == 0)
        return;
    // A program that has made its own TEB unwritable gets no news of its stack.
    status_t lost = put_user((vaddr_t USER *)(teb + offsetof(NT_TIB, StackLimit)), &limit);
    (void)lost;
}
