// SPDX-License-Identifier: MIT
/*
 * Questions to servers, each by another means. Each side waits for the other without a time limit:
 * one wake-up that is lost, and both stand still.
 */

#include "stress.h"

#include <nt/object.h>
#include <nt/status.h>
#include <nt/sync.h>
#include <user/services.h>
#include <user/thread.h>

#define PAIRS     2u
#define CONSUMERS 2u
#define THE_END   (-1)

// One at a time asks; who holds the mutant.
struct pair {
    HANDLE mutant;
    HANDLE request, reply;  // synchronization events
    volatile LONG question; // THE_END: the server ends
    volatile LONG answer;
};

static struct {
    struct pair pairs[PAIRS]; // the server waits for its event
    struct pair keyed;        // the server waits for the keyed event
    HANDLE keyed_event;
    HANDLE port;
    volatile LONG posted, received; // atomic
    ULONG alert_server_id;
    volatile LONG alerts_end;
    HANDLE servers[PAIRS + 1 + CONSUMERS + 1];
} shared;

static HANDLE make_event(void)
{
    HANDLE event = NULL;

    expect_status("create an event",
                  NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, SynchronizationEvent, FALSE),
                  STATUS_SUCCESS);
    return event;
}

static void make_pair(struct pair *pair)
{
    *pair = (struct pair){ .request = make_event(), .reply = make_event() };
    expect_status("create a mutant", NtCreateMutant(&pair->mutant, MUTANT_ALL_ACCESS, NULL, FALSE),
                  STATUS_SUCCESS);
}

static void close_pair(struct pair *pair)
{
    (void)NtClose(pair->request);
    (void)NtClose(pair->reply);
    (void)NtClose(pair->mutant);
}

void wait_for(const char *what, HANDLE object)
{
    expect_status(what, NtWaitForSingleObject(object, FALSE, NULL), STATUS_WAIT_0);
}

// ---- events -------------------------------------------------------------------------------------

static NTSTATUS serve_events(void *argument)
{
    struct pair *pair = argument;

    for (;;) {
        wait_for("wait for a request", pair->request);
        if (pair->question == THE_END)
            return STATUS_SUCCESS;
        pair->answer = pair->question + 1;
        expect_status("set the reply", NtSetEvent(pair->reply, NULL), STATUS_SUCCESS);
    }
}

void ask_by_events(struct worker *worker)
{
    struct pair *pair = &shared.pairs[random_below(worker, PAIRS)];
    LONG question = (LONG)random_below(worker, 1000000);

    at(worker, "waiting to ask by events");
    wait_for("wait to ask", pair->mutant);
    pair->question = question;
    at(worker, "waiting for the answer to an event");
    if (question % 2) {
        expect_status("signal and wait",
                      NtSignalAndWaitForSingleObject(pair->request, pair->reply, FALSE, NULL),
                      STATUS_WAIT_0);
    } else {
        expect_status("set the request", NtSetEvent(pair->request, NULL), STATUS_SUCCESS);
        wait_for("wait for the reply", pair->reply);
    }
    expect_equal("the answer by events", pair->answer, question + 1);
    expect_status("let others ask", NtReleaseMutant(pair->mutant, NULL), STATUS_SUCCESS);
}

// ---- keyed events -------------------------------------------------------------------------------

static NTSTATUS serve_keyed_event(void *argument)
{
    struct pair *pair = argument;

    for (;;) {
        expect_status("wait for the key",
                      NtWaitForKeyedEvent(shared.keyed_event, &pair->request, FALSE, NULL),
                      STATUS_SUCCESS);
        if (pair->question == THE_END)
            return STATUS_SUCCESS;
        pair->answer = pair->question + 1;
        expect_status("release the other key",
                      NtReleaseKeyedEvent(shared.keyed_event, &pair->reply, FALSE, NULL),
                      STATUS_SUCCESS);
    }
}

void ask_by_keyed_event(struct worker *worker)
{
    struct pair *pair = &shared.keyed;
    LONG question = (LONG)random_below(worker, 1000000);

    at(worker, "waiting to ask by keyed event");
    wait_for("wait to ask", pair->mutant);
    pair->question = question;
    at(worker, "releasing a key");
    expect_status("release a key",
                  NtReleaseKeyedEvent(shared.keyed_event, &pair->request, FALSE, NULL),
                  STATUS_SUCCESS);
    at(worker, "waiting for a key");
    expect_status("wait for the other key",
                  NtWaitForKeyedEvent(shared.keyed_event, &pair->reply, FALSE, NULL),
                  STATUS_SUCCESS);
    expect_equal("the answer by keyed event", pair->answer, question + 1);
    expect_status("let others ask", NtReleaseMutant(pair->mutant, NULL), STATUS_SUCCESS);
}

// ---- completion ports ---------------------------------------------------------------------------

