// SPDX-License-Identifier: MIT
/*
 * Starting a program that links no DLL. The process' first thread builds everything itself, in its
 * own address space, with the same checked copies that services use, while its maker waits; then it
 * leaves for user mode and never comes back here. If something fails on the way, ending the process
 * cleans up, so no step has to be undone.
 *
 * What the program finds: its image, a stack as its header asks, TEB (at GS:0) and PEB, the
 * parameters block, the shared-data page, and the handles that its maker gave it. The entry point
 * gets the PEB in RCX and a return address of 0: who returns from it faults at address 0.
 *
 * Source: observed: the state at a program's first instruction under ntdll, from which freestanding
 * programs keep what they can use
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

#include "dispatchers.h"
#include "nt_process.h"
#include "parameters.h"
#include "shared_data.h"
#include "thread_memory.h"

// Minus 30 days, in 100 ns: how long a critical section waits before somebody suspects a deadlock.
#define CRITICAL_SECTION_TIMEOUT (-30LL * 24 * 60 * 60 * 10000000)

// On the maker's stack, which waits for `done`.
struct start {
    const struct start_request *request;
    struct reason *reason;
    struct event done;
    status_t status;
};

status_t start_failed(const struct image *image, struct reason *reason, const char *what,
                      status_t status)
{
    const char *words = status_words(status);
    format_string(reason->text, reason->room, "%s: %s: %s", image->name, what,
                  words != NULL ? words : "failed");
    return status;
}

// ---- the process ------------------------------------------------------------------------------

status_t start_process(struct image *image, const struct process *parent, struct process **out)
{
    struct nt_process *nt;
    status_t status = process_create(image->name, parent, out);
    if (status != STATUS_SUCCESS)
        return status;
    status = nt_process_create(image, parent, &nt);
    if (status == STATUS_SUCCESS) {
        nt->process = *out;
        (*out)->personality_data = nt;
    } else {
        object_put(&(*out)->object);
    }
    return status;
}

// ---- what the first thread builds -------------------------------------------------------------

static status_t map_image(struct process *process)
{
    struct nt_process *nt = nt_process_of(process);
    status_t status = image_map_program(nt->image, process->space, &nt->image_base);
    if (status != STATUS_SUCCESS)
        return status;
    dispatchers_find(nt->image, nt->image_base, &nt->dispatchers);
    return nt_process_add_module(nt, nt->image, nt->image_base);
}

static status_t build_parameters(struct process *process, const struct start_request *request)
{
    struct nt_process *nt = nt_process_of(process);
    struct space_reservation what = {
        .size = ROUND_UP((uint64_t)request->parameters_size, PAGE_SIZE),
        .top_down = true, // away from where programs like to be linked
        .commit = true,
        .rights = RIGHTS_READ | RIGHTS_WRITE,
        .kind = AREA_PRIVATE,
    };
    status_t status = space_reserve(process->space, &what, &nt->parameters);
    if (status != STATUS_SUCCESS)
        return status;
    parameters_place(request->parameters, nt->parameters);
    return copy_to_user((void USER *)nt->parameters, request->parameters, request->parameters_size);
}

static status_t build_peb(struct process *process)
{
    struct nt_process *nt = nt_process_of(process);
    const struct pe_image *pe = &nt->image->pe;
    status_t status = teb_alloc(process, &nt->peb);
    if (status != STATUS_SUCCESS)
        return status;
    PEB *peb = heap_alloc_zeroed(sizeof(*peb));
    if (peb == NULL)
        return STATUS_NO_MEMORY;
    peb->Mutant = (HANDLE)(LONG_PTR)-1;
    peb->ImageBaseAddress = (PVOID)nt->image_base;
    peb->ProcessParameters = (PRTL_USER_PROCESS_PARAMETERS)nt->parameters;
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
    peb->ActiveProcessAffinityMask = nt_processors();
    peb->SessionId = NT_SESSION;
    status = copy_to_user((void USER *)nt->peb, peb, sizeof(*peb));
    heap_free(peb);
    return status;
}

static status_t build_thread(struct thread *thread)
{
    struct process *process = thread->process;
    const struct nt_process *nt = nt_process_of(process);
    struct thread_memory memory;
    vaddr_t entry = nt->image_base + nt->image->pe.entry_point.v;
    status_t status = thread_memory_create(process, 0, 0, &memory);
    if (status == STATUS_SUCCESS)
        status = nt_thread_create(thread, entry);
    if (status == STATUS_SUCCESS)
        status = thread_prepare(thread, &memory, entry, nt->peb);
    return status;
}

// The image comes before all that may stand anywhere, so that it finds its base free.
static status_t build(struct process *process, const struct start *start)
{
    const struct image *image = nt_process_of(process)->image;
    status_t status = shared_data_map(process->space);
    if (status != STATUS_SUCCESS)
        return start_failed(image, start->reason, "mapping the shared data", status);
    status = map_image(process);
    if (status != STATUS_SUCCESS)
        return start_failed(image, start->reason, "mapping the image", status);
    status = build_parameters(process, start->request);
    if (status != STATUS_SUCCESS)
        return start_failed(image, start->reason, "passing the command line", status);
    status = build_peb(process);
    if (status != STATUS_SUCCESS)
        return start_failed(image, start->reason, "making the PEB", status);
    status = build_thread(current_thread());
    if (status != STATUS_SUCCESS)
        return start_failed(image, start->reason, "making stack and TEB", status);
    return STATUS_SUCCESS;
}

static void first_thread(void *argument)
{
    struct start *start = argument;
    struct process *process = current_process();
    const struct image *image = nt_process_of(process)->image;
    uint32_t previous;
    status_t status = build(process, start);
    if (status == STATUS_SUCCESS)
        status = thread_suspend(current_thread(), &previous);
    if (status != STATUS_SUCCESS)
        process_terminate(process, status);
    else if (process->parent_id == 0) // children could fill the log
        log_info("nt", "%s starts at %s+0x%x, process %u", image->name, image->name,
                 image->pe.entry_point.v, process->id);
    start->status = status;
    event_set(&start->done); // from here on, start is gone
    arch_enter_user();
}

// ---- the first thread's maker -----------------------------------------------------------------

// Keeps what the process may be asked for later.
static status_t remember(struct nt_process *nt, const RTL_USER_PROCESS_PARAMETERS *parameters)
{
    const char *block = (const char *)parameters;
    const UNICODE_STRING *path = &parameters->ImagePathName, *line = &parameters->CommandLine;
    nt->image_path = nt_text_create((const WCHAR *)(const void *)(block + (size_t)path->Buffer),
                                    path->Length / sizeof(WCHAR));
    nt->command_line = nt_text_create((const WCHAR *)(const void *)(block + (size_t)line->Buffer),
                                      line->Length / sizeof(WCHAR));
    return nt->image_path != NULL && nt->command_line != NULL ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

status_t start_first_thread(struct process *process, const struct start_request *request,
                            struct thread **out, struct reason *reason)
{
    struct nt_process *nt = nt_process_of(process);
    struct start start = { .request = request, .reason = reason };
    waitable_init(&start.done.waitable, WAITABLE_NOTIFICATION, 0);
    status_t status = remember(nt, request->parameters);
    if (status == STATUS_SUCCESS)
        status = process_add_thread(process, process->name, first_thread, &start, out);
    if (status != STATUS_SUCCESS)
        return start_failed(nt->image, reason, "making the process", status);
    process_publish(process);
    thread_start(*out);
    struct waitable *done = &start.done.waitable;
    status = wait_for(&done, 1, 0, NO_DEADLINE);
    if (start.status != STATUS_SUCCESS)
        object_put(&(*out)->object);
    return start.status;
}
