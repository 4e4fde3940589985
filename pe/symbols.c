// SPDX-License-Identifier: MIT
// The COFF symbol table: records of 18 bytes, some followed by auxiliary ones, and behind them the
// string table for names longer than eight bytes, which begins with its own size.

#include <pe/symbols.h>

#include "pe_private.h"

#define RECORD_SIZE ((uint32_t)sizeof(struct pe_raw_symbol))
#define SHORT_NAME  8u

// As many as are read together when the whole table is searched.
#define BATCH_COUNT 32u

enum pe_error pe_open_symbols(const struct pe_image *image, struct pe_symbols *out)
{
    if (image->layout != PE_LAYOUT_FILE || image->symbol_table.v == 0 || image->symbol_count == 0)
        return PE_ERROR_ABSENT;
    uint64_t size = (uint64_t)image->symbol_count * RECORD_SIZE;
    if (!pe_range_fits(image->symbol_table.v, size, image->source_size))
        return PE_ERROR_SYMBOLS;
    struct pe_symbols symbols = {
        .image = image,
        .table = image->symbol_table.v,
        .count = image->symbol_count,
        .strings = image->symbol_table.v + size,
    };
    // A table without long names may come without strings.
    if (pe_range_fits(symbols.strings, sizeof(symbols.strings_size), image->source_size)) {
        enum pe_error error = pe_read_source(image, symbols.strings, &symbols.strings_size,
                                             sizeof(symbols.strings_size));
        if (error != PE_OK)
            return error;
    }
    if (!pe_range_fits(symbols.strings, symbols.strings_size, image->source_size))
        return PE_ERROR_SYMBOLS;
    *out = symbols;
    return PE_OK;
}

static void take_record(const struct pe_symbols *symbols, const struct pe_raw_symbol *raw,
                        struct pe_symbol *out)
{
    const struct pe_image *image = symbols->image;
    *out = (struct pe_symbol){
        .is_function = raw->type == PE_SYMBOL_TYPE_FUNCTION,
        .is_global = raw->storage_class == PE_SYMBOL_EXTERNAL,
        .raw = *raw,
    };
    if (raw->section >= 1 && (uint32_t)raw->section <= image->section_count) {
        const struct pe_section *section = &image->sections[raw->section - 1];
        out->rva = pe_rva_add(section->rva, raw->value);
        out->is_defined = out->rva.v < image->image_size;
    }
}

enum pe_error pe_next_symbol(const struct pe_symbols *symbols, uint32_t *index,
                             struct pe_symbol *out)
{
    if (*index >= symbols->count)
        return PE_END;
    struct pe_raw_symbol raw;
    enum pe_error error = pe_read_source(
        symbols->image, symbols->table + (uint64_t)*index * RECORD_SIZE, &raw, sizeof(raw));
    if (error != PE_OK)
        return error;
    if (raw.auxiliary_count >= symbols->count - *index)
        return PE_ERROR_SYMBOLS;
    take_record(symbols, &raw, out);
    *index += 1u + raw.auxiliary_count;
    return PE_OK;
}

static enum pe_error fetch_name(const void *context, uint64_t offset, void *to, size_t size,
                                size_t *got)
{
    const struct pe_symbols *symbols = context;
    if (offset >= symbols->strings_size)
        return PE_ERROR_SYMBOLS;
    *got = size < symbols->strings_size - offset ? size : symbols->strings_size - (size_t)offset;
    return pe_read_source(symbols->image, symbols->strings + offset, to, *got);
}

enum pe_error pe_symbol_name(const struct pe_symbols *symbols, const struct pe_symbol *symbol,
                             char *buffer, size_t capacity)
{
    if (symbol->raw.name.longer.zero == 0) {
        return pe_fetch_string(fetch_name, symbols, symbol->raw.name.longer.offset, buffer,
                               capacity, NULL);
    }
    if (capacity == 0)
        return PE_ERROR_STRING;
    size_t length = 0;
    while (length < SHORT_NAME && symbol->raw.name.text[length] != '\0') {
        if (length + 1 == capacity) {
            buffer[length] = '\0';
            return PE_ERROR_STRING;
        }
        buffer[length] = symbol->raw.name.text[length];
        length++;
    }
    buffer[length] = '\0';
    return PE_OK;
}

// Whether it names code. Sections have symbols too: local, typeless, with auxiliary records.
static bool names_code(const struct pe_symbol *symbol)
{
    return symbol->is_defined &&
           (symbol->is_function || symbol->is_global ||
            (symbol->raw.storage_class == PE_SYMBOL_STATIC && symbol->raw.auxiliary_count == 0));
}

// Whether `other` tells more about an address at or above both than `best` does.
static bool is_better(const struct pe_symbol *best, const struct pe_symbol *other)
{
    if (other->rva.v != best->rva.v)
        return other->rva.v > best->rva.v;
    if (other->is_function != best->is_function)
        return other->is_function;
    return other->is_global && !best->is_global;
}

struct search {
    pe_rva rva;
    int16_t section;
    bool is_found;
    struct pe_symbol best;
};

// Looks at `count` records; *skip of the first are auxiliary and belong to a symbol before.
static void search_batch(const struct pe_symbols *symbols, const struct pe_raw_symbol *records,
                         uint32_t count, uint32_t *skip, struct search *search)
{
    for (uint32_t i = 0; i < count; i++) {
        if (*skip > 0) {
            --*skip;
            continue;
        }
        *skip = records[i].auxiliary_count;
        if (records[i].section != search->section)
            continue;
        struct pe_symbol symbol;
        take_record(symbols, &records[i], &symbol);
        if (!names_code(&symbol) || symbol.rva.v > search->rva.v)
            continue;
        if (!search->is_found || is_better(&search->best, &symbol)) {
            search->is_found = true;
            search->best = symbol;
        }
    }
}

enum pe_error pe_find_symbol(const struct pe_symbols *symbols, pe_rva rva, struct pe_symbol *out)
{
    const struct pe_section *section = pe_section_at(symbols->image, rva);
    if (section == NULL)
        return PE_ERROR_NOT_FOUND;
    struct search search = {
        .rva = rva,
        .section = (int16_t)(section - symbols->image->sections + 1),
    };
    uint32_t skip = 0;
    for (uint32_t done = 0; done < symbols->count;) {
        struct pe_raw_symbol records[BATCH_COUNT];
        uint32_t count = symbols->count - done < BATCH_COUNT ? symbols->count - done : BATCH_COUNT;
        enum pe_error error =
            pe_read_source(symbols->image, symbols->table + (uint64_t)done * RECORD_SIZE, records,
                           (size_t)count * RECORD_SIZE);
        if (error != PE_OK)
            return error;
        search_batch(symbols, records, count, &skip, &search);
        done += count;
    }
    if (!search.is_found)
        return PE_ERROR_NOT_FOUND;
    *out = search.best;
    return PE_OK;
}
