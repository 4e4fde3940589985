// SPDX-License-Identifier: MIT
// Base relocations: what must be added where if an image does not stand at its preferred base. They
// can be applied page by page, in any order, when a page is first needed: pe_relocate_page takes a
// page as it came from the file and returns it as the program must see it.

#pragma once

#include <pe/image.h>

struct pe_relocations {
    const struct pe_image *image;
    struct pe_directory directory; // size 0 if the image has none
    uint32_t block_count;
    uint32_t entry_count; // DIR64 only
    // Blocks stand in ascending order of their pages, so a search may stop early.
    bool is_sorted;
};

struct pe_relocation_block {
    pe_rva page;
    uint32_t position;    // of the block in the directory
    uint32_t entry_count; // padding included
};

// Start with {0}.
struct pe_relocation_iterator {
    uint32_t next_block; // offset in the directory
    struct pe_relocation_block block;
    uint32_t next_entry;
    uint16_t batch[32];   // entries that were fetched together ...
    uint32_t batch_start; // ... and the number of the first
    uint32_t batch_count;
};

// Where pe_relocate_page found its last page. Start with {0}, and keep one for each image.
struct pe_relocation_cursor {
    uint32_t position;
    pe_rva page;
};

/*
 * Checks the whole directory: every block well formed, every entry ABSOLUTE or a DIR64 whose eight
 * bytes lie in the image. An image without the directory is fine and has no entries.
 *
 * Fails    PE_ERROR_DIRECTORY, PE_ERROR_RELOCATION_BLOCK, PE_ERROR_RELOCATION_KIND,
 *          PE_ERROR_RVA, PE_ERROR_READ
 */
enum pe_error pe_check_relocations(const struct pe_image *image, struct pe_relocations *out);

// PE_OK and the block at *position (start at 0), which moves behind it; PE_END after the last.
enum pe_error pe_next_relocation_block(const struct pe_relocations *relocations, uint32_t *position,
                                       struct pe_relocation_block *out);

// PE_OK and the address of the next eight bytes to relocate; PE_END after the last.
enum pe_error pe_next_relocation(const struct pe_relocations *relocations,
                                 struct pe_relocation_iterator *iterator, pe_rva *out);

/*
 * Relocates one page of an image that was opened as a file.
 *
 * page     multiple of PE_PAGE_SIZE
 * delta    real base minus image->image_base, modulo 2^64
 * bytes    in: PE_PAGE_SIZE bytes as pe_read gives them; out: relocated. Where a value straddles
 *          two pages, the part in this page is written, computed from the unrelocated value
 * cursor   may be NULL. Ascending pages with one cursor cost one walk of the directory in all;
 *          other orders work too, and cost a walk for each step down
 * Fails    as pe_check_relocations; bytes may then be partly relocated
 */
enum pe_error pe_relocate_page(const struct pe_relocations *relocations,
                               struct pe_relocation_cursor *cursor, pe_rva page, uint64_t delta,
                               void *bytes);
