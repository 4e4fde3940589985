// SPDX-License-Identifier: MIT
/*
 * What the boot loader handed over, in one form for PVH and Multiboot2: memory, command line,
 * files, screen. All of it has been copied or reserved, so it stays valid.
 *
 * The command line is `OPTION OPTION=VALUE ... -- PROGRAM ARGS`: everything behind ` -- ` is the
 * Windows command line of the program, taken as it is.
 */

#pragma once

#include <kernel/types.h>

struct memory_range {
    paddr_t start;
    paddr_t end; // first byte after it
};

struct boot_module {
    const char *name; // the loader's words for it, "" if none
    paddr_t start;
    uint64_t size;
};

struct boot_screen {
    enum {
        BOOT_SCREEN_NONE,
        BOOT_SCREEN_TEXT,
        BOOT_SCREEN_RGB
    } kind;
    paddr_t address;
    uint32_t pitch;         // bytes per line
    uint32_t width, height; // pixels, or characters for BOOT_SCREEN_TEXT
    uint8_t bits_per_pixel;
    uint8_t red_shift, green_shift, blue_shift; // 8 bits each
};

#define BOOT_RANGES_MAX  64
#define BOOT_MODULES_MAX 32

struct boot_info {
    const char *loader; // "PVH", or Multiboot2's name of the loader
    const char *command_line;
    paddr_t acpi_rsdp; // 0: not told
    struct boot_screen screen;
    size_t range_count; // usable RAM, as the firmware has it: unsorted, unchecked
    struct memory_range ranges[BOOT_RANGES_MAX];
    size_t module_count;
    struct boot_module modules[BOOT_MODULES_MAX];
};

extern struct boot_info boot_info;

/*
 * Looks for `name` or `name=value` before ` -- `. Returns whether it is there; copies the value
 * ("" if it has none), cut to room.
 */
bool boot_option(const char *name, char *value, size_t room);

// The part of the command line behind ` -- `, or NULL.
const char *boot_program_line(void);

struct memory_object;

// A file that came with the kernel: a member of an initrd (cpio newc), or a module by itself.
struct boot_file {
    const char *name;
    const void *data; // direct map; page-aligned if the loader placed it so
    uint64_t size;
    struct file_memory *memory; // who has mapped it (memory_object.h)
};

// The file whose base name equals name, ignoring ASCII case; NULL: there is none.
const struct boot_file *boot_file_find(const char *name, size_t name_length);

// The bytes of a file as a memory object, the same one for all who ask; *out is a reference. The
// file is not empty. Fails: STATUS_NO_MEMORY, STATUS_COMMITMENT_LIMIT.
status_t boot_file_memory(const struct boot_file *file, struct memory_object **out) MUST_CHECK;

// The file whose bytes memory has; NULL: it is something else.
const struct boot_file *boot_file_of_memory(struct memory_object *memory);
