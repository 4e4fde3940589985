// SPDX-License-Identifier: MIT
/*
 * Boot files behind handles, to be mapped: `\??\C:\name` opens the file of that base name. This is
 * all of NtOpenFile until there are volumes; such a handle cannot be read from.
 */

#include "boot_file.h"

#include "services_generated.h"

#include <kernel/status.h>
#include <kernel/stream.h>
#include <kernel/user_copy.h>

#include "file.h"
#include "object_attributes.h"
#include "paths.h"
#include "unicode.h"

#define NAME_ROOM        256u
#define FILE_OPENED      1u // IO_STATUS_BLOCK.Information
#define ALL_FILE_OPTIONS 0x00FFFFFFu
#define WRITING          (FILE_WRITE_DATA | 0x0004u | GENERIC_WRITE | GENERIC_ALL)

status_t boot_file_of_handle(HANDLE handle, ACCESS_MASK access, struct object **object,
                             const struct boot_file **out)
{
    status_t status = nt_find_object(handle, &stream_type, access, object);
    if (status != STATUS_SUCCESS)
        return status;
    *out = container_of(*object, struct stream, object)->file;
    if (*out != NULL)
        return STATUS_SUCCESS;
    object_put(*object);
    return STATUS_INVALID_FILE_FOR_SECTION;
}

// The boot file whose base name is the last part of an NT path, or NULL.
static const struct boot_file *find_file(struct name name)
{
    size_t start = name.length;
    char base[NAME_ROOM];
    if (path_prefix_length(name.text, name.length) == 0)
        return NULL;
    while (start > 0 && name.text[start - 1] != u'\\')
        start--;
    struct utf_result result =
        utf8_from_utf16(name.text + start, name.length - start, base, sizeof(base));
    return result.length <= sizeof(base) ? boot_file_find(base, result.length) : NULL;
}

NTSTATUS NtOpenFile(HANDLE USER *FileHandle, ACCESS_MASK DesiredAccess,
                    OBJECT_ATTRIBUTES USER *ObjectAttributes, IO_STATUS_BLOCK USER *IoStatusBlock,
                    ULONG ShareAccess, ULONG OpenOptions)
{
    (void)ShareAccess; // nobody writes to them
    if (ObjectAttributes == NULL || (OpenOptions & ~ALL_FILE_OPTIONS) != 0)
        return STATUS_INVALID_PARAMETER;
    struct nt_attributes attributes;
    status_t status = nt_capture_attributes(ObjectAttributes, &attributes);
    if (status != STATUS_SUCCESS)
        return status;
    ULONG handle_attributes = attributes.attributes;
    const struct boot_file *file = find_file(attributes.name);
    nt_release_attributes(&attributes);
    if (file == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if ((DesiredAccess & WRITING) != 0)
        return STATUS_ACCESS_DENIED;
    struct stream *made;
    if (stream_create(NULL, &made) != STATUS_SUCCESS)
        return STATUS_INSUFFICIENT_RESOURCES;
    made->file = file;
    IO_STATUS_BLOCK block = { .Pointer = NULL, .Information = FILE_OPENED };
    status = put_user(IoStatusBlock, &block);
    if (status != STATUS_SUCCESS) {
        object_put(&made->object);
        return status;
    }
    object_open(&made->object);
    return nt_make_handle(FileHandle, DesiredAccess, handle_attributes, &made->object);
}
