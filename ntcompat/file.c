// SPDX-License-Identifier: MIT
/*
 * Reading, writing and closing handles. The files of this system are streams: standard input,
 * output and error, which a program sees as anonymous pipes (or as the console where there is no
 * pekoe).
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
#include <nt/sync.h>

#include "event.h"
#include "file.h"
#include "nt_process.h"
#include "object_attributes.h"
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
    const char *service;
    HANDLE event;
    PIO_APC_ROUTINE apc_routine;
    IO_STATUS_BLOCK USER *status_block;
    LARGE_INTEGER USER *byte_offset;
    ULONG USER *key;
};

static status_t check_request(const struct request *request)
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
    if (status == STATUS_SUCCESS && request->apc_routine != NULL)
        status = service_lacks(request->service, "APC routine, argument", 3);
    return status;
}

// Finds the event that is to be set when all is done, with a reference; NULL: nobody wants that.
static status_t find_event(HANDLE handle, struct object **out)
{
    *out = NULL;
    return handle != NULL ? nt_find_object(handle, &event_type, EVENT_MODIFY_STATE, out)
                          : STATUS_SUCCESS;
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
    status_t status = nt_find_object(handle, &stream_type, access, &object);
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

// Writes everything, in pieces. *done: bytes that the device has taken.
static status_t write_stream(struct chardev *device, void USER *buffer, size_t length, size_t *done)
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

// Bytes are moved by one of the two functions above. An event is not set for what has failed, as
// the caller knows of that at once.
static status_t transfer(HANDLE handle, ACCESS_MASK access, const struct request *request,
                         void USER *buffer, ULONG length,
                         status_t (*move)(struct chardev *device, void USER *buffer, size_t length,
                                          size_t *done))
{
    struct stream *stream;
    struct object *event = NULL;
    size_t done = 0;
    status_t status = find_stream(handle, access, &stream);
    if (status != STATUS_SUCCESS)
        return status;
    status = check_request(request);
    if (status == STATUS_SUCCESS)
        status = probe(buffer, length, move == read_stream);
    if (status == STATUS_SUCCESS)
        status = find_event(request->event, &event);
    if (status == STATUS_SUCCESS) {
        if (event != NULL)
            event_reset(event_of_object(event));
        if (length != 0)
            status = move(stream->device, buffer, length, &done);
        status = publish_result(request->status_block, status, done);
        if (event != NULL && status == STATUS_SUCCESS)
            event_set(event_of_object(event));
    }
    if (event != NULL)
        object_put(event);
    object_put(&stream->object);
    return status;
}

NTSTATUS NtReadFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                    void USER *ApcContext, IO_STATUS_BLOCK USER *IoStatusBlock, void USER *Buffer,
                    ULONG Length, LARGE_INTEGER USER *ByteOffset, ULONG USER *Key)
{
    (void)ApcContext; // only ever handed to the APC routine
    struct request request = { "NtReadFile", Event, ApcRoutine, IoStatusBlock, ByteOffset, Key };
    return transfer(FileHandle, FILE_READ_DATA, &request, Buffer, Length, read_stream);
}

NTSTATUS NtWriteFile(HANDLE FileHandle, HANDLE Event, PIO_APC_ROUTINE ApcRoutine,
                     void USER *ApcContext, IO_STATUS_BLOCK USER *IoStatusBlock, void USER *Buffer,
                     ULONG Length, LARGE_INTEGER USER *ByteOffset, ULONG USER *Key)
{
    (void)ApcContext;
    struct request request = { "NtWriteFile", Event, ApcRoutine, IoStatusBlock, ByteOffset, Key };
    return transfer(FileHandle, FILE_WRITE_DATA, &request, Buffer, Length, write_stream);
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
