// SPDX-License-Identifier: MIT
/*
 * Character devices: byte streams that drivers offer by name. "stdin", "stdout", "stderr" and
 * "control" are the ports that pekoe listens to; "console" is the serial line and screen, which
 * stands in for those that a machine lacks.
 */

#pragma once

#include <kernel/list.h>
#include <kernel/types.h>

struct chardev;

struct chardev_ops {
    /*
     * Reads at least one byte unless size is 0; waits for it.
     * Fails    STATUS_END_OF_FILE: the other side closed and all was read
     *          STATUS_CANCELLED: the waiting thread is being ended
     */
    status_t (*read)(struct chardev *device, void *buffer, size_t size, size_t *done);
    /*
     * Writes all of it; waits while the other side takes nothing.
     * Fails    STATUS_PIPE_BROKEN: the other side has closed; *done bytes went out before
     *          STATUS_CANCELLED
     */
    status_t (*write)(struct chardev *device, const void *buffer, size_t size, size_t *done);
    // Waits until the other side has taken everything that was written. May be NULL.
    void (*flush)(struct chardev *device);
};

struct chardev {
    const char *name;
    const struct chardev_ops *ops;
    bool is_console;  // NT: FILE_DEVICE_CONSOLE instead of a pipe
    struct list link; // private to chardev.c
};

// Makes a device known; two of one name: the first is found. It must stay for ever.
void chardev_register(struct chardev *device);

// The device of that name, else the one named "console", else one that swallows all and is empty.
struct chardev *chardev_find(const char *name);

// The device of exactly that name, or NULL.
struct chardev *chardev_find_exact(const char *name);
