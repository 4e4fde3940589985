// SPDX-License-Identifier: MIT
/*
 * Boot files as memory objects. The loader put their bytes into RAM for good; where it put them on
 * a page boundary they are mapped in place, else each page is copied once. Nobody may write to
 * them.
 */

#include <kernel/boot.h>
#include <kernel/frames.h>
#include <kernel/heap.h>
#include <kernel/memory_object.h>
#include <kernel/status.h>
#include <kernel/string.h>

struct boot_file_memory {
    struct memory_object memory;
    const struct boot_file *file;
};

static const struct boot_file *file_of(struct memory_object *memory)
{
    return container_of(memory, struct boot_file_memory, memory)->file;
}

static status_t fill(struct memory_object *memory, uint64_t page, void *to)
{
    const struct boot_file *file = file_of(memory);
    uint64_t offset = page << PAGE_SHIFT;
    size_t size = MIN(file->size - offset, PAGE_SIZE);

    memcpy(to, (const char *)file->data + offset, size);
    memset((char *)to + size, 0, PAGE_SIZE - size);
    return STATUS_SUCCESS;
}

static bool is_aligned(const struct boot_file *file)
{
    return ((vaddr_t)file->data & PAGE_MASK) == 0;
}

// What stands behind the file's end in its last page is not the file's, so that page is copied.
static paddr_t lend(struct memory_object *memory, uint64_t page)
{
    const struct boot_file *file = file_of(memory);
    uint64_t offset = page << PAGE_SHIFT;

    if (!is_aligned(file) || file->size - offset < PAGE_SIZE)
        return 0;
    return paddr_of_direct_map(file->data) + offset;
}

static void destroy(struct memory_object *memory)
{
    struct file_memory *file = file_of(memory)->memory;

    file_memory_leave(file, &file->data, memory);
    heap_free(container_of(memory, struct boot_file_memory, memory));
}

static const struct memory_object_ops boot_file_ops = {
    .name = "boot file",
    .fill = fill,
    .lend = lend,
    .destroy = destroy,
};

status_t boot_file_memory(const struct boot_file *file, struct memory_object **out)
{
    uint64_t pages = ROUND_UP(file->size, PAGE_SIZE) >> PAGE_SHIFT;

    *out = file_memory_find(file->memory, &file->memory->data);
    if (*out != NULL)
        return STATUS_SUCCESS;
    struct boot_file_memory *made = heap_alloc(sizeof(*made));
    if (made == NULL)
        return STATUS_NO_MEMORY;
    made->file = file;
    status_t status =
        memory_object_init(&made->memory, &boot_file_ops, pages, is_aligned(file) ? 1 : pages);
    if (status != STATUS_SUCCESS) {
        heap_free(made);
        return status;
    }
    *out = file_memory_enter(file->memory, &file->memory->data, &made->memory);
    if (*out != &made->memory)
        memory_object_put(&made->memory);
    return STATUS_SUCCESS;
}

const struct boot_file *boot_file_of_memory(struct memory_object *memory)
{
    return memory->ops == &boot_file_ops ? file_of(memory) : NULL;
}
