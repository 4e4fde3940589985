// SPDX-License-Identifier: MIT
// The program on the host: is it there, may it be read, and does it look like a Windows program at
// all. What the kernel can say better is left to the kernel.

#pragma once

#include <stdint.h>

struct program {
    int fd;
    uint32_t size;
    const char *name; // without directories; points into the path
};

/*
 * Opens and examines the file at path.
 *
 * Returns  0; or, after a message, the exit code for pekoe, and nothing is left open
 */
int program_open(struct program *program, const char *path);

/*
 * Packs the program into an initrd in memory.
 *
 * Returns  its file descriptor, or -1 after a message
 */
int program_pack(const struct program *program);
