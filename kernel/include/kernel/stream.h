// SPDX-License-Identifier: MIT
// A character device as an object that a program can hold a handle for.

#pragma once

#include <kernel/chardev.h>
#include <kernel/object.h>

struct boot_file;

struct stream {
    struct object object;
    struct chardev *device;       // immutable; NULL: no stream, but
    const struct boot_file *file; // a file that came with the kernel, and can only be mapped
};

extern const struct object_type stream_type; // named "File", as NT names it

// STATUS_NO_MEMORY.
status_t stream_create(struct chardev *device, struct stream **out) MUST_CHECK;
