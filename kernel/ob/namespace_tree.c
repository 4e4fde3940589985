// SPDX-License-Identifier: MIT
/*
 * The tree as it stands before the first program runs: the directories and links that programs of
 * Windows take for granted. What is named here is permanent.
 *
 * `\??`, where the names of drives and of DOS devices are, is the directory itself and `\GLOBAL??`
 * a link to it, the other way round than on NT, where each session has its own: so the names that
 * are used most take one step less.
 */

#include <kernel/heap.h>
#include <kernel/init.h>
#include <kernel/panic.h>
#include <kernel/status.h>
#include <kernel/string.h>

#include "namespace_private.h"

#define SESSION_NAMES "\\Sessions\\1\\BaseNamedObjects"

struct directory root_directory;

static const char *const directories[] = {
    "\\??",
    "\\ArcName",
    "\\BaseNamedObjects",
    "\\Callback",
    "\\Device",
    "\\Driver",
    "\\FileSystem",
    "\\KernelObjects",
    "\\KnownDlls",
    "\\NLS",
    "\\ObjectTypes",
    "\\RPC Control",
    "\\Security",
    "\\Sessions",
    "\\Sessions\\0",
    "\\Sessions\\0\\DosDevices",
    "\\Sessions\\1",
    SESSION_NAMES,
    "\\Sessions\\1\\DosDevices",
    "\\Sessions\\1\\Windows",
    "\\Sessions\\1\\Windows\\WindowStations",
    "\\Sessions\\BNOLINKS",
    "\\Windows",
    "\\Windows\\WindowStations",
};

static const char *const links[][2] = {
    { "\\DosDevices", "\\??" },
    { "\\GLOBAL??", "\\??" },
    { "\\??\\GLOBALROOT", "" },
    { "\\??\\Global", "\\GLOBAL??" },
    { "\\BaseNamedObjects\\Global", "\\BaseNamedObjects" },
    { "\\BaseNamedObjects\\Local", "\\BaseNamedObjects" },
    { "\\BaseNamedObjects\\Session", "\\Sessions\\BNOLINKS" },
    { SESSION_NAMES "\\Global", "\\BaseNamedObjects" },
    { SESSION_NAMES "\\Local", SESSION_NAMES },
    { SESSION_NAMES "\\Session", "\\Sessions\\BNOLINKS" },
    { "\\Sessions\\BNOLINKS\\0", "\\BaseNamedObjects" },
    { "\\Sessions\\BNOLINKS\\1", SESSION_NAMES },
    { "\\Sessions\\0\\BaseNamedObjects", "\\BaseNamedObjects" },
};

// ASCII as UTF-16, in memory of its own. text is NULL if there is none.
static struct name make_name(const char *ascii)
{
    size_t length = strlen(ascii);
    uint16_t *text = heap_alloc((length + 1) * sizeof(*text));
    for (size_t i = 0; text != NULL && i < length; i++)
        text[i] = (uint8_t)ascii[i];
    return (struct name){ text, length };
}

status_t namespace_add(const char *path, struct object *object)
{
    struct name_walk walk = { .path = make_name(path),
                              .type = object->type,
                              .flags = NAME_PERMANENT };
    if (walk.path.text == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    uint16_t *text = (uint16_t *)walk.path.text; // following a link replaces walk.path
    struct object *inserted;
    status_t status = namespace_insert(&walk, object, &inserted);
    heap_free(text);
    if (status != STATUS_SUCCESS)
        return status;
    object_cancel_open(inserted); // it is permanent, so it keeps its name
    object_put(inserted);
    return STATUS_SUCCESS;
}

// Names a new object, which is then the name space's own.
static status_t add_new(const char *path, struct object *object)
{
    status_t status = namespace_add(path, object);
    object_put(object);
    return status;
}

status_t namespace_add_directory(const char *path)
{
    struct object *object;
    status_t status = directory_create(&object);
    return status == STATUS_SUCCESS ? add_new(path, object) : status;
}

status_t namespace_add_link(const char *path, const char *target)
{
    struct object *object;
    struct name name = make_name(target);
    if (name.text == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    status_t status = link_create(name, &object);
    heap_free((uint16_t *)name.text);
    return status == STATUS_SUCCESS ? add_new(path, object) : status;
}

// ---- types
// ---------------------------------------------------------------------------------------

// A type of object, so that \ObjectTypes can list it.
struct listed_type {
    struct object object;
    const struct object_type *type;
};

static void destroy_listed_type(struct object *object)
{
    heap_free(container_of(object, struct listed_type, object));
}

OBJECT_TYPE(
    type_type, "Type",
    .access = { .valid = 0x0F0001, .read = 0x020000, .write = 0x020000, .execute = 0x020000 },
    .destroy = destroy_listed_type);

static status_t list_type(const struct object_type *type)
{
    char path[64];
    struct listed_type *listed = heap_alloc(sizeof(*listed));
    if (listed == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    object_init(&listed->object, &type_type);
    listed->type = type;
    format_string(path, sizeof(path), "\\ObjectTypes\\%s", type->name);
    return add_new(path, &listed->object);
}

void namespace_build(void)
{
    status_t status = STATUS_SUCCESS;
    mutex_init(&namespace_lock, "name space", LOCK_RANK_NAMES);
    directory_init(&root_directory);
    root_directory.object.flags = OBJECT_IS_PERMANENT;
    for (size_t i = 0; i < ARRAY_SIZE(directories) && status == STATUS_SUCCESS; i++)
        status = namespace_add_directory(directories[i]);
    for (size_t i = 0; i < ARRAY_SIZE(links) && status == STATUS_SUCCESS; i++)
        status = namespace_add_link(links[i][0], links[i][1]);
    for (const struct object_type *type = object_type_next(NULL);
         type != NULL && status == STATUS_SUCCESS; type = object_type_next(type))
        status = list_type(type);
    if (status != STATUS_SUCCESS)
        panic("namespace: cannot build the tree, status 0x%08x", (unsigned)status);
}
INITCALL(40_OBJECTS, namespace_build);
