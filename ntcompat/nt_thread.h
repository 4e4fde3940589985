// SPDX-License-Identifier: MIT
/*
 * What NT knows of a thread beyond the kernel's struct thread. It hangs at thread->personality_data
 * until the thread object is destroyed. A thread can be found by its id a moment before it has one:
 * then it is still being made.
 *
 *	I	immutable once the thread runs
 *	a	atomic
 *	o	only the thread itself
 *	p	process->lock
 */

#pragma once

#include <kernel/process.h>
#include <nt/create.h>
#include <nt/thread_information.h>

struct nt_process;
struct nt_text;

struct nt_thread {
    vaddr_t teb;                // [I] its address; its memory goes when the thread ends
    vaddr_t start_address;      // [a]
    vaddr_t start_context;      // [o] what LdrInitializeThunk has and not continued yet; 0: none
    struct nt_text *name;       // [p] NULL: none
    LONG base_increment;        // [p] ThreadBasePriority, relative to the process' class
    bool is_hidden;             // [a] ThreadHideFromDebugger
    bool breaks_on_termination; // [a] remembered, without any effect
    bool may_make_code;         // [a] ThreadDynamicCodePolicyInfo
    ULONG throttling[2];        // [p] ThreadPowerThrottlingState: control mask, state mask
    struct object *token;       // [p] a reference: that of its impersonation; NULL: none
};

// NULL while the thread is being made.
static inline struct nt_thread *nt_thread_of(const struct thread *thread)
{
    return (struct nt_thread *)__atomic_load_n(&thread->personality_data, __ATOMIC_ACQUIRE);
}

static inline CLIENT_ID nt_client_id(const struct thread *thread)
{
    return (CLIENT_ID){ (HANDLE)(uint64_t)thread->process->id, (HANDLE)(uint64_t)thread->id };
}

// Gives a new thread of process what belongs to it in NT, and what its process prescribes.
// Fails: STATUS_NO_MEMORY.
status_t nt_thread_create(struct thread *thread, vaddr_t start_address) MUST_CHECK;

// The personality's function: nobody refers to the thread any more.
void nt_thread_destroyed(struct thread *thread);

// The entry of threads that are complete: they enter user mode, or end on the way.
void thread_enter_program(void *ignored);

// Lets a thread that was never started end without running the program.
void thread_abandon(struct thread *thread);

// The base priority of threads in a class, and with NT's relative priority added.
uint8_t priority_of_class(uint8_t priority_class);
uint8_t priority_relative(uint8_t class_priority, LONG increment);
