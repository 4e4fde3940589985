// SPDX-License-Identifier: MIT
/*
 * Large pages for those who use a lot of memory (space.h). Who touches one page in each 2 MiB shall
 * not pay for all of them, so a program gets a large page only where it goes on: its private area
 * goes on for 2 MiB more, and of the 2 MiB before them the first page, the last and one in between
 * are there. So nobody gets more than twice what he touched in order.
 *
 * What it saves is 511 faults, not the clearing. The page is taken apart when a part of it is
 * protected, freed or copied, which paging.c sees to.
 */

#include <arch/cpu.h>
#include <arch/paging.h>

#include <kernel/frames.h>

#include "space_private.h"

#define LARGE_ORDER 9u
#define LARGE_SIZE  (PAGE_SIZE << LARGE_ORDER)

// Single frames are worth more when there are few.
#define FRAMES_LEFT (8u << LARGE_ORDER)

static bool has_page(struct address_space *space, vaddr_t page)
{
    struct paging_entry entry;

    return paging_lookup(space->root, page, &entry);
}

static bool goes_on(struct address_space *space, const struct area *area,
                    const struct page_run *run, vaddr_t page)
{
    if (area->is_stack || area->is_watched || area->start + LARGE_SIZE > page ||
        run->end - page < LARGE_SIZE)
        return false;
    return has_page(space, page - PAGE_SIZE) && has_page(space, page - LARGE_SIZE) &&
           has_page(space, page - LARGE_SIZE / 2);
}

bool space_map_large(struct address_space *space, const struct area *area,
                     const struct page_run *run, vaddr_t page, unsigned paging_rights)
{
    if (page % LARGE_SIZE != 0 || (paging_rights & PAGING_WRITE_COMBINE) != 0 ||
        !goes_on(space, area, run, page) || frames_stats().free < FRAMES_LEFT)
        return false;
    struct frame *block = frames_alloc(LARGE_ORDER, FRAME_TAG_USER);
    if (block == NULL)
        return false;
    for (unsigned i = 0; i < 1u << LARGE_ORDER; i++)
        clear_page(frame_address(&block[i]));
    if (!paging_map_large(space->root, page, frame_paddr(block), paging_rights,
                          &space->table_frames)) {
        frames_free(block);
        return false;
    }
    frames_split(block);
    space_count_own_pages(space, 1u << LARGE_ORDER);
    return true;
}
