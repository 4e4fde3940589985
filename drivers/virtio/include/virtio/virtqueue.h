// SPDX-License-Identifier: MIT
/*
 * A split virtqueue ([VIRTIO 1.2] 2.7): buffers that we offer to a device, and its answers. This is
 * the bookkeeping only; memory, locks, notifications and interrupts are the caller's.
 *
 * The device is not trusted. What is in flight is known from memory that it cannot reach, and each
 * answer is checked against that. The first wrong one sets `fault`: from then on the queue neither
 * gives nor takes anything, and the buffers in flight stay lost, as the device may still write
 * them.
 *
 * Context  any; the caller holds the lock that guards the queue
 */

#pragma once

#include <kernel/types.h>

// The three parts as the device sees them, little-endian.
struct virtq_descriptor {
    uint64_t address;
    uint32_t length;
    uint16_t flags;
    uint16_t next;
};

struct virtq_available {
    uint16_t flags;
    uint16_t index;
    uint16_t ring[];
};

struct virtq_used_element {
    uint32_t id;
    uint32_t length;
};

struct virtq_used {
    uint16_t flags;
    uint16_t index;
    struct virtq_used_element ring[];
};

// What we know about a descriptor; the device's copy is never read back.
struct virtqueue_slot {
    void *cookie;
    uint32_t writable_bytes; // of the whole chain that starts here
    uint16_t next;           // in the chain, or in the list of free ones
    uint16_t chain_length;   // 0: no chain in flight starts here
};

struct virtqueue {
    struct virtq_descriptor *descriptors;
    struct virtq_available *available;
    struct virtq_used *used;
    struct virtqueue_slot *slots;
    uint16_t size; // a power of two
    uint16_t free_head;
    uint16_t free_count;
    uint16_t available_index; // what we published last
    uint16_t used_index;      // answers taken so far, modulo 2^16
    uint16_t in_flight;       // chains that the device has
    const char *fault;        // NULL, or what the device did wrong
};

#define VIRTQUEUE_SIZE_MAX 128u // its parts then fit into one frame

// Where the parts begin in a queue's memory, and where the memory ends.
static inline size_t virtqueue_available_offset(unsigned size)
{
    return size * sizeof(struct virtq_descriptor);
}

static inline size_t virtqueue_used_offset(unsigned size)
{
    size_t end = virtqueue_available_offset(size) + sizeof(struct virtq_available) +
                 size * sizeof(uint16_t) + sizeof(uint16_t);
    return ROUND_UP(end, 4);
}

static inline size_t virtqueue_memory_size(unsigned size)
{
    return virtqueue_used_offset(size) + sizeof(struct virtq_used) +
           size * sizeof(struct virtq_used_element) + sizeof(uint16_t);
}

/*
 * Sets up an empty queue that asks for no interrupts.
 *
 * size     a power of two, 1..VIRTQUEUE_SIZE_MAX
 * memory   virtqueue_memory_size(size) zeroed bytes, aligned to 16
 * slots    size of them, contents unspecified
 */
void virtqueue_init(struct virtqueue *queue, unsigned size, void *memory,
                    struct virtqueue_slot *slots);

struct virtqueue_segment {
    paddr_t address;
    uint32_t length;
    bool device_writes; // such segments come after all that the device reads
};

/*
 * Offers a buffer of 1..size segments to the device.
 *
 * cookie   not NULL; comes back with the answer
 * Returns  whether there was room (never, once the queue has a fault)
 */
bool virtqueue_offer(struct virtqueue *queue, const struct virtqueue_segment *segments,
                     unsigned count, void *cookie) MUST_CHECK;

struct virtqueue_answer {
    void *cookie;
    uint32_t length; // bytes written by the device, at most what the buffer could take
};

// Takes the next answer. false: there is none, or the queue has a fault.
bool virtqueue_take(struct virtqueue *queue, struct virtqueue_answer *out) MUST_CHECK;

// Whether virtqueue_take has something to look at, were it only a fault that nobody has seen yet.
bool virtqueue_has_answer(const struct virtqueue *queue);

/*
 * Asks for an interrupt with the next answer, or for none. Advisory: interrupts that nobody asked
 * for do arrive. After asking, look at virtqueue_has_answer before sleeping.
 */
void virtqueue_want_interrupts(struct virtqueue *queue, bool want);
bool virtqueue_wants_interrupts(const struct virtqueue *queue);

// Whether the device must be notified of what has been offered.
bool virtqueue_needs_notification(const struct virtqueue *queue);
