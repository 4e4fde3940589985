// SPDX-License-Identifier: MIT
/*
 * Drivers: a folder each under drivers/, found through a section of pointers, so that adding one
 * edits no list. Buses describe what they found as a struct device; each driver in turn is asked
 * whether it takes it.
 *
 * Context  thread, level 60_DRIVERS
 */

#pragma once

#include <kernel/types.h>

enum device_bus {
    DEVICE_PLATFORM,
    DEVICE_VIRTIO_MMIO
};

struct device {
    enum device_bus bus;
    const char *name;  // for people
    uint32_t id;       // what the bus calls its kind (virtio: the device type)
    paddr_t registers; // physical address of its registers, 0 if it has ports only
    uint32_t registers_size;
    unsigned interrupt_line;
    bool interrupt_is_level;
    void *mapped; // the registers, once a bus or driver mapped them
};

struct driver {
    const char *name;
    // Whether the driver knows this device; touches nothing.
    bool (*match)(const struct device *device);
    // Starts the device. A failure leaves it as it was found.
    status_t (*attach)(struct device *device);
};

#define DRIVER(driver_struct)                                                                      \
    static const struct driver *const driver_pointer_##driver_struct USED SECTION(".drivers") =    \
        &driver_struct

// Offers a device to the drivers. device must stay for ever. Returns whether one took it.
bool driver_offer(struct device *device);
