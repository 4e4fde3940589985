// SPDX-License-Identifier: MIT
/*
 * virtio devices as their drivers see them, whatever they hang on (memory-mapped registers now).
 *
 * A driver's attach goes: virtio_begin, virtio_queue_open for each queue, virtio_run; from there on
 * it offers buffers, notifies, and is called when the device has answered. A failure before
 * virtio_run succeeds is undone by virtio_queue_close for each queue and virtio_reset.
 */

#pragma once

#include <kernel/driver.h>
#include <virtio/virtqueue.h>

enum virtio_device_id {
    VIRTIO_ID_CONSOLE = 3,
};

// Feature bits that mean the same for every device.
#define VIRTIO_F_VERSION_1 (1ull << 32)

struct virtio_device;
struct virtio_transport;

struct virtio_driver_hooks {
    // The device has answered on some queue, or its configuration changed. Context: interrupt.
    void (*interrupt)(struct virtio_device *device);
};

/*
 *	I	immutable after creation
 *	r	immutable after virtio_run
 */
struct virtio_device {
    struct device device;                     // [I] what drivers are offered
    const struct virtio_transport *transport; // [I]
    const struct virtio_driver_hooks *hooks;  // [r]
    void *driver_data;                        // [r] the driver's
    uint64_t features;                        // [r] those that both sides speak
};

// One queue with its memory. The driver's lock guards `ring`.
struct virtio_queue {
    struct virtqueue ring;
    struct virtio_device *device;
    unsigned index;
    struct frame *memory; // NULL: not open
};

// For match: whether this is a virtio device of that type.
bool virtio_matches(const struct device *device, enum virtio_device_id id);

static inline struct virtio_device *virtio_device_of(struct device *device)
{
    return container_of(device, struct virtio_device, device);
}

/*
 * Resets the device and agrees with it on features; VIRTIO_F_VERSION_1 is asked for by itself.
 *
 * required  the driver cannot do without these
 * optional  what the device lacks of these is missing in device->features afterwards
 * Fails     STATUS_NOT_SUPPORTED: the device lacks a required one, or refuses the choice
 *           STATUS_IO_DEVICE_ERROR: it does not come out of reset
 */
status_t virtio_begin(struct virtio_device *device, uint64_t required,
                      uint64_t optional) MUST_CHECK;

/*
 * Opens queue number `index` with room for `size` descriptors, or what the device allows if less.
 *
 * size     a power of two, 1..VIRTQUEUE_SIZE_MAX
 * Fails    STATUS_NO_MEMORY
 *          STATUS_NOT_SUPPORTED: the device has no such queue
 */
status_t virtio_queue_open(struct virtio_device *device, unsigned index, unsigned size,
                           struct virtio_queue *queue) MUST_CHECK;

// Frees a queue's memory; the device has been reset. A queue that is not open may be closed.
void virtio_queue_close(struct virtio_queue *queue);

/*
 * Connects the interrupt and sets the device going. hooks and driver_data must stay for ever.
 * Fails    as interrupt_connect
 */
status_t virtio_run(struct virtio_device *device, const struct virtio_driver_hooks *hooks,
                    void *driver_data) MUST_CHECK;

// Stops the device; it touches no memory of ours from then on.
void virtio_reset(struct virtio_device *device);

// Tells the device of what has been offered, if it wants to know. Needs no lock.
void virtio_queue_notify(struct virtio_queue *queue);

// Reads four bytes of the device's configuration; offset is a multiple of 4.
uint32_t virtio_config_read32(struct virtio_device *device, uint32_t offset);
