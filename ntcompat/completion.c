// SPDX-License-Identifier: MIT
/*
 * Completion ports: queues of packets that say what work has been done. A pool of threads takes
 * them; the port lets only so many of the pool run at once (kernel/queue.h).
 *
 * Source: learn.microsoft.com, I/O Completion Ports, CreateIoCompletionPort,
 * GetQueuedCompletionStatusEx, PostQueuedCompletionStatus
 */

#include "completion.h"

#include <kernel/heap.h>
#include <kernel/queue.h>
#include <kernel/status.h>
#include <kernel/user_copy.h>

#include "arguments.h"
#include "object_attributes.h"
#include "services_generated.h"
#include "sync.h"

#define ENTRIES_AT_ONCE 16u // copied to the program in one piece

struct nt_completion {
    struct object object;
    struct queue queue;
};

static struct nt_completion *completion_of(struct object *object)
{
    return container_of(object, struct nt_completion, object);
}

// What a port tells about one finished piece of work.
struct packet {
    struct queue_entry entry;
    FILE_IO_COMPLETION_INFORMATION information;
};

static struct packet *packet_of(struct list *link)
{
    return container_of(link, struct packet, entry.link);
}

static void release(struct packet *packet)
{
    list_remove(&packet->entry.link);
    heap_free(packet);
}

static void release_all(struct list *packets)
{
    while (!list_is_empty(packets))
        release(packet_of(packets->next));
}

static void destroy(struct object *object)
{
    struct nt_completion *completion = completion_of(object);
    struct list left;
    list_init(&left);
    queue_destroy(&completion->queue, &left);
    release_all(&left);
    heap_free(completion);
}

OBJECT_TYPE(completion_type, "IoCompletion",
            .access = { .valid = IO_COMPLETION_ALL_ACCESS,
                        .read = ACCESS_READ_CONTROL | IO_COMPLETION_QUERY_STATE,
                        .write = ACCESS_READ_CONTROL | IO_COMPLETION_MODIFY_STATE,
                        .execute = ACCESS_READ_CONTROL | ACCESS_SYNCHRONIZE },
            .destroy = destroy, .waitable_offset = OBJECT_WAITABLE(struct nt_completion, queue));

