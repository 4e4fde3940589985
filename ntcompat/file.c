// SPDX-License-Identifier: MIT
/*
 * Reading, writing and closing handles. The files of this system are streams: standard input, output
 * and error, which a program sees as anonymous pipes (or as the console where there is no pekoe).
 *
 * Program memory is not touched while a device works: bytes go through a buffer of the kernel, at
 * most 64 KiB at a time. The program's buffers are tried out before the first byte moves, as NT
 * does, so that a bad pointer costs no input. Each process keeps one such buffer.
 *
 * Source: learn.microsoft.com, NtReadFile, NtWriteFile; ReadFile and WriteFile for pipes
 */

#include "services_generated.h"

#include <kernel/heap.h>
#include <kernel/process.h>
#include <kernel/status.h>
#include <kernel/stream.h>
#include <kernel/user_copy.h>

#include "file.h"
#include "nt_process.h"
#include "service.h"

#define TRANSFER_MAX ((size_t)64 * KIB)

// ByteOffset values with a meaning of their own: end of file, and the current position.
#define WRITE_TO_END_OF_FILE ((LONGLONG)-1)
#define USE_FILE_POSITION    ((LONGLONG)-2)

struct bounce {
    void *data;
    size_t size;
};

// A buffer for a transfer of length bytes, perhaps smaller than that. data is NULL: no memory.
static struct bounce bounce_get(size_t length)
{
    if (length <= HEAP_SLAB_MAX)
        return (struct bounce){ heap_alloc(length), length };
    void *spare = __atomic_exchange_n(&current_nt_process()->io_buffer, NULL, __ATOMIC_ACQUIRE);
    if (spare == NULL)
        spare = heap_alloc(TRANSFER_MAX);
    if (spare == NULL)
        return (struct bounce){ heap_alloc(HEAP_SLAB_MAX), HEAP_SLAB_MAX };
    return (struct bounce){ spare, TRANSFER_MAX };
}

static void bounce_put(struct bounce *bounce)
{
    if (bounce->size == TRANSFER_MAX)
        bounce->data =
            __atomic_exchange_n(&current_nt_process()->io_buffer, bounce->data, __ATOMIC_RELEASE);
    heap_free(bounce->data);
}

/*
 * Touches each page of a buffer. For writing the byte that was read is stored again; a thread that
 * changes the buffer meanwhile gets what the read would have given it anyway.
 */
static status_t probe(void USER *buffer, size_t length, bool for_writing)
{
    status_t status = STATUS_SUCCESS;
    vaddr_t at = (vaddr_t)buffer;
    if (length == 0)
        return STATUS_SUCCESS;
    if (!user_range_is_plausible(at, length))
        return STATUS_ACCESS_VIOLATION;
    vaddr_t last = at + (length - 1);
    while (status == STATUS_SUCCESS) {
        uint8_t byte;
        status = copy_from_user(&byte, (const void USER *)at, 1);
        if (status == STATUS_SUCCESS && for_writing)
            status = copy_to_user((void USER *)at, &byte, 1);
        if (last - at < PAGE_SIZE - (at & PAGE_MASK))
            break;
        at = ROUND_DOWN(at, PAGE_SIZE) + PAGE_SIZE;
    }
    return status;
}

// What both directions are given besides the buffer.
struct request {
    HANDLE event;
    PIO_APC_ROUTINE apc_routine;
    IO_STATUS_BLOCK USER *status_block;
    LARGE_INTEGER USER *byte_offset;
    ULONG USER *key;
};

// As handle_lookup; pseudo handles mean objects too, though of a type that no file is.
static status_t find_object(HANDLE handle, const struct object_type *type, ACCESS_MASK access,
                            struct object **out)
{
    if (handle == NtCurrentProcess() || handle == NtCurrentThread())
        return STATUS_OBJECT_TYPE_MISMATCH;
    return handle_lookup(&current_process()->handles, (handle_t)handle, type, access, out);
}

static status_t check_request(const char *service, const struct request *request)
{
    status_t status = probe(request->status_block, sizeof(IO_STATUS_BLOCK), true);
    if (status == STATUS_SUCCESS && request->key != NULL) {
        ULONG key; // names a lock on a part of a file; streams have none
        status = get_user(&key, request->key);
    }
    if (status == STATUS_SUCCESS && request->byte_offset != NULL) {
        LARGE_INTEGER offset; // streams have no position, but nonsense is still refused
        status = get_user(&offset, request->byte_offset);
        if (status == STATUS_SUCCESS && offset.QuadPart < 0 &&
            offset.QuadPart != WRITE_TO_END_OF_FILE && offset.QuadPart != USE_FILE_POSITION)
            status = STATUS_INVALID_PARAMETER;
    }
    if (status == STATUS_SUCCESS && request->event != NULL) {
        // No service makes events yet, so whatever the handle is for, it is no event.
        struct object *object;
        status = find_object(request->event, NULL, 0, &object);
        if (status == STATUS_SUCCESS) {
            object_put(object);
            status = STATUS_OBJECT_TYPE_MISMATCH;
        }
    }
    if (status == STATUS_SUCCESS && request->apc_routine != NULL)
        status = service_lacks(service, "APC routine, argument", 3);
    return status;
}

