// SPDX-License-Identifier: MIT
/*
 * Growing handle tables and making handles.
 *
 * Entries lie in leaves of one frame each; an array of pointers to them grows by replacement.
 * Leaves never move, and an array that was replaced stays until the table goes, so whoever reads
 * without a lock finds valid memory: it reads `limit` before `leaves`, which are stored in the
 * other order.
 *
 * Free entries form a stack, so a handle that was closed is the next to be given out, as on NT. Its
 * head is the index of the first, and above it a count of changes, without which a thread that had
 * read the head could not tell that an entry was taken and given back meanwhile.
 */

#include <kernel/handle.h>

#include <kernel/frames.h>
#include <kernel/heap.h>
#include <kernel/status.h>
#include <kernel/string.h>

#include "handle_private.h"

// The array of leaves grows by this factor; the replaced ones together stay small beside it.
#define LEAF_ROOM_FACTOR 16u

// Stands before each array that replaced another.
struct leaf_array {
    struct handle_entry **replaced;
    struct handle_entry *leaves[];
};

void handle_table_init(struct handle_table *table)
{
    *table = (struct handle_table){ .leaf_room = HANDLE_LEAVES_HERE };
    table->leaves = table->first_leaves;
    spin_init(&table->lock, "handle table", LOCK_RANK_HANDLES);
    wait_queue_init(&table->visitor_left);
}

// ---- free entries ------------------------------------------------------------------------------

static uint64_t next_head(uint64_t head, uint32_t first)
{
    return ((head >> 32) + 1) << 32 | first;
}

void handle_push_free(struct handle_table *table, uint32_t index)
{
    struct handle_entry *entry = handle_entry_at(table, index);
    uint64_t head = __atomic_load_n(&table->free, __ATOMIC_RELAXED);
    do {
        __atomic_store_n(&entry->next_free, (uint32_t)head, __ATOMIC_RELAXED);
    } while (!__atomic_compare_exchange_n(&table->free, &head, next_head(head, index), true,
                                          __ATOMIC_RELEASE, __ATOMIC_RELAXED));
}

// Takes a free entry; 0: there is none.
static uint32_t pop_free(struct handle_table *table)
{
    uint64_t head = __atomic_load_n(&table->free, __ATOMIC_ACQUIRE);
    while ((uint32_t)head != 0) {
        // If another thread was faster, this reads an access mask; then the exchange fails.
        const struct handle_entry *entry = handle_entry_at(table, (uint32_t)head);
        uint32_t next = __atomic_load_n(&entry->next_free, __ATOMIC_RELAXED);
        if (__atomic_compare_exchange_n(&table->free, &head, next_head(head, next), true,
                                        __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE))
            return (uint32_t)head;
    }
    return 0;
}

// ---- growing -----------------------------------------------------------------------------------

// Makes room for more leaves; the array that is replaced stays readable.
static bool grow_array(struct handle_table *table)
{
    uint32_t room = table->leaf_room * LEAF_ROOM_FACTOR;
    struct leaf_array *array = heap_alloc(sizeof(*array) + room * sizeof(array->leaves[0]));
    if (array == NULL)
        return false;
    array->replaced = table->leaves;
    memcpy(array->leaves, table->leaves, table->leaf_room * sizeof(array->leaves[0]));
    __atomic_store_n(&table->leaves, array->leaves, __ATOMIC_RELEASE);
    table->leaf_room = room;
    return true;
}

static bool add_leaf(struct handle_table *table, uint32_t leaf)
{
    if (leaf == table->leaf_room && !grow_array(table))
        return false;
    struct frame *frame = frame_alloc(FRAME_TAG_HEAP);
    if (frame == NULL)
        return false;
    table->leaves[leaf] = frame_address(frame);
    return true;
}

// Adds one entry at the end, which belongs to the caller. 0: no memory, or too many.
static uint32_t extend(struct handle_table *table)
{
    uint32_t index = 0;
    irq_state_t state = spin_lock(&table->lock);
    uint32_t limit = table->limit;
    if (limit < HANDLES_MAX &&
        (limit % LEAF_ENTRIES != 0 || add_leaf(table, limit / LEAF_ENTRIES))) {
        index = limit != 0 ? limit : 1; // entry 0 exists, and is never a handle
        if (limit == 0)
            *handle_entry_at(table, 0) = (struct handle_entry){ 0 };
        *handle_entry_at(table, index) = (struct handle_entry){ 0 };
        __atomic_store_n(&table->limit, index + 1, __ATOMIC_RELEASE);
    }
    spin_unlock(&table->lock, state);
    return index;
}

// ---- making handles ----------------------------------------------------------------------------

status_t handle_reserve(struct handle_table *table, handle_t *out)
{
    uint32_t index = pop_free(table);
    if (index == 0)
        index = extend(table);
    if (index == 0)
        return STATUS_INSUFFICIENT_RESOURCES;
    *out = (handle_t)index * HANDLE_UNIT;
    return STATUS_SUCCESS;
}

