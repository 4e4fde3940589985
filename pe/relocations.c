// SPDX-License-Identifier: MIT
/*
 * Base relocations. The directory is a sequence of blocks, each for one page, and can only be
 * walked from its start; a cursor remembers how far earlier pages took us. Everything that
 * pe_check_relocations has checked is checked again when it is used, because the bytes may have
 * changed in between.
 */

#include <pe/relocations.h>

#include "pe_private.h"

#define BLOCK_HEADER_SIZE ((uint32_t)sizeof(struct pe_raw_relocation_block))
#define VALUE_SIZE        8u

enum pe_error pe_next_relocation_block(const struct pe_relocations *relocations, uint32_t *position,
                                       struct pe_relocation_block *out)
{
    uint32_t size = relocations->directory.size;
    if (*position >= size)
        return PE_END;
    if (size - *position < BLOCK_HEADER_SIZE)
        return PE_ERROR_RELOCATION_BLOCK;
    struct pe_raw_relocation_block raw;
    enum pe_error error = pe_read(
        relocations->image, pe_rva_add(relocations->directory.rva, *position), &raw, sizeof(raw));
    if (error != PE_OK)
        return error;
    if (raw.size < BLOCK_HEADER_SIZE || raw.size % 2 != 0 || raw.size > size - *position ||
        raw.page % PE_PAGE_SIZE != 0)
        return PE_ERROR_RELOCATION_BLOCK;
    *out = (struct pe_relocation_block){
        .page = { raw.page },
        .position = *position,
        .entry_count = (raw.size - BLOCK_HEADER_SIZE) / 2,
    };
    *position += raw.size;
    return PE_OK;
}

// Fetches the entries from the current one on, a handful at a time.
static enum pe_error fetch_entries(const struct pe_relocations *relocations,
                                   struct pe_relocation_iterator *iterator)
{
    uint32_t count = iterator->block.entry_count - iterator->next_entry;
    uint32_t capacity = sizeof(iterator->batch) / sizeof(iterator->batch[0]);
    if (count > capacity)
        count = capacity;
    iterator->batch_start = iterator->next_entry;
    iterator->batch_count = count;
    uint64_t offset =
        (uint64_t)iterator->block.position + BLOCK_HEADER_SIZE + iterator->next_entry * 2u;
    return pe_read(relocations->image, pe_rva_add(relocations->directory.rva, offset),
                   iterator->batch, count * 2u);
}

// The next entry of the current block that is not padding; PE_END when the block is used up.
static enum pe_error next_in_block(const struct pe_relocations *relocations,
                                   struct pe_relocation_iterator *iterator, pe_rva *out)
{
    while (iterator->next_entry < iterator->block.entry_count) {
        if (iterator->next_entry - iterator->batch_start >= iterator->batch_count) {
            enum pe_error error = fetch_entries(relocations, iterator);
            if (error != PE_OK)
                return error;
        }
        uint16_t entry = iterator->batch[iterator->next_entry - iterator->batch_start];
        iterator->next_entry++;
        if (entry >> 12 == PE_RELOCATION_ABSOLUTE)
            continue;
        if (entry >> 12 != PE_RELOCATION_DIR64)
            return PE_ERROR_RELOCATION_KIND;
        pe_rva rva = pe_rva_add(iterator->block.page, entry & 0xfff);
        if (!pe_range_fits(rva.v, VALUE_SIZE, relocations->image->image_size))
            return PE_ERROR_RVA;
        *out = rva;
        return PE_OK;
    }
    return PE_END;
}

static void enter_block(struct pe_relocation_iterator *iterator,
                        const struct pe_relocation_block *block)
{
    iterator->block = *block;
    iterator->next_entry = 0;
    iterator->batch_start = 0;
    iterator->batch_count = 0;
}

enum pe_error pe_next_relocation(const struct pe_relocations *relocations,
                                 struct pe_relocation_iterator *iterator, pe_rva *out)
{
    for (;;) {
        enum pe_error error = next_in_block(relocations, iterator, out);
        if (error != PE_END)
            return error;
        struct pe_relocation_block block;
        error = pe_next_relocation_block(relocations, &iterator->next_block, &block);
        if (error != PE_OK)
            return error;
        enter_block(iterator, &block);
    }
}

