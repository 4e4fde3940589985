// SPDX-License-Identifier: MIT
// A character device as an object that a program can hold a handle for.

#pragma once

#include <kernel/chardev.h>
#include <kernel/object.h>

struct stream {
    struct object object;
    struct chardev *device; // immutable
};

extern const struct object_type stream_type; // named "File", as NT names it

// STATUS_NO_MEMORY.
status_t stream_create(struct chardev *device, struct stream **out) MUST_CHECK;
