// SPDX-License-Identifier: MIT
// What early.c hands to frames.c.

#pragma once

#include "ranges.h"

// Where memory stands at the moment of the hand-over.
struct early_memory {
    struct ranges ram;        // whole pages of RAM
    struct ranges taken;      // reserved or allocated; may reach outside of RAM
    uint64_t allocated_bytes; // by early_memory_alloc
    bool is_closed;           // frames_init has run
};

extern struct early_memory early_memory;
