// SPDX-License-Identifier: MIT
// Semaphores whose tokens go round, mutants that guard counters, timers, names.

#include "stress.h"

#include <nt/object.h>
#include <nt/status.h>
#include <nt/sync.h>
#include <user/services.h>
#include <user/thread.h>

#define SEMAPHORES 4u
#define TOKENS     6
#define MUTANTS    4u
#define NAMES      3u

static struct {
    HANDLE semaphores[SEMAPHORES];
    HANDLE mutants[MUTANTS];
    volatile ULONGLONG counters[MUTANTS]; // [mutants] not atomic on purpose
    volatile LONG additions;              // atomic
} shared;

void waits_begin(void)
{
    shared.additions = 0;
    for (unsigned i = 0; i < SEMAPHORES; i++)
        expect_status("create a semaphore",
                      NtCreateSemaphore(&shared.semaphores[i], SEMAPHORE_ALL_ACCESS, NULL,
                                        i == 0 ? TOKENS : 0, TOKENS),
                      STATUS_SUCCESS);
    for (unsigned i = 0; i < MUTANTS; i++) {
        shared.counters[i] = 0;
        expect_status("create a mutant",
                      NtCreateMutant(&shared.mutants[i], MUTANT_ALL_ACCESS, NULL, FALSE),
                      STATUS_SUCCESS);
    }
    for (unsigned i = 0; i < WORKERS; i++)
        expect_status("create a timer",
                      NtCreateTimer(&workers[i].timer, TIMER_ALL_ACCESS, NULL,
                                    i % 2 ? NotificationTimer : SynchronizationTimer),
                      STATUS_SUCCESS);
}

void waits_end(void)
{
    LONG tokens = 0;
    ULONGLONG counted = 0;

    for (unsigned i = 0; i < SEMAPHORES; i++) {
        SEMAPHORE_BASIC_INFORMATION basic = { 0 };
        expect_status("query a semaphore",
                      NtQuerySemaphore(shared.semaphores[i], SemaphoreBasicInformation, &basic,
                                       sizeof(basic), NULL),
                      STATUS_SUCCESS);
        tokens += basic.CurrentCount;
        (void)NtClose(shared.semaphores[i]);
    }
    for (unsigned i = 0; i < MUTANTS; i++) {
        counted += shared.counters[i];
        (void)NtClose(shared.mutants[i]);
    }
    for (unsigned i = 0; i < WORKERS; i++)
        (void)NtClose(workers[i].timer);
    expect_equal("tokens of the semaphores", tokens, TOKENS);
    expect_equal("what was counted under mutants", (LONGLONG)counted, shared.additions);
}

void use_semaphores(struct worker *worker)
{
    LARGE_INTEGER timeout = { .QuadPart = -(LONGLONG)random_below(worker, 20000) };
    ULONG count = 1 + random_below(worker, SEMAPHORES);
    bool is_patient = count == SEMAPHORES; // all tokens are in reach
    NTSTATUS status =
        NtWaitForMultipleObjects(count, shared.semaphores, WaitAny,
                                 (BOOLEAN)random_below(worker, 2), is_patient ? NULL : &timeout);

    if (status == STATUS_USER_APC || (status == STATUS_TIMEOUT && !is_patient))
        return;
    expect("a token is taken", (ULONG)status < count);
    if (random_below(worker, 4) == 0)
        (void)NtYieldExecution();
    expect_status("give a token back",
                  NtReleaseSemaphore(shared.semaphores[random_below(worker, SEMAPHORES)], 1, NULL),
                  STATUS_SUCCESS);
}

void use_mutants(struct worker *worker)
{
    unsigned first = random_below(worker, MUTANTS);
    unsigned second = (first + 1 + random_below(worker, MUTANTS - 1)) % MUTANTS;
    HANDLE both[2] = { shared.mutants[first], shared.mutants[second] };

    expect_status("wait for two mutants", NtWaitForMultipleObjects(2, both, WaitAll, FALSE, NULL),
                  STATUS_WAIT_0);
    ULONGLONG seen_first = shared.counters[first];
    ULONGLONG seen_second = shared.counters[second];
    if (random_below(worker, 4) == 0)
        (void)NtYieldExecution();
    shared.counters[first] = seen_first + 1;
    shared.counters[second] = seen_second + 1;
    (void)atomic_add(&shared.additions, 2);
    expect_status("release a mutant", NtReleaseMutant(both[0], NULL), STATUS_SUCCESS);
    expect_status("release another", NtReleaseMutant(both[1], NULL), STATUS_SUCCESS);
}

static void note_timer_apc(PVOID context, ULONG low, LONG high)
{
    struct worker *worker = context;

    (void)low;
    (void)high;
    worker->timer_apcs++;
}

void use_timer(struct worker *worker)
{
    LARGE_INTEGER due = { .QuadPart = -(LONGLONG)random_below(worker, 30000) };
    LARGE_INTEGER minute = { .QuadPart = -600000000 };
    bool has_apc = random_below(worker, 2);
    LONG before = worker->timer_apcs;

    expect_status(
        "set a timer",
        NtSetTimer(worker->timer, &due, has_apc ? note_timer_apc : NULL, worker, FALSE, 0, NULL),
        STATUS_SUCCESS);
    if (random_below(worker, 4) == 0) {
        expect_status("cancel a timer", NtCancelTimer(worker->timer, NULL), STATUS_SUCCESS);
        return;
    }
    at(worker, "waiting for its timer");
    expect_status("wait for a timer", NtWaitForSingleObject(worker->timer, FALSE, NULL),
                  STATUS_WAIT_0);
    at(worker, "waiting for its timer's APC");
    while (has_apc && worker->timer_apcs == before)
        expect_status("an alertable delay", NtDelayExecution(TRUE, &minute), STATUS_USER_APC);
}

// Events with a few names that all workers open, create, duplicate and close.
void use_names(struct worker *worker)
{
    WCHAR text[] = u"\\BaseNamedObjects\\stress-0";
    UNICODE_STRING name = { sizeof(text) - 2, sizeof(text), text };
    OBJECT_ATTRIBUTES attributes = { sizeof(attributes), NULL, &name, OBJ_OPENIF, NULL, NULL };
    HANDLE event = NULL, copy = NULL;

    text[sizeof(text) / 2 - 2] = (WCHAR)(u'0' + random_below(worker, NAMES));
    NTSTATUS status = random_below(worker, 2) ? NtOpenEvent(&event, EVENT_ALL_ACCESS, &attributes)
                                              : NtCreateEvent(&event, EVENT_ALL_ACCESS, &attributes,
                                                              NotificationEvent, FALSE);
    if (status == STATUS_OBJECT_NAME_NOT_FOUND)
        return;
    expect("a named event is opened", NT_SUCCESS(status));
    expect_status("duplicate its handle",
                  NtDuplicateObject(NtCurrentProcess(), event, NtCurrentProcess(), &copy, 0, 0,
                                    DUPLICATE_SAME_ACCESS),
                  STATUS_SUCCESS);
    expect_status("compare both", NtCompareObjects(event, copy), STATUS_SUCCESS);
    expect_status("close one", NtClose(event), STATUS_SUCCESS);
    expect_status("set it by the other", NtSetEvent(copy, NULL), STATUS_SUCCESS);
    expect_status("wait for it", NtWaitForSingleObject(copy, FALSE, NULL), STATUS_WAIT_0);
    expect_status("close the other", NtClose(copy), STATUS_SUCCESS);
}
