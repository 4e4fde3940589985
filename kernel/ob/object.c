// SPDX-License-Identifier: MIT
// Counting references: the last one to go destroys the object through its type.

#include <kernel/object.h>

#include <kernel/panic.h>

void object_init(struct object *object, const struct object_type *type)
{
    object->type = type;
    object->references = 1;
}

void object_get(struct object *object)
{
    uint32_t before = __atomic_fetch_add(&object->references, 1, __ATOMIC_RELAXED);
    assert(before > 0 && before < UINT32_MAX);
}

void object_put(struct object *object)
{
    uint32_t before = __atomic_fetch_sub(&object->references, 1, __ATOMIC_ACQ_REL);
    assert(before > 0);
    if (before == 1)
        object->type->destroy(object);
}
