// SPDX-License-Identifier: MIT
/*
 * The control queues: which ports there are, what they are called, whether the host is there.
 *
 * The conversation ([VIRTIO 1.2] 5.3.6.2) takes two batches: "device ready", which the device
 * answers with a PORT_ADD for each port; then "ready" and "open" for all of them, which it answers
 * with each port's name and whether the host has it open. QEMU answers within the notification, so
 * that on the way to the first program nobody sleeps here.
 */

#include "console.h"

#include <kernel/clock.h>
#include <kernel/frames.h>
#include <kernel/log.h>
#include <kernel/status.h>
#include <kernel/string.h>

#define NAME_PREFIX        "pekoe."
#define NAME_PREFIX_LENGTH (sizeof(NAME_PREFIX) - 1)
#define ANSWER_TIME        1000000000ull // nanoseconds

static_assert(sizeof(struct control_message) == 8, "[VIRTIO 1.2] 5.3.6.2");
static_assert(CONTROL_BUFFER_COUNT * CONTROL_BUFFER_SIZE <= PAGE_SIZE, "one frame");
static_assert(CONTROL_BUFFER_COUNT >= 3 * PORT_COUNT, "CONSOLE_PORT, NAME and OPEN for each port");
static_assert((1 + 2 * PORT_COUNT) * sizeof(struct control_message) <= PAGE_SIZE, "one frame");

// A message as it arrived: copied out, as the device can still write to the buffer.
struct received_message {
    struct control_message header;
    char name[CONTROL_BUFFER_SIZE - sizeof(struct control_message)];
    size_t name_length;
};

static void give_control_buffer(struct console *console, char *buffer)
{
    struct frame *frame = console->control_buffers;
    struct virtqueue_segment segment = {
        .address = frame_paddr(frame) + (size_t)(buffer - (char *)frame_address(frame)),
        .length = CONTROL_BUFFER_SIZE,
        .device_writes = true,
    };
    bool is_given = virtqueue_offer(&console->control_receive.ring, &segment, 1, buffer);

    (void)is_given; // refused only by a queue with a fault, and take_message tells of that
}

// The port that a message is about, or NULL if it is none of ours.
static struct port *port_of_message(struct console *console, const struct control_message *message)
{
    uint32_t index = message->id - PORT_ID_FIRST;

    return message->id >= PORT_ID_FIRST && index < console->port_count ? &console->ports[index]
                                                                       : NULL;
}

// Keeps a name that pekoe gave; others leave the port without one, and unregistered.
static void set_name(struct port *port, const struct received_message *message)
{
    size_t length = strnlen(message->name, message->name_length);

    port->has_name = true;
    if (length <= NAME_PREFIX_LENGTH || length - NAME_PREFIX_LENGTH >= sizeof(port->name) ||
        memcmp(message->name, NAME_PREFIX, NAME_PREFIX_LENGTH) != 0) {
        log_info("virtio-console", "port %u has a name that is not ours", port->id);
        return;
    }
    memcpy(port->name, message->name + NAME_PREFIX_LENGTH, length - NAME_PREFIX_LENGTH);
    port->name[length - NAME_PREFIX_LENGTH] = '\0';
}

static void apply_message(struct console *console, const struct received_message *message)
{
    const struct control_message *header = &message->header;
    struct port *port = port_of_message(console, header);

    if (port == NULL) {
        log_warn("virtio-console", "message %u about port %u, which is not served", header->event,
                 header->id);
        return;
    }
    switch (header->event) {
    case CONTROL_PORT_ADD:
        port->is_announced = true;
        break;
    case CONTROL_PORT_NAME:
        if (!console->is_discovered)
            set_name(port, message);
        break;
    case CONTROL_PORT_OPEN:
        port_set_open(port, header->value != 0);
        break;
    case CONTROL_PORT_REMOVE:
        port_set_open(port, false);
        break;
    default: // a console's size and the like
        break;
    }
}

// Takes one message out of the queue and gives its buffer back. Locks: control_lock.
static bool take_message(struct console *console, struct received_message *out)
{
    struct virtqueue *ring = &console->control_receive.ring;
    bool had_fault = ring->fault != NULL;
    struct virtqueue_answer answer;

    while (virtqueue_take(ring, &answer)) {
        size_t length = answer.length;
        bool is_whole = length >= sizeof(out->header);

        if (is_whole) {
            memcpy(&out->header, answer.cookie, sizeof(out->header));
            out->name_length = length - sizeof(out->header);
            memcpy(out->name, (char *)answer.cookie + sizeof(out->header), out->name_length);
        }
        give_control_buffer(console, answer.cookie);
        if (is_whole)
            return true;
        log_warn("virtio-console", "a control message of %zu bytes", length);
    }
    if (!had_fault && ring->fault != NULL)
        log_error("virtio-console", "control queue: the device %s", ring->fault);
    return false;
}

