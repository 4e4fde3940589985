// SPDX-License-Identifier: MIT
/*
 * virtio over memory-mapped registers, [VIRTIO 1.2] 4.2, and the bus that finds such devices in the
 * slots that the boot option names. Only the modern form (version 2): the legacy one would need
 * QEMU's force-legacy, which pekoe switches off.
 *
 * An access to a register costs about a microsecond under emulation, so an empty slot is left after
 * one read.
 */

#include "transport.h"

#include <arch/interrupt.h>
#include <arch/io.h>
#include <kernel/boot.h>
#include <kernel/heap.h>
#include <kernel/init.h>
#include <kernel/kernel_space.h>
#include <kernel/log.h>
#include <kernel/status.h>

#include "slots.h"

enum {
    REG_MAGIC = 0x000,
    REG_VERSION = 0x004,
    REG_DEVICE_ID = 0x008,
    REG_DEVICE_FEATURES = 0x010,
    REG_DEVICE_FEATURES_SELECT = 0x014,
    REG_DRIVER_FEATURES = 0x020,
    REG_DRIVER_FEATURES_SELECT = 0x024,
    REG_QUEUE_SELECT = 0x030,
    REG_QUEUE_SIZE_MAX = 0x034,
    REG_QUEUE_SIZE = 0x038,
    REG_QUEUE_READY = 0x044,
    REG_QUEUE_NOTIFY = 0x050,
    REG_INTERRUPT_STATUS = 0x060,
    REG_INTERRUPT_ACKNOWLEDGE = 0x064,
    REG_STATUS = 0x070,
    REG_QUEUE_DESCRIPTORS = 0x080, // 64 bits each, low half first
    REG_QUEUE_AVAILABLE = 0x090,
    REG_QUEUE_USED = 0x0A0,
    REG_CONFIG = 0x100,
};

#define MAGIC   0x74726976u // "virt"
#define VERSION 2u

static uint32_t read_register(struct virtio_device *device, uint32_t offset)
{
    return mmio_read32((char *)device->device.mapped + offset);
}

static void write_register(struct virtio_device *device, uint32_t offset, uint32_t value)
{
    mmio_write32((char *)device->device.mapped + offset, value);
}

static void write_address(struct virtio_device *device, uint32_t offset, paddr_t address)
{
    write_register(device, offset, (uint32_t)address);
    write_register(device, offset + 4, (uint32_t)(address >> 32));
}

static uint64_t mmio_device_features(struct virtio_device *device)
{
    uint64_t low, high;

    write_register(device, REG_DEVICE_FEATURES_SELECT, 0);
    low = read_register(device, REG_DEVICE_FEATURES);
    write_register(device, REG_DEVICE_FEATURES_SELECT, 1);
    high = read_register(device, REG_DEVICE_FEATURES);
    return high << 32 | low;
}

static void mmio_set_driver_features(struct virtio_device *device, uint64_t features)
{
    write_register(device, REG_DRIVER_FEATURES_SELECT, 0);
    write_register(device, REG_DRIVER_FEATURES, (uint32_t)features);
    write_register(device, REG_DRIVER_FEATURES_SELECT, 1);
    write_register(device, REG_DRIVER_FEATURES, (uint32_t)(features >> 32));
}

static uint32_t mmio_status(struct virtio_device *device)
{
    return read_register(device, REG_STATUS);
}

static void mmio_set_status(struct virtio_device *device, uint32_t status)
{
    write_register(device, REG_STATUS, status);
}

static unsigned mmio_queue_size_max(struct virtio_device *device, unsigned index)
{
    write_register(device, REG_QUEUE_SELECT, index);
    return read_register(device, REG_QUEUE_SIZE_MAX);
}

