// SPDX-License-Identifier: MIT
// Multiboot2: how GRUB starts a kernel, from BIOS and from UEFI. A list of tags, each padded to 8.
// Source: Multiboot2 Specification version 2.0, 3.6.

#include <kernel/boot.h>
#include <kernel/frames.h>
#include <kernel/string.h>

#include "arch_private.h"
#include "boot_private.h"

enum tag_type {
    TAG_END = 0,
    TAG_COMMAND_LINE = 1,
    TAG_LOADER = 2,
    TAG_MODULE = 3,
    TAG_MEMORY_MAP = 6,
    TAG_FRAME_BUFFER = 8,
    TAG_RSDP_1 = 14,
    TAG_RSDP_2 = 15,
};

struct tag {
    uint32_t type, size;
};

struct module_tag {
    struct tag tag;
    uint32_t start, end;
    char command_line[];
};

struct memory_map_tag {
    struct tag tag;
    uint32_t entry_size, version;
};

struct memory_map_entry {
    uint64_t address, size;
    uint32_t type, reserved;
};

struct frame_buffer_tag {
    struct tag tag;
    uint64_t address;
    uint32_t pitch, width, height;
    uint8_t bits_per_pixel, type;
    uint16_t reserved;
    uint8_t red_position, red_size, green_position, green_size, blue_position, blue_size;
};

enum {
    FRAME_BUFFER_RGB = 1,
    FRAME_BUFFER_TEXT = 2
};

#define MEMORY_RAM 1

static void read_memory_map(const struct memory_map_tag *map)
{
    if (map->tag.size < sizeof(*map) || map->entry_size < sizeof(struct memory_map_entry))
        return;
    const char *entry = (const char *)(map + 1);
    for (uint32_t left = map->tag.size - sizeof(*map); left >= map->entry_size;
         left -= map->entry_size, entry += map->entry_size) {
        const struct memory_map_entry *memory = (const void *)entry;
        if (memory->type == MEMORY_RAM)
            boot_add_range(memory->address, memory->size);
    }
}

static void read_frame_buffer(const struct frame_buffer_tag *tag)
{
    struct boot_screen *screen = &boot_info.screen;
    if (tag->tag.size < offsetof(struct frame_buffer_tag, red_position))
        return;
    screen->address = tag->address;
    screen->pitch = tag->pitch;
    screen->width = tag->width;
    screen->height = tag->height;
    screen->bits_per_pixel = tag->bits_per_pixel;
    if (tag->type == FRAME_BUFFER_TEXT) {
        screen->kind = BOOT_SCREEN_TEXT;
    } else if (tag->type == FRAME_BUFFER_RGB && tag->tag.size >= sizeof(*tag) - 2) {
        screen->kind = BOOT_SCREEN_RGB;
        screen->red_shift = tag->red_position;
        screen->green_shift = tag->green_position;
        screen->blue_shift = tag->blue_position;
    }
}

static void read_tag(const struct tag *tag)
{
    const void *payload = tag + 1;
    switch (tag->type) {
    case TAG_COMMAND_LINE:
        boot_keep_command_line(payload);
        break;
    case TAG_LOADER:
        boot_info.loader = boot_keep_text(payload);
        break;
    case TAG_MODULE: {
        const struct module_tag *module = (const void *)tag;
        if (module->tag.size <= sizeof(*module) || module->end < module->start)
            break;
        boot_add_module(module->command_line, module->start, module->end - module->start);
        break;
    }
    case TAG_MEMORY_MAP:
        read_memory_map((const void *)tag);
        break;
    case TAG_FRAME_BUFFER:
        read_frame_buffer((const void *)tag);
        break;
    case TAG_RSDP_1:
    case TAG_RSDP_2:
        // The tag holds a copy of the RSDP, which lies where the information does.
        boot_info.acpi_rsdp = (vaddr_t)payload - DIRECT_MAP_BASE;
        break;
    }
}

void boot_read_multiboot2(paddr_t information)
{
    const uint32_t *size = direct_map(information);
    const char *end = (const char *)size + *size;
    // The RSDP is read later, so the whole stays reserved.
    boot_reserve(information, information + *size);
    const struct tag *tag = (const void *)(size + 2);
    while ((const char *)(tag + 1) <= end && tag->type != TAG_END && tag->size >= sizeof(*tag)) {
        read_tag(tag);
        tag = (const void *)((const char *)tag + ROUND_UP(tag->size, 8));
    }
}