static NTSTATUS consume(void *unused)
{
    (void)unused;
    for (;;) {
        PVOID key = NULL, context = NULL;
        IO_STATUS_BLOCK block = { 0 };
        expect_status("remove a packet",
                      NtRemoveIoCompletion(shared.port, &key, &context, &block, NULL),
                      STATUS_SUCCESS);
        if (key == NULL)
            return STATUS_SUCCESS;
        struct worker *worker = key;
        (void)atomic_add(&shared.received, 1);
        expect("a packet arrives whole", block.Information == (ULONG_PTR)context);
        if (context != NULL)
            expect_status("answer a packet", NtSetEvent(worker->answered, NULL), STATUS_SUCCESS);
    }
}

void ask_by_port(struct worker *worker)
{
    ULONG_PTR more = random_below(worker, 4); // packets that nobody answers

    for (ULONG_PTR i = 0; i <= more; i++) {
        ULONG_PTR context = i == more ? 1 + random_below(worker, 1000) : 0;
        (void)atomic_add(&shared.posted, 1);
        expect_status(
            "post a packet",
            NtSetIoCompletion(shared.port, worker, (PVOID)context, STATUS_SUCCESS, context),
            STATUS_SUCCESS);
    }
    at(worker, "waiting for the answer to a packet");
    wait_for("wait for an answer", worker->answered);
}

// ---- alerts by thread id ------------------------------------------------------------------------

static NTSTATUS serve_alerts(void *unused)
{
    (void)unused;
    __atomic_store_n(&shared.alert_server_id, current_thread_id(), __ATOMIC_SEQ_CST);
    while (!atomic_load(&shared.alerts_end)) {
        expect_status("wait for an alert", NtWaitForAlertByThreadId(NULL, NULL), STATUS_ALERTED);
        for (unsigned i = 0; i < WORKERS; i++) {
            if (atomic_load(&workers[i].question) != 1)
                continue;
            atomic_store(&workers[i].question, 2);
            expect_status("alert a worker",
                          NtAlertThreadByThreadId((HANDLE)(ULONG_PTR)workers[i].id),
                          STATUS_SUCCESS);
        }
    }
    return STATUS_SUCCESS;
}

static void alert_server(void)
{
    expect_status("alert the server",
                  NtAlertThreadByThreadId((HANDLE)(ULONG_PTR)shared.alert_server_id),
                  STATUS_SUCCESS);
}

void ask_by_alert(struct worker *worker)
{
    atomic_store(&worker->question, 1);
    alert_server();
    at(worker, "waiting for an alert");
    while (atomic_load(&worker->question) != 2)
        expect_status("wait for an alert", NtWaitForAlertByThreadId(NULL, NULL), STATUS_ALERTED);
}

// ---- a round ------------------------------------------------------------------------------------

void answers_begin(void)
{
    unsigned count = 0;

    shared.posted = shared.received = shared.alerts_end = 0;
    shared.alert_server_id = 0;
    expect_status("create a keyed event",
                  NtCreateKeyedEvent(&shared.keyed_event, KEYEDEVENT_ALL_ACCESS, NULL, 0),
                  STATUS_SUCCESS);
    expect_status("create a port",
                  NtCreateIoCompletion(&shared.port, IO_COMPLETION_ALL_ACCESS, NULL, 1),
                  STATUS_SUCCESS);
    for (unsigned i = 0; i < WORKERS; i++)
        workers[i].answered = make_event();
    for (unsigned i = 0; i < PAIRS; i++) {
        make_pair(&shared.pairs[i]);
        shared.servers[count++] = thread_start(serve_events, &shared.pairs[i]);
    }
    make_pair(&shared.keyed);
    shared.servers[count++] = thread_start(serve_keyed_event, &shared.keyed);
    for (unsigned i = 0; i < CONSUMERS; i++)
        shared.servers[count++] = thread_start(consume, NULL);
    shared.servers[count++] = thread_start(serve_alerts, NULL);
    while (__atomic_load_n(&shared.alert_server_id, __ATOMIC_SEQ_CST) == 0)
        (void)NtYieldExecution();
}

void answers_end(void)
{
    for (unsigned i = 0; i < PAIRS; i++) {
        shared.pairs[i].question = THE_END;
        (void)NtSetEvent(shared.pairs[i].request, NULL);
    }
    shared.keyed.question = THE_END;
    (void)NtReleaseKeyedEvent(shared.keyed_event, &shared.keyed.request, FALSE, NULL);
    for (unsigned i = 0; i < CONSUMERS; i++)
        (void)NtSetIoCompletion(shared.port, NULL, NULL, STATUS_SUCCESS, 0);
    atomic_store(&shared.alerts_end, 1);
    alert_server();
    for (unsigned i = 0; i < sizeof(shared.servers) / sizeof(shared.servers[0]); i++)
        expect_status("a server ends", thread_join(shared.servers[i]), STATUS_SUCCESS);
    for (unsigned i = 0; i < PAIRS; i++)
        close_pair(&shared.pairs[i]);
    close_pair(&shared.keyed);
    for (unsigned i = 0; i < WORKERS; i++)
        (void)NtClose(workers[i].answered);
    (void)NtClose(shared.keyed_event);
    (void)NtClose(shared.port);
    expect_equal("packets received", shared.received, shared.posted);
}
