// SPDX-License-Identifier: MIT
/*
 * The kernel's own addresses (kernel_space.h). Each block is an area of the same kind of tree that
 * programs have, one page longer at either end than what is mapped: so guard pages cannot be
 * forgotten, and the size of a block is known when it is freed.
 */

#include <kernel/kernel_space.h>

#include <arch/paging.h>

#include <kernel/area_tree.h>
#include <kernel/frames.h>
#include <kernel/heap.h>
#include <kernel/init.h>
#include <kernel/panic.h>
#include <kernel/spinlock.h>

// What area->kind means here.
enum block_kind {
    BLOCK_PAGES,
    BLOCK_STACK,
    BLOCK_DEVICE
};

static struct {
    struct spinlock lock; // guards all below, and the page tables of the range
    struct area_tree tree;
    uint64_t table_frames;
} kernel_space = {
    .lock = SPINLOCK("kernel space", LOCK_RANK_KERNEL_SPACE),
    .tree = { .lowest = KERNEL_VA_BASE, .end = KERNEL_VA_END, .granularity = PAGE_SIZE },
};

static const struct node_allocator heap_nodes = { heap_alloc, heap_free };

// Reserves addresses for page_count pages and two guard pages.
static struct area *reserve_block(size_t page_count, enum block_kind kind)
{
    struct gap_request request = { .alignment = PAGE_SIZE,
                                   .lowest = KERNEL_VA_BASE,
                                   .end = KERNEL_VA_END };
    vaddr_t start;

    if (page_count > (KERNEL_VA_END - KERNEL_VA_BASE) / PAGE_SIZE - 2)
        return NULL;
    request.size = (page_count + 2) * PAGE_SIZE;
    if (!area_find_gap(&kernel_space.tree, &request, &start))
        return NULL;
    struct area *area = area_insert(&kernel_space.tree, &heap_nodes, start, start + request.size,
                                    PAGES_COMMITTED, RIGHTS_READ | RIGHTS_WRITE);
    if (area != NULL)
        area->kind = (uint8_t)kind;
    return area;
}

static vaddr_t first_page(const struct area *area)
{
    return area->start + PAGE_SIZE;
}

static vaddr_t end_of_pages(const struct area *area)
{
    return area->end - PAGE_SIZE;
}

static void free_page(void *context, vaddr_t va, const struct paging_entry *entry)
{
    (void)context;
    (void)va;
    frames_free(frame_of_paddr(entry->page));
}

// Unmaps whatever is mapped of a block and gives its addresses back. owns_frames: and its frames.
static void remove_block(struct area *area, bool owns_frames)
{
    paging_unmap(paging_kernel_root, first_page(area), end_of_pages(area),
                 owns_frames ? free_page : NULL, NULL, &kernel_space.table_frames);
    area_remove(&kernel_space.tree, &heap_nodes, area);
}

// Maps a fresh frame to each page of a block.
static bool fill_block(const struct area *area, enum frame_tag tag)
{
    for (vaddr_t va = first_page(area); va < end_of_pages(area); va += PAGE_SIZE) {
        struct frame *frame = frames_alloc(0, tag);
        if (frame == NULL)
            return false;
        if (!paging_map(paging_kernel_root, va, frame_paddr(frame), PAGING_WRITE | PAGING_GLOBAL,
                        &kernel_space.table_frames)) {
            frames_free(frame);
            return false;
        }
    }
    return true;
}

static void *alloc_block(size_t page_count, enum block_kind kind, enum frame_tag tag)
{
    void *block = NULL;

    irq_state_t irq = spin_lock(&kernel_space.lock);
    struct area *area = reserve_block(page_count, kind);
    if (area != NULL) {
        if (fill_block(area, tag))
            block = (void *)first_page(area);
        else
            remove_block(area, true);
    }
    spin_unlock(&kernel_space.lock, irq);
    return block;
}

static size_t free_block(void *address, enum block_kind kind)
{
    irq_state_t irq = spin_lock(&kernel_space.lock);
    struct area *area = area_find(&kernel_space.tree, (vaddr_t)address);

    if (area == NULL || first_page(area) != (vaddr_t)address || area->kind != kind)
        panic("kernel space: freeing %p, which is not the start of a block", address);
    size_t page_count = (end_of_pages(area) - first_page(area)) >> PAGE_SHIFT;
    remove_block(area, true);
    spin_unlock(&kernel_space.lock, irq);
    return page_count;
}

