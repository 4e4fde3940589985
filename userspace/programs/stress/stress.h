// SPDX-License-Identifier: MIT
/*
 * Stress: workers do random operations on objects that they share, for a given time. Everything is
 * counted or answered, so that the end of a round can tell whether something was lost: a wait that
 * is never satisfied is a worker that does not come back, and the watchdog says which and where.
 */

#pragma once

#include <nt/types.h>
#include <stdbool.h>

#define WORKERS 10u
#define PAGE    0x1000u

struct worker {
    unsigned number;
    ULONG random;
    HANDLE thread;
    ULONG id;
    HANDLE answered; // synchronization event: its question was answered
    HANDLE timer;
    const char *volatile doing; // for the watchdog
    volatile LONG operations;   // how many it has done
    volatile LONG apcs;         // how many it has got
    volatile LONG timer_apcs;   // of its timer
    volatile LONG question;     // to the server of alerts: 1 asked, 2 answered
};

extern struct worker workers[WORKERS];

// A number below limit.
ULONG random_below(struct worker *worker, ULONG limit);

// Says where the worker is, for the watchdog.
void at(struct worker *worker, const char *what);

// Ends the program if a status, or a fact, is not what it must be.
void expect_status(const char *what, NTSTATUS got, NTSTATUS wanted);
void expect(const char *what, bool holds);
void expect_equal(const char *what, LONGLONG got, LONGLONG wanted);

// Waits, for ever, and expects to be satisfied.
void wait_for(const char *what, HANDLE object);

// A subject: what it needs is made before a round and checked and taken down after it.
void waits_begin(void);
void waits_end(void);
void answers_begin(void);
void answers_end(void);
void threads_begin(void);
void threads_end(void);
void memory_begin(void);
void memory_end(void);

// The operations.
void use_semaphores(struct worker *worker);
void use_mutants(struct worker *worker);
void use_timer(struct worker *worker);
void use_names(struct worker *worker);
void ask_by_events(struct worker *worker);
void ask_by_keyed_event(struct worker *worker);
void ask_by_port(struct worker *worker);
void ask_by_alert(struct worker *worker);
void queue_apc(struct worker *worker);
void raise_exception(struct worker *worker);
void suspend_another(struct worker *worker);
void run_thread(struct worker *worker);
void run_process(struct worker *worker);
void use_private_memory(struct worker *worker);
void use_view(struct worker *worker);

// What a child of this program does; returns its exit code.
NTSTATUS be_child(const char *what);
