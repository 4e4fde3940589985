// SPDX-License-Identifier: MIT
/*
 * What NT knows of a process beyond the kernel's struct process: how its ntdll numbers the services,
 * where its PEB is, which images are mapped. It hangs at process->personality_data from before the
 * first thread starts until the last one has ended.
 *
 *	I	immutable once the first thread is in user mode
 *	a	atomic
 */

#pragma once

#include <kernel/process.h>
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

// Services that are known but not built are named in the log once per process.
#define NT_REPORTED_MAX 1024u

struct nt_process {
    const struct nt_service *const *services; // [I] indexed by number, NULL: no such service
    uint32_t service_limit;                   // [I]
    vaddr_t peb;                              // [I]
    struct nt_dispatchers dispatchers;        // [I]
    struct list modules;                      // [I] of struct nt_module
    void *io_buffer;                          // [a] spare, see file.c; NULL: somebody uses it
    uint32_t reported[NT_REPORTED_MAX / 32];  // [a] bits by service number
    bool has_crashed;                         // [a] its crash report has been written
    uint32_t logged_lines;                    // [a] of the program's own words, see system_text.h
    struct nt_tick_request tick_request;      // see time.c
};

static ALWAYS_INLINE struct nt_process *current_nt_process(void)
{
    return (struct nt_process *)current_process()->personality_data;
}

// STATUS_NO_MEMORY. The process gets the native numbering.
status_t nt_process_create(struct nt_process **out) MUST_CHECK;

// Also called by the kernel through the personality, when the process has ended.
void nt_process_destroy(struct nt_process *process);

// Records that image is mapped at base; takes a reference of its own. STATUS_NO_MEMORY.
status_t nt_process_add_module(struct nt_process *process, struct image *image,
                               vaddr_t base) MUST_CHECK;

// The module that holds address, or NULL.
const struct nt_module *nt_process_module_at(const struct nt_process *process, vaddr_t address);

/*
 * The address space that a ProcessHandle means, for the memory services.
 * Fails    STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH
 *          STATUS_NOT_IMPLEMENTED: another process
 */
status_t nt_space_of_handle(HANDLE handle, struct address_space **out) MUST_CHECK;
