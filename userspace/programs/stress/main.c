// SPDX-License-Identifier: MIT
/*
 * `stress [SECONDS [SEED]]`: a short round, so that what is kept for reuse is there, then one of
 * that many seconds; after both there must be as many handles and objects as before it. The main
 * thread is the watchdog.
 */

#include "stress.h"

#include <nt/object.h>
#include <nt/process_information.h>
#include <nt/status.h>
#include <nt/system_information.h>
#include <user/exception.h>
#include <user/memory.h>
#include <user/print.h>
#include <user/services.h>
#include <user/start.h>
#include <user/thread.h>

#define SECOND    10000000ll
#define PATIENCE  60 // s for one operation; only what hangs takes longer
#define TYPES_MAX 32u
#define PAGES_MAX 512 // that the kernel may keep for reuse

struct worker workers[WORKERS];

static const struct {
    const char *name;
    void (*run)(struct worker *worker);
    ULONG weight;
} operations[] = {
    { "semaphores", use_semaphores, 20 },
    { "mutants", use_mutants, 20 },
    { "timer", use_timer, 6 },
    { "names", use_names, 12 },
    { "events", ask_by_events, 12 },
    { "keyed event", ask_by_keyed_event, 12 },
    { "port", ask_by_port, 12 },
    { "alert", ask_by_alert, 12 },
    { "APC", queue_apc, 10 },
    { "exception", raise_exception, 10 },
    { "suspension", suspend_another, 8 },
    { "thread", run_thread, 6 },
    { "process", run_process, 1 },
    { "private memory", use_private_memory, 12 },
    { "view", use_view, 8 },
};
#define OPERATIONS (sizeof(operations) / sizeof(operations[0]))

static struct {
    volatile LONG is_over;          // atomic: no further operations
    volatile LONG finished;         // atomic: workers that have done their last one
    volatile LONG has_failed;       // atomic: somebody reports
    HANDLE all_finished;            // event: nobody queues anything any more
    volatile LONG done[OPERATIONS]; // atomic
    ULONG seed;
} run;

ULONG random_below(struct worker *worker, ULONG limit)
{
    worker->random = worker->random * 1664525 + 1013904223;
    return (ULONG)((ULONGLONG)worker->random * limit >> 32);
}

void at(struct worker *worker, const char *what)
{
    worker->doing = what;
}

// ---- failing ------------------------------------------------------------------------------------

static void print_workers(void)
{
    for (unsigned i = 0; i < WORKERS; i++)
        print("  worker %u, thread %u: %d operations, now %s\n", i, workers[i].id,
              workers[i].operations, workers[i].doing);
}

// The first who fails reports and ends the program.
static bool is_first_failure(void)
{
    return __atomic_exchange_n(&run.has_failed, 1, __ATOMIC_SEQ_CST) == 0;
}

__attribute__((noreturn)) static void give_up(void)
{
    print("thread %u of process %p, seed %u\n", current_thread_id(),
          current_teb()->ClientId.UniqueProcess, run.seed);
    print_workers();
    exit_process(1);
}

void expect_status(const char *what, NTSTATUS got, NTSTATUS wanted)
{
    if (got == wanted || !is_first_failure())
        return;
    print("stress: FAIL %s: %s instead of %s, ", what, status_text(got), status_text(wanted));
    give_up();
}

void expect_equal(const char *what, LONGLONG got, LONGLONG wanted)
{
    if (got == wanted || !is_first_failure())
        return;
    print("stress: FAIL %s: %lld instead of %lld, ", what, got, wanted);
    give_up();
}

void expect(const char *what, bool holds)
{
    if (holds || !is_first_failure())
        return;
    print("stress: FAIL %s, ", what);
    give_up();
}

// ---- workers ------------------------------------------------------------------------------------

static unsigned choose(struct worker *worker)
{
    ULONG total = 0;

    for (unsigned i = 0; i < OPERATIONS; i++)
        total += operations[i].weight;
    ULONG number = random_below(worker, total);
    for (unsigned i = 0;; i++) {
        if (number < operations[i].weight)
            return i;
        number -= operations[i].weight;
    }
}

