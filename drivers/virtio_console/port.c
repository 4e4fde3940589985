// SPDX-License-Identifier: MIT
/*
 * A port's data. Flow control lies in the buffers: the device can only bring what it has receive
 * buffers for, and they come back to it when a program has read them; a writer waits while all send
 * buffers are on their way. Interrupts are asked for only by whoever is about to sleep, so a device
 * that answers at once (QEMU does most of its work within the notification) causes none.
 *
 * The device writes data into the receive queue before it says in the control queue that the host
 * has gone, so a reader that saw the port closed looks at its queue once more before it believes in
 * the end of file.
 */
#include "console.h"

#include <kernel/frames.h>
#include <kernel/log.h>
#include <kernel/status.h>
#include <kernel/string.h>

// Receive buffers given back before the device hears of them, unless a reader is about to sleep.
#define NOTIFY_BATCH (RECEIVE_BUFFER_COUNT / 2)

void port_init(struct port *port, struct console *console, uint32_t id)
{
    spin_init(&port->lock, "virtio console port", LOCK_RANK_DEVICE);
    wait_queue_init(&port->readers);
    wait_queue_init(&port->writers);
    port->console = console;
    port->id = id;
}

void port_set_open(struct port *port, bool is_open)
{
    irq_state_t state = spin_lock(&port->lock);

    port->is_open = is_open;
    spin_unlock(&port->lock, state);
    wait_queue_wake_all(&port->readers);
    wait_queue_wake_all(&port->writers);
}

static bool is_awaited(struct virtqueue *queue)
{
    if (!virtqueue_wants_interrupts(queue) || !virtqueue_has_answer(queue))
        return false;
    virtqueue_want_interrupts(queue, false);
    return true;
}

void port_interrupt(struct port *port)
{
    irq_state_t state = spin_lock(&port->lock);
    bool wake_readers = is_awaited(&port->receive.ring);
    bool wake_writers = is_awaited(&port->send.ring);

    spin_unlock(&port->lock, state);
    if (wake_readers)
        wait_queue_wake_all(&port->readers);
    if (wake_writers)
        wait_queue_wake_all(&port->writers);
}

/*
 * Takes an answer. A faulty one closes the port for good; whoever waits is woken to find that out.
 * Locks  port->lock
 */
static bool take_answer(struct port *port, struct virtio_queue *queue,
                        struct virtqueue_answer *answer)
{
    bool had_fault = queue->ring.fault != NULL;

    if (virtqueue_take(&queue->ring, answer))
        return true;
    if (!had_fault && queue->ring.fault != NULL) {
        log_error("virtio-console", "port %u, queue %u: the device %s; the port is given up",
                  port->id, queue->index, queue->ring.fault);
        wait_queue_wake_all(&port->readers);
        wait_queue_wake_all(&port->writers);
    }
    return false;
}

// Asks for an interrupt and sleeps until there is an answer in the queue or the host's end changed.
static status_t sleep_for_answer(struct port *port, struct virtio_queue *queue,
                                 struct wait_queue *waiters, irq_state_t *state)
{
    virtqueue_want_interrupts(&queue->ring, true);
    if (virtqueue_has_answer(&queue->ring)) {
        virtqueue_want_interrupts(&queue->ring, false);
        return STATUS_SUCCESS;
    }
    return wait_queue_sleep(waiters, &port->lock, state, NO_DEADLINE);
}

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

    while (port->current == NULL && take_answer(port, &port->receive, &answer)) {
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

static status_t port_read(struct chardev *chardev, void *buffer, size_t size, size_t *done)
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
            status = sleep_for_answer(port, &port->receive, &port->readers, &state);
        }
    }
    if (port->unnotified >= NOTIFY_BATCH)
        notify_receive(port);
    spin_unlock(&port->lock, state);
    return status;
}

// Takes back the buffers that the host has got.
static void reclaim_sent(struct port *port)
{
    struct virtqueue_answer answer;

    while (take_answer(port, &port->send, &answer)) {
        struct send_buffer *buffer = answer.cookie;

        buffer->next = port->free_send;
        port->free_send = buffer;
    }
}

// Makes one more send buffer, a small one if memory is in pieces. NULL: no memory, or enough of them.
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
        status = sleep_for_answer(port, &port->send, &port->writers, &state);
        if (!status_is_success(status))
            break;
    }
    spin_unlock(&port->lock, state);
    *out = buffer;
    return status;
}

// Sends a filled buffer. The notification comes after the lock, as QEMU writes to the host in it.
static void send_buffer(struct port *port, struct send_buffer *buffer, size_t length)
{
    struct virtqueue_segment segment = {
        .address = frame_paddr(buffer->frame),
        .length = (uint32_t)length,
    };
    irq_state_t state = spin_lock(&port->lock);
    bool is_sent = virtqueue_offer(&port->send.ring, &segment, 1, buffer);

    spin_unlock(&port->lock, state);
    if (is_sent)
        virtio_queue_notify(&port->send);
}

static status_t port_write(struct chardev *chardev, const void *data, size_t size, size_t *done)
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
        send_buffer(port, buffer, chunk);
        *done += chunk;
    }
    return STATUS_SUCCESS;
}

static void port_flush(struct chardev *chardev)
{
    struct port *port = container_of(chardev, struct port, chardev);
    irq_state_t state = spin_lock(&port->lock);
    status_t status = STATUS_SUCCESS;

    for (;;) {
        reclaim_sent(port);
        if (port->send.ring.in_flight == 0 || !status_is_success(check_writable(port)) ||
            !status_is_success(status))
            break;
        status = sleep_for_answer(port, &port->send, &port->writers, &state);
    }
    spin_unlock(&port->lock, state);
}

const struct chardev_ops port_ops = {
    .read = port_read,
    .write = port_write,
    .flush = port_flush,
};