void *kernel_pages_alloc(size_t page_count)
{
    assert(page_count > 0);
    return alloc_block(page_count, BLOCK_PAGES, FRAME_TAG_HEAP);
}

size_t kernel_pages_free(void *address)
{
    return free_block(address, BLOCK_PAGES);
}

/*
 * A few stacks are kept mapped: giving one away would interrupt every processor, and threads come
 * and go often. They are made at start, so that what a program has used does not depend on whether
 * it was the first.
 */
#define STACKS_KEPT 4u

static struct {
    struct spinlock lock;
    void *stacks[STACKS_KEPT]; // [lock]
    unsigned count;            // [lock]
} kept = { .lock = SPINLOCK("kernel stacks", LOCK_RANK_KERNEL_SPACE) };

void *kernel_stack_alloc(void)
{
    irq_state_t irq = spin_lock(&kept.lock);
    void *stack = kept.count > 0 ? kept.stacks[--kept.count] : NULL;
    spin_unlock(&kept.lock, irq);
    if (stack == NULL)
        stack = alloc_block(KERNEL_STACK_SIZE / PAGE_SIZE, BLOCK_STACK, FRAME_TAG_STACK);
    return stack;
}

void kernel_stack_free(void *stack)
{
    if (stack == NULL)
        return;
    irq_state_t irq = spin_lock(&kept.lock);
    bool is_kept = kept.count < STACKS_KEPT;
    if (is_kept)
        kept.stacks[kept.count++] = stack;
    spin_unlock(&kept.lock, irq);
    if (!is_kept)
        free_block(stack, BLOCK_STACK);
}

static void make_stacks(void)
{
    while (kept.count < STACKS_KEPT) {
        void *stack = alloc_block(KERNEL_STACK_SIZE / PAGE_SIZE, BLOCK_STACK, FRAME_TAG_STACK);
        if (stack == NULL)
            return; // who needs one will hear of it
        kernel_stack_free(stack);
    }
}
INITCALL(70_NT, make_stacks); // behind all threads of the kernel

static bool map_device_pages(const struct area *area, paddr_t page, unsigned rights)
{
    for (vaddr_t va = first_page(area); va < end_of_pages(area); va += PAGE_SIZE) {
        if (!paging_map(paging_kernel_root, va, page, PAGING_WRITE | PAGING_GLOBAL | rights,
                        &kernel_space.table_frames))
            return false;
        page += PAGE_SIZE;
    }
    return true;
}

static void *map_device(paddr_t paddr, size_t size, unsigned rights)
{
    uint64_t offset = paddr & PAGE_MASK;
    void *address = NULL;

    if (size == 0 || size > KERNEL_VA_END - KERNEL_VA_BASE || paddr > UINT64_MAX - size)
        return NULL;
    size_t page_count = ROUND_UP(offset + size, PAGE_SIZE) >> PAGE_SHIFT;
    irq_state_t irq = spin_lock(&kernel_space.lock);
    struct area *area = reserve_block(page_count, BLOCK_DEVICE);
    if (area != NULL) {
        if (map_device_pages(area, paddr - offset, rights))
            address = (void *)(first_page(area) + offset);
        else
            remove_block(area, false);
    }
    spin_unlock(&kernel_space.lock, irq);
    return address;
}

void *kernel_map_device(paddr_t paddr, size_t size)
{
    return map_device(paddr, size, PAGING_UNCACHED);
}

void *kernel_map_frame_buffer(paddr_t paddr, size_t size)
{
    return map_device(paddr, size, PAGING_WRITE_COMBINE);
}

const char *kernel_space_describe(vaddr_t address)
{
    static const char *const blocks[] = { "a block of kernel pages", "a kernel stack",
                                          "device memory" };
    static const char *const guards[] = { "the guard page of a block of kernel pages",
                                          "the guard page of a kernel stack",
                                          "the guard page of device memory" };

    if (address < KERNEL_VA_BASE || address >= KERNEL_VA_END)
        return NULL;
    const struct area *area = area_find_at_or_above(&kernel_space.tree, address);
    if (area == NULL || address < area->start)
        return "an unused address of the kernel's range";
    bool is_guard = address < first_page(area) || address >= end_of_pages(area);
    return is_guard ? guards[area->kind] : blocks[area->kind];
}
