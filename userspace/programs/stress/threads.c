// SPDX-License-Identifier: MIT
// What threads and processes do to each other: APCs, suspension, termination in every state.

#include "stress.h"

#include <nt/context.h>
#include <nt/job.h>
#include <nt/memory.h>
#include <nt/object.h>
#include <nt/process_information.h>
#include <nt/status.h>
#include <nt/sync.h>
#include <user/exception.h>
#include <user/memory.h>
#include <user/process.h>
#include <user/services.h>
#include <user/thread.h>

#define CHILDREN 2

static struct {
    HANDLE suspender;          // mutant: two that suspend each other would wait for ever
    HANDLE children;           // semaphore: how many more there may be
    HANDLE never;              // event that nobody sets
    volatile LONG apcs_queued; // atomic
} shared;

void threads_begin(void)
{
    shared.apcs_queued = 0;
    expect_status("create a mutant",
                  NtCreateMutant(&shared.suspender, MUTANT_ALL_ACCESS, NULL, FALSE),
                  STATUS_SUCCESS);
    expect_status(
        "create a semaphore",
        NtCreateSemaphore(&shared.children, SEMAPHORE_ALL_ACCESS, NULL, CHILDREN, CHILDREN),
        STATUS_SUCCESS);
    expect_status("create an event",
                  NtCreateEvent(&shared.never, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE),
                  STATUS_SUCCESS);
}

void threads_end(void)
{
    LONG got = 0;

    for (unsigned i = 0; i < WORKERS; i++)
        got += workers[i].apcs;
    (void)NtClose(shared.suspender);
    (void)NtClose(shared.children);
    (void)NtClose(shared.never);
    expect_equal("APCs that ran", got, shared.apcs_queued);
}

// ---- APCs ---------------------------------------------------------------------------------------

static void note_apc(PVOID argument, PVOID number, PVOID inverse)
{
    struct worker *worker = argument;

    expect("an APC's arguments arrive", (ULONG_PTR)number == ~(ULONG_PTR)inverse);
    expect("an APC runs in its thread", worker->id == current_thread_id());
    worker->apcs++;
}

void queue_apc(struct worker *worker)
{
    struct worker *other = &workers[random_below(worker, WORKERS)];
    LARGE_INTEGER moment = { .QuadPart = -(LONGLONG)random_below(worker, 10000) };
    ULONG_PTR number = random_below(worker, 1000000);

    (void)atomic_add(&shared.apcs_queued, 1);
    expect_status("queue an APC",
                  NtQueueApcThread(other->thread, (PVOID)(ULONG_PTR)note_apc, other, (PVOID)number,
                                   (PVOID)~number),
                  STATUS_SUCCESS);
    NTSTATUS status = NtDelayExecution(TRUE, &moment);
    expect("an alertable delay", status == STATUS_SUCCESS || status == STATUS_USER_APC);
}

// ---- exceptions ---------------------------------------------------------------------------------

static void read_at(void *address)
{
    (void)*(volatile char *)address;
}

void raise_exception(struct worker *worker)
{
    struct catcher caught;
    ULONG_PTR address = random_below(worker, 0xFFFF); // never mapped

    expect("an access violation is caught", catch_exception(&caught, read_at, (PVOID)address));
    expect_status("its code", caught.record.ExceptionCode, STATUS_ACCESS_VIOLATION);
    expect_equal("its address", (LONGLONG)caught.record.ExceptionInformation[1], (LONGLONG)address);
}

// ---- suspension ---------------------------------------------------------------------------------

void suspend_another(struct worker *worker)
{
    struct worker *other =
        &workers[(worker->number + 1 + random_below(worker, WORKERS - 1)) % WORKERS];
    ULONG before = 7;

    at(worker, "waiting to suspend");
    wait_for("wait to suspend", shared.suspender);
    at(worker, "suspending");
    expect_status("suspend", NtSuspendThread(other->thread, &before), STATUS_SUCCESS);
    expect_equal("suspensions before", before, 0);
    if (random_below(worker, 2)) {
        CONTEXT context;
        context.ContextFlags = CONTEXT_CONTROL | CONTEXT_INTEGER;
        at(worker, "getting a context");
        expect_status("get a context", NtGetContextThread(other->thread, &context), STATUS_SUCCESS);
    } else {
        (void)NtYieldExecution();
    }
    at(worker, "resuming");
    expect_status("resume", NtResumeThread(other->thread, &before), STATUS_SUCCESS);
    expect_equal("suspensions of a suspended thread", before, 1);
    expect_status("let others suspend", NtReleaseMutant(shared.suspender, NULL), STATUS_SUCCESS);
}

// ---- threads that end in all ways ---------------------------------------------------------------

enum fate {
    RETURNS,
    WAITS,
    SPINS,
    SLEEPS,
    ABANDONS,
    NEVER_RUNS,
    FATES
};

struct victim {
    enum fate fate;
    HANDLE mutant;
};

