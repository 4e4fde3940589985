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
    uint32_t parent_id;          // immutable; 0: the kernel made it
    char name[64];               // immutable; the image's base name, for people
    struct address_space *space; // for the process' own threads; others: process_use_space
    struct handle_table handles;
    struct spinlock lock;
    struct list threads;       // [lock] those that have not ended
    uint32_t thread_count;     // [lock]
    uint32_t space_users;      // [lock] process_use_space
    struct wait_queue unused;  // for those who wait for space_users or thread_count to fall
    bool wants_to_be_alone;    // [lock] a thread waits for the others to end
    bool is_emptied;           // [lock] its memory goes: nobody may begin to use it
    bool is_ending;            // [lock] process_terminate was called, or the last thread ends
    bool has_ended;            // [lock] memory and handles are gone
    status_t exit_status;      // [lock] valid once is_ending
    struct waitable ended;     // signalled when has_ended is set
    uint64_t threads_made;     // [lock]
    uint64_t user_cycles;      // [lock] of threads that have ended
    uint64_t kernel_cycles;    // [lock]
    nanoseconds_t create_time; // immutable
    nanoseconds_t exit_time;   // [lock] once has_ended
    struct list all_link;      // [list of all processes]
    uint64_t number;           // immutable: how many were made before it
    void *personality_data;    // NT: struct nt_process; freed by the personality
    uint64_t peak_resident_pages, peak_committed_pages, fault_count; // [lock] once has_ended
};

extern const struct object_type process_type;

// Makes an empty process. parent: NULL, or whose child it is. Fails: STATUS_NO_MEMORY.
status_t process_create(const char *name, const struct process *parent,
                        struct process **out) MUST_CHECK;

// Lets it be found by its id and by process_next. Once, when it is complete.
void process_publish(struct process *process);

// Makes a thread of process; it does not run before thread_start. Fails: STATUS_NO_MEMORY,
// STATUS_PROCESS_IS_TERMINATING.
status_t process_add_thread(struct process *process, const char *name, void (*entry)(void *),
                            void *argument, struct thread **out) MUST_CHECK;

// Makes every thread of process end. The first caller's status is the exit status. The caller's own
// thread, if it is one of them, ends on its way back to user mode.
void process_terminate(struct process *process, status_t exit_status);

// Makes the other threads of the running thread's process end and waits until they have.
// STATUS_CANCELLED: the running thread is to end first.
status_t process_terminate_others(status_t exit_status) MUST_CHECK;

// Waits until the process has ended. STATUS_CANCELLED: the waiting thread is to end first.
status_t process_wait(struct process *process, status_t *exit_status) MUST_CHECK;

/*
 * The address space of a process that may be another's, kept from being destroyed until
 * process_release_space. Hold it briefly: the end of the process waits for it.
 * Fails    STATUS_PROCESS_IS_TERMINATING
 */
status_t process_use_space(struct process *process, struct address_space **out) MUST_CHECK;
void process_release_space(struct process *process);

// The process of the running thread; NULL in kernel threads.
static inline struct process *current_process(void)
{
    return current_thread()->process;
}

// Called by a thread of a process that is about to end; the last one gives everything back.
void process_thread_ended(struct thread *thread);

/*
 * Steps through the processes, or the threads of a process, that have not ended, in the order of
 * their creation: the one after `previous` (NULL: the first), with a reference for the caller, or
 * NULL. previous keeps its own.
 */
struct process *process_next(struct process *previous);
struct thread *process_next_thread(struct process *process, struct thread *previous);

// Of all its threads, up to now.
void process_times(struct process *process, struct thread_times *out);

// How many processes exist, ended ones with references included.
uint32_t process_count(void);
