// SPDX-License-Identifier: MIT
/*
 * Threads for test programs: a function on a thread of its own, waiting for its end, and the few
 * atomic operations that threads need among themselves.
 */

#pragma once

#include <nt/types.h>
#include <stdbool.h>

// What a thread runs; its result is the thread's exit status.
typedef NTSTATUS (*thread_function)(void *argument);

// Each starts function(argument) on a new thread and returns its handle, or ends the program with
// the status and a line that says so: a test cannot go on without its threads.
HANDLE thread_start(thread_function function, void *argument);
HANDLE thread_start_suspended(thread_function function, void *argument);

// Waits until the thread has ended, closes the handle, and returns the exit status.
NTSTATUS thread_join(HANDLE thread);

// Starts count threads with function(argument + i * stride), waits for all, and returns how many
// ended with another status than 0. count: 1..64.
unsigned threads_run(unsigned count, thread_function function, void *argument, size_t stride);

// Ends the running thread.
__attribute__((noreturn)) void thread_end(NTSTATUS status);

static inline ULONG current_thread_id(void)
{
    ULONG id;

    __asm__("movl %%gs:0x48, %0" : "=r"(id));
    return id;
}

static inline LONG atomic_add(volatile LONG *value, LONG amount)
{
    return __atomic_add_fetch(value, amount, __ATOMIC_SEQ_CST);
}

static inline LONG atomic_load(const volatile LONG *value)
{
    return __atomic_load_n(value, __ATOMIC_SEQ_CST);
}

static inline void atomic_store(volatile LONG *value, LONG to)
{
    __atomic_store_n(value, to, __ATOMIC_SEQ_CST);
}
