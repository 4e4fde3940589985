// SPDX-License-Identifier: MIT
// When APCs run, and in which order.

#include "apcs.h"

#define MANY 10000u

static struct {
    volatile unsigned count;
    unsigned char order[64];
} runs;

static void note(PVOID a, PVOID b, PVOID c, CONTEXT *context)
{
    (void)b;
    (void)c;
    (void)context;
    if (runs.count < sizeof(runs.order))
        runs.order[runs.count] = (unsigned char)(ULONGLONG)a;
    runs.count++;
}

static void note_and_queue(PVOID a, PVOID b, PVOID c, CONTEXT *context)
{
    ULONGLONG number = (ULONGLONG)a;

    note(a, b, c, context);
    if (number < 20)
        (void)queue_to_self(note_and_queue, number + 1, 0, 0);
}

static bool ran_in_order(unsigned count)
{
    bool is_so = runs.count == count;

    for (unsigned i = 0; i < count && i < sizeof(runs.order); i++)
        is_so &= runs.order[i] == i;
    runs.count = 0;
    return is_so;
}

static void queue_some(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (queue_to_self(note, i, 0, 0) != STATUS_SUCCESS)
            check("an APC is queued", false);
}

static void test_delays(void)
{
    LARGE_INTEGER moment = { .QuadPart = -10000 }, hour = { .QuadPart = -36000000000 };

    queue_some(3);
    check_status("a delay that is not alertable", NtDelayExecution(FALSE, &moment), STATUS_SUCCESS);
    check_equal("runs none", runs.count, 0);
    check_status("an alertable one ends at once", NtDelayExecution(TRUE, &hour), STATUS_USER_APC);
    check("and runs all in order", ran_in_order(3));
    queue_some(1);
    check_status("as does one without an end", NtDelayExecution(TRUE, NULL), STATUS_USER_APC);
    check("which runs it", ran_in_order(1));
    check_status("the next lasts", NtDelayExecution(TRUE, &moment), STATUS_SUCCESS);
}

static void test_special(void)
{
    check_status("a special APC is queued", queue_special_to_self(note, 0), STATUS_SUCCESS);
    check("it has run already", ran_in_order(1));
    queue_some(2);
    check_status("another one, with ordinary ones waiting", queue_special_to_self(note, 0),
                 STATUS_SUCCESS);
    check("runs at once", runs.count >= 1);
    (void)NtTestAlert();
    check_equal("the others afterwards", runs.count, 3);
    runs.count = 0;
}

void test_order(void)
{
    check_status("nothing is queued", NtTestAlert(), STATUS_SUCCESS);
    queue_some(5);
    check_equal("queueing runs none", runs.count, 0);
    (void)NtYieldExecution();
    check_equal("nor does another service", runs.count, 0);
    check_status("NtTestAlert", NtTestAlert(), STATUS_SUCCESS);
    check("runs all, in order", ran_in_order(5));
    check_status("NtTestAlert again", NtTestAlert(), STATUS_SUCCESS);
    check_equal("runs none twice", runs.count, 0);

    check_status("an APC that queues another", queue_to_self(note_and_queue, 0, 0, 0),
                 STATUS_SUCCESS);
    (void)NtTestAlert();
    check("all of them run", ran_in_order(21));

    queue_some(MANY);
    (void)NtTestAlert();
    check_equal("ten thousand", runs.count, MANY);
    runs.count = 0;
    test_delays();
    test_special();
}
