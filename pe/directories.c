// SPDX-License-Identifier: MIT
// TLS, load configuration and debug directory. Linkers of different age write load configurations
// of different length, so that one is read as far as it goes.

#include <pe/directories.h>

#include "pe_private.h"

// 0 stays 0: the linker left the thing out.
static enum pe_error optional_rva(const struct pe_image *image, uint64_t va, uint32_t size,
                                  pe_rva *out)
{
    *out = (pe_rva){ 0 };
    if (va == 0)
        return PE_OK;
    pe_rva rva;
    if (pe_rva_of_va(image, va, &rva) != PE_OK || !pe_range_fits(rva.v, size, image->image_size))
        return PE_ERROR_DIRECTORY;
    *out = rva;
    return PE_OK;
}

enum pe_error pe_get_tls(const struct pe_image *image, struct pe_tls *out)
{
    struct pe_directory directory;
    enum pe_error error = pe_get_directory(image, PE_DIRECTORY_TLS, &directory);
    if (error != PE_OK)
        return error;
    struct pe_raw_tls raw;
    error = pe_read(image, directory.rva, &raw, sizeof(raw));
    if (error != PE_OK)
        return error;
    if (raw.template_end < raw.template_start ||
        raw.template_end - raw.template_start > image->image_size)
        return PE_ERROR_DIRECTORY;
    struct pe_tls tls = {
        .template_size = (uint32_t)(raw.template_end - raw.template_start),
        .zero_fill = raw.zero_fill,
    };
    // Bits 20 to 23: one more than the alignment's power of two.
    uint32_t power = (raw.characteristics >> 20) & 0xf;
    tls.alignment = power != 0 ? 1u << (power - 1) : 0;
    // An empty template may point just behind the image's last byte.
    uint64_t start = tls.template_size != 0 ? raw.template_start : 0;
    error = optional_rva(image, start, tls.template_size, &tls.template_start);
    if (error == PE_OK)
        error = optional_rva(image, raw.index, sizeof(uint32_t), &tls.index);
    if (error == PE_OK)
        error = optional_rva(image, raw.callbacks, sizeof(uint64_t), &tls.callbacks);
    if (error == PE_OK)
        *out = tls;
    return error;
}

enum pe_error pe_next_tls_callback(const struct pe_image *image, const struct pe_tls *tls,
                                   uint32_t *number, pe_rva *out)
{
    if (tls->callbacks.v == 0)
        return PE_END;
    uint64_t va;
    enum pe_error error =
        pe_read(image, pe_rva_add(tls->callbacks, (uint64_t)*number * sizeof(va)), &va, sizeof(va));
    if (error != PE_OK)
        return error;
    if (va == 0)
        return PE_END;
    error = pe_rva_of_va(image, va, out);
    if (error == PE_OK)
        ++*number;
    return error;
}

// Reads what there is of the load configuration; the rest is zero.
static enum pe_error read_load_config(const struct pe_image *image, struct pe_raw_load_config *raw)
{
    struct pe_directory directory;
    enum pe_error error = pe_get_directory(image, PE_DIRECTORY_LOAD_CONFIG, &directory);
    if (error != PE_OK)
        return error;
    // Its first field and not the directory says how long it is: NT believes that one too.
    uint32_t size;
    error = pe_read(image, directory.rva, &size, sizeof(size));
    if (error != PE_OK)
        return error;
    if (size < sizeof(size) || !pe_range_fits(directory.rva.v, size, image->image_size))
        return PE_ERROR_DIRECTORY;
    *raw = (struct pe_raw_load_config){ 0 };
    error = pe_read(image, directory.rva, raw, size < sizeof(*raw) ? size : sizeof(*raw));
    raw->size = size;
    return error;
}

enum pe_error pe_get_load_config(const struct pe_image *image, struct pe_load_config *out)
{
    struct pe_raw_load_config raw;
    enum pe_error error = read_load_config(image, &raw);
    if (error != PE_OK)
        return error;
    if (raw.guard_count > image->image_size)
        return PE_ERROR_DIRECTORY;
    struct pe_load_config config = {
        .size = raw.size,
        .dependent_load_flags = raw.dependent_load_flags,
        .guard_count = (uint32_t)raw.guard_count,
        .guard_flags = raw.guard_flags,
    };
    error = optional_rva(image, raw.security_cookie, sizeof(uint64_t), &config.security_cookie);
    if (error == PE_OK)
        error = optional_rva(image, raw.guard_check, sizeof(uint64_t), &config.guard_check);
    if (error == PE_OK)
        error = optional_rva(image, raw.guard_dispatch, sizeof(uint64_t), &config.guard_dispatch);
    if (error == PE_OK)
        error = optional_rva(image, raw.guard_table, config.guard_count, &config.guard_table);
    if (error == PE_OK)
        *out = config;
    return error;
}

enum pe_error pe_next_debug_entry(const struct pe_image *image, uint32_t *index,
                                  struct pe_debug_entry *out)
{
    struct pe_directory directory;
    enum pe_error error = pe_get_directory(image, PE_DIRECTORY_DEBUG, &directory);
    if (error != PE_OK)
        return error == PE_ERROR_ABSENT ? PE_END : error;
    struct pe_raw_debug raw;
    if (directory.size / sizeof(raw) > PE_DEBUG_ENTRIES_MAX)
        return PE_ERROR_DIRECTORY;
    if (*index >= directory.size / sizeof(raw))
        return PE_END;
    error = pe_read(image, pe_rva_add(directory.rva, *index * sizeof(raw)), &raw, sizeof(raw));
    if (error != PE_OK)
        return error;
    if (raw.rva != 0 && !pe_range_fits(raw.rva, raw.size, image->image_size))
        return PE_ERROR_DIRECTORY;
    ++*index;
    *out = (struct pe_debug_entry){
        .type = raw.type,
        .timestamp = raw.timestamp,
        .size = raw.size,
        .rva = { raw.rva },
        .file_offset = { raw.file_offset },
    };
    return PE_OK;
}

enum pe_error pe_get_codeview(const struct pe_image *image, struct pe_codeview *out)
{
    uint32_t index = 0;
    struct pe_debug_entry entry;
    enum pe_error error;
    while ((error = pe_next_debug_entry(image, &index, &entry)) == PE_OK) {
        struct pe_raw_codeview raw;
        if (entry.type != PE_DEBUG_CODEVIEW || entry.rva.v == 0 || entry.size <= sizeof(raw))
            continue;
        error = pe_read(image, entry.rva, &raw, sizeof(raw));
        if (error != PE_OK)
            return error;
        if (raw.signature != PE_CODEVIEW_SIGNATURE)
            continue;
        *out = (struct pe_codeview){
            .age = raw.age,
            .path = pe_rva_add(entry.rva, sizeof(raw)),
        };
        __builtin_memcpy(out->guid, raw.guid, sizeof(out->guid));
        return PE_OK;
    }
    return error == PE_END ? PE_ERROR_ABSENT : error;
}
