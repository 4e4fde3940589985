// SPDX-License-Identifier: MIT
/*
 * Using handles: looking them up, closing them, stepping through them (handle_table.c grows the
 * tables).
 *
 * An entry's first word holds the object's address, whose lowest bits are the handle's attributes
 * and a lock; 0: no handle. A thread that sets the lock bit owns the entry until it stores the word
 * anew, a few instructions later, and never waits in between: the kernel is not preempted, so
 * nobody spins for long. A lookup takes the lock so that the object cannot go before its reference
 * is counted.
 */

#include <kernel/handle.h>

#include <kernel/status.h>

#include "handle_private.h"

// Locks the entry of a handle. Returns its word without the lock, or 0: there is no such handle.
static ALWAYS_INLINE uint64_t lock_entry(struct handle_table *table, uint64_t index,
                                         struct handle_entry **out)
{
    if (unlikely(index >= __atomic_load_n(&table->limit, __ATOMIC_ACQUIRE)))
        return 0;
    struct handle_entry *entry = handle_entry_at(table, (uint32_t)index);
    *out = entry;
    for (;;) {
        uint64_t word = __atomic_load_n(&entry->word, __ATOMIC_RELAXED);
        if (unlikely(word == 0))
            return 0;
        if (likely(!(word & ENTRY_LOCKED)) &&
            likely(__atomic_compare_exchange_n(&entry->word, &word, word | ENTRY_LOCKED, false,
                                               __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)))
            return word;
        cpu_relax();
    }
}

static ALWAYS_INLINE void unlock_entry(struct handle_entry *entry, uint64_t word)
{
    __atomic_store_n(&entry->word, word, __ATOMIC_RELEASE);
}

status_t handle_lookup(struct handle_table *table, handle_t handle, const struct object_type *type,
                       uint32_t access, struct object **out)
{
    struct handle_entry *entry;
    uint64_t word = lock_entry(table, handle / HANDLE_UNIT, &entry);
    if (unlikely(word == 0))
        return STATUS_INVALID_HANDLE;
    status_t status = STATUS_SUCCESS;
    struct object *object = entry_object(word);
    if (unlikely(type != NULL && object->type != type))
        status = STATUS_OBJECT_TYPE_MISMATCH;
    else if (unlikely(access & ~entry->access))
        status = STATUS_ACCESS_DENIED;
    else
        object_get(object);
    unlock_entry(entry, word);
    if (likely(status == STATUS_SUCCESS))
        *out = object;
    return status;
}

// What an entry that the caller has locked says.
static struct handle_info describe(const struct handle_entry *entry, uint64_t word, uint64_t index)
{
    struct object *object = entry_object(word);
    object_get(object);
    return (struct handle_info){ index * HANDLE_UNIT, object, entry->access,
                                 word & ENTRY_ATTRIBUTES };
}

status_t handle_query(struct handle_table *table, handle_t handle, struct handle_info *out)
{
    struct handle_entry *entry;
    uint64_t word = lock_entry(table, handle / HANDLE_UNIT, &entry);
    if (word == 0)
        return STATUS_INVALID_HANDLE;
    *out = describe(entry, word, handle / HANDLE_UNIT);
    unlock_entry(entry, word);
    return STATUS_SUCCESS;
}

bool handle_next(struct handle_table *table, handle_t after, struct handle_info *out)
{
    struct handle_entry *entry;
    uint32_t limit = __atomic_load_n(&table->limit, __ATOMIC_ACQUIRE);
    for (uint64_t index = after / HANDLE_UNIT + 1; index < limit; index++) {
        uint64_t word = lock_entry(table, index, &entry);
        if (word == 0)
            continue;
        *out = describe(entry, word, index);
        unlock_entry(entry, word);
        return true;
    }
    return false;
}

status_t handle_set_attributes(struct handle_table *table, handle_t handle, unsigned mask,
                               unsigned attributes)
{
    struct handle_entry *entry;
    uint64_t word = lock_entry(table, handle / HANDLE_UNIT, &entry);
    if (word == 0)
        return STATUS_INVALID_HANDLE;
    mask &= ENTRY_ATTRIBUTES;
    unlock_entry(entry, (word & ~(uint64_t)mask) | (attributes & mask));
    return STATUS_SUCCESS;
}

// Frees an entry that the caller has locked, and lets go of its object.
static void close_entry(struct handle_table *table, struct handle_entry *entry, uint64_t word,
                        uint32_t index)
{
    struct object *object = entry_object(word);
    uint32_t access = entry->access;
    unlock_entry(entry, 0);
    handle_push_free(table, index);
    __atomic_sub_fetch(&table->count, 1, __ATOMIC_RELAXED);
    object_close(object, table, access);
    object_put(object);
}

status_t handle_close(struct handle_table *table, handle_t handle)
{
    struct handle_entry *entry;
    uint64_t word = lock_entry(table, handle / HANDLE_UNIT, &entry);
    if (unlikely(word == 0))
        return STATUS_INVALID_HANDLE;
    if (unlikely(word & HANDLE_PROTECTED)) {
        unlock_entry(entry, word);
        return STATUS_HANDLE_NOT_CLOSABLE;
    }
    close_entry(table, entry, word, (uint32_t)(handle / HANDLE_UNIT));
    return STATUS_SUCCESS;
}

void handle_close_all(struct handle_table *table)
{
    struct handle_entry *entry;
    for (uint32_t index = 1; index < table->limit; index++) {
        uint64_t word = lock_entry(table, index, &entry);
        if (word != 0)
            close_entry(table, entry, word, index);
    }
}
