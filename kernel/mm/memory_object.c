// SPDX-License-Identifier: MIT
// Memory objects (memory_object.h): the life of one, its pages, and which of them are committed.

#include <kernel/memory_object.h>

#include <kernel/area_tree.h>
#include <kernel/commit.h>
#include <kernel/frames.h>
#include <kernel/heap.h>
#include <kernel/panic.h>
#include <kernel/status.h>
#include <kernel/string.h>

#include "area_private.h"
#include "space_private.h"

status_t memory_object_init(struct memory_object *object, const struct memory_object_ops *ops,
                            uint64_t page_count, uint64_t charge)
{
    if (!commit_charge(charge))
        return STATUS_COMMITMENT_LIMIT;
    *object = (struct memory_object){ .ops = ops,
                                      .references = 1,
                                      .lock = SPINLOCK("memory object", LOCK_RANK_MEMORY),
                                      .page_count = page_count,
                                      .charged_pages = charge };
    return STATUS_SUCCESS;
}

void memory_object_get(struct memory_object *object)
{
    uint32_t before = __atomic_fetch_add(&object->references, 1, __ATOMIC_RELAXED);

    assert(before > 0 && before < UINT32_MAX);
}

bool memory_object_try_get(struct memory_object *object)
{
    uint32_t count = __atomic_load_n(&object->references, __ATOMIC_RELAXED);

    do {
        if (count == 0)
            return false;
    } while (!__atomic_compare_exchange_n(&object->references, &count, count + 1, true,
                                          __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    return true;
}

static void drop_page(void *address)
{
    frames_free(frame_of_address(address));
}

void memory_object_put(struct memory_object *object)
{
    uint32_t before = __atomic_fetch_sub(&object->references, 1, __ATOMIC_ACQ_REL);

    assert(before > 0);
    if (before > 1)
        return;
    page_tree_destroy(&object->pages, drop_page);
    commit_release(object->charged_pages);
    if (object->commit_map != NULL) {
        runs_free(object->commit_map, &space_nodes);
        heap_free(object->commit_map);
    }
    object->ops->destroy(object);
}

static paddr_t lent_page(struct memory_object *object, uint64_t page)
{
    return object->ops->lend == NULL ? 0 : object->ops->lend(object, page);
}

static status_t fill_page(struct memory_object *object, uint64_t page, void *to)
{
    if (object->ops->fill != NULL)
        return object->ops->fill(object, page, to);
    clear_page(to);
    return STATUS_SUCCESS;
}

// The address of a page that has a frame of the object's own, or NULL.
static void *find_page(struct memory_object *object, uint64_t page)
{
    irq_state_t irq = spin_lock(&object->lock);
    void *address = page_tree_get(&object->pages, page);

    spin_unlock(&object->lock, irq);
    return address;
}

// Enters a filled page, or finds that somebody else has done so. NULL: no memory for a node.
static void *enter_page(struct memory_object *object, uint64_t page, void *fresh)
{
    irq_state_t irq = spin_lock(&object->lock);
    void *address = page_tree_get(&object->pages, page);

    if (address == NULL && page_tree_insert(&object->pages, page, fresh)) {
        address = fresh;
        object->resident_pages++;
    }
    spin_unlock(&object->lock, irq);
    return address;
}

status_t memory_object_page(struct memory_object *object, uint64_t page, paddr_t *out)
{
    paddr_t lent = lent_page(object, page);
    void *address = lent != 0 ? direct_map(lent) : find_page(object, page);

    if (address == NULL) {
        struct frame *frame = frame_alloc(FRAME_TAG_USER);
        if (frame == NULL)
            return STATUS_NO_MEMORY;
        status_t status = fill_page(object, page, frame_address(frame));
        if (status == STATUS_SUCCESS)
            address = enter_page(object, page, frame_address(frame));
        if (address != frame_address(frame))
            frames_free(frame);
        if (status != STATUS_SUCCESS)
            return status;
        if (address == NULL)
            return STATUS_NO_MEMORY;
    }
    *out = paddr_of_direct_map(address);
    return STATUS_SUCCESS;
}

void memory_object_peek(struct memory_object *object, uint64_t first, unsigned count, paddr_t *out)
{
    irq_state_t irq = spin_lock(&object->lock);

    for (unsigned i = 0; i < count; i++) {
        void *address = page_tree_get(&object->pages, first + i);
        out[i] = address == NULL ? 0 : paddr_of_direct_map(address);
    }
    spin_unlock(&object->lock, irq);
    for (unsigned i = 0; object->ops->lend != NULL && i < count; i++)
        if (out[i] == 0)
            out[i] = object->ops->lend(object, first + i);
}

status_t memory_object_read(struct memory_object *object, uint64_t page, void *to)
{
    paddr_t lent = lent_page(object, page);
    const void *address = lent != 0 ? direct_map(lent) : find_page(object, page);

    if (address == NULL)
        return fill_page(object, page, to);
    // The frame stays the page's for as long as the caller holds the object.
    memcpy(to, address, PAGE_SIZE);
    return STATUS_SUCCESS;
}

struct memory_object_stats memory_object_stats(struct memory_object *object)
{
    irq_state_t irq = spin_lock(&object->lock);
    struct memory_object_stats stats = { object->resident_pages, object->charged_pages };

    spin_unlock(&object->lock, irq);
    return stats;
}

// ---- objects of zeroes --------------------------------------------------------------------------

static void destroy_zeroed(struct memory_object *object)
{
    heap_free(object);
}

static const struct memory_object_ops zeroed_ops = { .name = "zeroes", .destroy = destroy_zeroed };

bool memory_object_is_zeroed(const struct memory_object *object)
{
    return object->ops == &zeroed_ops;
}

// The map is an area in no tree, whose addresses count from the object's first byte.
static struct area *make_commit_map(uint64_t page_count)
{
    struct area *map = heap_alloc_zeroed(sizeof(*map));

    if (map != NULL) {
        map->end = page_count << PAGE_SHIFT;
        runs_init(map, PAGES_RESERVED, RIGHTS_NONE);
    }
    return map;
}

status_t memory_object_create_zeroed(uint64_t page_count, bool is_reserved,
                                     struct memory_object **out)
{
    struct memory_object *object = heap_alloc(sizeof(*object));
    struct area *map = is_reserved ? make_commit_map(page_count) : NULL;

    status_t status = STATUS_NO_MEMORY;
    if (object != NULL && (map != NULL || !is_reserved))
        status = memory_object_init(object, &zeroed_ops, page_count, is_reserved ? 0 : page_count);
    if (status != STATUS_SUCCESS) {
        heap_free(map);
        heap_free(object);
        return status;
    }
    object->commit_map = map;
    *out = object;
    return STATUS_SUCCESS;
}

status_t memory_object_commit(struct memory_object *object, uint64_t first, uint64_t end)
{
    struct area *map = object->commit_map;
    vaddr_t start = first << PAGE_SHIFT, stop = end << PAGE_SHIFT;

    assert(map != NULL && first < end && stop <= map->end);
    irq_state_t irq = spin_lock(&object->lock);
    uint64_t fresh = (stop - start - area_committed_bytes(map, start, stop)) >> PAGE_SHIFT;
    status_t status = commit_charge(fresh) ? STATUS_SUCCESS : STATUS_COMMITMENT_LIMIT;
    if (status == STATUS_SUCCESS &&
        !area_set_pages(map, &space_nodes, start, stop, PAGES_COMMITTED, RIGHTS_NONE)) {
        commit_release(fresh);
        status = STATUS_NO_MEMORY;
    }
    if (status == STATUS_SUCCESS)
        object->charged_pages += fresh;
    spin_unlock(&object->lock, irq);
    return status;
}

bool memory_object_find_committed(struct memory_object *object, uint64_t *first, uint64_t *end)
{
    vaddr_t start = *first << PAGE_SHIFT, stop = *end << PAGE_SHIFT;
    irq_state_t irq = spin_lock(&object->lock);
    const struct page_run *run = area_run_at(object->commit_map, start);

    while (run != NULL && run->start < stop && run->state != PAGES_COMMITTED)
        run = area_run_next(run);
    bool is_found = run != NULL && run->start < stop;
    if (is_found) {
        *first = MAX(run->start, start) >> PAGE_SHIFT;
        *end = MIN(run->end, stop) >> PAGE_SHIFT;
    }
    spin_unlock(&object->lock, irq);
    return is_found;
}

// ---- the objects of a file ----------------------------------------------------------------------

void file_memory_init(struct file_memory *file)
{
    *file = (struct file_memory){ .lock = SPINLOCK("file memory", LOCK_RANK_FILE_MEMORY) };
}

struct memory_object *file_memory_find(struct file_memory *file, struct memory_object **which)
{
    irq_state_t irq = spin_lock(&file->lock);
    struct memory_object *object = *which;

    if (object != NULL && !memory_object_try_get(object))
        object = NULL;
    spin_unlock(&file->lock, irq);
    return object;
}

struct memory_object *file_memory_enter(struct file_memory *file, struct memory_object **which,
                                        struct memory_object *object)
{
    irq_state_t irq = spin_lock(&file->lock);

    if (*which != NULL && memory_object_try_get(*which))
        object = *which;
    else
        *which = object;
    spin_unlock(&file->lock, irq);
    return object;
}

void file_memory_leave(struct file_memory *file, struct memory_object **which,
                       struct memory_object *object)
{
    irq_state_t irq = spin_lock(&file->lock);

    if (*which == object)
        *which = NULL;
    spin_unlock(&file->lock, irq);
}
