// SPDX-License-Identifier: MIT
/*
 * The names that objects have: how long they keep them, and what they are in full.
 *
 * An object has a name as long as a handle is open or it is permanent. The last handle is counted
 * down without the lock, so by the time that the lock is taken somebody may have opened the object
 * again; the count decides.
 */

#include <kernel/namespace.h>

#include <kernel/panic.h>
#include <kernel/status.h>
#include <kernel/string.h>

#include "namespace_private.h"

// Takes the name off an object that nothing makes keep it. NULL: it has none, or keeps it.
static struct object_name *take_name_locked(struct object *object)
{
    struct object_name *name = object->name;
    if (name == NULL || object->flags & OBJECT_IS_PERMANENT ||
        __atomic_load_n(&object->handle_count, __ATOMIC_ACQUIRE) != 0)
        return NULL;
    directory_remove_locked(name);
    __atomic_store_n(&object->name, NULL, __ATOMIC_RELAXED);
    return name;
}

static void drop_name_if_unused(struct object *object, uint32_t flags_to_clear)
{
    mutex_lock(&namespace_lock);
    object->flags &= ~flags_to_clear;
    struct object_name *name = take_name_locked(object);
    mutex_unlock(&namespace_lock);
    if (name != NULL)
        object_name_release(name);
}

void namespace_last_handle_closed(struct object *object)
{
    // Names are given while a handle is open or being made, so none appears from here on.
    if (__atomic_load_n(&object->name, __ATOMIC_RELAXED) != NULL)
        drop_name_if_unused(object, 0);
}

void namespace_make_temporary(struct object *object)
{
    drop_name_if_unused(object, OBJECT_IS_PERMANENT);
}

void namespace_make_permanent(struct object *object)
{
    mutex_lock(&namespace_lock);
    if (object->name != NULL)
        object->flags |= OBJECT_IS_PERMANENT;
    mutex_unlock(&namespace_lock);
}

// Writes one piece of a name so that it ends at `end`, as far as it lies within room.
static void put_before(uint16_t *to, size_t room, size_t end, const uint16_t *text, size_t length)
{
    size_t start = end - length;
    if (start < room)
        memcpy(to + start, text, (MIN(end, room) - start) * sizeof(*to));
}

// An object's own part of its name; without a parent it is the last. A directory that has lost its
// name stands at the beginning like the root.
static const struct object_name *parent_name(const struct object_name *name)
{
    return name->directory->object.name;
}

status_t namespace_path(struct object *object, uint16_t *to, size_t room, size_t *length)
{
    static const uint16_t separator = NAME_SEPARATOR;
    if (object->type->query_name != NULL)
        return object->type->query_name(object, to, room, length);
    mutex_lock(&namespace_lock);
    size_t end = object == &root_directory.object ? 1 : 0;
    for (const struct object_name *name = object->name; name != NULL; name = parent_name(name))
        end += 1 + name->length;
    *length = end;
    if (object == &root_directory.object)
        put_before(to, room, end, &separator, 1);
    for (const struct object_name *name = object->name; name != NULL; name = parent_name(name)) {
        put_before(to, room, end, name->text, name->length);
        end -= name->length;
        put_before(to, room, end--, &separator, 1);
    }
    mutex_unlock(&namespace_lock);
    return STATUS_SUCCESS;
}
