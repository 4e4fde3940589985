// SPDX-License-Identifier: MIT
/*
 * A virtio console that answers as QEMU 7.2 does, but sees only buffers that it was notified of and
 * interrupts only who asked for it; and the little of the kernel that the driver calls. All in one
 * thread: when the driver sleeps, the device and the host at its other end get their turn. A sleep
 * that no interrupt ends is cancelled.
 */

#pragma once

#include <virtio/virtio.h>

#define FAKE_PORTS 5u // ports 1..4 exist

struct fake_port {
    const char *name; // with its end, as the device sends it
    bool is_host_open, is_guest_open;
    const uint8_t *input; // what the host has for the program
    size_t input_left;
    size_t input_chunk; // bytes of it per buffer
    bool closes_at_end; // the host goes when its input has been read
    uint8_t *output;    // what the host got
    size_t output_length;
    size_t output_room;   // bytes that the host takes now
    size_t room_per_turn; // bytes that it takes more with each turn
};

struct fake_device {
    struct virtio_device virtio;
    uint64_t features;
    uint32_t status;
    bool is_lazy;   // answers only when the driver sleeps, not within the notification
    bool is_silent; // never answers control messages
    struct fake_port ports[FAKE_PORTS];
    unsigned notifications;
};

extern struct fake_device fake_device;

// Puts everything into the state of a fresh machine.
void fake_reset(void);

// Sends a control message as the device; text is sent behind it. false: the driver gave no buffer.
bool fake_send_control(uint32_t port, uint16_t event, uint16_t value, const void *text,
                       size_t length);

// Sends raw bytes in place of a message.
bool fake_send_raw(const void *bytes, size_t length);

// Answers the next receive buffer of a port with an id and a length of the caller's.
void fake_answer_receive(uint32_t port, uint32_t id_offset, uint32_t length);

// The host closes its end of a port, as it would at any time.
void fake_close(uint32_t port);

// Buffers that the driver has given to the device for a port's input.
unsigned fake_receive_buffers(uint32_t port);

// What the driver called.
struct fake_kernel {
    unsigned sleeps;
    unsigned unwoken;          // sleeps that no interrupt ended
    unsigned frames, blocks;   // allocated now
    unsigned allocations_left; // until memory runs out
    unsigned error_lines;
    unsigned chardev_count;
    struct chardev *chardevs[8];
};

extern struct fake_kernel fake_kernel;

struct chardev *fake_chardev(const char *name);
