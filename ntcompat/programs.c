// SPDX-License-Identifier: MIT
// Finding programs among the files that came with the kernel, see programs.h.

#include "programs.h"

#include <kernel/boot.h>
#include <kernel/status.h>
#include <kernel/string.h>

#include "unicode.h"

#define NAME_ROOM 256u

static const struct boot_file *find(const char *name)
{
    const struct boot_file *file = boot_file_find(name, strlen(name));
    if (file != NULL)
        return file;
    char with_extension[NAME_ROOM + 4];
    int length = format_string(with_extension, sizeof(with_extension), "%s.exe", name);
    return boot_file_find(with_extension, (size_t)length);
}

status_t program_open(const char *name, struct image **out, struct reason *reason)
{
    const struct boot_file *file = find(name);
    if (file == NULL) {
        format_string(reason->text, reason->room, "%s: no such program", name);
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    status_t status = image_open(file, out, reason);
    if (status != STATUS_SUCCESS)
        return status;
    status = image_check_program(*out, reason);
    if (status != STATUS_SUCCESS)
        image_put(*out);
    return status;
}

status_t program_open_path(const WCHAR *path, size_t count, struct image **out,
                           struct reason *reason)
{
    char name[NAME_ROOM];
    if (count == 0 || path[0] != u'\\')
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    size_t start = count;
    while (path[start - 1] != u'\\')
        start--;
    struct utf_result result = utf8_from_utf16(path + start, count - start, name, sizeof(name) - 1);
    if (result.length == 0)
        return STATUS_OBJECT_NAME_INVALID;
    if (result.length >= sizeof(name) || result.invalid_count != 0)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    name[result.length] = '\0';
    if (strlen(name) != result.length)
        return STATUS_OBJECT_NAME_INVALID;
    return program_open(name, out, reason);
}
