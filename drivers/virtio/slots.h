// SPDX-License-Identifier: MIT
// Where the memory-mapped virtio devices are. QEMU's microvm has no description of them that we
// read, so whoever starts the machine says it: virtio_mmio=BASE,STRIDE,COUNT,LINE.

#pragma once

#include <kernel/types.h>

struct virtio_slots {
    paddr_t base;
    uint32_t stride; // bytes from one device's registers to the next one's
    unsigned count;
    unsigned first_line; // interrupt line of the first slot; the next slot has the next line
};

#define VIRTIO_SLOTS_MAX 32u

// Reads the option's value. false: it is not of that form, or describes an impossible place.
bool virtio_slots_parse(const char *text, struct virtio_slots *out);
