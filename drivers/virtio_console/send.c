// SPDX-License-Identifier: MIT
/*
 * What a port takes away. Data is copied into buffers that the device has until the host took them;
 * a writer waits while all of them are on their way. Nothing is held back to fill a buffer: what a
 * program writes leaves at once.
 */

#include "console.h"

#include <kernel/frames.h>
#include <kernel/status.h>
#include <kernel/string.h>

// Takes back the buffers that the host has got.
static void reclaim_sent(struct port *port)
{
    struct virtqueue_answer answer;

    while (port_take_answer(port, &port->send, &answer)) {
        struct send_buffer *buffer = answer.cookie;

        buffer->next = port->free_send;
        port->free_send = buffer;
    }
}

// Makes one more send buffer, a small one if memory is in pieces. NULL: no memory, or enough of
// them.
static struct send_buffer *make_send_buffer(struct port *port)
{
    struct send_buffer *buffer = &port->sending[port->send_count];
    unsigned order = SEND_BUFFER_ORDER;

    if (port->send_count == MIN(SEND_BUFFER_COUNT, port->send.ring.size))
        return NULL;
    buffer->frame = frames_alloc(order, FRAME_TAG_DEVICE);
    if (buffer->frame == NULL) {
        order = 0;
        buffer->frame = frames_alloc(order, FRAME_TAG_DEVICE);
    }
    if (buffer->frame == NULL)
        return NULL;
    buffer->size = (uint32_t)PAGE_SIZE << order;
    port->send_count++;
    return buffer;
}

static status_t check_writable(const struct port *port)
{
    if (port->send.ring.fault != NULL)
        return STATUS_IO_DEVICE_ERROR;
    return port->is_open ? STATUS_SUCCESS : STATUS_PIPE_BROKEN;
}

// Waits for a buffer that can be filled; it then belongs to the caller.
static status_t get_send_buffer(struct port *port, struct send_buffer **out)
{
    irq_state_t state = spin_lock(&port->lock);
    struct send_buffer *buffer = NULL;
    status_t status;

    for (;;) {
        reclaim_sent(port);
        status = check_writable(port);
        if (!status_is_success(status))
            break;
        buffer = port->free_send;
        if (buffer != NULL) {
            port->free_send = buffer->next;
            break;
        }
        buffer = make_send_buffer(port);
        if (buffer != NULL)
            break;
        if (port->send_count == 0) {
            status = STATUS_NO_MEMORY;
            break;
        }
        status = port_sleep(port, &port->send, &port->writers, &state);
        if (!status_is_success(status))
            break;
    }
    spin_unlock(&port->lock, state);
    *out = buffer;
    return status;
}

// Sends a filled buffer. The notification comes after the lock, as QEMU writes to the host in it.
static status_t send_buffer(struct port *port, struct send_buffer *buffer, size_t length)
{
    struct virtqueue_segment segment = {
        .address = frame_paddr(buffer->frame),
        .length = (uint32_t)length,
    };
    irq_state_t state = spin_lock(&port->lock);
    bool is_sent = virtqueue_offer(&port->send.ring, &segment, 1, buffer);

    spin_unlock(&port->lock, state);
    if (!is_sent)
        return STATUS_IO_DEVICE_ERROR; // a fault has ended the queue meanwhile
    virtio_queue_notify(&port->send);
    return STATUS_SUCCESS;
}

status_t port_write(struct chardev *chardev, const void *data, size_t size, size_t *done)
{
    struct port *port = container_of(chardev, struct port, chardev);
    const char *from = data;

    *done = 0;
    while (*done < size) {
        struct send_buffer *buffer;
        status_t status = get_send_buffer(port, &buffer);
        size_t chunk;

        if (!status_is_success(status))
            return status;
        chunk = MIN(size - *done, buffer->size);
        memcpy(frame_address(buffer->frame), from + *done, chunk);
        status = send_buffer(port, buffer, chunk);
        if (!status_is_success(status))
            return status;
        *done += chunk;
    }
    return STATUS_SUCCESS;
}

void port_flush(struct chardev *chardev)
{
    struct port *port = container_of(chardev, struct port, chardev);
    irq_state_t state = spin_lock(&port->lock);
    status_t status = STATUS_SUCCESS;

    for (;;) {
        reclaim_sent(port);
        if (port->send.ring.in_flight == 0 || !status_is_success(check_writable(port)) ||
            !status_is_success(status))
            break;
        status = port_sleep(port, &port->send, &port->writers, &state);
    }
    spin_unlock(&port->lock, state);
}
