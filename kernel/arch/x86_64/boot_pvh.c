// SPDX-License-Identifier: MIT
// PVH: how QEMU starts a kernel without firmware. Everything lies in memory below 4 GiB, where the
// provisional direct map reaches it.
// Source: Xen, "x86/HVM direct boot ABI (PVH)", docs/misc/pvh.pandoc;
// xen/include/public/arch-x86/hvm/start_info.h.

#include <kernel/boot.h>
#include <kernel/frames.h>
#include <kernel/string.h>

#include "arch_private.h"
#include "boot_private.h"

struct start_info {
    uint32_t magic;
    uint32_t version;
    uint32_t flags;
    uint32_t module_count;
    uint64_t modules;
    uint64_t command_line;
    uint64_t rsdp;
    uint64_t memory_map; // version 1 and later, as is all below
    uint32_t memory_map_entries;
    uint32_t reserved;
};
static_assert(sizeof(struct start_info) == 56, "PVH start_info, version 1");

struct start_module {
    uint64_t address, size, command_line, reserved;
};

struct start_memory {
    uint64_t address, size;
    uint32_t type, reserved;
};

#define MEMORY_RAM 1

void boot_read_pvh(paddr_t information)
{
    const struct start_info *info = direct_map(information);
    boot_info.loader = "PVH";
    boot_info.acpi_rsdp = info->rsdp;
    if (info->command_line)
        boot_keep_command_line(direct_map(info->command_line));
    const struct start_module *module = direct_map(info->modules);
    for (uint32_t i = 0; i < info->module_count && info->modules; i++, module++) {
        const char *name = module->command_line ? direct_map(module->command_line) : "";
        boot_add_module(name, module->address, module->size);
    }
    if (info->version < 1)
        return;
    const struct start_memory *memory = direct_map(info->memory_map);
    for (uint32_t i = 0; i < info->memory_map_entries; i++, memory++)
        if (memory->type == MEMORY_RAM)
            boot_add_range(memory->address, memory->size);
}
