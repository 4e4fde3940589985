// SPDX-License-Identifier: MIT
/*
 * Program images. A struct image is an opened PE file whose headers have been checked; it is what NT
 * calls an image section, an object that any number of address spaces may map. Who maps it, and
 * each mapping, hold references; the file's bytes stay where the boot loader put them.
 */

#pragma once

#include <kernel/boot.h>
#include <kernel/object.h>
#include <kernel/space.h>
#include <pe/image.h>
#include <pe/relocations.h>

struct image {
    struct object object;
    const char *file_name; // base name, UTF-8
    char name[64];         // the same, printable, for people
    struct pe_image pe;
    struct pe_relocations relocations;
    pe_rva base_field; // where the headers hold ImageBase
};

// Words for people about a refusal: "hello.exe: the file does not begin with MZ".
struct reason {
    char *text;
    size_t room;
};

/*
 * Opens a file as an image, of a program or of a DLL.
 * Fails    STATUS_NO_MEMORY, or what image_status gives; *reason then says why
 */
status_t image_open(const struct boot_file *file, struct image **out,
                    struct reason *reason) MUST_CHECK;

/*
 * Checks that image is a program that can be started as it is.
 * Fails    STATUS_INVALID_IMAGE_FORMAT: a DLL, or not for Windows
 *          STATUS_DLL_NOT_FOUND: it needs DLLs; *reason names the first
 */
status_t image_check_program(const struct image *image, struct reason *reason) MUST_CHECK;

/*
 * Maps the image: its pages are filled from the file and relocated when they are first touched.
 * Fails    STATUS_CONFLICTING_ADDRESSES: it can only stand at its base, which is not free
 *          STATUS_NO_MEMORY, STATUS_COMMITMENT_LIMIT
 */
status_t image_map(struct image *image, struct address_space *space, vaddr_t *base) MUST_CHECK;

// The status that NT gives for what pe/ found. Not always a failure code: compare with
// STATUS_SUCCESS.
status_t image_status(enum pe_error error);
