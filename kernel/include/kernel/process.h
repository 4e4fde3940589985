// SPDX-License-Identifier: MIT
/*
 * A process: an address space, threads and a handle table. It is made empty; a personality (NT)
 * fills it. When its last thread has ended, its handles are closed and its memory is given back;
 * the object stays, with its exit status, until the last reference goes.
 */

#pragma once

#include <kernel/handle.h>
#include <kernel/object.h>
#include <kernel/space.h>
#include <kernel/thread.h>

struct process {
    struct object object;
    uint32_t id;                 // immutable; multiple of 4
    char name[64];               // immutable; the image's base name, for people
    struct address_space *space; // immutable until the last thread has ended, then NULL
    struct handle_table handles;
    struct spinlock lock;
    struct list threads;      // [lock] those that have not ended
    uint32_t thread_count;    // [lock]
    bool is_ending;           // [lock] process_terminate was called
    bool has_ended;           // [lock] memory and handles are gone
    status_t exit_status;     // [lock] valid once is_ending
    struct wait_queue ended;  // woken when has_ended is set
    nanoseconds_t start_time; // immutable
    void *personality_data;   // NT: struct nt_process; freed by the personality's process_ended
};

extern const struct object_type process_type;

// Fails    STATUS_NO_MEMORY
status_t process_create(const char *name, struct process **out) MUST_CHECK;

// Makes a thread of process; it does not run before thread_start. Fails: STATUS_NO_MEMORY,
// STATUS_PROCESS_IS_TERMINATING.
status_t process_add_thread(struct process *process, const char *name, void (*entry)(void *),
                            void *argument, struct thread **out) MUST_CHECK;

// Makes every thread of process end. The first caller's status is the exit status. The caller's own
// thread, if it is one of them, ends on its way back to user mode.
void process_terminate(struct process *process, status_t exit_status);

// Waits until the process has ended. STATUS_CANCELLED: the waiting thread is to end first.
status_t process_wait(struct process *process, status_t *exit_status) MUST_CHECK;

// The process of the running thread; NULL in kernel threads.
static inline struct process *current_process(void)
{
    return current_thread()->process;
}

// Called by a thread of a process that is about to end; the last one gives everything back.
void process_thread_ended(struct thread *thread);

// How many processes exist, ended ones with references included.
uint32_t process_count(void);
