// SPDX-License-Identifier: MIT
/*
 * Handle tables: numbers that a program uses for objects, with the access that each was opened for.
 * A handle is a multiple of 4, at least 4, as on NT; its two low bits are ignored.
 *
 * Locks    each function takes the table's lock itself
 * Context  thread
 */

#pragma once

#include <kernel/mutex.h>
#include <kernel/object.h>

struct handle_entry;

struct handle_table {
    struct mutex lock;
    struct handle_entry *entries; // [lock]
    uint32_t capacity;            // [lock] entries
    uint32_t first_free;          // [lock] index of a free entry; UINT32_MAX: none
    uint32_t count;               // [lock] handles in use
};

void handle_table_init(struct handle_table *table);

// Closes every handle and frees the entries.
void handle_table_destroy(struct handle_table *table);

/*
 * Makes a handle for object, taking a reference of its own.
 * Fails    STATUS_INSUFFICIENT_RESOURCES
 */
status_t handle_insert(struct handle_table *table, struct object *object, uint32_t access,
                       handle_t *out) MUST_CHECK;

/*
 * Finds the object behind a handle and takes a reference for the caller.
 * type     NULL: any
 * access   bits that the handle must all have; 0: none needed
 * Fails    STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED
 */
status_t handle_lookup(struct handle_table *table, handle_t handle, const struct object_type *type,
                       uint32_t access, struct object **out) MUST_CHECK;

// STATUS_INVALID_HANDLE: no such handle.
status_t handle_close(struct handle_table *table, handle_t handle) MUST_CHECK;