static NTSTATUS work(void *argument)
{
    struct worker *worker = argument;

    while (!atomic_load(&run.is_over)) {
        unsigned chosen = choose(worker);
        at(worker, operations[chosen].name);
        operations[chosen].run(worker);
        (void)atomic_add(&run.done[chosen], 1);
        worker->operations++;
    }
    at(worker, "waiting for the others to finish");
    if (atomic_add(&run.finished, 1) == WORKERS)
        (void)NtSetEvent(run.all_finished, NULL);
    wait_for("wait for the others", run.all_finished);
    while (NtTestAlert() == STATUS_ALERTED) // runs the APCs that are left
        ;
    at(worker, "ending");
    return STATUS_SUCCESS;
}

static LONGLONG now(void)
{
    LARGE_INTEGER count;

    (void)NtQueryPerformanceCounter(&count, NULL);
    return count.QuadPart;
}

static void sleep_a_while(void)
{
    LARGE_INTEGER time = { .QuadPart = -SECOND / 4 };

    (void)NtDelayExecution(FALSE, &time);
}

// Fails if a worker is at the same operation for too long.
static void watch(LONG seen[WORKERS], LONGLONG since[WORKERS])
{
    for (unsigned i = 0; i < WORKERS; i++) {
        if (workers[i].operations != seen[i]) {
            seen[i] = workers[i].operations;
            since[i] = now();
        } else if (now() - since[i] > PATIENCE * SECOND) {
            expect("every worker goes on", false);
        }
    }
}

static void join_workers(void)
{
    LARGE_INTEGER patience = { .QuadPart = -PATIENCE * SECOND };

    for (unsigned i = 0; i < WORKERS; i++) {
        if (NtWaitForSingleObject(workers[i].thread, FALSE, &patience) != STATUS_WAIT_0)
            expect("every worker comes to its end", false);
        expect_status("a worker's end", thread_join(workers[i].thread), STATUS_SUCCESS);
    }
}

static void start_workers(ULONG seed)
{
    THREAD_BASIC_INFORMATION basic;

    for (unsigned i = 0; i < WORKERS; i++) {
        struct worker *worker = &workers[i];
        worker->number = i;
        worker->random = seed * 31 + i * 977;
        worker->operations = worker->apcs = worker->timer_apcs = worker->question = 0;
        worker->doing = "beginning";
        worker->thread = thread_start_suspended(work, worker);
        expect_status("a worker's id",
                      NtQueryInformationThread(worker->thread, ThreadBasicInformation, &basic,
                                               sizeof(basic), NULL),
                      STATUS_SUCCESS);
        worker->id = (ULONG)(ULONG_PTR)basic.ClientId.UniqueThread;
    }
    for (unsigned i = 0; i < WORKERS; i++) // all are known to all from the start
        (void)NtResumeThread(workers[i].thread, NULL);
}

static void do_round(LONGLONG duration, ULONG seed)
{
    LONG seen[WORKERS] = { 0 };
    LONGLONG since[WORKERS], begin = now();

    run.is_over = run.finished = 0;
    expect_status("create an event",
                  NtCreateEvent(&run.all_finished, MAXIMUM_ALLOWED, NULL, NotificationEvent, FALSE),
                  STATUS_SUCCESS);
    waits_begin();
    answers_begin();
    threads_begin();
    memory_begin();
    start_workers(seed);
    for (unsigned i = 0; i < WORKERS; i++)
        since[i] = begin;
    while (now() - begin < duration) {
        sleep_a_while();
        watch(seen, since);
    }
    atomic_store(&run.is_over, 1);
    join_workers();
    memory_end();
    threads_end();
    answers_end();
    waits_end();
    (void)NtClose(run.all_finished);
}

// ---- what there must be as much of as before ----------------------------------------------------

