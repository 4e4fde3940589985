// SPDX-License-Identifier: MIT
// What a transport offers to device.c: the few things that memory-mapped and PCI devices do
// differently. Everything above it is the same for all.

#pragma once

#include <virtio/virtio.h>

// Device status bits, [VIRTIO 1.2] 2.1.
enum {
    VIRTIO_STATUS_ACKNOWLEDGE = 1,
    VIRTIO_STATUS_DRIVER = 2,
    VIRTIO_STATUS_DRIVER_OK = 4,
    VIRTIO_STATUS_FEATURES_OK = 8,
};

struct virtio_queue_addresses {
    paddr_t descriptors, available, used;
};

struct virtio_transport {
    uint64_t (*device_features)(struct virtio_device *device);
    void (*set_driver_features)(struct virtio_device *device, uint64_t features);
    uint32_t (*status)(struct virtio_device *device);
    void (*set_status)(struct virtio_device *device, uint32_t status); // 0 resets
    // The most descriptors that a queue can have; 0: there is no such queue.
    unsigned (*queue_size_max)(struct virtio_device *device, unsigned index);
    void (*queue_enable)(struct virtio_device *device, unsigned index, unsigned size,
                         const struct virtio_queue_addresses *addresses);
    void (*notify)(struct virtio_device *device, unsigned index);
    // Routes the device's interrupts to hooks->interrupt.
    status_t (*connect_interrupt)(struct virtio_device *device);
    uint32_t (*config_read32)(struct virtio_device *device, uint32_t offset);
};
