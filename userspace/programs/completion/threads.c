// SPDX-License-Identifier: MIT
// Ports that several threads serve.

#include "completion.h"

#define THREADS 4u
#define PACKETS 4000
#define STOP    0xFFFFFFFFull

static struct {
    HANDLE port;
    volatile LONG taken, sum;
    volatile LONG running, most;
    HANDLE go_on;
    volatile LONG waiting;
} pool;

static NTSTATUS serve(void *argument)
{
    ULONG_PTR key = 0;

    (void)argument;
    while (take(pool.port, &key, -20 * SECOND) == STATUS_SUCCESS && key != STOP) {
        atomic_add(&pool.taken, 1);
        atomic_add(&pool.sum, (LONG)key);
    }
    return key == STOP ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

static NTSTATUS serve_many(void *argument)
{
    FILE_IO_COMPLETION_INFORMATION list[16];
    ULONG count;

    (void)argument;
    while (NtRemoveIoCompletionEx(pool.port, list, 16, &count, NULL, FALSE) == STATUS_SUCCESS) {
        for (ULONG i = 0; i < count; i++) {
            if (list[i].KeyContext == (PVOID)STOP) {
                // One for each thread; those that are not ours go back.
                for (i++; i < count; i++)
                    post(pool.port, (ULONG_PTR)list[i].KeyContext);
                return STATUS_SUCCESS;
            }
            atomic_add(&pool.taken, 1);
            atomic_add(&pool.sum, (LONG)(ULONG_PTR)list[i].KeyContext);
        }
    }
    return STATUS_UNSUCCESSFUL;
}

static NTSTATUS produce(void *argument)
{
    (void)argument;
    for (ULONG_PTR i = 1; i <= PACKETS; i++)
        if (post(pool.port, i % 7) != STATUS_SUCCESS)
            return STATUS_UNSUCCESSFUL;
    return STATUS_SUCCESS;
}

// Two threads post, four take: nothing is lost, nothing comes twice.
static void test_pool(const char *name, thread_function server, ULONG concurrency)
{
    HANDLE servers[THREADS];
    LONG expected = 0;
    unsigned failed;

    pool.port = make_port(concurrency);
    pool.taken = pool.sum = 0;
    for (unsigned i = 0; i < THREADS; i++)
        servers[i] = thread_start(server, NULL);
    failed = threads_run(2, produce, NULL, 0);
    for (unsigned i = 0; i < THREADS; i++)
        post(pool.port, STOP);
    for (unsigned i = 0; i < THREADS; i++)
        failed += thread_join(servers[i]) != STATUS_SUCCESS;
    for (int i = 1; i <= PACKETS; i++)
        expected += 2 * (i % 7);
    check(name, failed == 0 && pool.taken == 2 * PACKETS && pool.sum == expected);
    NtClose(pool.port);
}

// ---- how many run at once -----------------------------------------------------------------------

static void work(void)
{
    LONG running = atomic_add(&pool.running, 1);

    if (running > pool.most)
        pool.most = running;
    for (volatile int i = 0; i < 2000; i++)
        ;
    atomic_add(&pool.running, -1);
}

static NTSTATUS serve_working(void *argument)
{
    ULONG_PTR key = 0;

    (void)argument;
    while (take(pool.port, &key, -20 * SECOND) == STATUS_SUCCESS && key != STOP)
        work();
    return STATUS_SUCCESS;
}

// With a concurrency of one, no two of four threads work at the same time, since none of them waits
// for anything else.
static void test_one_at_a_time(void)
{
    HANDLE servers[THREADS];

    pool.port = make_port(1);
    for (unsigned i = 0; i < THREADS; i++)
        servers[i] = thread_start(serve_working, NULL);
    for (int i = 0; i < 500; i++)
        post(pool.port, 1);
    for (unsigned i = 0; i < THREADS; i++)
        post(pool.port, STOP);
    for (unsigned i = 0; i < THREADS; i++)
        thread_join(servers[i]);
    check_equal("a port for one lets one thread run at a time", (ULONGLONG)pool.most, 1);
    NtClose(pool.port);
}

static NTSTATUS serve_waiting(void *argument)
{
    ULONG_PTR key = 0;

    (void)argument;
    while (take(pool.port, &key, -20 * SECOND) == STATUS_SUCCESS && key != STOP) {
        atomic_add(&pool.waiting, 1);
        NtWaitForSingleObject(pool.go_on, FALSE, NULL);
    }
    return STATUS_SUCCESS;
}

// A thread that waits for something else makes room for the next: all four get a packet though the
// port is for one.
static void test_room_of_waiters(void)
{
    HANDLE servers[THREADS];

    pool.port = make_port(1);
    NtCreateEvent(&pool.go_on, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE);
    for (unsigned i = 0; i < THREADS; i++) {
        servers[i] = thread_start(serve_waiting, NULL);
        post(pool.port, 1);
    }
    while (atomic_load(&pool.waiting) < (LONG)THREADS)
        NtYieldExecution();
    check("a thread that waits makes room for the next", true);
    NtSetEvent(pool.go_on, NULL);
    for (unsigned i = 0; i < THREADS; i++)
        post(pool.port, STOP);
    for (unsigned i = 0; i < THREADS; i++)
        thread_join(servers[i]);
    check("and all go on", true);
    NtClose(pool.go_on);
    NtClose(pool.port);
}

// A thread that waits at one port leaves the one that it served before.
static NTSTATUS serve_other(void *argument)
{
    ULONG_PTR key = 0;

    if (take(pool.port, &key, -20 * SECOND) != STATUS_SUCCESS)
        return STATUS_UNSUCCESSFUL;
    atomic_add(&pool.waiting, 1);
    return take(argument, &key, -20 * SECOND);
}

static void test_change_of_port(void)
{
    HANDLE other = make_port(1), threads[2];

    pool.port = make_port(1);
    pool.waiting = 0;
    for (int i = 0; i < 2; i++) {
        threads[i] = thread_start(serve_other, other);
        post(pool.port, 1);
    }
    while (atomic_load(&pool.waiting) < 2)
        NtYieldExecution();
    post(other, 1);
    post(other, 1);
    bool both = thread_join(threads[0]) == STATUS_SUCCESS;
    both &= thread_join(threads[1]) == STATUS_SUCCESS;
    check("threads go from port to port", both);
    NtClose(other);
    NtClose(pool.port);
}

void test_threads(void)
{
    test_pool("a pool takes each packet once", serve, 0);
    test_pool("also if it may run one at a time", serve, 1);
    test_pool("also many packets at once", serve_many, 2);
    test_one_at_a_time();
    test_room_of_waiters();
    test_change_of_port();
}