struct totals {
    ULONG types;
    struct {
        ULONG objects, handles;
    } of[TYPES_MAX]; // by type, in the order of the system's list
    LONG free_pages;
};

static void take_totals(struct totals *totals)
{
    static UCHAR buffer[0x4000] __attribute__((aligned(16)));
    SYSTEM_PERFORMANCE_INFORMATION performance;
    const OBJECT_TYPES_INFORMATION *all = (const OBJECT_TYPES_INFORMATION *)buffer;
    const UCHAR *next = buffer + sizeof(ULONGLONG);

    memset(totals, 0, sizeof(*totals));
    expect_status("query all types",
                  NtQueryObject(NULL, ObjectTypesInformation, buffer, sizeof(buffer), NULL),
                  STATUS_SUCCESS);
    totals->types = all->NumberOfTypes < TYPES_MAX ? all->NumberOfTypes : TYPES_MAX;
    for (ULONG i = 0; i < totals->types; i++) {
        const OBJECT_TYPE_INFORMATION *type = (const OBJECT_TYPE_INFORMATION *)next;
        totals->of[i].objects = type->TotalNumberOfObjects;
        totals->of[i].handles = type->TotalNumberOfHandles;
        next += sizeof(*type) + (type->TypeName.MaximumLength + 7) / 8 * 8;
    }
    expect_status("query the free pages",
                  NtQuerySystemInformation(SystemPerformanceInformation, &performance,
                                           sizeof(performance), NULL),
                  STATUS_SUCCESS);
    totals->free_pages = (LONG)performance.AvailablePages;
}

static bool has_more(const struct totals *after, const struct totals *before, ULONG type)
{
    return after->of[type].objects > before->of[type].objects ||
           after->of[type].handles > before->of[type].handles;
}

static bool has_more_of_any(const struct totals *after, const struct totals *before)
{
    for (ULONG i = 0; i < after->types; i++)
        if (has_more(after, before, i))
            return true;
    return false;
}

// Threads that have ended may still be on their way out, now and when `before` was taken: so less than
// before is in order.
static void compare_totals(const struct totals *before)
{
    struct totals after;

    for (unsigned i = 0; i < 40; i++) {
        take_totals(&after);
        if (!has_more_of_any(&after, before))
            break;
        sleep_a_while();
    }
    for (ULONG i = 0; i < after.types; i++) {
        if (!has_more(&after, before, i))
            continue;
        print("type %u: ", i + 2);
        expect_equal("objects", after.of[i].objects, before->of[i].objects);
        expect_equal("handles", after.of[i].handles, before->of[i].handles);
    }
    print("free pages: %d before, %d after\n", before->free_pages, after.free_pages);
    expect("no memory is lost", before->free_pages - after.free_pages < PAGES_MAX);
}

static void print_counts(void)
{
    LONG total = 0;

    for (unsigned i = 0; i < OPERATIONS; i++) {
        print("%-14s %d times\n", operations[i].name, run.done[i]);
        total += run.done[i];
        expect("every operation was done", run.done[i] > 0);
    }
    print("stress: %d operations, all in order\n", total);
}

int main(int argc, char **argv)
{
    uint64_t seconds = 10, seed = 1;
    struct totals before;

    if (argc == 3 && strcmp(argv[1], "child") == 0)
        return be_child(argv[2]);
    if ((argc > 1 && !parse_number(argv[1], 86400, &seconds)) ||
        (argc > 2 && !parse_number(argv[2], 0xFFFFFFFF, &seed))) {
        print_error("usage: stress [SECONDS [SEED]]\n");
        return 2;
    }
    use_apc_dispatcher();
    run.seed = (ULONG)seed;
    print("stress: %u s with seed %u\n", (ULONG)seconds, run.seed);
    do_round(seconds < 4 ? (LONGLONG)seconds * SECOND / 2 : 2 * SECOND, run.seed ^ 0x5555);
    take_totals(&before);
    do_round((LONGLONG)seconds * SECOND, run.seed);
    compare_totals(&before);
    print_counts();
    return 0;
}
