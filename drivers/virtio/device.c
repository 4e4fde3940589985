// SPDX-License-Identifier: MIT
// Starting a virtio device, [VIRTIO 1.2] 3.1.1, over any transport.

#include <virtio/virtio.h>

#include <kernel/frames.h>
#include <kernel/heap.h>
#include <kernel/log.h>
#include <kernel/status.h>

#include "transport.h"

// Reads of the status register until a reset has come through. QEMU resets within the write.
#define RESET_POLLS 100000u

bool virtio_matches(const struct device *device, enum virtio_device_id id)
{
    return device->bus == DEVICE_VIRTIO_MMIO && device->id == (uint32_t)id;
}

void virtio_reset(struct virtio_device *device)
{
    device->transport->set_status(device, 0);
}

static bool wait_for_reset(struct virtio_device *device)
{
    for (unsigned i = 0; i < RESET_POLLS; i++) {
        if (device->transport->status(device) == 0)
            return true;
    }
    return false;
}

static void add_status(struct virtio_device *device, uint32_t bit)
{
    const struct virtio_transport *transport = device->transport;

    transport->set_status(device, transport->status(device) | bit);
}

status_t virtio_begin(struct virtio_device *device, uint64_t required, uint64_t optional)
{
    const struct virtio_transport *transport = device->transport;
    uint64_t offered, missing;

    virtio_reset(device);
    if (!wait_for_reset(device)) {
        log_error("virtio", "%s: does not come out of reset", device->device.name);
        return STATUS_IO_DEVICE_ERROR;
    }
    add_status(device, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER);

    required |= VIRTIO_F_VERSION_1;
    offered = transport->device_features(device);
    missing = required & ~offered;
    if (missing == 0) {
        device->features = offered & (required | optional);
        transport->set_driver_features(device, device->features);
        add_status(device, VIRTIO_STATUS_FEATURES_OK);
    }
    if (missing != 0 || (transport->status(device) & VIRTIO_STATUS_FEATURES_OK) == 0) {
        log_error("virtio", "%s: no agreement on features: offers %#llx, needed %#llx",
                  device->device.name, (unsigned long long)offered, (unsigned long long)required);
        virtio_reset(device);
        return STATUS_NOT_SUPPORTED;
    }
    return STATUS_SUCCESS;
}

// The largest power of two that is at most limit, and at most size.
static unsigned fitting_size(unsigned size, unsigned limit)
{
    while (size > limit)
        size /= 2;
    return size;
}

status_t virtio_queue_open(struct virtio_device *device, unsigned index, unsigned size,
                           struct virtio_queue *queue)
{
    struct virtqueue_slot *slots;
    struct frame *memory;
    paddr_t base;

    size = fitting_size(size, device->transport->queue_size_max(device, index));
    if (size == 0) {
        log_error("virtio", "%s: has no queue %u", device->device.name, index);
        return STATUS_NOT_SUPPORTED;
    }
    slots = heap_alloc(size * sizeof(*slots));
    if (slots == NULL)
        return STATUS_NO_MEMORY;
    memory = frame_alloc_zeroed(FRAME_TAG_DEVICE);
    if (memory == NULL) {
        heap_free(slots);
        return STATUS_NO_MEMORY;
    }

    virtqueue_init(&queue->ring, size, frame_address(memory), slots);
    queue->device = device;
    queue->index = index;
    queue->memory = memory;
    base = frame_paddr(memory);
    device->transport->queue_enable(device, index, size,
                                    &(struct virtio_queue_addresses){
                                        .descriptors = base,
                                        .available = base + virtqueue_available_offset(size),
                                        .used = base + virtqueue_used_offset(size),
                                    });
    return STATUS_SUCCESS;
}

void virtio_queue_close(struct virtio_queue *queue)
{
    if (queue->memory == NULL)
        return;
    frames_free(queue->memory);
    heap_free(queue->ring.slots);
    queue->memory = NULL;
}

status_t virtio_run(struct virtio_device *device, const struct virtio_driver_hooks *hooks,
                    void *driver_data)
{
    status_t status;

    device->hooks = hooks;
    device->driver_data = driver_data;
    status = device->transport->connect_interrupt(device);
    if (!status_is_success(status))
        return status;
    add_status(device, VIRTIO_STATUS_DRIVER_OK);
    return STATUS_SUCCESS;
}

void virtio_queue_notify(struct virtio_queue *queue)
{
    if (virtqueue_needs_notification(&queue->ring))
        queue->device->transport->notify(queue->device, queue->index);
}

uint32_t virtio_config_read32(struct virtio_device *device, uint32_t offset)
{
    return device->transport->config_read32(device, offset);
}