static void poll_locked(struct console *console)
{
    struct received_message message;

    while (take_message(console, &message))
        apply_message(console, &message);
}

void control_poll(struct console *console)
{
    irq_state_t state = spin_lock(&console->control_lock);

    if (!virtqueue_has_answer(&console->control_receive.ring)) {
        spin_unlock(&console->control_lock, state);
        return;
    }
    poll_locked(console);
    spin_unlock(&console->control_lock, state);
    virtio_queue_notify(&console->control_receive);
    wait_queue_wake_all(&console->changed);
}

// Puts a message into the send queue; each has a place of its own for ever. Locks: control_lock.
static void queue_message(struct console *console, uint32_t id, enum control_event event,
                          uint16_t value)
{
    struct control_message *messages = frame_address(console->control_messages);
    unsigned place = console->messages_sent++;
    struct virtqueue_segment segment = {
        .address = frame_paddr(console->control_messages) + place * sizeof(*messages),
        .length = sizeof(*messages),
    };

    messages[place] = (struct control_message){ id, (uint16_t)event, value };
    // The queue has room for all that we ever send, or the device refused that queue size: then it
    // stays silent, and the wait for its answer ends in an error.
    if (!virtqueue_offer(&console->control_send.ring, &segment, 1, &messages[place]))
        log_error("virtio-console", "no room for control message %u", place);
}

static bool is_announced(const struct console *console)
{
    for (unsigned i = 0; i < console->port_count; i++) {
        if (console->ports[i].is_announced)
            return true;
    }
    return false;
}

static bool are_all_named(const struct console *console)
{
    for (unsigned i = 0; i < console->port_count; i++) {
        if (console->ports[i].is_announced && !console->ports[i].has_name)
            return false;
    }
    return true;
}

/*
 * Waits until the device has told enough. Interrupts are asked for only if it has not: on the way
 * to the first program even one would cost more than the rest of the conversation.
 */
static status_t wait_until(struct console *console, bool (*is_enough)(const struct console *))
{
    nanoseconds_t deadline = clock_now() + ANSWER_TIME;
    struct virtqueue *ring = &console->control_receive.ring;
    irq_state_t state = spin_lock(&console->control_lock);
    status_t status = STATUS_SUCCESS;

    for (;;) {
        poll_locked(console);
        if (is_enough(console) || status != STATUS_SUCCESS)
            break;
        virtqueue_want_interrupts(ring, true);
        if (!virtqueue_has_answer(ring))
            status = wait_queue_sleep(&console->changed, &console->control_lock, &state, deadline);
    }
    status = is_enough(console) ? STATUS_SUCCESS : STATUS_IO_DEVICE_ERROR;
    spin_unlock(&console->control_lock, state);
    return status;
}

// Gives the device all control buffers and says that we are there.
static void start_conversation(struct console *console)
{
    char *buffers = frame_address(console->control_buffers);
    irq_state_t state = spin_lock(&console->control_lock);
    unsigned count = MIN(CONTROL_BUFFER_COUNT, console->control_receive.ring.size);

    for (unsigned i = 0; i < count; i++)
        give_control_buffer(console, buffers + (size_t)i * CONTROL_BUFFER_SIZE);
    queue_message(console, 0, CONTROL_DEVICE_READY, 1);
    spin_unlock(&console->control_lock, state);
    virtio_queue_notify(&console->control_receive);
    virtio_queue_notify(&console->control_send);
}

static void open_ports(struct console *console)
{
    irq_state_t state = spin_lock(&console->control_lock);

    for (unsigned i = 0; i < console->port_count; i++) {
        struct port *port = &console->ports[i];

        if (!port->is_announced)
            continue;
        queue_message(console, port->id, CONTROL_PORT_READY, 1);
        queue_message(console, port->id, CONTROL_PORT_OPEN, 1);
    }
    spin_unlock(&console->control_lock, state);
    virtio_queue_notify(&console->control_send);
}

// From here on the host's coming and going is heard by interrupt, and names do not change.
static void listen(struct console *console)
{
    irq_state_t state = spin_lock(&console->control_lock);

    console->is_discovered = true;
    virtqueue_want_interrupts(&console->control_receive.ring, true);
    spin_unlock(&console->control_lock, state);
    control_poll(console);
}

status_t control_discover(struct console *console)
{
    status_t status;

    start_conversation(console);
    status = wait_until(console, is_announced);
    if (!status_is_success(status)) {
        log_error("virtio-console", "the device announces no port");
        return status;
    }
    open_ports(console);
    status = wait_until(console, are_all_named);
    if (!status_is_success(status)) {
        log_error("virtio-console", "the device does not name its ports");
        return status;
    }
    listen(console);
    return STATUS_SUCCESS;
}
