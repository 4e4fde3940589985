// SPDX-License-Identifier: MIT
// Symbolic links: objects that stand for another name. The target is read anew at each use, so it
// may appear, change or lead in a circle; the walk counts how many links it has followed.

#include <kernel/heap.h>
#include <kernel/namespace.h>
#include <kernel/status.h>
#include <kernel/string.h>

struct link {
    struct object object;
    size_t length;   // immutable; units
    uint16_t text[]; // immutable
};

static void destroy_link(struct object *object)
{
    heap_free(container_of(object, struct link, object));
}

struct name link_target(const struct object *object)
{
    const struct link *link = container_of(object, const struct link, object);
    return (struct name){ link->text, link->length };
}

static status_t parse_link(struct object *object, struct name_walk *walk, struct object **out)
{
    (void)out;
    return name_walk_restart(walk, link_target(object));
}

// Rights as NT's SYMBOLIC_LINK_ALL_ACCESS_EX and so on.
OBJECT_TYPE(
    link_type, "SymbolicLink",
    .access = { .valid = 0x0FFFFF, .read = 0x020001, .write = 0x020000, .execute = 0x020001 },
    .ignores_case = true, .destroy = destroy_link, .parse = parse_link);

status_t link_create(struct name target, struct object **out)
{
    size_t size = target.length * sizeof(*target.text);
    struct link *link = heap_alloc(sizeof(*link) + size);
    if (link == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    object_init(&link->object, &link_type);
    link->length = target.length;
    memcpy(link->text, target.text, size);
    *out = &link->object;
    return STATUS_SUCCESS;
}
