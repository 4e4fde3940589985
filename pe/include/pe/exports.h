// SPDX-License-Identifier: MIT
// What an image exports. Tables are counted, not trusted: ordinals are 16 bits wide, so a table
// with more than 65536 entries is refused, which also bounds every search.

#pragma once

#include <pe/image.h>

#define PE_EXPORT_MAX 65536u

struct pe_exports {
    const struct pe_image *image;
    struct pe_directory directory; // a function that points in here is a forwarder
    pe_rva dll_name;
    uint32_t ordinal_base;
    uint32_t function_count;
    uint32_t name_count;
    pe_rva functions;
    pe_rva names;
    pe_rva ordinals;
};

struct pe_export {
    uint32_t ordinal; // with the base, as importers write it
    pe_rva rva;       // of the function or variable; 0 for a forwarder
    pe_rva forwarder; // of a string like "NTDLL.RtlAllocateHeap" or "OTHER.#12"; 0 if none
    pe_rva name;      // 0: exported without a name, or not looked up
};

// PE_ERROR_ABSENT if the image exports nothing, PE_ERROR_EXPORTS if a table is not in the image.
enum pe_error pe_open_exports(const struct pe_image *image, struct pe_exports *out);

/*
 * The function table's entry number index, 0 <= index < function_count; `name` stays 0.
 *
 * Fails    PE_END: no such index
 *          PE_ERROR_NOT_FOUND: the entry is unused
 */
enum pe_error pe_export_at(const struct pe_exports *exports, uint32_t index, struct pe_export *out);

// The name table's entry number index, 0 <= index < name_count. PE_END: no such index.
enum pe_error pe_export_name_at(const struct pe_exports *exports, uint32_t index,
                                struct pe_export *out);

// By ordinal as importers write it, base included.
enum pe_error pe_export_by_ordinal(const struct pe_exports *exports, uint32_t ordinal,
                                   struct pe_export *out);

/*
 * By name, as bytes. The names should be sorted and are searched so; where that finds nothing, all
 * of them are looked at, because a table that is not sorted is no reason to lose a name.
 *
 * hint     where the importer expects it in the name table; any number is fine
 */
enum pe_error pe_export_by_name(const struct pe_exports *exports, const char *name, uint32_t hint,
                                struct pe_export *out);

// The export at or nearest below rva, with its name if it has one. For backtraces: slow.
enum pe_error pe_export_near(const struct pe_exports *exports, pe_rva rva, struct pe_export *out);
