// SPDX-License-Identifier: MIT
/*
 * Objects: things that handles name and that several owners share. Whoever holds a pointer holds a
 * reference; the last put destroys the object through its type.
 *
 * Context  any thread; put may sleep, as destroy may
 */

#pragma once

#include <kernel/types.h>

struct object;

struct object_type {
    const char *name; // as NT names it: "Process", "File"
    void (*destroy)(struct object *object);
};

struct object {
    const struct object_type *type; // immutable
    uint32_t references;            // atomic
};

// The creator's reference is the first.
void object_init(struct object *object, const struct object_type *type);
void object_get(struct object *object);
void object_put(struct object *object);
