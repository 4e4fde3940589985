// SPDX-License-Identifier: MIT
// The newc archive. An entry is a header of text, the name, and the contents, each padded to 4
// bytes. The format has no field for alignment, but a name may end in any number of NULs: they
// push the contents to the page boundary where we want them.

#include "cpio.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

#define HEADER_SIZE    110
#define ENTRY_ALIGN    4
#define CONTENT_ALIGN  4096
#define MODE_FILE_0555 0100555

static uint64_t round_up(uint64_t value, uint64_t alignment)
{
    return (value + alignment - 1) / alignment * alignment;
}

static int write_all(struct cpio_writer *writer, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t written = write(writer->fd, bytes, count);

        if (written < 0 && errno != EINTR)
            return errno;
        if (written > 0) {
            bytes += written;
            count -= (size_t)written;
            writer->offset += (uint64_t)written;
        }
    }
    return 0;
}

static int write_zeros(struct cpio_writer *writer, uint64_t count)
{
    static const char zeros[CONTENT_ALIGN];

    return write_all(writer, zeros, (size_t)count);
}

/*
 * Writes a header and the name with its padding.
 *
 * alignment    of the contents that follow: ENTRY_ALIGN or CONTENT_ALIGN
 */
static int write_header(struct cpio_writer *writer, const char *name, unsigned mode, uint32_t size,
                        uint64_t alignment)
{
    size_t length = strlen(name) + 1;
    uint64_t content = round_up(writer->offset + HEADER_SIZE + length, alignment);
    uint64_t name_size = content - writer->offset - HEADER_SIZE;
    char header[HEADER_SIZE + 1];
    int error;

    // With 4-byte alignment the padding is the format's own and not part of the name.
    if (alignment == ENTRY_ALIGN)
        name_size = length;
    snprintf(header, sizeof(header), "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
             0U /* inode */, mode, 0U, 0U /* owner */, 1U /* links */, 0U /* time */, size, 0U, 0U,
             0U, 0U /* devices */, (unsigned)name_size, 0U /* check */);
    error = write_all(writer, header, HEADER_SIZE);
    if (error == 0)
        error = write_all(writer, name, length);
    if (error == 0)
        error = write_zeros(writer, content - writer->offset);
    return error;
}

static int write_contents(struct cpio_writer *writer, int file, uint32_t size)
{
    off_t position = 0;

    while ((uint64_t)position < size) {
        ssize_t sent = sendfile(writer->fd, file, &position, size - (size_t)position);

        if (sent == 0)
            return ENODATA;
        if (sent < 0 && errno != EINTR)
            return errno;
        writer->offset += sent > 0 ? (uint64_t)sent : 0;
    }
    return write_zeros(writer, round_up(writer->offset, ENTRY_ALIGN) - writer->offset);
}

int cpio_add_file(struct cpio_writer *writer, const char *name, int file, uint32_t size)
{
    int error = write_header(writer, name, MODE_FILE_0555, size, CONTENT_ALIGN);

    return error != 0 ? error : write_contents(writer, file, size);
}

int cpio_finish(struct cpio_writer *writer)
{
    return write_header(writer, "TRAILER!!!", 0, 0, ENTRY_ALIGN);
}
