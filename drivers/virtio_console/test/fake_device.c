// SPDX-License-Identifier: MIT
// The device's side: it reads descriptors and rings where the driver said that they are, and writes
// into the buffers through the same addresses.

#include "fake_device.h"

#include <kernel/frames.h>
#include <kernel/spinlock.h>
#include <kernel/status.h>
#include <kernel/string.h>
#include <kernel/thread.h>

#include "../../virtio/transport.h"
#include "../console.h"

#define QUEUES          (2 + 2 * FAKE_PORTS)
#define QUEUE_SIZE      64u
#define CONTROL_RECEIVE 2u
#define CONTROL_SEND    3u

#define AVAILABLE_NO_INTERRUPT 1u

struct fake_device fake_device;

static struct fake_queue {
    unsigned size; // 0: not enabled
    struct virtq_descriptor *descriptors;
    struct virtq_available *available;
    struct virtq_used *used;
    uint16_t noticed; // the available index at the last notification
    uint16_t taken;   // buffers taken off the available ring
} queues[QUEUES];

static bool has_interrupt; // raised, and not delivered yet

static unsigned receive_queue(uint32_t port)
{
    return 2 + 2 * port;
}

static bool has_buffer(const struct fake_queue *queue)
{
    return queue->size != 0 && queue->taken != queue->noticed;
}

static struct virtq_descriptor *next_buffer(struct fake_queue *queue, uint16_t *id)
{
    *id = queue->available->ring[queue->taken % queue->size];
    return &queue->descriptors[*id];
}

static void answer(struct fake_queue *queue, uint32_t id, uint32_t length)
{
    queue->used->ring[queue->used->index % queue->size] = (struct virtq_used_element){ id, length };
    queue->used->index++;
    queue->taken++;
    if ((queue->available->flags & AVAILABLE_NO_INTERRUPT) == 0)
        has_interrupt = true;
}

static bool send_bytes(struct fake_queue *queue, const void *bytes, size_t length)
{
    struct virtq_descriptor *buffer;
    uint16_t id;

    if (!has_buffer(queue))
        return false;
    buffer = next_buffer(queue, &id);
    length = MIN(length, buffer->length);
    memcpy(direct_map(buffer->address), bytes, length);
    answer(queue, id, (uint32_t)length);
    return true;
}

bool fake_send_raw(const void *bytes, size_t length)
{
    return send_bytes(&queues[CONTROL_RECEIVE], bytes, length);
}

bool fake_send_control(uint32_t port, uint16_t event, uint16_t value, const void *text,
                       size_t length)
{
    char bytes[256];
    struct control_message message = { port, event, value };

    memcpy(bytes, &message, sizeof(message));
    memcpy(bytes + sizeof(message), text, length);
    return fake_send_raw(bytes, sizeof(message) + length);
}

void fake_answer_receive(uint32_t port, uint32_t id_offset, uint32_t length)
{
    struct fake_queue *queue = &queues[receive_queue(port)];
    uint16_t id;

    next_buffer(queue, &id);
    answer(queue, id + id_offset, length);
}

void fake_close(uint32_t port)
{
    fake_device.ports[port].is_host_open = false;
    fake_send_control(port, CONTROL_PORT_OPEN, 0, "", 0);
}

unsigned fake_receive_buffers(uint32_t port)
{
    const struct fake_queue *queue = &queues[receive_queue(port)];

    return (uint16_t)(queue->available->index - queue->taken);
}

static void handle_control(const struct control_message *message)
{
    struct fake_port *port = message->id < FAKE_PORTS ? &fake_device.ports[message->id] : NULL;

    if (message->event == CONTROL_DEVICE_READY) {
        for (uint32_t i = 1; i < FAKE_PORTS; i++)
            fake_send_control(i, CONTROL_PORT_ADD, 1, "", 0);
    } else if (message->event == CONTROL_PORT_READY && port != NULL) {
        if (port->name != NULL)
            fake_send_control(message->id, CONTROL_PORT_NAME, 1, port->name,
                              strlen(port->name) + 1);
        if (port->is_host_open)
            fake_send_control(message->id, CONTROL_PORT_OPEN, 1, "", 0);
    } else if (message->event == CONTROL_PORT_OPEN && port != NULL) {
        port->is_guest_open = message->value != 0;
    }
}

static void run_control(struct fake_queue *queue)
{
    while (has_buffer(queue) && !fake_device.is_silent) {
        uint16_t id;
        struct control_message *message = direct_map(next_buffer(queue, &id)->address);

        handle_control(message);
        answer(queue, id, 0);
    }
}

