// SPDX-License-Identifier: MIT
/*
 * Handle tables: numbers that a program uses for objects, with the access that each was opened for.
 * A handle is a multiple of 4, at least 4, as on NT; its two low bits are ignored.
 *
 * A handle is looked up without a lock of the table: each entry has a lock bit of its own, held for
 * a few instructions (handle.c). All functions may be called by several threads at once, but for
 * handle_table_init, handle_table_destroy and the child of handle_inherit.
 *
 * A thread uses its own process' table as it is. The table of another process may be destroyed at
 * any moment: handle_table_enter keeps it.
 *
 * Context  thread
 *
 *	a	atomic
 *	l	lock
 */

#pragma once

#include <kernel/object.h>
#include <kernel/spinlock.h>
#include <kernel/wait_queue.h>

struct handle_entry;

#define HANDLES_MAX        (1u << 24) // per table, as on NT
#define HANDLE_LEAVES_HERE 4u

struct handle_table {
    struct handle_entry **leaves; // [a] one frame of entries each
    uint32_t limit;               // [a] entries below exist, and their leaves
    uint32_t count;               // [a] handles in use
    uint64_t free;                // [a] the stack of free entries, see handle.c
    struct spinlock lock;
    uint32_t leaf_room; // [l] how many pointers `leaves` has room for
    struct handle_entry *first_leaves[HANDLE_LEAVES_HERE];
    uint32_t visitors;              // [l] threads of other processes
    bool is_gone;                   // [l] no more of them
    struct wait_queue visitor_left; // for handle_table_destroy
};

void handle_table_init(struct handle_table *table);

// Closes every handle, protected ones too, and frees the entries. Nobody else uses the table but
// visitors, who are waited for and find it gone afterwards.
void handle_table_destroy(struct handle_table *table);

// Keeps the table of a process that is not the caller's. Be brief: the end of that process waits
// for handle_table_leave. false: the process has ended.
bool handle_table_enter(struct handle_table *table) MUST_CHECK;
void handle_table_leave(struct handle_table *table);

// Attributes of a handle; NT's OBJ_PROTECT_CLOSE and OBJ_INHERIT.
enum handle_attributes {
    HANDLE_PROTECTED = 1, // cannot be closed
    HANDLE_INHERITED = 2, // children get it, too
};

/*
 * Makes a handle for object, taking a reference of its own.
 * Fails    STATUS_INSUFFICIENT_RESOURCES
 */
status_t handle_insert(struct handle_table *table, struct object *object, uint32_t access,
                       unsigned attributes, handle_t *out) MUST_CHECK;

/*
 * The same in two steps, for callers that tell the number to a program before the handle works:
 * handle_reserve gives a number that is not a handle yet; handle_commit, which cannot fail, makes
 * it one for an object that was opened (object_open) and takes over the caller's reference;
 * handle_cancel gives the number back.
 * Fails    STATUS_INSUFFICIENT_RESOURCES
 */
status_t handle_reserve(struct handle_table *table, handle_t *out) MUST_CHECK;
void handle_commit(struct handle_table *table, handle_t handle, struct object *object,
                   uint32_t access, unsigned attributes);
void handle_cancel(struct handle_table *table, handle_t handle);

/*
 * Finds the object behind a handle and takes a reference for the caller.
 * type     NULL: any
 * access   bits that the handle must all have; 0: none needed
 * Fails    STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED
 */
status_t handle_lookup(struct handle_table *table, handle_t handle, const struct object_type *type,
                       uint32_t access, struct object **out) MUST_CHECK;

struct handle_info {
    handle_t handle;
    struct object *object; // a reference of the caller's
    uint32_t access;
    unsigned attributes; // enum handle_attributes
};

// All about a handle. STATUS_INVALID_HANDLE.
status_t handle_query(struct handle_table *table, handle_t handle,
                      struct handle_info *out) MUST_CHECK;

// Sets the attributes in `mask` to those of `attributes`. STATUS_INVALID_HANDLE.
status_t handle_set_attributes(struct handle_table *table, handle_t handle, unsigned mask,
                               unsigned attributes) MUST_CHECK;

// Fails    STATUS_INVALID_HANDLE, STATUS_HANDLE_NOT_CLOSABLE: it is protected
status_t handle_close(struct handle_table *table, handle_t handle) MUST_CHECK;

// Steps through the handles, in ascending order: finds the first one above `after` (0: of all).
// Returns false: there is none.
bool handle_next(struct handle_table *table, handle_t after, struct handle_info *out) MUST_CHECK;

/*
 * Copies the handles that children get from parent into child, an empty table that nobody uses yet,
 * under the same numbers and with the same access and attributes.
 * only     NULL: all that have HANDLE_INHERITED; else these `count` ones
 * Fails    STATUS_INSUFFICIENT_RESOURCES; with `only` STATUS_INVALID_HANDLE,
 *          STATUS_INVALID_PARAMETER (it is not inherited). child has some of the handles then, and
 *          is to be destroyed
 */
status_t handle_inherit(struct handle_table *parent, struct handle_table *child,
                        const handle_t *only, size_t count) MUST_CHECK;

static inline uint32_t handle_count(const struct handle_table *table)
{
    return __atomic_load_n(&table->count, __ATOMIC_RELAXED);
}
