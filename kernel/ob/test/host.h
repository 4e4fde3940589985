// SPDX-License-Identifier: MIT
/*
 * What the host tests of objects run on: locks are the host's, memory is its heap, where the
 * address sanitizer looks, and can be made to run out.
 */

#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <kernel/handle.h>
#include <kernel/namespace.h>
#include <kernel/object.h>
#include <kernel/status.h>

// After so many allocations (heap or frame) the next fails, and all after it; negative: never.
extern long host_allocations_left;

// Blocks and frames that are in use.
extern long host_allocations;

// An object that only counts how often things happen to it.
struct thing {
    struct object object;
    int closed;
    uint32_t last_access;
    uint32_t last_left;
};

extern const struct object_type thing_type;
extern int things_destroyed;

// Makes one; the caller has its only reference.
struct thing *make_thing(void);
