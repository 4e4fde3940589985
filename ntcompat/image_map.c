// SPDX-License-Identifier: MIT
/*
 * Mapping an image. The whole image is one area, committed at once so that a program that started
 * finds room for each of its pages; its backend fills a page when it is first touched: from the file,
 * zero where the file has nothing, relocated if the image does not stand at its base.
 *
 * Every frame is private to the process from the start, so the copy that "write copy" promises exists
 * before the first write. Sharing clean pages between processes comes with the system volume.
 */

#include "image.h"

#include <kernel/boot.h>
#include <kernel/heap.h>
#include <kernel/status.h>
#include <kernel/string.h>

#include "processor.h"

/*
 * Where images go that ask to be moved, in slots of 64 KiB: those that cope with addresses above
 * 4 GiB somewhere in 8 GiB near the top of the user's half, as on Windows; others in the lowest GiB.
 */
#define HIGH_FIRST 0x00007FF600000000ull
#define HIGH_SLOTS 0x20000u
#define LOW_FIRST  0x0000000000400000ull
#define LOW_SLOTS  0x4000u
#define ASLR_TRIES 8

struct image_view {
    struct image *image; // a reference
    uint64_t delta;      // what has to be added to absolute addresses
    struct pe_relocation_cursor cursor;
};

// Writes the image's real base into the part of its header field that lies in this page.
static void patch_base_field(const struct image_view *view, uint32_t rva, uint8_t *page)
{
    uint64_t base = view->image->pe.image_base + view->delta;
    uint32_t field = view->image->base_field.v;
    for (unsigned i = 0; i < sizeof(base); i++)
        if (field + i >= rva && field + i - rva < PAGE_SIZE)
            page[field + i - rva] = (uint8_t)(base >> 8 * i);
}

static status_t fill(struct area *area, vaddr_t address, void *page)
{
    struct image_view *view = area->backend_data;
    const struct image *image = view->image;
    pe_rva rva = { (uint32_t)(address - area->start) };
    enum pe_error error = pe_read(&image->pe, rva, page, PAGE_SIZE);
    if (error == PE_OK && view->delta != 0) {
        error = pe_relocate_page(&image->relocations, &view->cursor, rva, view->delta, page);
        patch_base_field(view, rva.v, page);
    }
    return error == PE_OK ? STATUS_SUCCESS : STATUS_IN_PAGE_ERROR;
}

static void view_destroy(struct image_view *view)
{
    object_put(&view->image->object);
    heap_free(view);
}

static void release(struct area *area)
{
    view_destroy(area->backend_data);
}

static const struct area_backend image_backend = {
    .name = "image",
    .fill = fill,
    .release = release,
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
    status_t status = protect(space, base, 0, pe->image_size, RIGHTS_NONE);
    if (status == STATUS_SUCCESS)
        status = protect(space, base, 0, MIN(pe->headers_size, pe->image_size), RIGHTS_READ);
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

// Reserves the image's range: at random if it asks for that, else at its base, else anywhere.
static status_t place(const struct pe_image *pe, struct address_space *space,
                      struct space_reservation *what, vaddr_t *base)
{
    status_t status = STATUS_CONFLICTING_ADDRESSES;
    for (int i = 0; may_move(pe) && i < ASLR_TRIES && status == STATUS_CONFLICTING_ADDRESSES; i++) {
        what->address = random_base(pe);
        status = space_reserve(space, what, base);
    }
    if (status == STATUS_CONFLICTING_ADDRESSES && pe->image_base >= USER_LOWEST) {
        what->address = pe->image_base;
        status = space_reserve(space, what, base);
        if (status == STATUS_INVALID_PARAMETER) // outside the user's half
            status = STATUS_CONFLICTING_ADDRESSES;
    }
    if (status == STATUS_CONFLICTING_ADDRESSES && pe->may_relocate) {
        what->address = 0;
        what->top_down = true;
        status = space_reserve(space, what, base);
    }
    return status;
}

status_t image_map(struct image *image, struct address_space *space, vaddr_t *base)
{
    struct image_view *view = heap_alloc_zeroed(sizeof(*view));
    if (view == NULL)
        return STATUS_NO_MEMORY;
    object_get(&image->object);
    view->image = image;
    struct space_reservation what = {
        .size = image->pe.image_size,
        .alignment = ALLOCATION_GRANULARITY,
        .commit = true,
        .rights = RIGHTS_READ | RIGHTS_WRITE | RIGHTS_EXECUTE | RIGHTS_COPY,
        .kind = AREA_IMAGE,
        .backend = &image_backend,
        .backend_data = view,
    };
    status_t status = place(&image->pe, space, &what, base);
    if (status != STATUS_SUCCESS) {
        view_destroy(view);
        return status;
    }
    // Nothing has touched the area yet, so no page was filled with the wrong delta.
    view->delta = *base - image->pe.image_base;
    status = protect_sections(&image->pe, space, *base);
    if (status != STATUS_SUCCESS) {
        status_t unmapped = space_unmap(space, *base);
        (void)unmapped; // it was mapped above, in a space that no program runs in yet
    }
    return status;
}
