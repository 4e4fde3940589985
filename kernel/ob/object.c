// SPDX-License-Identifier: MIT
/*
 * The life of an object.
 *
 * It begins with object_init and one reference, the maker's. Handles, names and whoever works with
 * it hold further ones; a handle also counts in handle_count. When the last handle is closed, the
 * object's name goes with it unless it is permanent; when the last reference goes, its type
 * destroys it. All counts are atomic, so neither needs a lock.
 */

#include <kernel/object.h>

#include <kernel/heap.h>
#include <kernel/init.h>
#include <kernel/namespace.h>
#include <kernel/panic.h>

#define FIRST_TYPE_INDEX 2u // as on NT

extern const struct object_type *const object_types_start[], *const object_types_end[];

// Counts one more, and how many there were at most.
static void count_up(uint32_t *count, uint32_t *peak)
{
    uint32_t now = __atomic_add_fetch(count, 1, __ATOMIC_RELAXED);
    uint32_t highest = __atomic_load_n(peak, __ATOMIC_RELAXED);
    while (now > highest && !__atomic_compare_exchange_n(peak, &highest, now, true,
                                                         __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
}

static void count_down(uint32_t *count)
{
    __atomic_sub_fetch(count, 1, __ATOMIC_RELAXED);
}

void object_init(struct object *object, const struct object_type *type)
{
    assert(type->counts != NULL); // defined by OBJECT_TYPE
    *object = (struct object){ .type = type, .references = 1 };
    count_up(&type->counts->objects, &type->counts->peak_objects);
}

void object_count_is_wrong(const struct object *object)
{
    panic("object: a %s at %p has %d references", object->type->name, (const void *)object,
          object->references);
}

bool object_try_get(struct object *object)
{
    int32_t references = __atomic_load_n(&object->references, __ATOMIC_RELAXED);
    while (references > 0)
        if (__atomic_compare_exchange_n(&object->references, &references, references + 1, true,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            return true;
    return false;
}

void object_last_put(struct object *object)
{
    if (object->references != 0)
        object_count_is_wrong(object);
    assert(object->handle_count == 0 && object->name == NULL);
    count_down(&object->type->counts->objects);
    heap_free(object->security);
    object->type->destroy(object);
}

void object_open(struct object *object)
{
    struct object_counts *counts = object->type->counts;
    __atomic_add_fetch(&object->handle_count, 1, __ATOMIC_RELAXED);
    count_up(&counts->handles, &counts->peak_handles);
}

static uint32_t count_closed(struct object *object)
{
    count_down(&object->type->counts->handles);
    return __atomic_sub_fetch(&object->handle_count, 1, __ATOMIC_ACQ_REL);
}

void object_cancel_open(struct object *object)
{
    if (count_closed(object) == 0)
        namespace_last_handle_closed(object);
}

void object_close(struct object *object, struct handle_table *table, uint32_t access)
{
    uint32_t left = count_closed(object);
    if (object->type->close)
        object->type->close(object, table, access, left);
    if (left == 0)
        namespace_last_handle_closed(object);
}

const struct object_type *object_type_next(const struct object_type *previous)
{
    size_t index = previous ? previous->counts->index - FIRST_TYPE_INDEX + 1 : 0;
    return object_types_start + index < object_types_end ? object_types_start[index] : NULL;
}

static void number_types(void)
{
    uint32_t index = FIRST_TYPE_INDEX;
    for (const struct object_type *const *type = object_types_start; type < object_types_end;
         type++)
        (*type)->counts->index = index++;
}
INITCALL(30_HEAP, number_types);