static void mmio_queue_enable(struct virtio_device *device, unsigned index, unsigned size,
                              const struct virtio_queue_addresses *addresses)
{
    write_register(device, REG_QUEUE_SELECT, index);
    write_register(device, REG_QUEUE_SIZE, size);
    write_address(device, REG_QUEUE_DESCRIPTORS, addresses->descriptors);
    write_address(device, REG_QUEUE_AVAILABLE, addresses->available);
    write_address(device, REG_QUEUE_USED, addresses->used);
    write_register(device, REG_QUEUE_READY, 1);
}

static void mmio_notify(struct virtio_device *device, unsigned index)
{
    write_register(device, REG_QUEUE_NOTIFY, index);
}

// Lines may be shared: a device that has nothing to say is left alone.
static void handle_interrupt(void *context)
{
    struct virtio_device *device = context;
    uint32_t reasons = read_register(device, REG_INTERRUPT_STATUS);

    if (reasons == 0)
        return;
    write_register(device, REG_INTERRUPT_ACKNOWLEDGE, reasons);
    device->hooks->interrupt(device);
}

static status_t mmio_connect_interrupt(struct virtio_device *device)
{
    return interrupt_connect(device->device.interrupt_line, device->device.interrupt_is_level,
                             handle_interrupt, device);
}

static uint32_t mmio_config_read32(struct virtio_device *device, uint32_t offset)
{
    return read_register(device, REG_CONFIG + offset);
}

static const struct virtio_transport mmio_transport = {
    .device_features = mmio_device_features,
    .set_driver_features = mmio_set_driver_features,
    .status = mmio_status,
    .set_status = mmio_set_status,
    .queue_size_max = mmio_queue_size_max,
    .queue_enable = mmio_queue_enable,
    .notify = mmio_notify,
    .connect_interrupt = mmio_connect_interrupt,
    .config_read32 = mmio_config_read32,
};

// Offers what is in a slot to the drivers.
static void probe_slot(const struct virtio_slots *slots, void *mapped, unsigned number)
{
    char *registers = (char *)mapped + (size_t)number * slots->stride;
    uint32_t id = mmio_read32(registers + REG_DEVICE_ID);
    struct virtio_device *device;

    if (id == 0)
        return;
    if (mmio_read32(registers + REG_MAGIC) != MAGIC ||
        mmio_read32(registers + REG_VERSION) != VERSION) {
        log_warn("virtio", "slot %u: no virtio device of version %u", number, VERSION);
        return;
    }
    device = heap_alloc_zeroed(sizeof(*device));
    if (device == NULL) {
        log_error("virtio", "slot %u: no memory", number);
        return;
    }
    device->transport = &mmio_transport;
    device->device = (struct device){
        .bus = DEVICE_VIRTIO_MMIO,
        .name = "virtio-mmio",
        .id = id,
        .registers = slots->base + (paddr_t)number * slots->stride,
        .registers_size = slots->stride,
        .interrupt_line = slots->first_line + number,
        .interrupt_is_level = true,
        .mapped = registers,
    };
    if (!driver_offer(&device->device)) {
        log_info("virtio", "slot %u: nobody drives device type %u", number, id);
        // A driver that failed may have connected the interrupt, and that cannot be undone.
        if (device->hooks == NULL)
            heap_free(device);
    }
}

static void probe_virtio_mmio(void)
{
    char option[80];
    struct virtio_slots slots;
    void *mapped;

    if (!boot_option("virtio_mmio", option, sizeof(option)))
        return;
    if (!virtio_slots_parse(option, &slots)) {
        log_error("virtio", "virtio_mmio=%s: must be BASE,STRIDE,COUNT,LINE", option);
        return;
    }
    mapped = kernel_map_device(slots.base, (size_t)slots.count * slots.stride);
    if (mapped == NULL) {
        log_error("virtio", "no memory to map the device slots");
        return;
    }
    for (unsigned i = 0; i < slots.count; i++)
        probe_slot(&slots, mapped, i);
}

INITCALL(60_DRIVERS, probe_virtio_mmio);
