// SPDX-License-Identifier: MIT
/*
 * An image: bytes go in, facts come out. pe_open reads the headers once, checks every field against
 * every other, and keeps a copy; from then on no header is read again, so bytes that change under
 * us cannot undo a check. All other bytes are fetched through the image's read function, by RVA,
 * and are checked after they were copied out. Nothing here allocates, and nothing has global state.
 */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pe/error.h>
#include <pe/format.h>

// Kinds of address never share a type.
typedef struct {
    uint32_t v;
} pe_rva;

typedef struct {
    uint32_t v;
} pe_fileoff;

#define PE_PAGE_SIZE      4096u
#define PE_SECTION_MAX    96u         // as in NT's loader
#define PE_IMAGE_SIZE_MAX 0x80000000u // PE32+ images are limited to 2 GiB

#define PE_RIGHT_READ    1u
#define PE_RIGHT_WRITE   2u
#define PE_RIGHT_EXECUTE 4u

/*
 * Copies size bytes at offset to `to`; false if it cannot. It is only asked for bytes below the
 * size that pe_open_file or pe_open_mapped was told.
 */
typedef bool pe_read_fn(const void *context, uint64_t offset, void *to, size_t size);

enum pe_layout {
    PE_LAYOUT_FILE,   // offsets are those of the file
    PE_LAYOUT_MAPPED, // the offset of a byte is its RVA
};

struct pe_section {
    char name[9]; // ends in a zero byte here, also where it fills all 8 bytes in the file
    uint8_t rights;
    bool is_shared;
    bool is_discardable;
    pe_rva rva;
    uint32_t virtual_size; // never 0 unless the section is empty
    pe_fileoff file_offset;
    // Bytes that come from the file, none in a mapped image; after them, zeros follow.
    uint32_t file_size;
    uint32_t characteristics;
};

struct pe_directory {
    pe_rva rva;
    uint32_t size;
};

struct pe_image {
    pe_read_fn *read;
    const void *context;
    uint64_t source_size;
    enum pe_layout layout;

    uint16_t machine;
    uint16_t characteristics;
    uint16_t subsystem;
    uint16_t dll_characteristics;
    uint16_t os_major, os_minor;
    uint16_t image_major, image_minor;
    uint16_t subsystem_major, subsystem_minor;
    uint32_t timestamp;
    uint32_t checksum;
    uint64_t image_base; // where it wants to be
    uint64_t va_base;    // what the virtual addresses in its directories count from
    uint32_t image_size; // rounded up to whole pages
    uint32_t headers_size;
    uint32_t section_alignment;
    uint32_t file_alignment;
    pe_rva entry_point; // 0: none
    uint64_t stack_reserve, stack_commit;
    uint64_t heap_reserve, heap_commit;
    pe_fileoff symbol_table; // COFF symbols, 0 if none
    uint32_t symbol_count;
    bool is_dll;
    // The image may stand elsewhere than at its base: it has relocations, or needs none.
    bool may_relocate;
    // It asks to stand elsewhere (ASLR). Implies may_relocate.
    bool wants_relocation;
    /*
     * SectionAlignment is below a page: the image is mapped as one piece. Bytes below
     * one_piece_size come from the same offset of the file, the rest is zero, and no section has
     * rights of its own.
     */
    bool is_one_piece;
    uint32_t one_piece_size;

    struct pe_directory directories[PE_DIRECTORY_COUNT];
    uint32_t section_count;
    struct pe_section sections[PE_SECTION_MAX];
};

/*
 * Opens the image in a file's bytes, which must stay where they are while the image is used. Costs
 * a few thousand instructions, whatever the size of the file.
 *
 * Fails    one of the errors up to PE_ERROR_LOW_ALIGNMENT; *image is then undefined
 */
enum pe_error pe_open(struct pe_image *image, const void *bytes, size_t size);

// As pe_open, for a file that is reached through a function.
enum pe_error pe_open_file(struct pe_image *image, pe_read_fn *read, const void *context,
                           uint64_t size);

/*
 * Opens an image that a loader has mapped. The offset that `read` is asked for is the RVA.
 *
 * size     how many bytes from the start of the image may be asked for
 * base     the address at which the image stands, and to which it was relocated
 */
enum pe_error pe_open_mapped(struct pe_image *image, pe_read_fn *read, const void *context,
                             uint64_t size, uint64_t base);

/*
 * Copies size bytes at rva as a loader would map them: zero where the file has nothing.
 *
 * Fails    PE_ERROR_RVA: not all bytes lie in the image
 *          PE_ERROR_READ: the read function failed
 */
enum pe_error pe_read(const struct pe_image *image, pe_rva rva, void *to, size_t size);

/*
 * Copies the zero-terminated string at rva, terminator included.
 *
 * length   out, may be NULL: without the terminator
 * Fails    PE_ERROR_STRING: it does not end within capacity bytes; the buffer then holds what
 *          fitted, terminated (nothing is written if capacity is 0)
 *          PE_ERROR_RVA, PE_ERROR_READ: the buffer then holds an empty string
 */
enum pe_error pe_read_string(const struct pe_image *image, pe_rva rva, char *buffer,
                             size_t capacity, size_t *length);

/*
 * Where a directory lies, proven to be inside the image. The certificate directory has a file
 * offset and no RVA: it is always absent here, as are directories that the headers leave out.
 *
 * Fails    PE_ERROR_ABSENT, PE_ERROR_DIRECTORY
 */
enum pe_error pe_get_directory(const struct pe_image *image, enum pe_directory_index index,
                               struct pe_directory *out);

// The section that holds rva, or NULL: the headers, padding, or outside.
const struct pe_section *pe_section_at(const struct pe_image *image, pe_rva rva);

// Turns a virtual address from a directory into an RVA; PE_ERROR_RVA if it is outside the image.
enum pe_error pe_rva_of_va(const struct pe_image *image, uint64_t va, pe_rva *out);
