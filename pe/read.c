// SPDX-License-Identifier: MIT
// Reading an image by RVA. An image in a file is a list of pieces (headers, sections, padding),
// each part file and part zeros; a mapped image is one piece. All other parsers stand on this file.

#include "pe_private.h"

// The bytes from an RVA up to where something else begins: first some of the file, then zeros.
struct piece {
    uint64_t offset;
    uint32_t file_bytes;
    uint32_t zero_bytes;
};

// size bytes from rva on, of which the first file_size come from file_offset.
static struct piece piece_within(pe_rva rva, uint32_t start, uint64_t file_offset,
                                 uint32_t file_size, uint32_t end)
{
    uint32_t skipped = rva.v - start;
    uint32_t file_bytes = skipped < file_size ? file_size - skipped : 0;
    if (file_bytes > end - rva.v)
        file_bytes = end - rva.v;
    return (struct piece){ file_offset + skipped, file_bytes, end - rva.v - file_bytes };
}

// rva lies in the image.
static struct piece find_piece(const struct pe_image *image, pe_rva rva)
{
    if (image->layout == PE_LAYOUT_MAPPED)
        return piece_within(rva, 0, 0, image->image_size, image->image_size);
    if (image->is_one_piece)
        return piece_within(rva, 0, 0, image->one_piece_size, image->image_size);
    // The last section that begins at or below rva reaches up to the next one.
    uint32_t low = 0;
    uint32_t high = image->section_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (image->sections[middle].rva.v <= rva.v)
            low = middle + 1;
        else
            high = middle;
    }
    uint32_t end = low < image->section_count ? image->sections[low].rva.v : image->image_size;
    if (low == 0)
        return piece_within(rva, 0, 0, image->headers_size, end);
    const struct pe_section *section = &image->sections[low - 1];
    return piece_within(rva, section->rva.v, section->file_offset.v, section->file_size, end);
}

enum pe_error pe_read_source(const struct pe_image *image, uint64_t offset, void *to, size_t size)
{
    if (!pe_range_fits(offset, size, image->source_size))
        return PE_ERROR_TRUNCATED;
    return image->read(image->context, offset, to, size) ? PE_OK : PE_ERROR_READ;
}

enum pe_error pe_read(const struct pe_image *image, pe_rva rva, void *to, size_t size)
{
    if (!pe_range_fits(rva.v, size, image->image_size))
        return PE_ERROR_RVA;
    uint8_t *out = to;
    while (size > 0) {
        struct piece piece = find_piece(image, rva);
        size_t count = piece.file_bytes != 0 ? piece.file_bytes : piece.zero_bytes;
        if (count > size)
            count = size;
        if (piece.file_bytes == 0) {
            __builtin_memset(out, 0, count);
        } else {
            enum pe_error error = pe_read_source(image, piece.offset, out, count);
            if (error != PE_OK)
                return error;
        }
        out += count;
        rva.v += (uint32_t)count;
        size -= count;
    }
    return PE_OK;
}

enum pe_error pe_fetch_rva(const void *context, uint64_t offset, void *to, size_t size, size_t *got)
{
    const struct pe_image *image = context;
    if (offset >= image->image_size)
        return PE_ERROR_RVA;
    *got = size < image->image_size - offset ? size : image->image_size - (size_t)offset;
    return pe_read(image, (pe_rva){ (uint32_t)offset }, to, *got);
}

enum pe_error pe_fetch_string(pe_fetch_fn *fetch, const void *context, uint64_t offset,
                              char *buffer, size_t capacity, size_t *length)
{
    if (capacity == 0)
        return PE_ERROR_STRING;
    size_t filled = 0;
    while (filled < capacity) {
        // In pieces: most strings are short, and what lies behind them may not be readable.
        char batch[32];
        size_t wanted = capacity - filled < sizeof(batch) ? capacity - filled : sizeof(batch);
        size_t got;
        enum pe_error error = fetch(context, offset + filled, batch, wanted, &got);
        if (error != PE_OK) {
            buffer[0] = '\0';
            return error;
        }
        for (size_t i = 0; i < got; i++, filled++) {
            buffer[filled] = batch[i];
            if (batch[i] == '\0') {
                if (length != NULL)
                    *length = filled;
                return PE_OK;
            }
        }
    }
    buffer[capacity - 1] = '\0';
    return PE_ERROR_STRING;
}

enum pe_error pe_read_string(const struct pe_image *image, pe_rva rva, char *buffer,
                             size_t capacity, size_t *length)
{
    return pe_fetch_string(pe_fetch_rva, image, rva.v, buffer, capacity, length);
}

enum pe_error pe_get_directory(const struct pe_image *image, enum pe_directory_index index,
                               struct pe_directory *out)
{
    if ((unsigned)index >= PE_DIRECTORY_COUNT || index == PE_DIRECTORY_CERTIFICATE)
        return PE_ERROR_ABSENT;
    struct pe_directory directory = image->directories[index];
    if (directory.rva.v == 0 || directory.size == 0)
        return PE_ERROR_ABSENT;
    if (!pe_range_fits(directory.rva.v, directory.size, image->image_size))
        return PE_ERROR_DIRECTORY;
    *out = directory;
    return PE_OK;
}

enum pe_error pe_rva_of_va(const struct pe_image *image, uint64_t va, pe_rva *out)
{
    if (va < image->va_base || va - image->va_base >= image->image_size)
        return PE_ERROR_RVA;
    *out = (pe_rva){ (uint32_t)(va - image->va_base) };
    return PE_OK;
}
