// SPDX-License-Identifier: MIT
/*
 * Walking names (namespace.h): from the root or a given directory, component by component, to the
 * object that is opened or the place where one is inserted.
 *
 * The lock is held from the look into a directory until the object is opened or inserted. So a
 * name that is found has not been given up by its last handle, and of two creators one is first. It
 * is released only for an object's own `parse`.
 */

#include <kernel/namespace.h>

#include <kernel/heap.h>
#include <kernel/panic.h>
#include <kernel/status.h>
#include <kernel/string.h>

#include "namespace_private.h"

struct mutex namespace_lock;

// One walk's goal and what it works with.
struct search {
    struct name_walk *walk;
    struct object *insert; // what gets the name if it is free; NULL: only find
    struct object **out;
};

static bool is_directory(const struct object *object)
{
    return object->type == &directory_type;
}

// Splits the first component off rest, which begins with it.
static struct name take_component(struct name *rest)
{
    struct name component = { rest->text, 0 };
    while (component.length < rest->length && rest->text[component.length] != NAME_SEPARATOR)
        component.length++;
    rest->text += component.length;
    rest->length -= component.length;
    return component;
}

static bool ignores_case(const struct name_walk *walk)
{
    return walk->flags & NAME_IGNORE_CASE || walk->type == NULL || walk->type->ignores_case;
}

// ---- the end of a name
// ---------------------------------------------------------------------------

static status_t check_exclusive(const struct name_walk *walk, const struct object *object)
{
    if (object->flags & OBJECT_IS_EXCLUSIVE)
        return object->name->exclusive_to == walk->opener ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
    return walk->flags & NAME_EXCLUSIVE ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

// The name is the object's.
static status_t open_found(struct search *search, struct object *object)
{
    const struct name_walk *walk = search->walk;
    if (search->insert != NULL && !(walk->flags & NAME_OPEN_IF))
        return STATUS_OBJECT_NAME_COLLISION;
    if (walk->type != NULL && object->type != walk->type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    status_t status = check_exclusive(walk, object);
    if (status != STATUS_SUCCESS)
        return status;
    object_get(object);
    object_open(object);
    *search->out = object;
    return search->insert != NULL ? STATUS_OBJECT_NAME_EXISTS : STATUS_SUCCESS;
}

// The name is free.
static status_t insert_here(struct search *search, struct directory *directory, struct name name)
{
    const struct name_walk *walk = search->walk;
    struct object *object = search->insert;
    if (object == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    size_t size = name.length * sizeof(*name.text);
    struct object_name *entry = heap_alloc(sizeof(*entry) + size);
    if (entry == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    entry->object = object;
    entry->exclusive_to = walk->opener;
    entry->length = name.length;
    memcpy(entry->text, name.text, size);
    directory_insert_locked(directory, entry);
    if (walk->flags & NAME_EXCLUSIVE)
        object->flags |= OBJECT_IS_EXCLUSIVE;
    if (walk->flags & NAME_PERMANENT)
        object->flags |= OBJECT_IS_PERMANENT;
    __atomic_store_n(&object->name, entry, __ATOMIC_RELAXED);
    object_get(object);
    object_open(object);
    *search->out = object;
    return STATUS_SUCCESS;
}

// ---- walking
// -------------------------------------------------------------------------------------

// Whether the object itself, though it could read on, is what the name means.
static bool is_meant_itself(const struct name_walk *walk, const struct object *object)
{
    return object->type == &link_type && walk->rest.length == 0 &&
           (walk->type == &link_type || walk->flags & NAME_OPEN_LINK);
}

// Lets object read on, without the lock.
static status_t parse(struct search *search, struct object *object)
{
    object_get(object);
    mutex_unlock(&namespace_lock);
    status_t status = object->type->parse(object, search->walk, search->out);
    object_put(object);
    mutex_lock(&namespace_lock);
    return status;
}

// Goes on below directory with walk->rest, which begins with a component.
static status_t descend_locked(struct search *search, struct directory *directory)
{
    struct name_walk *walk = search->walk;
    for (;;) {
        struct name component = take_component(&walk->rest);
        bool is_last = walk->rest.length == 0;
        if (component.length == 0)
            return STATUS_OBJECT_NAME_INVALID;
        struct object_name *entry = directory_find_locked(directory, component, ignores_case(walk));
        if (entry == NULL && !is_last)
            return STATUS_OBJECT_PATH_NOT_FOUND;
        if (entry == NULL)
            return insert_here(search, directory, component);
        struct object *object = entry->object;
        if (object->type->parse != NULL && !is_meant_itself(walk, object))
            return parse(search, object);
        if (is_last)
            return open_found(search, object);
        if (!is_directory(object))
            return STATUS_OBJECT_TYPE_MISMATCH;
        directory = container_of(object, struct directory, object);
        walk->rest.text++; // the separator
        walk->rest.length--;
    }
}

static status_t walk_from_root(struct search *search)
{
    struct name_walk *walk = search->walk;
    walk->rest = walk->path;
    if (walk->rest.length == 0 || walk->rest.text[0] != NAME_SEPARATOR)
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    walk->rest.text++;
    walk->rest.length--;
    if (walk->rest.length == 0)
        return open_found(search, &root_directory.object);
    return descend_locked(search, &root_directory);
}

static status_t walk_from(struct search *search, struct object *root)
{
    struct name_walk *walk = search->walk;
    walk->rest = walk->path;
    if (!is_directory(root))
        return root->type->parse != NULL && root->type != &link_type ? parse(search, root)
                                                                     : STATUS_OBJECT_TYPE_MISMATCH;
    if (walk->rest.length == 0)
        return open_found(search, root);
    if (walk->rest.text[0] == NAME_SEPARATOR)
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    return descend_locked(search, container_of(root, struct directory, object));
}

static status_t walk_name(struct search *search)
{
    struct name_walk *walk = search->walk;
    mutex_lock(&namespace_lock);
    status_t status = walk->root != NULL ? walk_from(search, walk->root) : walk_from_root(search);
    while (status == STATUS_REPARSE)
        status = walk_from_root(search);
    mutex_unlock(&namespace_lock);
    heap_free(walk->owned);
    walk->owned = NULL;
    return status;
}

status_t name_walk_restart(struct name_walk *walk, struct name target)
{
    if (walk->flags & NAME_NO_LINKS)
        return STATUS_REPARSE_POINT_ENCOUNTERED;
    if (++walk->link_count > NAME_MAX_LINKS)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (target.length > NAME_MAX_LENGTH || walk->rest.length > NAME_MAX_LENGTH - target.length)
        return STATUS_NAME_TOO_LONG;
    size_t length = target.length + walk->rest.length;
    uint16_t *text = heap_alloc(MAX(length, 1u) * sizeof(*text));
    if (text == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(text, target.text, target.length * sizeof(*text));
    memcpy(text + target.length, walk->rest.text, walk->rest.length * sizeof(*text));
    heap_free(walk->owned);
    walk->owned = text;
    walk->path = (struct name){ text, length };
    return STATUS_REPARSE;
}

status_t namespace_find(struct name_walk *walk, struct object **out)
{
    struct search search = { .walk = walk, .out = out };
    return walk_name(&search);
}

status_t namespace_insert(struct name_walk *walk, struct object *object, struct object **out)
{
    struct search search = { .walk = walk, .insert = object, .out = out };
    assert(object->name == NULL && walk->type == object->type);
    return walk_name(&search);
}
