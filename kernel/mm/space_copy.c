// SPDX-License-Identifier: MIT
/*
 * Reading, writing and touching pages of an address space that need not be loaded (space.h): each
 * page is brought in as a fault of its own thread would do, and reached through the direct map.
 */

#include <arch/paging.h>

#include <kernel/frames.h>
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