void handle_commit(struct handle_table *table, handle_t handle, struct object *object,
                   uint32_t access, unsigned attributes)
{
    struct handle_entry *entry = handle_entry_at(table, (uint32_t)(handle / HANDLE_UNIT));
    __atomic_add_fetch(&table->count, 1, __ATOMIC_RELAXED);
    entry->access = access;
    __atomic_store_n(&entry->word, (uint64_t)object | (attributes & ENTRY_ATTRIBUTES),
                     __ATOMIC_RELEASE);
}

void handle_cancel(struct handle_table *table, handle_t handle)
{
    handle_push_free(table, (uint32_t)(handle / HANDLE_UNIT));
}

status_t handle_insert(struct handle_table *table, struct object *object, uint32_t access,
                       unsigned attributes, handle_t *out)
{
    status_t status = handle_reserve(table, out);
    if (status != STATUS_SUCCESS)
        return status;
    object_get(object);
    object_open(object);
    handle_commit(table, *out, object, access, attributes);
    return STATUS_SUCCESS;
}

// ---- inheriting --------------------------------------------------------------------------------

// Copies one handle into a table that nobody else uses and whose limit it passes.
static status_t copy_handle(struct handle_table *child, const struct handle_info *info)
{
    uint32_t index = (uint32_t)(info->handle / HANDLE_UNIT);
    while (child->limit <= index)
        if (extend(child) == 0)
            return STATUS_INSUFFICIENT_RESOURCES;
    if (handle_entry_at(child, index)->word != 0)
        return STATUS_SUCCESS; // named twice in the list
    object_get(info->object);
    object_open(info->object);
    handle_commit(child, info->handle, info->object, info->access, info->attributes);
    return STATUS_SUCCESS;
}

static status_t inherit_all(struct handle_table *parent, struct handle_table *child)
{
    status_t status = STATUS_SUCCESS;
    struct handle_info info;
    for (handle_t after = 0; status == STATUS_SUCCESS && handle_next(parent, after, &info);
         after = info.handle) {
        if (info.attributes & HANDLE_INHERITED)
            status = copy_handle(child, &info);
        object_put(info.object);
    }
    return status;
}

static status_t inherit_listed(struct handle_table *parent, struct handle_table *child,
                               const handle_t *only, size_t count)
{
    status_t status = STATUS_SUCCESS;
    for (size_t i = 0; status == STATUS_SUCCESS && i < count; i++) {
        struct handle_info info;
        status = handle_query(parent, only[i], &info);
        if (status != STATUS_SUCCESS)
            break;
        if (info.attributes & HANDLE_INHERITED)
            status = copy_handle(child, &info);
        else
            status = STATUS_INVALID_PARAMETER;
        object_put(info.object);
    }
    return status;
}

status_t handle_inherit(struct handle_table *parent, struct handle_table *child,
                        const handle_t *only, size_t count)
{
    status_t status =
        only == NULL ? inherit_all(parent, child) : inherit_listed(parent, child, only, count);
    // The gaps between the handles are free; the lowest is to be given out first.
    for (uint32_t index = child->limit; index-- > 1;)
        if (handle_entry_at(child, index)->word == 0)
            handle_push_free(child, index);
    return status;
}

// ---- visitors and the end ----------------------------------------------------------------------

bool handle_table_enter(struct handle_table *table)
{
    irq_state_t state = spin_lock(&table->lock);
    bool may_enter = !table->is_gone;
    if (may_enter)
        table->visitors++;
    spin_unlock(&table->lock, state);
    return may_enter;
}

void handle_table_leave(struct handle_table *table)
{
    irq_state_t state = spin_lock(&table->lock);
    if (--table->visitors == 0 && table->is_gone)
        wait_queue_wake_all(&table->visitor_left);
    spin_unlock(&table->lock, state);
}

static void wait_for_visitors(struct handle_table *table)
{
    irq_state_t state = spin_lock(&table->lock);
    table->is_gone = true;
    while (table->visitors > 0)
        wait_queue_sleep_always(&table->visitor_left, &table->lock, &state);
    spin_unlock(&table->lock, state);
}

static void free_leaves(struct handle_table *table)
{
    uint32_t count = (uint32_t)((table->limit + LEAF_ENTRIES - 1) / LEAF_ENTRIES);
    for (uint32_t i = 0; i < count; i++)
        frames_free(frame_of_address(table->leaves[i]));
    while (table->leaves != table->first_leaves) {
        struct leaf_array *array = container_of(table->leaves, struct leaf_array, leaves[0]);
        table->leaves = array->replaced;
        heap_free(array);
    }
}

void handle_table_destroy(struct handle_table *table)
{
    wait_for_visitors(table);
    handle_close_all(table);
    free_leaves(table);
    table->limit = 0;
    table->free = 0;
}
