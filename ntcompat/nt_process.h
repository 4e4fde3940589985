// SPDX-License-Identifier: MIT
/*
 * What NT knows of a process beyond the kernel's struct process: how its ntdll numbers the
 * services, where its PEB is, which images are mapped, and what was set with
 * NtSetInformationProcess. It hangs at process->personality_data from before the process can be
 * found until it is destroyed; modules and buffers are given back when it ends.
 *
 *	I	immutable once the first thread is in user mode
 *	a	atomic
 *	p	process->lock
 *	j	jobs_lock, see job.h
 */

#pragma once

#include <kernel/process.h>
#include <nt/process_information.h>
#include <nt/types.h>

#include "dispatchers.h"
#include "time.h"

struct nt_service;

// An image in the address space, in the order of mapping: the program comes first.
struct nt_module {
    struct list link;
    vaddr_t base;
    struct image *image; // a reference
};

// The session that all programs belong to: the one with the screen.
#define NT_SESSION 1u

// Services that are known but not built are named in the log once per process.
#define NT_REPORTED_MAX 1024u

// Texts that may be read while another thread replaces them: immutable, and counted.
struct nt_text {
    uint32_t references; // atomic
    USHORT length;       // bytes
    WCHAR text[];
};

struct nt_process {
    const struct nt_service *const *services; // [I] indexed by number, NULL: no such service
    uint32_t service_limit;                   // [I]
    vaddr_t peb;                              // [I]
    vaddr_t image_base;                       // [I] of the program
    vaddr_t parameters;                       // [I] as the process began
    struct nt_text *image_path;               // [I] "C:\hello.exe"
    struct nt_text *command_line;             // [I]
    struct nt_dispatchers dispatchers;        // [I]
    struct list modules;                      // [I] of struct nt_module
    void *io_buffer;                          // [a] spare, see file.c; NULL: somebody uses it
    uint32_t reported[NT_REPORTED_MAX / 32];  // [a] bits by service number
    bool has_crashed;                         // [a] its crash report has been written
    uint32_t logged_lines;                    // [a] of the program's own words, see system_text.h
    struct nt_tick_request tick_request;      // see time.c
    struct list teb_blocks;                   // [p] see thread_memory.c
    struct image *image;                      // [I] a reference: the program
    struct object *token;                     // [I] a reference: its primary token, see token.h
    ULONG hard_error_mode;                    // [a] SEM_...
    ULONG cookie;                             // [I] random, never 0
    uint64_t affinity;                        // [p] processors for new threads
    uint8_t priority_class;                   // [p] enum process_priority_class
    bool is_foreground;                       // [a]
    bool boost_disabled;                      // [a] of new threads
    bool breaks_on_termination;               // [a] remembered, without any effect
    struct job *job;                          // [j] a reference: the innermost one; NULL: in none
    struct list job_link;                     // [j] in job->members
    struct process *process;                  // [I] whose it is
};

static ALWAYS_INLINE struct nt_process *current_nt_process(void)
{
    return (struct nt_process *)current_process()->personality_data;
}

static inline struct nt_process *nt_process_of(const struct process *process)
{
    return (struct nt_process *)process->personality_data;
}

/*
 * What is NT's of a new process that is to run image; takes a reference of its own. What a child
 * inherits comes from parent, which may be NULL.
 * Fails    STATUS_NO_MEMORY
 */
status_t nt_process_create(struct image *image, const struct process *parent,
                           struct nt_process **out) MUST_CHECK;

// The personality's functions: its last thread has ended; nobody refers to it any more.
void nt_process_ended(struct process *process);
void nt_process_destroyed(struct process *process);

// Priority class (of enum process_priority_class) and processors (some of nt_processors()) of
// process and all its threads.
void nt_process_set_class(struct process *process, uint8_t priority_class);
void nt_process_set_affinity(struct process *process, KAFFINITY affinity);

// A text of count units, with one reference; NULL: no memory. The other two may get NULL.
struct nt_text *nt_text_create(const WCHAR *units, size_t count) MUST_CHECK;
struct nt_text *nt_text_get(struct nt_text *text);
void nt_text_put(struct nt_text *text);

// The processors that programs may use, as an affinity mask.
KAFFINITY nt_processors(void);

// What a process has of memory, or had. *out is all 0.
void nt_describe_memory(struct process *process, VM_COUNTERS *out);

// Records that image is mapped at base; takes a reference of its own. STATUS_NO_MEMORY.
status_t nt_process_add_module(struct nt_process *process, struct image *image,
                               vaddr_t base) MUST_CHECK;

// The module that holds address, or NULL.
const struct nt_module *nt_process_module_at(const struct nt_process *process, vaddr_t address);
