// SPDX-License-Identifier: MIT
/*
 * A virtio console with several ports ([VIRTIO 1.2] 5.3), each a byte stream of its own in both
 * directions. pekoe names them "pekoe.stdin", "pekoe.stdout" and so on; what stands behind the dot
 * is the name of the character device.
 *
 * Two things move: data, in each port's pair of queues (port.c, receive.c, send.c), and messages
 * about ports, in the device's control queues (control.c). console.c puts the device into
 * operation.
 *
 * Locks: console->control_lock before port->lock. The interrupt handler takes both, one port at a
 * time.
 *
 *	I	immutable once the ports are registered
 *	c	control_lock
 *	p	the port's lock
 */

#pragma once

#include <kernel/chardev.h>
#include <kernel/spinlock.h>
#include <kernel/thread.h>
#include <virtio/virtio.h>

// Ports 1..8. Port 0 is what a machine with one port would use; pekoe leaves it out.
#define PORT_ID_FIRST 1u
#define PORT_ID_LAST  8u
#define PORT_COUNT    (PORT_ID_LAST - PORT_ID_FIRST + 1)

// QEMU reads its sockets 4 KiB at a time and starts a buffer with each, so larger ones stay empty.
#define RECEIVE_BUFFER_SIZE  4096u
#define RECEIVE_BUFFER_COUNT 16u

// One host write per buffer: large ones make few. As many as four are on their way.
#define SEND_BUFFER_ORDER 2u
#define SEND_BUFFER_COUNT 4u

struct receive_buffer {
    struct frame *frame;
    uint32_t length; // what the device wrote
};

struct send_buffer {
    struct frame *frame;
    uint32_t size;
    struct send_buffer *next; // in the list of free ones
};

struct port {
    struct spinlock lock;
    struct console *console; // [I]
    uint32_t id;             // [I]
    char name[24];           // [I] without "pekoe."; "" while it has none
    struct chardev chardev;  // [I]

    bool is_announced; // [c] the device has told of it
    bool has_name;     // [c] it has told the name, be it one that we like or not
    bool is_open;      // [p] the host is there at the other end

    struct virtio_queue receive;                          // [p]
    struct receive_buffer received[RECEIVE_BUFFER_COUNT]; // [p]
    struct receive_buffer *current;                       // [p] being read, NULL: none
    uint32_t current_offset;                              // [p]
    unsigned unnotified;      // [p] buffers given back that the device was not told of
    bool has_receive_buffers; // [p] made with the first read
    struct wait_queue readers;

    struct virtio_queue send;                      // [p]
    struct send_buffer sending[SEND_BUFFER_COUNT]; // [p]
    struct send_buffer *free_send;                 // [p]
    unsigned send_count;                           // [p] buffers made so far, as needed
    struct wait_queue writers;
};

// [VIRTIO 1.2] 5.3.6.2, little-endian.
struct control_message {
    uint32_t id;
    uint16_t event;
    uint16_t value;
};

enum control_event {
    CONTROL_DEVICE_READY = 0,
    CONTROL_PORT_ADD = 1,
    CONTROL_PORT_REMOVE = 2,
    CONTROL_PORT_READY = 3,
    CONTROL_CONSOLE_PORT = 4,
    CONTROL_RESIZE = 5,
    CONTROL_PORT_OPEN = 6,
    CONTROL_PORT_NAME = 7,
};

// A message and a name behind it. The device drops messages that find no buffer: there must be
// enough for all answers to one batch of ours.
#define CONTROL_BUFFER_SIZE  128u
#define CONTROL_BUFFER_COUNT 32u

struct console {
    struct virtio_device *device; // [I]
    struct spinlock control_lock;
    struct virtio_queue control_receive; // [c]
    struct virtio_queue control_send;    // [c]
    struct frame *control_buffers;       // [I] CONTROL_BUFFER_COUNT buffers
    struct frame *control_messages;      // [I] those that we send, each in a place of its own
    unsigned messages_sent;              // [c]
    bool is_discovered;                  // [c] names are settled
    struct wait_queue changed;           // control.c has learnt something
    unsigned port_count;                 // [I] of ports[], those that have queues
    struct port ports[PORT_COUNT];
};

// Gives the device its control buffers, and gets to know the ports: afterwards each announced port
// has a name. STATUS_IO_DEVICE_ERROR: the device did not get there in a second.
status_t control_discover(struct console *console) MUST_CHECK;

// Handles what has arrived in the control queue. Context: any but NMI.
void control_poll(struct console *console);

void port_init(struct port *port, struct console *console, uint32_t id);

// The host came or went. Context: any but NMI.
void port_set_open(struct port *port, bool is_open);

// Wakes those who wait for what the device has answered. Context: interrupt.
void port_interrupt(struct port *port);

/*
 * Takes an answer. A faulty one ends the queue for good; whoever waits is woken to find that out.
 * Returns  whether there was one
 * Locks    caller holds port->lock
 */
bool port_take_answer(struct port *port, struct virtio_queue *queue,
                      struct virtqueue_answer *answer) MUST_CHECK;

/*
 * Asks for an interrupt and sleeps until there is an answer in the queue, the host's end changed,
 * or for no reason: the caller looks again. Fails    STATUS_CANCELLED: the thread is being ended
 * Locks    caller holds port->lock; released while sleeping
 */
status_t port_sleep(struct port *port, struct virtio_queue *queue, struct wait_queue *waiters,
                    irq_state_t *state) MUST_CHECK;

// The character device's operations: receive.c and send.c.
status_t port_read(struct chardev *chardev, void *buffer, size_t size, size_t *done);
status_t port_write(struct chardev *chardev, const void *data, size_t size, size_t *done);
void port_flush(struct chardev *chardev);

extern const struct chardev_ops port_ops;
