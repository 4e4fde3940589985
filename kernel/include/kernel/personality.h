// SPDX-License-Identifier: MIT
/*
 * The one way up from the kernel to the face that programs see (NT): the personality registers
 * these functions at level 70_NT, and the kernel calls them.
 */

#pragma once

#include <kernel/thread.h>

struct process;

// An exception that user code caused, in NT's terms, which are the kernel's.
struct user_exception {
    status_t code;
    vaddr_t address; // of the instruction
    bool is_fatal;   // fast fail: no handler of the program is asked
    unsigned parameter_count;
    // Access violation: 0 read, 1 write, 8 execute; the address. In-page error: also why.
    uint64_t parameters[3];
};

struct personality {
    const char *name;

    // A program called a service (SYSCALL or int 2Eh). Interrupts are on.
    void (*service)(struct trap_frame *frame);

    // User code caused an exception that the kernel could not resolve. Changes frame to where the
    // program goes on, or terminates the process.
    void (*exception)(struct trap_frame *frame, const struct user_exception *exception);

    // Runs the program that a command line (UTF-8) names, to its end. Any status but
    // STATUS_SUCCESS: it did not run, and reason (room bytes) has words for people. Not all of
    // these are failure codes: NT's for a program for another processor is not.
    status_t (*run_program)(const char *command_line, status_t *exit_status, char *reason,
                            size_t room);

    // A thread is about to end, by itself; its process' memory is still there.
    void (*thread_ended)(struct thread *thread);

    // The last thread of process has ended; its address space still exists.
    void (*process_ended)(struct process *process);

    // The last reference has gone: frees personality_data. Context: a thread, no lock held.
    void (*thread_destroyed)(struct thread *thread);
    void (*process_destroyed)(struct process *process);

    // The running thread goes to user mode for the first time, and thread_ask_begin was called for
    // it.
    void (*thread_begins)(struct trap_frame *frame);

    // The running thread is on its way to user mode, and user APCs are due: makes one of them
    // (thread_take_user_apc) a call of the program.
    void (*user_apc)(struct trap_frame *frame);

    // A stack of the running thread has grown: limit is now its lowest usable byte. May be NULL.
    void (*stack_grew)(vaddr_t limit);

    // Once per timer tick at most: time has passed (NT: the shared-data page).
    void (*tick)(void);
};

// Registers it; there is one.
void personality_register(const struct personality *personality);

extern const struct personality *personality;
