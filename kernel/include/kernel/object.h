// SPDX-License-Identifier: MIT
/*
 * Objects: things that handles name and that several owners share. Whoever holds a pointer holds a
 * reference; the last put destroys the object through its type. Handles are counted as well: when
 * the last one is closed, an object that is not permanent loses its name (namespace.h).
 *
 *     OBJECT_TYPE(event_type, "Event", .access = { ... }, .destroy = destroy_event,
 *                 .waitable_offset = OBJECT_WAITABLE(struct nt_event, event.waitable));
 *
 *     struct nt_event { struct object object; struct event event; };
 *
 * Context  any thread; put may sleep, as destroy may
 *
 *	I	immutable after object_init
 *	a	atomic
 *	n	the name space's lock
 */

#pragma once

#include <kernel/access.h>
#include <kernel/types.h>

struct handle_table;
struct name_walk;
struct object;
struct object_name;
struct waitable;

// How many there are, for leak tests and NtQueryObject. All atomic.
struct object_counts {
    uint32_t objects, peak_objects;
    uint32_t handles, peak_handles;
    uint32_t index; // immutable after 40_OBJECTS: NT's type index, from 2 on
};

struct object_type {
    const char *name;             // as NT names it: "Process", "File"
    struct object_counts *counts; // OBJECT_TYPE sets it
    struct access_mapping access;
    // Where the waitable lies, counted from the object (OBJECT_WAITABLE); 0: nobody can wait for
    // it.
    int32_t waitable_offset;
    // Names of such objects are found whatever the case of their letters, asked for or not.
    bool ignores_case;

    // Frees the object: nobody refers to it any more. It has no name and no handle.
    void (*destroy)(struct object *object);

    // Optional. A handle was closed; the object is still referenced. table: where the handle was
    // (its process: process_of_handles). access: what it granted. handles_left: of all processes,
    // at some moment after the closing; exactly one call gets each 0.
    void (*close)(struct object *object, struct handle_table *table, uint32_t access,
                  uint32_t handles_left);

    // Optional. A name leads to this object and perhaps on; see namespace.h.
    status_t (*parse)(struct object *object, struct name_walk *walk, struct object **out);

    // Optional: the object's full name, if it has another than its name in the name space (files).
    // Writes as much as room (UTF-16 units) allows; *length: the units of the whole name.
    status_t (*query_name)(struct object *object, uint16_t *to, size_t room, size_t *length);
};

// Defines the type `variable`, and makes it known to object_type_next.
#define OBJECT_TYPE(variable, type_name, ...)                                                      \
    static struct object_counts object_counts_##variable;                                          \
    const struct object_type variable = { .name = (type_name),                                     \
                                          .counts = &object_counts_##variable,                     \
                                          __VA_ARGS__ };                                           \
    static const struct object_type *const object_type_pointer_##variable USED SECTION(            \
        ".object_types") = &variable

#define OBJECT_WAITABLE(container, member)                                                         \
    ((int32_t)offsetof(container, member) - (int32_t)offsetof(container, object))

enum object_flags {
    OBJECT_IS_PERMANENT = 1 << 0, // keeps its name when the last handle is closed
    OBJECT_IS_EXCLUSIVE = 1 << 1, // only the process that made it may open it by name
};

struct object {
    const struct object_type *type; // [I]
    int32_t references;             // [a]
    uint32_t handle_count;          // [a]
    struct object_name *name;       // [n] NULL: none
    uint32_t flags;                 // [n] enum object_flags
    void *security;                 // the personality's; a heap block that goes with the object
} ALIGNED(16);                      // handle entries keep flags in the lowest bits of its address

// The creator's reference is the first.
void object_init(struct object *object, const struct object_type *type);

// The counts are out of line where they are wrong, or at their end: every use of a handle passes
// here.
NORETURN void object_count_is_wrong(const struct object *object);
void object_last_put(struct object *object);

static ALWAYS_INLINE void object_get(struct object *object)
{
    if (unlikely(__atomic_add_fetch(&object->references, 1, __ATOMIC_RELAXED) <= 1))
        object_count_is_wrong(object);
}

static ALWAYS_INLINE void object_put(struct object *object)
{
    if (unlikely(__atomic_sub_fetch(&object->references, 1, __ATOMIC_ACQ_REL) <= 0))
        object_last_put(object);
}

// As object_get, for a pointer that holds no reference (a table of ids): false if the object is
// being destroyed. The caller sees to it that its memory is still there.
bool object_try_get(struct object *object) MUST_CHECK;

// What a thread that wants to wait for the object waits for, or NULL: STATUS_OBJECT_TYPE_MISMATCH.
static inline struct waitable *object_waitable(struct object *object)
{
    int32_t offset = object->type->waitable_offset;
    return offset != 0 ? (struct waitable *)((char *)object + offset) : NULL;
}

// The type behind `previous` (NULL: the first), in the order of their index; NULL at the end.
const struct object_type *object_type_next(const struct object_type *previous);

/*
 * A handle for object is made (open) or closed; handle.h calls these. An opener that finds the
 * object by name counts its handle in advance, under the name space's lock, so that the name cannot
 * go while the handle is being made; object_cancel_open takes that back.
 */
void object_open(struct object *object);
void object_cancel_open(struct object *object);
void object_close(struct object *object, struct handle_table *table, uint32_t access);
