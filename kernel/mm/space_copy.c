// SPDX-License-Identifier: MIT
/*
 * Reading, writing and touching pages of an address space that need not be loaded (space.h): each
 * page is brought in as a fault of its own thread would do, and reached through the direct map.
 */

#include <arch/paging.h>

#include <kernel/frames.h>
#include <kernel/memory_object.h>
#include <kernel/status.h>
#include <kernel/string.h>

#include "space_private.h"

// A guard page stands for its owner's stack and is not for others to use up.
static bool is_guard(struct address_space *space, vaddr_t page)
{
    struct area *area = area_find(&space->areas, page);

    return area != NULL && (area_run_at(area, page)->rights & RIGHTS_GUARD) != 0;
}

// Makes sure that page can be read or written. Its entry is in *entry.
static status_t bring_in(struct address_space *space, vaddr_t page, bool is_write,
                         struct paging_entry *entry)
{
    const unsigned needed = is_write ? PAGING_USER | PAGING_WRITE : PAGING_USER;
    struct page_fault fault = { .address = page, .is_write = is_write };

    if (paging_lookup(space->root, page, entry) && (entry->rights & needed) == needed)
        return STATUS_SUCCESS;
    if (is_guard(space, page))
        return STATUS_GUARD_PAGE_VIOLATION;
    status_t status = space_fault_locked(space, &fault);
    if (status == STATUS_SUCCESS && !paging_lookup(space->root, page, entry))
        status = STATUS_ACCESS_VIOLATION;
    return status;
}

static status_t copy_in_page(struct address_space *space, vaddr_t address, void *buffer,
                             size_t size, bool is_write)
{
    struct paging_entry entry;

    mutex_lock(&space->lock);
    status_t status = bring_in(space, ROUND_DOWN(address, PAGE_SIZE), is_write, &entry);
    if (status == STATUS_SUCCESS) {
        char *bytes = (char *)direct_map(entry.page) + (address & PAGE_MASK);
        memcpy(is_write ? bytes : buffer, is_write ? buffer : bytes, size);
        if (is_write)
            paging_mark_dirty(space->root, address);
    }
    mutex_unlock(&space->lock);
    return status;
}

static status_t copy(struct address_space *space, vaddr_t address, char *buffer, size_t size,
                     bool is_write, size_t *done)
{
    status_t status = STATUS_SUCCESS;

    for (*done = 0; *done < size;) {
        size_t piece = MIN(size - *done, PAGE_SIZE - (address & PAGE_MASK));
        status = copy_in_page(space, address, buffer + *done, piece, is_write);
        if (status != STATUS_SUCCESS)
            break;
        *done += piece;
        address += piece;
    }
    return status;
}

status_t space_read(struct address_space *space, vaddr_t address, void *to, size_t size,
                    size_t *done)
{
    return copy(space, address, to, size, false, done);
}

status_t space_write(struct address_space *space, vaddr_t address, const void *from, size_t size,
                     size_t *done)
{
    return copy(space, address, (char *)from, size, true, done);
}

status_t space_touch(struct address_space *space, vaddr_t start, vaddr_t end)
{
    status_t status = STATUS_SUCCESS;
    struct paging_entry entry;

    for (vaddr_t page = start; page < end && status == STATUS_SUCCESS; page += PAGE_SIZE) {
        mutex_lock(&space->lock);
        status = bring_in(space, page, false, &entry);
        mutex_unlock(&space->lock);
    }
    return status;
}

void space_discard(struct address_space *space, vaddr_t start, vaddr_t end)
{
    mutex_lock(&space->lock);
    for (vaddr_t at = start; at < end;) {
        struct area *area = area_find_at_or_above(&space->areas, at);
        if (area == NULL || area->start >= end)
            break;
        at = MAX(at, area->start);
        if (area->object == NULL)
            space_unmap_pages(space, area, at, MIN(area->end, end));
        at = area->end;
    }
    mutex_unlock(&space->lock);
}

bool space_find_view(struct address_space *space, vaddr_t address, struct space_view *out)
{
    mutex_lock(&space->lock);
    struct area *area = area_find(&space->areas, address);
    if (area != NULL) {
        *out = (struct space_view){ .area_start = area->start,
                                    .area_end = area->end,
                                    .kind = area->kind,
                                    .first_rights = area->first_rights,
                                    .is_placeholder = area->is_placeholder,
                                    .object = area->kind == AREA_PRIVATE ? NULL : area->object };
        out->committed_bytes = area_committed_bytes(area, area->start, area->end);
        if (out->object != NULL)
            memory_object_get(out->object);
    }
    mutex_unlock(&space->lock);
    return area != NULL;
}

// The next page at or above page that has an entry, or end.
static vaddr_t next_resident(struct address_space *space, vaddr_t page, vaddr_t end,
                             struct paging_entry *entry)
{
    while (page < end && !paging_lookup(space->root, page, entry)) {
        // Where there is no table, all 2 MiB of it can be left out.
        bool has_table = paging_find_slot(space->root, page) != NULL;
        page = has_table ? page + PAGE_SIZE : ROUND_DOWN(page, 2 * MIB) + 2 * MIB;
    }
    return page;
}

size_t space_list_resident(struct address_space *space, vaddr_t start, vaddr_t end,
                           struct space_page *pages, size_t room)
{
    size_t count = 0;

    mutex_lock(&space->lock);
    for (vaddr_t page = start; count < room && page < end;) {
        struct area *area = area_find_at_or_above(&space->areas, page);
        if (area == NULL || area->start >= end)
            break;
        vaddr_t stop = MIN(area->end, end);
        struct paging_entry entry;
        page = next_resident(space, MAX(page, area->start), stop, &entry);
        if (page >= stop)
            continue;
        pages[count++] = (struct space_page){
            .address = page,
            .rights = area_run_at(area, page)->rights & (uint8_t)~RIGHTS_OWNED,
            .is_shared = (entry.rights & PAGING_SHARED) != 0,
        };
        page += PAGE_SIZE;
    }
    mutex_unlock(&space->lock);
    return count;
}

struct written {
    vaddr_t *pages;
    size_t count;
};

static void note_written(void *context, vaddr_t page)
{
    struct written *written = context;

    written->pages[written->count++] = page;
}

status_t space_take_written(struct address_space *space, vaddr_t start, vaddr_t end, bool clear,
                            vaddr_t *pages, size_t room, size_t *count, vaddr_t *next)
{
    struct written written = { .pages = pages };
    status_t status = STATUS_INVALID_PARAMETER;

    mutex_lock(&space->lock);
    struct area *area = area_find(&space->areas, start);
    if (area != NULL && area->is_watched && start < end && end <= area->end) {
        status = STATUS_SUCCESS;
        // Only as much at once as there surely is room for: what is cleared must be told.
        while (start < end && written.count < room) {
            vaddr_t stop =
                start + MIN((end - start) >> PAGE_SHIFT, room - written.count) * PAGE_SIZE;
            paging_take_dirty(space->root, start, stop, note_written, &written, clear);
            start = stop;
        }
    }
    mutex_unlock(&space->lock);
    *count = written.count;
    *next = start;
    return status;
}