status_t completion_post(struct object *port, const FILE_IO_COMPLETION_INFORMATION *information)
{
    struct packet *packet = heap_alloc(sizeof(*packet));
    if (packet == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    packet->information = *information;
    queue_insert(&completion_of(port)->queue, &packet->entry);
    return STATUS_SUCCESS;
}

// Count: how many threads may run at once; 0: one per processor.
NTSTATUS NtCreateIoCompletion(HANDLE USER *IoCompletionHandle, ACCESS_MASK DesiredAccess,
                              OBJECT_ATTRIBUTES USER *ObjectAttributes, ULONG Count)
{
    struct nt_completion *completion = heap_alloc(sizeof(*completion));
    if (completion == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    object_init(&completion->object, &completion_type);
    queue_init(&completion->queue, Count);
    return nt_create_object(IoCompletionHandle, DesiredAccess, ObjectAttributes,
                            &completion->object);
}

NTSTATUS NtOpenIoCompletion(HANDLE USER *IoCompletionHandle, ACCESS_MASK DesiredAccess,
                            OBJECT_ATTRIBUTES USER *ObjectAttributes)
{
    return nt_open_object(IoCompletionHandle, DesiredAccess, ObjectAttributes, &completion_type);
}

NTSTATUS NtSetIoCompletion(HANDLE IoCompletionHandle, void USER *KeyContext, void USER *ApcContext,
                           NTSTATUS IoStatus, ULONG_PTR IoStatusInformation)
{
    struct object *port;
    status_t status =
        nt_find_object(IoCompletionHandle, &completion_type, IO_COMPLETION_MODIFY_STATE, &port);
    if (status != STATUS_SUCCESS)
        return status;
    FILE_IO_COMPLETION_INFORMATION information = {
        .KeyContext = (PVOID)(uintptr_t)KeyContext,
        .ApcContext = (PVOID)(uintptr_t)ApcContext,
        .IoStatusBlock = { .Information = IoStatusInformation },
    };
    information.IoStatusBlock.Status = IoStatus;
    status = completion_post(port, &information);
    object_put(port);
    return status;
}

// Waits for packets and moves them to `packets`. The flags and the deadline are the wait's.
static status_t take(HANDLE handle, struct list *packets, ULONG most, uint32_t *count,
                     unsigned flags, nanoseconds_t deadline)
{
    struct object *port;
    status_t status = nt_find_object(handle, &completion_type, IO_COMPLETION_MODIFY_STATE, &port);
    if (status != STATUS_SUCCESS)
        return status;
    list_init(packets);
    status = queue_remove(&completion_of(port)->queue, packets, most, count, flags, deadline);
    object_put(port);
    return status;
}

static status_t publish_one(const FILE_IO_COMPLETION_INFORMATION *from, PVOID USER *KeyContext,
                            PVOID USER *ApcContext, IO_STATUS_BLOCK USER *IoStatusBlock)
{
    status_t status = put_user(ApcContext, &from->ApcContext);
    if (status == STATUS_SUCCESS)
        status = put_user(KeyContext, &from->KeyContext);
    if (status == STATUS_SUCCESS)
        status = put_user(IoStatusBlock, &from->IoStatusBlock);
    return status;
}

// A packet whose receiver cannot be written to is lost, as on NT.
NTSTATUS NtRemoveIoCompletion(HANDLE IoCompletionHandle, PVOID USER *KeyContext,
                              PVOID USER *ApcContext, IO_STATUS_BLOCK USER *IoStatusBlock,
                              LARGE_INTEGER USER *Timeout)
{
    struct list packets;
    uint32_t count;
    nanoseconds_t deadline;
    status_t status = nt_deadline(Timeout, &deadline);
    if (status == STATUS_SUCCESS)
        status = take(IoCompletionHandle, &packets, 1, &count, WAIT_FOR_PROGRAM, deadline);
    if (status != STATUS_SUCCESS)
        return status;
    status =
        publish_one(&packet_of(packets.next)->information, KeyContext, ApcContext, IoStatusBlock);
    release_all(&packets);
    return status;
}

// Copies what the packets say to the program and releases them, those that cannot be copied too.
static status_t publish_all(struct list *packets, FILE_IO_COMPLETION_INFORMATION USER *to)
{
    FILE_IO_COMPLETION_INFORMATION batch[ENTRIES_AT_ONCE];
    status_t status = STATUS_SUCCESS;
    while (status == STATUS_SUCCESS && !list_is_empty(packets)) {
        ULONG length = 0;
        while (length < ENTRIES_AT_ONCE && !list_is_empty(packets)) {
            struct packet *packet = packet_of(packets->next);
            batch[length++] = packet->information;
            release(packet);
        }
        status = copy_to_user(to, batch, length * sizeof(batch[0]));
        to += length;
    }
    release_all(packets);
    return status;
}

NTSTATUS NtRemoveIoCompletionEx(HANDLE IoCompletionHandle,
                                FILE_IO_COMPLETION_INFORMATION USER *IoCompletionInformation,
                                ULONG Count, ULONG USER *NumEntriesRemoved,
                                LARGE_INTEGER USER *Timeout, BOOLEAN Alertable)
{
    struct list packets;
    uint32_t count = 0;
    nanoseconds_t deadline;
    if (Count == 0)
        return STATUS_INVALID_PARAMETER_3;
    status_t status = nt_deadline(Timeout, &deadline);
    if (status == STATUS_SUCCESS)
        status =
            take(IoCompletionHandle, &packets, Count, &count, nt_wait_flags(Alertable), deadline);
    if (status != STATUS_SUCCESS)
        return status;
    status = publish_all(&packets, IoCompletionInformation);
    if (status == STATUS_SUCCESS)
        status = put_user(NumEntriesRemoved, &count);
    return status;
}

NTSTATUS NtQueryIoCompletion(HANDLE IoCompletionHandle,
                             IO_COMPLETION_INFORMATION_CLASS IoCompletionInformationClass,
                             void USER *IoCompletionInformation,
                             ULONG IoCompletionInformationLength, ULONG USER *ReturnLength)
{
    struct object *port;
    if (IoCompletionInformationClass != IoCompletionBasicInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (IoCompletionInformationLength != sizeof(IO_COMPLETION_BASIC_INFORMATION))
        return STATUS_INFO_LENGTH_MISMATCH;
    status_t status =
        nt_find_object(IoCompletionHandle, &completion_type, IO_COMPLETION_QUERY_STATE, &port);
    if (status != STATUS_SUCCESS)
        return status;
    IO_COMPLETION_BASIC_INFORMATION information = { (LONG)__atomic_load_n(
        &completion_of(port)->queue.depth, __ATOMIC_RELAXED) };
    object_put(port);
    return nt_publish_information(IoCompletionInformation, &information, sizeof(information),
                                  ReturnLength);
}