static NTSTATUS be_victim(void *argument)
{
    struct victim *victim = argument;
    LARGE_INTEGER hour = { .QuadPart = -36000000000 };

    switch (victim->fate) {
    case WAITS:
        return NtWaitForSingleObject(shared.never, FALSE, NULL);
    case SPINS:
        for (;;)
            __asm__ volatile("pause");
    case SLEEPS:
        return NtDelayExecution(TRUE, &hour);
    case ABANDONS:
        wait_for("wait for a new mutant", victim->mutant);
        return 1000 + ABANDONS;
    default:
        return 1000 + RETURNS;
    }
}

void run_thread(struct worker *worker)
{
    struct victim victim = { .fate = random_below(worker, FATES) };
    bool is_ended_by_us = victim.fate != RETURNS && victim.fate != ABANDONS;
    NTSTATUS status = 1000 + (NTSTATUS)victim.fate;

    expect_status("create a mutant", NtCreateMutant(&victim.mutant, MUTANT_ALL_ACCESS, NULL, FALSE),
                  STATUS_SUCCESS);
    HANDLE thread = victim.fate == NEVER_RUNS ? thread_start_suspended(be_victim, &victim)
                                              : thread_start(be_victim, &victim);
    if (random_below(worker, 2))
        (void)NtYieldExecution();
    if (is_ended_by_us)
        expect_status("terminate a thread", NtTerminateThread(thread, status), STATUS_SUCCESS);
    at(worker, "waiting for a thread to end");
    expect_status("a thread's exit status", thread_join(thread), status);
    expect_status("wait for what it owned", NtWaitForSingleObject(victim.mutant, FALSE, NULL),
                  victim.fate == ABANDONS ? STATUS_ABANDONED_WAIT_0 : STATUS_WAIT_0);
    expect_status("close the mutant", NtClose(victim.mutant), STATUS_SUCCESS);
}

// ---- processes ----------------------------------------------------------------------------------

static NTSTATUS touch_memory(void *unused)
{
    PVOID base = NULL;
    SIZE_T size = 64 * PAGE;

    (void)unused;
    expect_status("a child allocates",
                  NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size,
                                          MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE),
                  STATUS_SUCCESS);
    memset(base, 0x5A, size);
    return STATUS_SUCCESS;
}

NTSTATUS be_child(const char *what)
{
    LARGE_INTEGER hour = { .QuadPart = -36000000000 };

    expect_equal("threads of a child that failed", threads_run(3, touch_memory, NULL, 0), 0);
    if (strcmp(what, "waits") == 0)
        (void)NtDelayExecution(FALSE, &hour);
    return 77;
}

// Writes into a child that does not run yet, and reads it back.
static void visit(const struct child *child)
{
    PVOID base = NULL;
    SIZE_T size = PAGE;
    ULONGLONG sent = 0x0123456789ABCDEF, got = 0;

    expect_status("allocate in a child",
                  NtAllocateVirtualMemory(child->process, &base, 0, &size, MEM_RESERVE | MEM_COMMIT,
                                          PAGE_READWRITE),
                  STATUS_SUCCESS);
    expect_status("write into a child",
                  NtWriteVirtualMemory(child->process, base, &sent, sizeof(sent), NULL),
                  STATUS_SUCCESS);
    expect_status("read from a child",
                  NtReadVirtualMemory(child->process, base, &got, sizeof(got), NULL),
                  STATUS_SUCCESS);
    expect("both are the same", got == sent);
}

// Ends a child that does not end by itself.
static void terminate(struct worker *worker, const struct child *child)
{
    HANDLE job = NULL;

    if (random_below(worker, 2)) {
        expect_status("terminate a process", NtTerminateProcess(child->process, 88),
                      STATUS_SUCCESS);
        return;
    }
    expect_status("create a job", NtCreateJobObject(&job, JOB_OBJECT_ALL_ACCESS, NULL),
                  STATUS_SUCCESS);
    expect_status("put a process into a job", NtAssignProcessToJobObject(job, child->process),
                  STATUS_SUCCESS);
    expect_status("terminate a job", NtTerminateJobObject(job, 88), STATUS_SUCCESS);
    expect_status("close a job", NtClose(job), STATUS_SUCCESS);
}

void run_process(struct worker *worker)
{
    bool waits = random_below(worker, 2), is_suspended = random_below(worker, 2);
    struct child child;

    at(worker, "waiting for its turn to start a process");
    wait_for("wait to start a process", shared.children);
    at(worker, "starting a process");
    expect_status("start a process",
                  child_start(waits ? "child waits" : "child returns", 0,
                              is_suspended ? THREAD_CREATE_FLAGS_CREATE_SUSPENDED : 0, &child),
                  STATUS_SUCCESS);
    if (is_suspended) {
        visit(&child);
        if (!waits || random_below(worker, 2))
            expect_status("let a process run", NtResumeThread(child.thread, NULL), STATUS_SUCCESS);
    }
    if (waits)
        terminate(worker, &child);
    at(worker, "waiting for a process to end");
    expect_status("a process' exit status", child_join(&child), waits ? 88 : 77);
    expect_status("let others start processes", NtReleaseSemaphore(shared.children, 1, NULL),
                  STATUS_SUCCESS);
}
