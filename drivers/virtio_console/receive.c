// SPDX-License-Identifier: MIT
/*
 * What a port brings. The device can only bring what it has buffers for, and they come back to it
 * when a program has read them: a program that stalls stalls the host.
 *
 * The device writes data into the receive queue before it says in the control queue that the host
 * has gone, so a reader that saw the port closed looks at its queue once more before it believes in
 * the end of file.
 */

#include "console.h"

#include <kernel/frames.h>
#include <kernel/status.h>
#include <kernel/string.h>

// Buffers given back before the device hears of them, unless a reader is about to sleep.
#define NOTIFY_BATCH (RECEIVE_BUFFER_COUNT / 2)

// Hands a receive buffer to the device, which is told later.
static void give_receive_buffer(struct port *port, struct receive_buffer *buffer)
{
    struct virtqueue_segment segment = {
        .address = frame_paddr(buffer->frame),
        .length = RECEIVE_BUFFER_SIZE,
        .device_writes = true,
    };

    // There is a descriptor for each buffer; a queue with a fault takes none, and needs none.
    if (virtqueue_offer(&port->receive.ring, &segment, 1, buffer))
        port->unnotified++;
}

static void notify_receive(struct port *port)
{
    if (port->unnotified == 0)
        return;
    port->unnotified = 0;
    virtio_queue_notify(&port->receive);
}

/*
 * Makes the receive buffers with the first read: a program that reads nothing pays for none. With
 * little memory left, fewer do as well.
 * Locks  port->lock
 */
static status_t make_receive_buffers(struct port *port)
{
    unsigned count = MIN(RECEIVE_BUFFER_COUNT, port->receive.ring.size);

    if (port->has_receive_buffers)
        return STATUS_SUCCESS;
    for (unsigned i = 0; i < count; i++) {
        struct receive_buffer *buffer = &port->received[i];

        buffer->frame = frames_alloc(0, FRAME_TAG_DEVICE);
        if (buffer->frame == NULL)
            break;
        give_receive_buffer(port, buffer);
        port->has_receive_buffers = true;
    }
    return port->has_receive_buffers ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

// Makes the next buffer with data current. false: nothing has arrived.
static bool next_received(struct port *port)
{
    struct virtqueue_answer answer;

    while (port->current == NULL && port_take_answer(port, &port->receive, &answer)) {
        struct receive_buffer *buffer = answer.cookie;

        if (answer.length == 0) {
            give_receive_buffer(port, buffer);
            continue;
        }
        buffer->length = answer.length;
        port->current = buffer;
        port->current_offset = 0;
    }
    return port->current != NULL;
}

// Copies what has arrived, as much as fits, and returns its size.
static size_t copy_received(struct port *port, char *to, size_t room)
{
    size_t copied = 0;

    while (copied < room && next_received(port)) {
        struct receive_buffer *buffer = port->current;
        size_t chunk = MIN(room - copied, buffer->length - port->current_offset);

        memcpy(to + copied, (char *)frame_address(buffer->frame) + port->current_offset, chunk);
        copied += chunk;
        port->current_offset += (uint32_t)chunk;
        if (port->current_offset == buffer->length) {
            port->current = NULL;
            give_receive_buffer(port, buffer);
        }
    }
    return copied;
}

status_t port_read(struct chardev *chardev, void *buffer, size_t size, size_t *done)
{
    struct port *port = container_of(chardev, struct port, chardev);
    irq_state_t state;
    status_t status;

    *done = 0;
    if (size == 0)
        return STATUS_SUCCESS;
    state = spin_lock(&port->lock);
    status = make_receive_buffers(port);
    while (status_is_success(status)) {
        bool was_open = port->is_open; // before the look at the queue, not after

        *done = copy_received(port, buffer, size);
        if (*done != 0)
            break;
        if (port->receive.ring.fault != NULL) {
            status = STATUS_IO_DEVICE_ERROR;
        } else if (!was_open) {
            status = STATUS_END_OF_FILE;
        } else {
            notify_receive(port);
            status = port_sleep(port, &port->receive, &port->readers, &state);
        }
    }
    if (port->unnotified >= NOTIFY_BATCH)
        notify_receive(port);
    spin_unlock(&port->lock, state);
    return status;
}
