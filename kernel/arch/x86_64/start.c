// SPDX-License-Identifier: MIT
// From the loader's entry to the levels of start-up: what is needed before the first initcall runs.

#include <kernel/boot.h>
#include <kernel/early_memory.h>
#include <kernel/frames.h>
#include <kernel/init.h>
#include <kernel/log.h>
#include <kernel/panic.h>
#include <kernel/string.h>
#include <kernel/thread.h>

#include "apic.h"
#include "arch_private.h"
#include "boot_private.h"

#define PVH_MAGIC        0x336EC578u
#define MULTIBOOT2_MAGIC 0x36D76289u

// The longest command line of Windows has 32,767 UTF-16 units, up to 3 bytes each as UTF-8.
#define TEXT_ROOM (112 * KIB)

#define RESERVED_MAX 4

struct boot_info boot_info = { .loader = "unknown", .command_line = "" };

static struct cpu boot_cpu;

static struct {
    char text[TEXT_ROOM];
    size_t used;
    struct memory_range reserved[RESERVED_MAX];
    size_t reserved_count;
} kept;

// Called by boot.asm.
NORETURN void kernel_main(uint32_t magic, paddr_t information);

const char *boot_keep_text(const char *text)
{
    char *copy = kept.text + kept.used;
    size_t room = sizeof(kept.text) - kept.used;
    if (room == 0)
        return "";
    copy_string(copy, room, text);
    kept.used += strlen(copy) + 1;
    return copy;
}

void boot_keep_command_line(const char *text)
{
    boot_info.command_line = boot_keep_text(text);
}

void boot_add_module(const char *name, paddr_t start, uint64_t size)
{
    if (boot_info.module_count == BOOT_MODULES_MAX || start + size < start)
        return;
    boot_info.modules[boot_info.module_count++] =
        (struct boot_module){ boot_keep_text(name), start, size };
}

void boot_add_range(paddr_t start, uint64_t size)
{
    if (boot_info.range_count < BOOT_RANGES_MAX && start + size >= start)
        boot_info.ranges[boot_info.range_count++] = (struct memory_range){ start, start + size };
}

void boot_reserve(paddr_t start, paddr_t end)
{
    assert(kept.reserved_count < RESERVED_MAX);
    kept.reserved[kept.reserved_count++] = (struct memory_range){ start, end };
}

static void read_boot_information(uint32_t magic, paddr_t information)
{
    if (magic == PVH_MAGIC)
        boot_read_pvh(information);
    else if (magic == MULTIBOOT2_MAGIC)
        boot_read_multiboot2(information);
    else
        panic("boot: a loader with the unknown magic 0x%08x", magic);
    if (boot_info.range_count == 0)
        panic("boot: the loader %s told of no memory", boot_info.loader);
}

static void init_memory(void)
{
    early_memory_init(boot_info.ranges, boot_info.range_count);
    early_memory_reserve((paddr_t)kernel_image_start, (paddr_t)kernel_image_end);
    for (size_t i = 0; i < boot_info.module_count; i++)
        early_memory_reserve(boot_info.modules[i].start,
                             boot_info.modules[i].start + boot_info.modules[i].size);
    for (size_t i = 0; i < kept.reserved_count; i++)
        early_memory_reserve(kept.reserved[i].start, kept.reserved[i].end);
    paging_init();
    frames_init();
}
INITCALL(20_FRAMES, init_memory);

void kernel_main(uint32_t magic, paddr_t information)
{
    timer_begin_calibration();
    boot_thread.kernel_stack = boot_stack;
    boot_cpu.thread = &boot_thread;
    cpus[0] = &boot_cpu;
    descriptors_init(&boot_cpu);
    features_init();
    read_boot_information(magic, information);
    run_initcalls();
    panic("boot: the last initcall returned");
}
