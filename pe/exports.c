// SPDX-License-Identifier: MIT
// The export directory: functions by number, and a sorted table of names with, beside it, the
// number of the function that each name stands for.

#include <pe/exports.h>

#include "pe_private.h"

static bool table_fits(const struct pe_image *image, pe_rva table, uint32_t count, uint32_t size)
{
    return pe_range_fits(table.v, (uint64_t)count * size, image->image_size);
}

enum pe_error pe_open_exports(const struct pe_image *image, struct pe_exports *out)
{
    struct pe_directory directory;
    enum pe_error error = pe_get_directory(image, PE_DIRECTORY_EXPORT, &directory);
    if (error != PE_OK)
        return error;
    struct pe_raw_exports raw;
    error = pe_read(image, directory.rva, &raw, sizeof(raw));
    if (error != PE_OK)
        return error;
    if (raw.function_count > PE_EXPORT_MAX || raw.name_count > PE_EXPORT_MAX)
        return PE_ERROR_EXPORTS;
    struct pe_exports exports = {
        .image = image,
        .directory = directory,
        .dll_name = { raw.name },
        .ordinal_base = raw.ordinal_base,
        .function_count = raw.function_count,
        .name_count = raw.name_count,
        .functions = { raw.functions },
        .names = { raw.names },
        .ordinals = { raw.ordinals },
    };
    if (!table_fits(image, exports.functions, exports.function_count, sizeof(uint32_t)) ||
        !table_fits(image, exports.names, exports.name_count, sizeof(uint32_t)) ||
        !table_fits(image, exports.ordinals, exports.name_count, sizeof(uint16_t)))
        return PE_ERROR_EXPORTS;
    *out = exports;
    return PE_OK;
}

static enum pe_error read_entry32(const struct pe_exports *exports, pe_rva table, uint32_t index,
                                  uint32_t *out)
{
    return pe_read(exports->image, pe_rva_add(table, (uint64_t)index * 4), out, sizeof(*out));
}

enum pe_error pe_export_at(const struct pe_exports *exports, uint32_t index, struct pe_export *out)
{
    if (index >= exports->function_count)
        return PE_END;
    uint32_t value;
    enum pe_error error = read_entry32(exports, exports->functions, index, &value);
    if (error != PE_OK)
        return error;
    if (value == 0)
        return PE_ERROR_NOT_FOUND;
    if (value >= exports->image->image_size)
        return PE_ERROR_RVA;
    struct pe_export export = { .ordinal = exports->ordinal_base + index };
    if (value - exports->directory.rva.v < exports->directory.size)
        export.forwarder.v = value;
    else
        export.rva.v = value;
    *out = export;
    return PE_OK;
}

enum pe_error pe_export_name_at(const struct pe_exports *exports, uint32_t index,
                                struct pe_export *out)
{
    if (index >= exports->name_count)
        return PE_END;
    uint32_t name;
    uint16_t function;
    enum pe_error error = read_entry32(exports, exports->names, index, &name);
    if (error != PE_OK)
        return error;
    error = pe_read(exports->image, pe_rva_add(exports->ordinals, (uint64_t)index * 2), &function,
                    sizeof(function));
    if (error != PE_OK)
        return error;
    struct pe_export export;
    error = pe_export_at(exports, function, &export);
    if (error != PE_OK)
        return error == PE_END ? PE_ERROR_EXPORTS : error;
    export.name.v = name;
    *out = export;
    return PE_OK;
}

enum pe_error pe_export_by_ordinal(const struct pe_exports *exports, uint32_t ordinal,
                                   struct pe_export *out)
{
    enum pe_error error = pe_export_at(exports, ordinal - exports->ordinal_base, out);
    return error == PE_END ? PE_ERROR_NOT_FOUND : error;
}

// Compares name with the string at rva; *order is like strcmp's result.
static enum pe_error compare_name(const struct pe_image *image, const char *name, uint32_t rva,
                                  int *order)
{
    for (uint64_t done = 0;;) {
        char batch[32];
        size_t got;
        enum pe_error error = pe_fetch_rva(image, (uint64_t)rva + done, batch, sizeof(batch), &got);
        if (error != PE_OK)
            return error;
        for (size_t i = 0; i < got; i++, done++) {
            *order = (int)(uint8_t)name[done] - (int)(uint8_t)batch[i];
            if (*order != 0 || name[done] == '\0')
                return PE_OK;
        }
    }
}

static enum pe_error compare_entry(const struct pe_exports *exports, const char *name,
                                   uint32_t index, int *order)
{
    uint32_t rva;
    enum pe_error error = read_entry32(exports, exports->names, index, &rva);
    return error != PE_OK ? error : compare_name(exports->image, name, rva, order);
}

// By halving. A name that cannot be read ends the search: nothing says on which side to go on.
static enum pe_error find_sorted(const struct pe_exports *exports, const char *name,
                                 uint32_t *index)
{
    uint32_t low = 0;
    uint32_t high = exports->name_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order;
        enum pe_error error = compare_entry(exports, name, middle, &order);
        if (error != PE_OK)
            return error;
        if (order == 0) {
            *index = middle;
            return PE_OK;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return PE_ERROR_NOT_FOUND;
}

static enum pe_error find_unsorted(const struct pe_exports *exports, const char *name,
                                   uint32_t *index)
{
    for (uint32_t i = 0; i < exports->name_count; i++) {
        int order;
        enum pe_error error = compare_entry(exports, name, i, &order);
        if (error == PE_ERROR_READ)
            return error;
        if (error == PE_OK && order == 0) {
            *index = i;
            return PE_OK;
        }
    }
    return PE_ERROR_NOT_FOUND;
}

enum pe_error pe_export_by_name(const struct pe_exports *exports, const char *name, uint32_t hint,
                                struct pe_export *out)
{
    int order;
    if (hint < exports->name_count && compare_entry(exports, name, hint, &order) == PE_OK &&
        order == 0)
        return pe_export_name_at(exports, hint, out);
    uint32_t index;
    enum pe_error error = find_sorted(exports, name, &index);
    if (error != PE_OK)
        error = find_unsorted(exports, name, &index);
    return error != PE_OK ? error : pe_export_name_at(exports, index, out);
}

// The name that stands for function number index, if one does.
static void find_name_of(const struct pe_exports *exports, uint32_t index, pe_rva *name)
{
    for (uint32_t i = 0; i < exports->name_count; i++) {
        uint16_t function;
        if (pe_read(exports->image, pe_rva_add(exports->ordinals, (uint64_t)i * 2), &function,
                    sizeof(function)) != PE_OK)
            return;
        if (function == index) {
            uint32_t value;
            if (read_entry32(exports, exports->names, i, &value) == PE_OK)
                name->v = value;
            return;
        }
    }
}

enum pe_error pe_export_near(const struct pe_exports *exports, pe_rva rva, struct pe_export *out)
{
    bool is_found = false;
    uint32_t best_index = 0;
    struct pe_export best = { 0 };
    for (uint32_t i = 0; i < exports->function_count; i++) {
        struct pe_export export;
        enum pe_error error = pe_export_at(exports, i, &export);
        if (error == PE_ERROR_READ)
            return error;
        if (error != PE_OK || export.rva.v == 0 || export.rva.v > rva.v)
            continue;
        if (!is_found || export.rva.v > best.rva.v) {
            is_found = true;
            best = export;
            best_index = i;
        }
    }
    if (!is_found)
        return PE_ERROR_NOT_FOUND;
    find_name_of(exports, best_index, &best.name);
    *out = best;
    return PE_OK;
}
