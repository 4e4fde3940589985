// SPDX-License-Identifier: MIT
/*
 * Putting a virtio console into operation: queues for all ports that it can have (they must exist
 * before the device runs, and the ports are known only afterwards), then the conversation of
 * control.c, then a character device for each port that pekoe named.
 */

#include "console.h"

#include <kernel/frames.h>
#include <kernel/heap.h>
#include <kernel/log.h>
#include <kernel/status.h>

#define FEATURE_MULTIPORT    (1ull << 1)
#define CONFIG_MAX_PORTS     4u
#define CONTROL_QUEUE        2u // receive; the send queue is the next one
#define CONTROL_QUEUE_LENGTH 32u

static_assert(CONTROL_QUEUE_LENGTH >= CONTROL_BUFFER_COUNT, "a descriptor for each buffer");
static_assert(CONTROL_QUEUE_LENGTH >= 1 + 2 * PORT_COUNT, "and for each message of ours");

static bool match(const struct device *device)
{
    return virtio_matches(device, VIRTIO_ID_CONSOLE);
}

// The queues of port N, [VIRTIO 1.2] 5.3.2: ports from 1 on follow the control queues.
static unsigned port_queue(uint32_t id)
{
    return CONTROL_QUEUE + 2 * id;
}

static status_t open_queue_pair(struct console *console, unsigned index, unsigned receive_size,
                                unsigned send_size, struct virtio_queue *receive,
                                struct virtio_queue *send)
{
    status_t status = virtio_queue_open(console->device, index, receive_size, receive);

    if (!status_is_success(status))
        return status;
    return virtio_queue_open(console->device, index + 1, send_size, send);
}

static status_t open_queues(struct console *console)
{
    status_t status =
        open_queue_pair(console, CONTROL_QUEUE, CONTROL_QUEUE_LENGTH, CONTROL_QUEUE_LENGTH,
                        &console->control_receive, &console->control_send);

    for (unsigned i = 0; i < console->port_count && status_is_success(status); i++) {
        struct port *port = &console->ports[i];

        status = open_queue_pair(console, port_queue(port->id), RECEIVE_BUFFER_COUNT,
                                 SEND_BUFFER_COUNT, &port->receive, &port->send);
    }
    return status;
}

static void handle_interrupt(struct virtio_device *device)
{
    struct console *console = device->driver_data;

    for (unsigned i = 0; i < console->port_count; i++)
        port_interrupt(&console->ports[i]);
    control_poll(console);
}

static const struct virtio_driver_hooks hooks = { .interrupt = handle_interrupt };

static void init_console(struct console *console, struct virtio_device *device)
{
    uint32_t max_ports = virtio_config_read32(device, CONFIG_MAX_PORTS);

    spin_init(&console->control_lock, "virtio console control", LOCK_RANK_CHARDEV);
    wait_queue_init(&console->changed);
    console->device = device;
    // max_ports counts port 0.
    console->port_count =
        max_ports > PORT_ID_FIRST ? MIN(max_ports - PORT_ID_FIRST, PORT_COUNT) : 0;
    for (unsigned i = 0; i < console->port_count; i++)
        port_init(&console->ports[i], console, PORT_ID_FIRST + i);
}

static status_t start(struct console *console)
{
    status_t status;

    console->control_buffers = frames_alloc(0, FRAME_TAG_DEVICE);
    console->control_messages = frames_alloc(0, FRAME_TAG_DEVICE);
    if (console->control_buffers == NULL || console->control_messages == NULL)
        return STATUS_NO_MEMORY;
    status = open_queues(console);
    if (!status_is_success(status))
        return status;
    return virtio_run(console->device, &hooks, console);
}

// Undoes start. The device has been reset, so nothing of this is in its hands.
static void destroy_console(struct console *console)
{
    for (unsigned i = 0; i < console->port_count; i++) {
        virtio_queue_close(&console->ports[i].receive);
        virtio_queue_close(&console->ports[i].send);
    }
    virtio_queue_close(&console->control_receive);
    virtio_queue_close(&console->control_send);
    if (console->control_buffers != NULL)
        frames_free(console->control_buffers);
    if (console->control_messages != NULL)
        frames_free(console->control_messages);
    heap_free(console);
}

static void register_ports(struct console *console)
{
    for (unsigned i = 0; i < console->port_count; i++) {
        struct port *port = &console->ports[i];

        if (port->name[0] == '\0')
            continue;
        port->chardev = (struct chardev){ .name = port->name, .ops = &port_ops };
        chardev_register(&port->chardev);
        log_debug("virtio-console", "port %u is %s", port->id, port->name);
    }
}

static status_t attach(struct device *generic)
{
    struct virtio_device *device = virtio_device_of(generic);
    struct console *console;
    status_t status = virtio_begin(device, FEATURE_MULTIPORT, 0);

    if (!status_is_success(status))
        return status;
    console = heap_alloc_zeroed(sizeof(*console));
    if (console == NULL) {
        virtio_reset(device);
        return STATUS_NO_MEMORY;
    }
    init_console(console, device);
    status = start(console);
    if (!status_is_success(status)) {
        virtio_reset(device);
        destroy_console(console);
        return status;
    }
    status = control_discover(console);
    if (!status_is_success(status)) {
        // The interrupt stays connected, and with it what its handler looks at.
        virtio_reset(device);
        return status;
    }
    register_ports(console);
    return STATUS_SUCCESS;
}

static const struct driver virtio_console_driver = {
    .name = "virtio-console",
    .match = match,
    .attach = attach,
};

DRIVER(virtio_console_driver);