enum pe_error pe_check_relocations(const struct pe_image *image, struct pe_relocations *out)
{
    struct pe_relocations found = { .image = image, .is_sorted = true };
    enum pe_error error = pe_get_directory(image, PE_DIRECTORY_RELOCATION, &found.directory);
    if (error != PE_OK && error != PE_ERROR_ABSENT)
        return error;
    uint32_t position = 0;
    uint32_t last_page = 0;
    struct pe_relocation_block block;
    while ((error = pe_next_relocation_block(&found, &position, &block)) == PE_OK) {
        if (block.page.v < last_page)
            found.is_sorted = false;
        last_page = block.page.v;
        found.block_count++;
        struct pe_relocation_iterator iterator = { 0 };
        enter_block(&iterator, &block);
        pe_rva ignored;
        while ((error = next_in_block(&found, &iterator, &ignored)) == PE_OK)
            found.entry_count++;
        if (error != PE_END)
            return error;
    }
    if (error != PE_END)
        return error;
    *out = found;
    return PE_OK;
}

// Relocates the value at rva as far as it lies in the page.
static enum pe_error relocate_value(const struct pe_image *image, pe_rva rva, pe_rva page,
                                    uint64_t delta, uint8_t *bytes)
{
    uint64_t value;
    if (rva.v >= page.v && rva.v - page.v <= PE_PAGE_SIZE - VALUE_SIZE) {
        __builtin_memcpy(&value, bytes + (rva.v - page.v), sizeof(value));
        value += delta;
        __builtin_memcpy(bytes + (rva.v - page.v), &value, sizeof(value));
        return PE_OK;
    }
    // Only half of it is at hand, and the neighbour may be relocated already: ask the file.
    enum pe_error error = pe_read(image, rva, &value, sizeof(value));
    if (error != PE_OK)
        return error;
    value += delta;
    for (uint32_t i = 0; i < VALUE_SIZE; i++) {
        uint32_t at = rva.v + i - page.v; // wraps to a large number below the page
        if (at < PE_PAGE_SIZE)
            bytes[at] = (uint8_t)(value >> (8 * i));
    }
    return PE_OK;
}

static enum pe_error relocate_block(const struct pe_relocations *relocations,
                                    const struct pe_relocation_block *block, pe_rva page,
                                    uint64_t delta, uint8_t *bytes)
{
    struct pe_relocation_iterator iterator = { 0 };
    enter_block(&iterator, block);
    pe_rva rva;
    enum pe_error error;
    while ((error = next_in_block(relocations, &iterator, &rva)) == PE_OK) {
        // A block of the page before matters only where its values reach into this one.
        if ((uint64_t)rva.v + VALUE_SIZE <= page.v || rva.v >= page.v + PE_PAGE_SIZE)
            continue;
        error = relocate_value(relocations->image, rva, page, delta, bytes);
        if (error != PE_OK)
            return error;
    }
    return error == PE_END ? PE_OK : error;
}

enum pe_error pe_relocate_page(const struct pe_relocations *relocations,
                               struct pe_relocation_cursor *cursor, pe_rva page, uint64_t delta,
                               void *bytes)
{
    if (page.v % PE_PAGE_SIZE != 0 || page.v >= relocations->image->image_size)
        return PE_ERROR_RVA;
    // The first block of interest is that of the page before; skip what lies below it.
    pe_rva first = { page.v >= PE_PAGE_SIZE ? page.v - PE_PAGE_SIZE : 0 };
    struct pe_relocation_cursor start = { 0 };
    if (cursor != NULL && relocations->is_sorted && cursor->page.v <= first.v)
        start = *cursor;
    uint32_t position = start.position;
    bool is_cursor_set = false;
    struct pe_relocation_block block;
    enum pe_error error;
    while ((error = pe_next_relocation_block(relocations, &position, &block)) == PE_OK) {
        if (relocations->is_sorted && block.page.v > page.v)
            break;
        if (block.page.v != first.v && block.page.v != page.v)
            continue;
        if (cursor != NULL && !is_cursor_set) {
            *cursor = (struct pe_relocation_cursor){ block.position, first };
            is_cursor_set = true;
        }
        error = relocate_block(relocations, &block, page, delta, bytes);
        if (error != PE_OK)
            return error;
    }
    return error == PE_END ? PE_OK : error;
}
