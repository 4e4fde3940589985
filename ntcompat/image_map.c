// SPDX-License-Identifier: MIT
/*
 * Mapping an image, and its memory object: a page is filled when a process first touches it, from
 * the file, zero where the file has nothing, relocated to the image's base. The object charges
 * every page once; a process charges those that it may write, and so copy.
 */

#include "image.h"

#include <kernel/boot.h>
#include <kernel/heap.h>
#include <kernel/status.h>
#include <kernel/string.h>

#include "processor.h"

/*
 * Where images go that ask to be moved, in slots of 64 KiB: those that cope with addresses above
 * 4 GiB somewhere in 8 GiB near the top of the user's half, as on Windows; others in the lowest
 * GiB.
 */
#define HIGH_FIRST 0x00007FF600000000ull
#define HIGH_SLOTS 0x20000u
#define LOW_FIRST  0x0000000000400000ull
#define LOW_SLOTS  0x4000u
#define ASLR_TRIES 8

// Writes the image's real base into the part of its header field that lies in this page.
static void patch_base_field(const struct image *image, uint32_t rva, uint8_t *page)
{
    uint32_t field = image->base_field.v;
    for (unsigned i = 0; i < sizeof(image->base); i++)
        if (field + i >= rva && field + i - rva < PAGE_SIZE)
            page[field + i - rva] = (uint8_t)(image->base >> 8 * i);
}

static enum pe_error relocate(struct image *image, pe_rva rva, void *page)
{
    struct pe_relocation_cursor cursor;
    static_assert(sizeof(cursor) == sizeof(image->cursor), "they are copied as one word");
    uint64_t word = __atomic_load_n(&image->cursor, __ATOMIC_RELAXED);
    memcpy(&cursor, &word, sizeof(cursor));
    enum pe_error error = pe_relocate_page(&image->relocations, &cursor, rva,
                                           image->base - image->pe.image_base, page);
    memcpy(&word, &cursor, sizeof(word));
    __atomic_store_n(&image->cursor, word, __ATOMIC_RELAXED);
    return error;
}

static status_t fill(struct memory_object *memory, uint64_t number, void *page)
{
    struct image *image = image_of_memory(memory);
    pe_rva rva = { (uint32_t)(number << PAGE_SHIFT) };
    enum pe_error error = pe_read(&image->pe, rva, page, PAGE_SIZE);
    if (error == PE_OK && image->base != image->pe.image_base) {
        error = relocate(image, rva, page);
        patch_base_field(image, rva.v, page);
    }
    return error == PE_OK ? STATUS_SUCCESS : STATUS_IN_PAGE_ERROR;
}

// Sections that say so are written to for every process to see.
static bool is_common(struct memory_object *memory, uint64_t first, uint64_t end)
{
    const struct pe_image *pe = &image_of_memory(memory)->pe;
    while (first < end) {
        const struct pe_section *section =
            pe_section_at(pe, (pe_rva){ (uint32_t)(first << PAGE_SHIFT) });
        if (pe->is_one_piece || section == NULL || !section->is_shared)
            return false;
        first = ROUND_UP((uint64_t)section->rva.v + section->virtual_size, PAGE_SIZE) >> PAGE_SHIFT;
    }
    return true;
}

static void destroy(struct memory_object *memory)
{
    struct image *image = image_of_memory(memory);
    file_memory_leave(image->file, &image->file->image, memory);
    heap_free(image);
}

const struct memory_object_ops image_memory_ops = {
    .name = "image",
    .fill = fill,
    .is_common = is_common,
    .destroy = destroy,
};

// As NT does: what can be written is readable, and its writes stay private unless it says "shared".
static uint8_t rights_of_section(const struct pe_section *section)
{
    uint8_t rights = 0;
    if ((section->rights & PE_RIGHT_READ) != 0)
        rights |= RIGHTS_READ;
    if ((section->rights & PE_RIGHT_EXECUTE) != 0)
        rights |= RIGHTS_EXECUTE;
    if ((section->rights & PE_RIGHT_WRITE) != 0)
        rights |= RIGHTS_READ | RIGHTS_WRITE | (section->is_shared ? 0 : RIGHTS_COPY);
    return rights;
}

static status_t protect(struct address_space *space, vaddr_t base, uint32_t start, uint64_t size,
                        uint8_t rights)
{
    uint8_t ignored;
    if (size == 0)
        return STATUS_SUCCESS;
    return space_protect(space, base + start, base + start + ROUND_UP(size, PAGE_SIZE), rights,
                         &ignored);
}

// Gives headers and sections the rights that the headers tell; what lies between has none.
static status_t protect_sections(const struct pe_image *pe, struct address_space *space,
                                 vaddr_t base)
{
    // With sections smaller than a page there is nothing to tell apart; the area's rights stay.
    if (pe->is_one_piece)
        return STATUS_SUCCESS;
    status_t status = protect(space, base, 0, MIN(pe->headers_size, pe->image_size), RIGHTS_READ);
    for (uint32_t i = 0; i < pe->section_count && status == STATUS_SUCCESS; i++) {
        const struct pe_section *section = &pe->sections[i];
        uint64_t size = MIN(section->virtual_size, pe->image_size - section->rva.v);
        status = protect(space, base, section->rva.v, size, rights_of_section(section));
    }
    return status;
}

