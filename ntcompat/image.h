// SPDX-License-Identifier: MIT
/*
 * Program images. A struct image is an opened PE file whose headers have been checked, and the
 * memory object of its pages as a program sees them: laid out, and relocated to one base, which is
 * chosen once and is the same in every process. So all processes share the pages that none has
 * written to.
 *
 * Whoever opens the same file while the image is in use gets the same image; its base stays the
 * same until the machine ends.
 */

#pragma once

#include <kernel/boot.h>
#include <kernel/memory_object.h>
#include <kernel/mutex.h>
#include <kernel/space.h>
#include <pe/image.h>
#include <pe/relocations.h>

struct image {
    struct memory_object memory;
    struct file_memory *file; // that it is entered in
    uint64_t file_size;
    const char *file_name; // base name, UTF-8
    char name[64];         // the same, printable, for people
    struct pe_image pe;
    struct pe_relocations relocations;
    pe_rva base_field; // where the headers hold ImageBase
    struct mutex placing;
    vaddr_t base;    // [placing] until is_placed, then immutable: where it is relocated to
    bool is_placed;  // [placing] it has been mapped
    uint64_t cursor; // atomic: struct pe_relocation_cursor of the page that was relocated last
};

static inline struct image *image_of_memory(struct memory_object *memory)
{
    return container_of(memory, struct image, memory);
}

static inline void image_get(struct image *image)
{
    memory_object_get(&image->memory);
}

static inline void image_put(struct image *image)
{
    memory_object_put(&image->memory);
}

// Words for people about a refusal: "hello.exe: the file does not begin with MZ".
struct reason {
    char *text;
    size_t room;
};

/*
 * Opens a file as an image, of a program or of a DLL; *out is a reference.
 * Fails    STATUS_NO_MEMORY, STATUS_COMMITMENT_LIMIT, or what image_status gives; *reason then
 *          says why
 */
status_t image_open(const struct boot_file *file, struct image **out,
                    struct reason *reason) MUST_CHECK;

/*
 * Checks that image is a program that can be started as it is.
 * Fails    STATUS_INVALID_IMAGE_FORMAT: a DLL, or not for Windows
 *          STATUS_DLL_NOT_FOUND: it needs DLLs; *reason names the first
 */
status_t image_check_program(const struct image *image, struct reason *reason) MUST_CHECK;

struct image_view {
    vaddr_t address;           // 0: at the image's base, or else anywhere
    vaddr_t highest;           // last byte allowed if it goes anywhere, 0: USER_HIGHEST
    bool replaces_placeholder; // at address, of the image's size
};

/*
 * Maps the image. *base receives where; if that is not image->base, the program has to relocate it.
 * Its pages are filled, and relocated to image->base, when they are first touched.
 * Fails    STATUS_CONFLICTING_ADDRESSES: the place that was asked for is not free, or the image can
 *          only stand at its base, which is not
 *          STATUS_NO_MEMORY, STATUS_COMMITMENT_LIMIT, STATUS_INVALID_PARAMETER
 */
status_t image_map(struct image *image, struct address_space *space, const struct image_view *view,
                   vaddr_t *base) MUST_CHECK;

// The same for a program that is to be started: only at image->base. STATUS_CONFLICTING_ADDRESSES:
// that is not free.
status_t image_map_program(struct image *image, struct address_space *space,
                           vaddr_t *base) MUST_CHECK;

// The memory object's functions, and the choice of a base when an image is opened; for image.c.
extern const struct memory_object_ops image_memory_ops;
vaddr_t image_choose_base(const struct pe_image *pe);

// The status that NT gives for what pe/ found. Not always a failure code: compare with
// STATUS_SUCCESS.
status_t image_status(enum pe_error error);