static status_t publish_result(IO_STATUS_BLOCK USER *to, status_t status, size_t done)
{
    IO_STATUS_BLOCK block = { .Pointer = NULL, .Information = done };
    block.Status = status;
    status_t published = put_user(to, &block);
    return published == STATUS_SUCCESS ? status : published;
}

static status_t find_stream(HANDLE handle, ACCESS_MASK access, struct stream **out)
{
    struct object *object;
    status_t status = find_object(handle, &stream_type, access, &object);
    if (status != STATUS_SUCCESS)
        return status;
    *out = container_of(object, struct stream, object);
    if ((*out)->device != NULL)
        return STATUS_SUCCESS;
    object_put(object);
    return STATUS_INVALID_DEVICE_REQUEST;
}

// One read of the device: what is there, not what was asked for. *done: bytes in the program.
static status_t read_stream(struct chardev *device, void USER *buffer, size_t length, size_t *done)
{
    struct bounce bounce = bounce_get(MIN(length, TRANSFER_MAX));
    if (bounce.data == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    size_t count = 0;
    status_t status = device->ops->read(device, bounce.data, MIN(length, bounce.size), &count);
    if (status == STATUS_SUCCESS)
        status = copy_to_user(buffer, bounce.data, count);
    if (status == STATUS_SUCCESS)
        *done = count;
    bounce_put(&bounce);

    if (status != STATUS_END_OF_FILE)
        return status;
    // The end of a console's input is an empty line; a pipe's end is that its writer has gone.
    return device->is_console ? STATUS_SUCCESS : STATUS_PIPE_BROKEN;
}

NTSTATUS NtReadFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                    void USER *ApcContext, IO_STATUS_BLOCK USER *IoStatusBlock, void USER *Buffer,
                    ULONG Length, LARGE_INTEGER USER *ByteOffset, ULONG USER *Key)
{
    (void)ApcContext; // only ever handed to the APC routine
    struct stream *stream;
    status_t status = find_stream(FileHandle, FILE_READ_DATA, &stream);
    if (status != STATUS_SUCCESS)
        return status;
    struct request request = { Event, ApcRoutine, IoStatusBlock, ByteOffset, Key };
    status = check_request("NtReadFile", &request);
    if (status == STATUS_SUCCESS)
        status = probe(Buffer, Length, true);
    if (status == STATUS_SUCCESS) {
        size_t done = 0;
        if (Length != 0)
            status = read_stream(stream->device, Buffer, Length, &done);
        status = publish_result(IoStatusBlock, status, done);
    }
    object_put(&stream->object);
    return status;
}

// Writes everything, in pieces. *done: bytes that the device has taken.
static status_t write_stream(struct chardev *device, const void USER *buffer, size_t length,
                             size_t *done)
{
    struct bounce bounce = bounce_get(MIN(length, TRANSFER_MAX));
    if (bounce.data == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    status_t status = STATUS_SUCCESS;
    while (status == STATUS_SUCCESS && *done < length) {
        size_t count = 0, size = MIN(length - *done, bounce.size);
        // A device that never waits would not notice that the thread is to end.
        if (thread_is_terminating(current_thread()))
            status = STATUS_CANCELLED;
        else
            status = copy_from_user(bounce.data, (const char USER *)buffer + *done, size);
        if (status == STATUS_SUCCESS)
            status = device->ops->write(device, bounce.data, size, &count);
        *done += count;
    }
    bounce_put(&bounce);
    return status;
}

NTSTATUS NtWriteFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                     void USER *ApcContext, IO_STATUS_BLOCK USER *IoStatusBlock, void USER *Buffer,
                     ULONG Length, LARGE_INTEGER USER *ByteOffset, ULONG USER *Key)
{
    (void)ApcContext;
    struct stream *stream;
    status_t status = find_stream(FileHandle, FILE_WRITE_DATA, &stream);
    if (status != STATUS_SUCCESS)
        return status;
    struct request request = { Event, ApcRoutine, IoStatusBlock, ByteOffset, Key };
    status = check_request("NtWriteFile", &request);
    if (status == STATUS_SUCCESS)
        status = probe(Buffer, Length, false);
    if (status == STATUS_SUCCESS) {
        size_t done = 0;
        if (Length != 0)
            status = write_stream(stream->device, Buffer, Length, &done);
        status = publish_result(IoStatusBlock, status, done);
    }
    object_put(&stream->object);
    return status;
}

status_t file_open_standard(struct process *process, const char *name, ACCESS_MASK access,
                            handle_t *out)
{
    struct stream *stream;
    status_t status = stream_create(chardev_find(name), &stream);
    if (status != STATUS_SUCCESS)
        return status;
    status = handle_insert(&process->handles, &stream->object, access, 0, out);
    object_put(&stream->object);
    return status;
}
