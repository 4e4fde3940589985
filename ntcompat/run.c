// SPDX-License-Identifier: MIT
// From a command line to an exit status: finds the program among the boot files and runs it.

#include "run.h"

#include <kernel/boot.h>
#include <kernel/status.h>
#include <kernel/string.h>

#include "command_line.h"
#include "start.h"

#define NAME_ROOM 256u

// The file of that name, or with .exe behind it, as Windows completes it.
static const struct boot_file *find_program(const char *name)
{
    const struct boot_file *file = boot_file_find(name, strlen(name));
    if (file != NULL)
        return file;
    char with_extension[NAME_ROOM + 4];
    int length = format_string(with_extension, sizeof(with_extension), "%s.exe", name);
    return boot_file_find(with_extension, (size_t)length);
}

status_t run_program(const char *command_line, status_t *exit_status, char *reason, size_t room)
{
    struct reason why = { reason, room };
    char name[NAME_ROOM];
    if (!command_line_program(command_line, name, sizeof(name))) {
        format_string(reason, room,
                      "the command line names no program, or its name has over %u bytes",
                      NAME_ROOM - 1);
        return STATUS_NO_SUCH_FILE;
    }
    const struct boot_file *file = find_program(name);
    if (file == NULL) {
        format_string(reason, room, "%s: no such program", name);
        return STATUS_NO_SUCH_FILE;
    }
    struct image *image;
    status_t status = image_open(file, &image, &why);
    if (status != STATUS_SUCCESS)
        return status;
    status = image_check_program(image, &why);
    if (status == STATUS_SUCCESS)
        status = start_and_wait(image, command_line, exit_status, &why);
    image_put(image);
    return status;
}
