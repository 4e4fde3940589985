// SPDX-License-Identifier: MIT
// Looks at the program before a machine is started for it: these mistakes are the common ones, and
// they deserve an answer at once.

#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cpio.h"
#include "report.h"

#define NAME_MAX_BYTES 255

// Returns what makes the open file unfit, or NULL.
static const char *find_fault(struct program *program)
{
    struct stat status;
    char mark[2];

    if (fstat(program->fd, &status) < 0)
        return strerror(errno);
    if (S_ISDIR(status.st_mode))
        return "is a directory";
    if (!S_ISREG(status.st_mode))
        return "is not a regular file";
    if (pread(program->fd, mark, sizeof(mark), 0) != sizeof(mark) || memcmp(mark, "MZ", 2) != 0)
        return "is not a Windows program (it does not start with MZ)";
    if ((uint64_t)status.st_size > CPIO_MAX_FILE_SIZE)
        return "is larger than 4 GiB, which no Windows program can be";
    if (strchr(program->name, '"') != NULL)
        return "has a quotation mark in its name, which Windows does not allow";
    if (strlen(program->name) > NAME_MAX_BYTES)
        return "has a name of more than 255 bytes";
    program->size = (uint32_t)status.st_size;
    return NULL;
}

int program_open(struct program *program, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *fault;

    program->name = slash != NULL ? slash + 1 : path;
    // A FIFO must not make this wait for a writer.
    program->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (program->fd < 0) {
        bool is_missing = errno == ENOENT || errno == ENOTDIR;

        report("%s: %s", path, strerror(errno));
        return is_missing ? EXIT_NOT_FOUND : EXIT_NOT_RUNNABLE;
    }
    fault = find_fault(program);
    if (fault != NULL) {
        report("%s: %s", path, fault);
        close(program->fd);
        return EXIT_NOT_RUNNABLE;
    }
    return 0;
}

int program_pack(const struct program *program)
{
    struct cpio_writer writer = { .fd = memfd_create("pekoe-initrd", MFD_CLOEXEC) };
    int error = writer.fd < 0 ? errno : 0;

    if (error == 0)
        error = cpio_add_file(&writer, program->name, program->fd, program->size);
    if (error == 0)
        error = cpio_finish(&writer);
    if (error == 0)
        return writer.fd;
    report("%s: cannot be read: %s", program->name,
           error == ENODATA ? "the file got shorter meanwhile" : strerror(error));
    if (writer.fd >= 0)
        close(writer.fd);
    return -1;
}
