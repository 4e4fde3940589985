// SPDX-License-Identifier: MIT
/*
 * Directories: names found by a hash of their capitals, and listed in the order of their making.
 *
 * A name and its directory refer to each other's objects: the name holds a reference to both the
 * object and the directory, so a directory that has lost its own name still serves those who reach
 * it, and goes when its last name does.
 */

#include <kernel/heap.h>
#include <kernel/panic.h>
#include <kernel/status.h>
#include <kernel/string.h>
#include <kernel/upper_case.h>

#include "namespace_private.h"

#define NAMES_PER_BUCKET 2u
#define BUCKET_FACTOR    8u

static void destroy_directory(struct object *object)
{
    struct directory *directory = container_of(object, struct directory, object);
    assert(directory->count == 0);
    if (directory->buckets != directory->first_buckets)
        heap_free(directory->buckets);
    heap_free(directory);
}

// Rights as NT's DIRECTORY_ALL_ACCESS and so on.
OBJECT_TYPE(
    directory_type, "Directory",
    .access = { .valid = 0x0F000F, .read = 0x020003, .write = 0x02000C, .execute = 0x020003 },
    .ignores_case = true, .destroy = destroy_directory);

void directory_init(struct directory *directory)
{
    *directory = (struct directory){ .bucket_count = DIRECTORY_FIRST_BUCKETS };
    directory->buckets = directory->first_buckets;
    list_init(&directory->order);
    object_init(&directory->object, &directory_type);
}

status_t directory_create(struct object **out)
{
    struct directory *directory = heap_alloc(sizeof(*directory));
    if (directory == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    directory_init(directory);
    *out = &directory->object;
    return STATUS_SUCCESS;
}

static uint32_t hash_name(struct name name)
{
    uint32_t hash = upper_case_hash(name.text, name.length);
    return hash ^ hash >> 16; // only low bits choose a bucket
}

static struct object_name **bucket_of(const struct directory *directory, uint32_t hash)
{
    return &directory->buckets[hash & (directory->bucket_count - 1)];
}

static bool is_equal(const struct object_name *entry, struct name name, bool ignores_case)
{
    if (entry->length != name.length)
        return false;
    return ignores_case ? upper_case_equal(entry->text, name.text, name.length)
                        : memcmp(entry->text, name.text, name.length * sizeof(*name.text)) == 0;
}

struct object_name *directory_find_locked(const struct directory *directory, struct name name,
                                          bool ignores_case)
{
    assert(mutex_held(&namespace_lock));
    uint32_t hash = hash_name(name);
    struct object_name *entry = *bucket_of(directory, hash);
    while (entry != NULL && (entry->hash != hash || !is_equal(entry, name, ignores_case)))
        entry = entry->next;
    return entry;
}

// Without memory the directory stays as it is, only slower.
static void add_buckets(struct directory *directory)
{
    uint32_t count = directory->bucket_count * BUCKET_FACTOR;
    struct object_name **buckets = heap_alloc_zeroed(count * sizeof(*buckets)), *name;
    if (buckets == NULL)
        return;
    if (directory->buckets != directory->first_buckets)
        heap_free(directory->buckets);
    directory->buckets = buckets;
    directory->bucket_count = count;
    list_for_each(name, &directory->order, order_link) {
        struct object_name **bucket = bucket_of(directory, name->hash);
        name->next = *bucket;
        *bucket = name;
    }
}

void directory_insert_locked(struct directory *directory, struct object_name *name)
{
    assert(mutex_held(&namespace_lock));
    if (directory->count >= NAMES_PER_BUCKET * directory->bucket_count)
        add_buckets(directory);
    name->hash = hash_name((struct name){ name->text, name->length });
    name->position = ++directory->last_position;
    name->directory = directory;
    struct object_name **bucket = bucket_of(directory, name->hash);
    name->next = *bucket;
    *bucket = name;
    list_append(&directory->order, &name->order_link);
    directory->count++;
    object_get(&directory->object);
    object_get(name->object);
}

void directory_remove_locked(struct object_name *name)
{
    assert(mutex_held(&namespace_lock));
    struct directory *directory = name->directory;
    struct object_name **at = bucket_of(directory, name->hash);
    while (*at != name)
        at = &(*at)->next;
    *at = name->next;
    list_remove(&name->order_link);
    directory->count--;
}

void object_name_release(struct object_name *name)
{
    object_put(name->object);
    object_put(&name->directory->object);
    heap_free(name);
}

void directory_list(struct object *object, uint32_t after,
                    bool (*visit)(uint32_t position, struct name name,
                                  const struct object_type *type, void *context),
                    void *context)
{
    const struct directory *directory = container_of(object, struct directory, object);
    const struct object_name *entry;
    mutex_lock(&namespace_lock);
    list_for_each(entry, &directory->order, order_link) {
        struct name name = { entry->text, entry->length };
        if (entry->position > after && !visit(entry->position, name, entry->object->type, context))
            break;
    }
    mutex_unlock(&namespace_lock);
}