// The boot option aslr=off keeps images where they were linked, for debugging.
static bool may_move(const struct pe_image *pe)
{
    char value[4];
    if (boot_option("aslr", value, sizeof(value)) && strcmp(value, "off") == 0)
        return false;
    return pe->wants_relocation;
}

static vaddr_t random_base(const struct pe_image *pe)
{
    if ((pe->dll_characteristics & PE_DLL_HIGH_ENTROPY_VA) != 0)
        return HIGH_FIRST + processor_random() % HIGH_SLOTS * ALLOCATION_GRANULARITY;
    return LOW_FIRST + processor_random() % LOW_SLOTS * ALLOCATION_GRANULARITY;
}

vaddr_t image_choose_base(const struct pe_image *pe)
{
    return may_move(pe) ? random_base(pe) : pe->image_base;
}

static bool is_possible_base(vaddr_t base, const struct pe_image *pe)
{
    return base >= USER_LOWEST && base < USER_END && pe->image_size <= USER_END - base;
}

static status_t reserve_at(struct address_space *space, struct space_reservation *what,
                           vaddr_t address, vaddr_t *base)
{
    what->address = address;
    return space_reserve(space, what, base);
}

// Finds a place for an image whose base may still be chosen: other random ones, then the one that
// it was linked for, then any.
static status_t place(struct image *image, struct address_space *space,
                      struct space_reservation *what, vaddr_t *base)
{
    const struct pe_image *pe = &image->pe;
    status_t status = STATUS_CONFLICTING_ADDRESSES;
    if (is_possible_base(image->base, pe))
        status = reserve_at(space, what, image->base, base);
    for (int i = 0; may_move(pe) && i < ASLR_TRIES && status == STATUS_CONFLICTING_ADDRESSES; i++)
        status = reserve_at(space, what, random_base(pe), base);
    if (status == STATUS_CONFLICTING_ADDRESSES && pe->image_base != image->base &&
        is_possible_base(pe->image_base, pe))
        status = reserve_at(space, what, pe->image_base, base);
    if (status == STATUS_CONFLICTING_ADDRESSES && pe->may_relocate) {
        what->top_down = true;
        status = reserve_at(space, what, 0, base);
    }
    if (status == STATUS_SUCCESS) {
        image->base = image->file->image_base = *base;
        image->is_placed = true;
    }
    return status;
}

static status_t reserve_anywhere(const struct image *image, struct address_space *space,
                                 const struct image_view *view, struct space_reservation *what,
                                 vaddr_t *base)
{
    status_t status = STATUS_CONFLICTING_ADDRESSES;
    if (is_possible_base(image->base, &image->pe))
        status = reserve_at(space, what, image->base, base);
    if (status == STATUS_CONFLICTING_ADDRESSES && image->pe.may_relocate) {
        what->highest = view->highest;
        what->top_down = true;
        status = reserve_at(space, what, 0, base);
    }
    return status;
}

static status_t reserve(struct image *image, struct address_space *space,
                        const struct image_view *view, struct space_reservation *what,
                        vaddr_t *base)
{
    mutex_lock(&image->placing);
    status_t status = STATUS_SUCCESS;
    if (view->address != 0) {
        status = reserve_at(space, what, view->address, base);
        // Wherever it is mapped first, it has to be relocated to some base from now on.
        if (status == STATUS_SUCCESS) {
            image->is_placed = true;
            image->file->image_base = image->base;
        }
    } else if (image->is_placed) {
        status = reserve_anywhere(image, space, view, what, base);
    } else {
        status = place(image, space, what, base);
    }
    mutex_unlock(&image->placing);
    return status;
}

status_t image_map(struct image *image, struct address_space *space, const struct image_view *view,
                   vaddr_t *base)
{
    const uint8_t all = RIGHTS_READ | RIGHTS_WRITE | RIGHTS_EXECUTE | RIGHTS_COPY;
    struct space_reservation what = {
        .size = image->pe.image_size,
        .alignment = ALLOCATION_GRANULARITY,
        .commit = true,
        .replaces_placeholder = view->replaces_placeholder,
        .rights = image->pe.is_one_piece ? all : RIGHTS_NONE,
        .first_rights = all,
        .kind = AREA_IMAGE,
        .object = &image->memory,
        .limit = RIGHTS_READ | RIGHTS_WRITE | RIGHTS_EXECUTE,
    };
    status_t status = reserve(image, space, view, &what, base);
    if (status != STATUS_SUCCESS)
        return status;
    status = protect_sections(&image->pe, space, *base);
    if (status != STATUS_SUCCESS) {
        status_t unmapped = space_unmap(space, *base, view->replaces_placeholder);
        (void)unmapped; // unless the program itself was faster
    }
    return status;
}

status_t image_map_program(struct image *image, struct address_space *space, vaddr_t *base)
{
    struct image_view anywhere = { 0 };
    status_t status = image_map(image, space, &anywhere, base);
    if (status == STATUS_SUCCESS && *base != image->base) {
        status_t unmapped = space_unmap(space, *base, false);
        (void)unmapped;
        status = STATUS_CONFLICTING_ADDRESSES;
    }
    return status;
}
