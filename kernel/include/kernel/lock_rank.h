// SPDX-License-Identifier: MIT
// The order of all locks, outermost first. Taking a lock whose rank is lower than or equal to one
// that is already held panics in debug builds and names both.

#pragma once

enum lock_rank {
    LOCK_RANK_JOBS = 1,      // the tree of jobs
    LOCK_RANK_REPORT,        // a crash report, written as a whole
    LOCK_RANK_PROCESSES,     // the list of all processes
    LOCK_RANK_PROCESS,       // one process' threads and state
    LOCK_RANK_HANDLES,       // one handle table: growth, visitors
    LOCK_RANK_NAMES,         // the name space: all directories
    LOCK_RANK_TOKEN,         // one access token; its holder touches program memory
    LOCK_RANK_IMAGE,         // where a program image stands
    LOCK_RANK_SPACE,         // one address space: areas and page tables
    LOCK_RANK_CHARDEV,       // one character device's queues
    LOCK_RANK_DEVICE,        // one driver's hardware
    LOCK_RANK_CLIENT_IDS,    // the table of process and thread ids
    LOCK_RANK_FILE_MEMORY,   // which memory objects a file has
    LOCK_RANK_MEMORY,        // one memory object's pages
    LOCK_RANK_ATOMS,         // the table of atoms
    LOCK_RANK_SECURITY,      // which security descriptor an object has
    LOCK_RANK_UUIDS,         // which UUIDs have been given away
    LOCK_RANK_KERNEL_SPACE,  // the kernel's own areas and page tables
    LOCK_RANK_HEAP,          // slab lists
    LOCK_RANK_FRAMES,        // the buddy allocator
    LOCK_RANK_TICK_REQUESTS, // who asked for which tick
    LOCK_RANK_SCHEDULER,     // run queues, waits, timers
    LOCK_RANK_LOG,           // the log ring and its sinks
};
