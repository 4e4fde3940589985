// SPDX-License-Identifier: MIT
// The bookkeeping of a split virtqueue. Every field that the device writes (used index, ids,
// lengths) is read exactly once and believed only after a check against our own slots.

#include <virtio/virtqueue.h>

#define DESCRIPTOR_HAS_NEXT      1u
#define DESCRIPTOR_DEVICE_WRITES 2u
#define AVAILABLE_NO_INTERRUPT   1u
#define USED_NO_NOTIFY           1u

static_assert(sizeof(struct virtq_descriptor) == 16, "[VIRTIO 1.2] 2.7.5");
static_assert(sizeof(struct virtq_used_element) == 8, "[VIRTIO 1.2] 2.7.8");
static_assert(offsetof(struct virtq_available, ring) == 4, "[VIRTIO 1.2] 2.7.6");
static_assert(offsetof(struct virtq_used, ring) == 4, "[VIRTIO 1.2] 2.7.8");

void virtqueue_init(struct virtqueue *queue, unsigned size, void *memory,
                    struct virtqueue_slot *slots)
{
    char *base = memory;

    *queue = (struct virtqueue){
        .descriptors = memory,
        .available = (void *)(base + virtqueue_available_offset(size)),
        .used = (void *)(base + virtqueue_used_offset(size)),
        .slots = slots,
        .size = (uint16_t)size,
        .free_count = (uint16_t)size,
    };
    for (unsigned i = 0; i < size; i++)
        slots[i] = (struct virtqueue_slot){ .next = (uint16_t)(i + 1) };
    virtqueue_want_interrupts(queue, false);
}

// Fills count descriptors from the free list and returns how many bytes the device may write.
static uint32_t fill_chain(struct virtqueue *queue, const struct virtqueue_segment *segments,
                           unsigned count)
{
    uint32_t writable_bytes = 0;
    uint16_t at = queue->free_head;

    for (unsigned i = 0; i < count; i++) {
        const struct virtqueue_segment *segment = &segments[i];
        bool has_next = i + 1 < count;

        queue->descriptors[at] = (struct virtq_descriptor){
            .address = segment->address,
            .length = segment->length,
            .flags = (uint16_t)((has_next ? DESCRIPTOR_HAS_NEXT : 0) |
                                (segment->device_writes ? DESCRIPTOR_DEVICE_WRITES : 0)),
            .next = has_next ? queue->slots[at].next : 0,
        };
        if (segment->device_writes)
            writable_bytes += segment->length;
        at = queue->slots[at].next;
    }
    queue->free_head = at;
    queue->free_count = (uint16_t)(queue->free_count - count);
    return writable_bytes;
}

bool virtqueue_offer(struct virtqueue *queue, const struct virtqueue_segment *segments,
                     unsigned count, void *cookie)
{
    uint16_t head = queue->free_head;

    if (queue->fault != NULL || count == 0 || count > queue->free_count)
        return false;
    queue->slots[head].writable_bytes = fill_chain(queue, segments, count);
    queue->slots[head].cookie = cookie;
    queue->slots[head].chain_length = (uint16_t)count;
    queue->in_flight++;

    queue->available->ring[queue->available_index & (queue->size - 1)] = head;
    queue->available_index++;
    // The device may read the ring as soon as it sees the index.
    __atomic_store_n(&queue->available->index, queue->available_index, __ATOMIC_RELEASE);
    return true;
}

static bool set_fault(struct virtqueue *queue, const char *what)
{
    queue->fault = what;
    return false;
}

// Gives the descriptors of a chain back, walking our own links.
static void free_chain(struct virtqueue *queue, uint16_t head)
{
    uint16_t count = queue->slots[head].chain_length;
    uint16_t last = head;

    for (unsigned i = 1; i < count; i++)
        last = queue->slots[last].next;
    queue->slots[last].next = queue->free_head;
    queue->slots[head].chain_length = 0;
    queue->free_head = head;
    queue->free_count = (uint16_t)(queue->free_count + count);
    queue->in_flight--;
}

bool virtqueue_take(struct virtqueue *queue, struct virtqueue_answer *out)
{
    uint16_t index = __atomic_load_n(&queue->used->index, __ATOMIC_ACQUIRE);
    uint16_t answers = (uint16_t)(index - queue->used_index);
    const volatile struct virtq_used_element *element;
    uint32_t id, length;

    if (answers == 0 || queue->fault != NULL)
        return false;
    if (answers > queue->in_flight)
        return set_fault(queue, "answered more buffers than it has");
    element = &queue->used->ring[queue->used_index & (queue->size - 1)];
    id = element->id;
    length = element->length;
    if (id >= queue->size || queue->slots[id].chain_length == 0)
        return set_fault(queue, "answered a buffer that it does not have");
    if (length > queue->slots[id].writable_bytes)
        return set_fault(queue, "says that it wrote more than the buffer can take");

    out->cookie = queue->slots[id].cookie;
    out->length = length;
    queue->used_index++;
    free_chain(queue, (uint16_t)id);
    return true;
}

bool virtqueue_has_answer(const struct virtqueue *queue)
{
    uint16_t index = __atomic_load_n(&queue->used->index, __ATOMIC_ACQUIRE);

    return queue->fault == NULL && index != queue->used_index;
}

void virtqueue_want_interrupts(struct virtqueue *queue, bool want)
{
    __atomic_store_n(&queue->available->flags, want ? 0 : AVAILABLE_NO_INTERRUPT, __ATOMIC_RELAXED);
    // Whoever asks looks for answers next: the device must see the wish before that look.
    if (want)
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

bool virtqueue_wants_interrupts(const struct virtqueue *queue)
{
    return (__atomic_load_n(&queue->available->flags, __ATOMIC_RELAXED) & AVAILABLE_NO_INTERRUPT) ==
           0;
}

bool virtqueue_needs_notification(const struct virtqueue *queue)
{
    // The index must be visible before the device's wish is read, or both sides fall asleep.
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return (__atomic_load_n(&queue->used->flags, __ATOMIC_RELAXED) & USED_NO_NOTIFY) == 0;
}
