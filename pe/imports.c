// SPDX-License-Identifier: MIT
// Import and delay-import directories: arrays that end with an empty descriptor, each descriptor
// pointing to an array of 8-byte entries that ends with a zero.

#include <pe/imports.h>

#include "pe_private.h"

#define ENTRY_SIZE    8u
#define ORDINAL_FLAG  (1ull << 63)
#define RVA_ATTRIBUTE 1u
#define HINT_SIZE     2u

// Reads descriptor number index; PE_END without a directory.
static enum pe_error read_descriptor(const struct pe_image *image, enum pe_directory_index which,
                                     uint32_t index, void *to, size_t size)
{
    struct pe_directory directory;
    enum pe_error error = pe_get_directory(image, which, &directory);
    if (error != PE_OK)
        return error == PE_ERROR_ABSENT ? PE_END : error;
    return pe_read(image, pe_rva_add(directory.rva, (uint64_t)index * size), to, size);
}

// The name table may be missing: then the address table, not bound yet, holds the same.
static enum pe_error set_tables(const struct pe_image *image, struct pe_import_dll *dll,
                                uint32_t lookup, uint32_t address)
{
    dll->address_table.v = address;
    dll->lookup_table.v = lookup != 0 ? lookup : address;
    bool are_inside = dll->name.v < image->image_size && address < image->image_size &&
                      dll->lookup_table.v < image->image_size;
    return are_inside ? PE_OK : PE_ERROR_IMPORTS;
}

enum pe_error pe_next_import_dll(const struct pe_image *image, uint32_t *index,
                                 struct pe_import_dll *out)
{
    struct pe_raw_import raw;
    enum pe_error error = read_descriptor(image, PE_DIRECTORY_IMPORT, *index, &raw, sizeof(raw));
    if (error != PE_OK)
        return error;
    if (raw.name == 0 || raw.address_table == 0)
        return PE_END;
    struct pe_import_dll dll = { .name = { raw.name }, .timestamp = raw.timestamp };
    error = set_tables(image, &dll, raw.lookup_table, raw.address_table);
    if (error != PE_OK)
        return error;
    ++*index;
    *out = dll;
    return PE_OK;
}

enum pe_error pe_next_delay_import_dll(const struct pe_image *image, uint32_t *index,
                                       struct pe_import_dll *out)
{
    struct pe_raw_delay_import raw;
    enum pe_error error =
        read_descriptor(image, PE_DIRECTORY_DELAY_IMPORT, *index, &raw, sizeof(raw));
    if (error != PE_OK)
        return error;
    if (raw.name == 0)
        return PE_END;
    if ((raw.attributes & RVA_ATTRIBUTE) == 0)
        return PE_ERROR_IMPORTS;
    struct pe_import_dll dll = {
        .name = { raw.name },
        .timestamp = raw.timestamp,
        .module_handle = { raw.module_handle },
        .bound_table = { raw.bound_table },
        .unload_table = { raw.unload_table },
        .is_delayed = true,
    };
    // The address table points at thunks, so nothing can stand in for the names.
    if (raw.lookup_table == 0 || raw.address_table == 0)
        return PE_ERROR_IMPORTS;
    error = set_tables(image, &dll, raw.lookup_table, raw.address_table);
    if (error != PE_OK)
        return error;
    ++*index;
    *out = dll;
    return PE_OK;
}

enum pe_error pe_next_import(const struct pe_image *image, const struct pe_import_dll *dll,
                             uint32_t *index, struct pe_import *out)
{
    uint64_t entry;
    uint64_t offset = (uint64_t)*index * ENTRY_SIZE;
    enum pe_error error =
        pe_read(image, pe_rva_add(dll->lookup_table, offset), &entry, sizeof(entry));
    if (error != PE_OK)
        return error;
    if (entry == 0)
        return PE_END;
    pe_rva slot = pe_rva_add(dll->address_table, offset);
    if (!pe_range_fits(slot.v, ENTRY_SIZE, image->image_size))
        return PE_ERROR_IMPORTS;
    struct pe_import import = { .slot = slot };
    if (entry & ORDINAL_FLAG) {
        import.is_ordinal = true;
        import.ordinal = (uint16_t)entry;
    } else {
        if (!pe_range_fits(entry, HINT_SIZE + 1, image->image_size))
            return PE_ERROR_IMPORTS;
        error = pe_read(image, (pe_rva){ (uint32_t)entry }, &import.hint, HINT_SIZE);
        if (error != PE_OK)
            return error;
        import.name.v = (uint32_t)entry + HINT_SIZE;
    }
    ++*index;
    *out = import;
    return PE_OK;
}
