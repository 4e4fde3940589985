// SPDX-License-Identifier: MIT
/*
 * A port: who waits for it, and what wakes them. Interrupts are asked for only by whoever is about
 * to sleep, so a device that answers at once (QEMU does most of its work within the notification)
 * causes none.
 */

#include "console.h"

#include <kernel/log.h>
#include <kernel/status.h>

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

bool port_take_answer(struct port *port, struct virtio_queue *queue,
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

status_t port_sleep(struct port *port, struct virtio_queue *queue, struct wait_queue *waiters,
                    irq_state_t *state)
{
    virtqueue_want_interrupts(&queue->ring, true);
    if (virtqueue_has_answer(&queue->ring)) {
        virtqueue_want_interrupts(&queue->ring, false);
        return STATUS_SUCCESS;
    }
    return wait_queue_sleep(waiters, &port->lock, state, NO_DEADLINE);
}

const struct chardev_ops port_ops = {
    .read = port_read,
    .write = port_write,
    .flush = port_flush,
};
