// SPDX-License-Identifier: MIT
// Streams: what the standard handles of a program stand for.

#include <kernel/stream.h>

#include <kernel/heap.h>
#include <kernel/status.h>

static void destroy_stream(struct object *object)
{
    heap_free(container_of(object, struct stream, object));
}

// Every right, as NT's FILE_ALL_ACCESS and FILE_GENERIC_* have them.
OBJECT_TYPE(
    stream_type, "File",
    .access = { .valid = 0x1F01FF, .read = 0x120089, .write = 0x120116, .execute = 0x1200A0 },
    .ignores_case = true, .destroy = destroy_stream);

status_t stream_create(struct chardev *device, struct stream **out)
{
    struct stream *stream = heap_alloc_zeroed(sizeof(*stream));
    if (!stream)
        return STATUS_NO_MEMORY;
    object_init(&stream->object, &stream_type);
    stream->device = device;
    *out = stream;
    return STATUS_SUCCESS;
}
