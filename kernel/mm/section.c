// SPDX-License-Identifier: MIT
// Section objects (section.h).

#include <kernel/section.h>

#include <kernel/heap.h>
#include <kernel/status.h>

static void destroy_section(struct object *object)
{
    struct section *section = container_of(object, struct section, object);

    memory_object_put(section->memory);
    heap_free(section);
}

OBJECT_TYPE(section_type, "Section",
            .access = { .valid = ACCESS_STANDARD | 0x1F,
                        .read = ACCESS_READ_CONTROL | SECTION_MAY_QUERY | SECTION_MAY_READ,
                        .write = ACCESS_READ_CONTROL | SECTION_MAY_WRITE,
                        .execute = ACCESS_READ_CONTROL | SECTION_MAY_EXECUTE },
            .destroy = destroy_section);

status_t section_create(const struct section *from, struct section **out)
{
    struct section *section = heap_alloc(sizeof(*section));

    if (section == NULL) {
        memory_object_put(from->memory);
        return STATUS_NO_MEMORY;
    }
    *section = *from;
    object_init(&section->object, &section_type);
    *out = section;
    return STATUS_SUCCESS;
}
