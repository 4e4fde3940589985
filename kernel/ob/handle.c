// SPDX-License-Identifier: MIT
// Handle tables: an array that doubles, with its free entries chained through their index.

#include <kernel/handle.h>

#include <kernel/heap.h>
#include <kernel/status.h>
#include <kernel/string.h>

#define NO_ENTRY         UINT32_MAX
#define FIRST_CAPACITY   64u
#define HANDLES_MAX      (1u << 20)
#define HANDLE_OF(index) (((handle_t)(index) + 1) * 4)

struct handle_entry {
    struct object *object; // NULL: free
    union {
        uint32_t access;    // in use
        uint32_t next_free; // free
    };
};

void handle_table_init(struct handle_table *table)
{
    *table = (struct handle_table){ .first_free = NO_ENTRY };
    mutex_init(&table->lock, "handle table", LOCK_RANK_HANDLES);
}

void handle_table_destroy(struct handle_table *table)
{
    for (uint32_t i = 0; i < table->capacity; i++)
        if (table->entries[i].object)
            object_put(table->entries[i].object);
    heap_free(table->entries);
    table->entries = NULL;
    table->capacity = table->count = 0;
    table->first_free = NO_ENTRY;
}

static bool grow(struct handle_table *table)
{
    uint32_t capacity = table->capacity ? table->capacity * 2 : FIRST_CAPACITY;
    if (capacity > HANDLES_MAX)
        return false;
    struct handle_entry *entries = heap_alloc(capacity * sizeof(*entries));
    if (!entries)
        return false;
    if (table->capacity)
        memcpy(entries, table->entries, table->capacity * sizeof(*entries));
    for (uint32_t i = capacity; i-- > table->capacity;) {
        entries[i] = (struct handle_entry){ .next_free = table->first_free };
        table->first_free = i;
    }
    heap_free(table->entries);
    table->entries = entries;
    table->capacity = capacity;
    return true;
}

status_t handle_insert(struct handle_table *table, struct object *object, uint32_t access,
                       handle_t *out)
{
    status_t status = STATUS_INSUFFICIENT_RESOURCES;
    mutex_lock(&table->lock);
    if (table->first_free != NO_ENTRY || grow(table)) {
        uint32_t index = table->first_free;
        struct handle_entry *entry = &table->entries[index];
        table->first_free = entry->next_free;
        object_get(object);
        entry->object = object;
        entry->access = access;
        table->count++;
        *out = HANDLE_OF(index);
        status = STATUS_SUCCESS;
    }
    mutex_unlock(&table->lock);
    return status;
}

// The entry of a handle in use, or NULL.
static struct handle_entry *find_entry(struct handle_table *table, handle_t handle)
{
    uint64_t index = handle / 4 - 1; // 0..3 wrap to a huge index
    if (index >= table->capacity || !table->entries[index].object)
        return NULL;
    return &table->entries[index];
}

status_t handle_lookup(struct handle_table *table, handle_t handle, const struct object_type *type,
                       uint32_t access, struct object **out)
{
    status_t status = STATUS_SUCCESS;
    mutex_lock(&table->lock);
    struct handle_entry *entry = find_entry(table, handle);
    if (!entry) {
        status = STATUS_INVALID_HANDLE;
    } else if (type && entry->object->type != type) {
        status = STATUS_OBJECT_TYPE_MISMATCH;
    } else if ((entry->access & access) != access) {
        status = STATUS_ACCESS_DENIED;
    } else {
        object_get(entry->object);
        *out = entry->object;
    }
    mutex_unlock(&table->lock);
    return status;
}

status_t handle_close(struct handle_table *table, handle_t handle)
{
    struct object *object = NULL;
    mutex_lock(&table->lock);
    struct handle_entry *entry = find_entry(table, handle);
    if (entry) {
        object = entry->object;
        entry->object = NULL;
        entry->next_free = table->first_free;
        table->first_free = (uint32_t)(entry - table->entries);
        table->count--;
    }
    mutex_unlock(&table->lock);
    if (!object)
        return STATUS_INVALID_HANDLE;
    object_put(object);
    return STATUS_SUCCESS;
}
