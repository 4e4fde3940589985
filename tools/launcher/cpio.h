// SPDX-License-Identifier: MIT
// Writes the initrd: a cpio archive in the "newc" format, which the kernel reads where QEMU put it.

#pragma once

#include <stdint.h>

// newc has eight hexadecimal digits for a size.
#define CPIO_MAX_FILE_SIZE UINT32_MAX

// Starts with offset 0 and an empty fd; the offset is that of fd, too.
struct cpio_writer {
    int fd;
    uint64_t offset;
};

/*
 * Appends a regular file. Its contents begin at a multiple of 4096 in the archive, so that the
 * kernel can map them in place.
 *
 * name     1 to 255 bytes, without directories
 * file     read from its first byte, whatever its position
 * size     in bytes; the file must still have that many
 * Returns  0 or an errno value; ENODATA: the file got shorter meanwhile
 */
int cpio_add_file(struct cpio_writer *writer, const char *name, int file, uint32_t size);

// Writes the end mark. Returns 0 or an errno value.
int cpio_finish(struct cpio_writer *writer);
