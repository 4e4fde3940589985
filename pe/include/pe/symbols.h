// SPDX-License-Identifier: MIT
// The COFF symbol table that GNU's linker leaves in an image: names for code that is not exported.
// It lies behind the sections and is never mapped, so only images that were opened as files have
// one.

#pragma once

#include <pe/image.h>

struct pe_symbols {
    const struct pe_image *image;
    uint64_t table; // offsets in the file
    uint32_t count; // records, auxiliary ones included
    uint64_t strings;
    uint32_t strings_size; // 0: no string table
};

struct pe_symbol {
    pe_rva rva;       // only if is_defined
    bool is_defined;  // lies in a section
    bool is_function; // its type says so
    bool is_global;
    struct pe_raw_symbol raw;
};

// PE_ERROR_ABSENT: no table, or a mapped image; PE_ERROR_SYMBOLS: it is not in the file.
enum pe_error pe_open_symbols(const struct pe_image *image, struct pe_symbols *out);

// PE_OK and the symbol at *index (start at 0), which moves behind it; PE_END after the last.
enum pe_error pe_next_symbol(const struct pe_symbols *symbols, uint32_t *index,
                             struct pe_symbol *out);

/*
 * Copies a symbol's name, terminated.
 *
 * Fails    PE_ERROR_STRING: it does not fit or does not end; the buffer holds what fitted
 *          PE_ERROR_SYMBOLS: it lies outside the string table
 */
enum pe_error pe_symbol_name(const struct pe_symbols *symbols, const struct pe_symbol *symbol,
                             char *buffer, size_t capacity);

/*
 * The code symbol at or nearest below rva in rva's own section. Functions win over labels, global
 * ones over local ones, at the same address. Reads the whole table: for a crash, not for every day.
 *
 * Fails    PE_ERROR_NOT_FOUND
 */
enum pe_error pe_find_symbol(const struct pe_symbols *symbols, pe_rva rva, struct pe_symbol *out);