static void run_input(uint32_t number)
{
    struct fake_port *port = &fake_device.ports[number];
    struct fake_queue *queue = &queues[receive_queue(number)];

    while (port->input_left != 0 && has_buffer(queue)) {
        size_t length = MIN(port->input_left, port->input_chunk);

        send_bytes(queue, port->input, length);
        port->input += length;
        port->input_left -= length;
    }
    // QEMU looks at its socket again only when there is a buffer.
    if (port->input_left == 0 && port->closes_at_end && port->is_host_open && has_buffer(queue))
        fake_close(number);
}

// A buffer that the host takes only in part stays with the device, as in QEMU.
static void run_output(uint32_t number)
{
    struct fake_port *port = &fake_device.ports[number];
    struct fake_queue *queue = &queues[receive_queue(number) + 1];

    while (has_buffer(queue)) {
        uint16_t id;
        struct virtq_descriptor *buffer = next_buffer(queue, &id);

        if (port->is_host_open) {
            if (port->output_room < buffer->length)
                return;
            memcpy(port->output + port->output_length, direct_map(buffer->address), buffer->length);
            port->output_length += buffer->length;
            port->output_room -= buffer->length;
        }
        answer(queue, id, 0); // a closed port's output is dropped
    }
}

static void run_device(void)
{
    if ((fake_device.status & VIRTIO_STATUS_DRIVER_OK) == 0)
        return;
    run_control(&queues[CONTROL_SEND]);
    for (uint32_t i = 1; i < FAKE_PORTS; i++) {
        run_input(i);
        run_output(i);
    }
}

status_t wait_queue_sleep(struct wait_queue *queue, struct spinlock *guard, irq_state_t *state,
                          nanoseconds_t deadline)
{
    bool is_woken;

    (void)queue;
    fake_kernel.sleeps++;
    spin_unlock(guard, *state);
    for (uint32_t i = 1; i < FAKE_PORTS; i++)
        fake_device.ports[i].output_room += fake_device.ports[i].room_per_turn;
    run_device();
    is_woken = has_interrupt;
    has_interrupt = false;
    if (is_woken)
        fake_device.virtio.hooks->interrupt(&fake_device.virtio);
    *state = spin_lock(guard);
    if (is_woken)
        return STATUS_SUCCESS;
    fake_kernel.unwoken++;
    return deadline == NO_DEADLINE ? STATUS_CANCELLED : STATUS_TIMEOUT;
}

static uint64_t device_features(struct virtio_device *device)
{
    (void)device;
    return fake_device.features;
}

static void set_driver_features(struct virtio_device *device, uint64_t features)
{
    (void)device, (void)features;
}

static uint32_t get_status(struct virtio_device *device)
{
    (void)device;
    return fake_device.status;
}

static void set_status(struct virtio_device *device, uint32_t status)
{
    (void)device;
    fake_device.status = status;
    if (status == 0)
        memset(queues, 0, sizeof(queues));
}

static unsigned queue_size_max(struct virtio_device *device, unsigned index)
{
    (void)device;
    return index < QUEUES ? QUEUE_SIZE : 0;
}

static void queue_enable(struct virtio_device *device, unsigned index, unsigned size,
                         const struct virtio_queue_addresses *addresses)
{
    (void)device;
    queues[index] = (struct fake_queue){
        .size = size,
        .descriptors = direct_map(addresses->descriptors),
        .available = direct_map(addresses->available),
        .used = direct_map(addresses->used),
    };
}

static void notify(struct virtio_device *device, unsigned index)
{
    (void)device;
    fake_device.notifications++;
    queues[index].noticed = queues[index].available->index;
    if (!fake_device.is_lazy)
        run_device();
}

static status_t connect_interrupt(struct virtio_device *device)
{
    (void)device;
    return STATUS_SUCCESS;
}

static uint32_t config_read32(struct virtio_device *device, uint32_t offset)
{
    (void)device;
    return offset == 4 ? FAKE_PORTS : 0;
}

static const struct virtio_transport transport = {
    device_features, set_driver_features, get_status,    set_status, queue_size_max, queue_enable,
    notify,          connect_interrupt,   config_read32,
};

void fake_reset(void)
{
    static const char *const names[FAKE_PORTS] = { NULL, "pekoe.stdin", "pekoe.stdout",
                                                   "pekoe.stderr", "pekoe.control" };

    memset(queues, 0, sizeof(queues));
    has_interrupt = false;
    fake_kernel = (struct fake_kernel){ .allocations_left = 1000 };
    fake_device = (struct fake_device){
        .virtio.device = { .bus = DEVICE_VIRTIO_MMIO, .id = VIRTIO_ID_CONSOLE, .name = "fake" },
        .virtio.transport = &transport,
        .features = VIRTIO_F_VERSION_1 | 7,
    };
    for (unsigned i = 1; i < FAKE_PORTS; i++) {
        fake_device.ports[i].name = names[i];
        fake_device.ports[i].is_host_open = true;
        fake_device.ports[i].input_chunk = 4096;
    }
}
