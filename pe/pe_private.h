// SPDX-License-Identifier: MIT
// What the parsers share: bounded reads, and arithmetic that cannot wrap.

#pragma once

#include <pe/image.h>

// Whether size bytes from start lie below limit.
static inline bool pe_range_fits(uint64_t start, uint64_t size, uint64_t limit)
{
    return start <= limit && size <= limit - start;
}

// alignment is a power of two; value stays far below 2^64 in all uses.
static inline uint64_t pe_align_up(uint64_t value, uint64_t alignment)
{
    return (value + alignment - 1) & ~(alignment - 1);
}

// The RVA offset bytes behind rva; one outside every image instead of wrapping around.
static inline pe_rva pe_rva_add(pe_rva rva, uint64_t offset)
{
    if (offset > UINT32_MAX - rva.v)
        return (pe_rva){ UINT32_MAX };
    return (pe_rva){ rva.v + (uint32_t)offset };
}

// Bytes of the source by offset: PE_ERROR_TRUNCATED beyond its end.
enum pe_error pe_read_source(const struct pe_image *image, uint64_t offset, void *to, size_t size);

/*
 * The bytes of a string that may still be fetched at offset are given by `fetch`: it copies at most
 * size bytes and says how many there were. Shared by strings in the image and in the symbol table.
 */
typedef enum pe_error pe_fetch_fn(const void *context, uint64_t offset, void *to, size_t size,
                                  size_t *got);

enum pe_error pe_fetch_string(pe_fetch_fn *fetch, const void *context, uint64_t offset,
                              char *buffer, size_t capacity, size_t *length);

// The fetch function for RVAs; context is the image.
enum pe_error pe_fetch_rva(const void *context, uint64_t offset, void *to, size_t size,
                           size_t *got);

// Fills the section table, each section checked against the file, the image and its neighbours.
enum pe_error pe_load_sections(struct pe_image *image, uint64_t table_offset);
