// SPDX-License-Identifier: MIT
/*
 * The kernel's own page tables, built once, before frames exist, from early memory: the image with
 * the rights of its sections, all RAM in the direct map, and room for the kernel's address range.
 * Code and constants are read-only in the direct map as well. When they are done, the provisional
 * tables of boot.asm, and their identity map, are gone.
 */

#include <arch/tlb.h>

#include <kernel/boot.h>
#include <kernel/early_memory.h>
#include <kernel/panic.h>
#include <kernel/string.h>

#include "arch_private.h"
#include "paging_private.h"

#define MSR_PAT 0x277u
// Entries 0-3 and 5-7 as after reset, entry 4 write-combining.
#define PAT_VALUE 0x0007040100070406ull

paddr_t paging_kernel_root;

static paddr_t early_table(void)
{
    paddr_t table = early_memory_alloc(PAGE_SIZE, PAGE_SIZE);
    if (!table)
        panic("paging: no memory for the kernel's page tables");
    memset(table_at(table), 0, PAGE_SIZE);
    return table;
}

// The largest level whose page fits at va, paddr and size.
static int largest_level(vaddr_t va, paddr_t paddr, uint64_t size)
{
    for (int level = cpu_features.has_1gib_pages ? 2 : 1; level > 0; level--)
        if (((va | paddr) & (span_of(level) - 1)) == 0 && size >= span_of(level))
            return level;
    return 0;
}

static void map_early(vaddr_t va, paddr_t paddr, uint64_t size, unsigned rights)
{
    while (size > 0) {
        int leaf = largest_level(va, paddr, size);
        paddr_t table = paging_kernel_root;
        for (int level = TOP_LEVEL; level > leaf; level--) {
            uint64_t *entry = &table_at(table)[index_at(va, level)];
            if (!(*entry & ENTRY_PRESENT))
                *entry = early_table() | ENTRY_PRESENT | ENTRY_WRITE;
            assert(!(*entry & ENTRY_LARGE));
            table = *entry & ENTRY_ADDRESS;
        }
        table_at(table)[index_at(va, leaf)] =
            paddr | paging_bits(rights | PAGING_GLOBAL) | (leaf > 0 ? ENTRY_LARGE : 0);
        va += span_of(leaf);
        paddr += span_of(leaf);
        size -= span_of(leaf);
    }
}

static paddr_t image_paddr(const void *symbol)
{
    return (vaddr_t)symbol - KERNEL_BASE;
}

static void map_image(const char *start, const char *end, unsigned rights)
{
    map_early((vaddr_t)start, image_paddr(start), (uint64_t)(end - start), rights);
}

// RAM in the direct map: writable, but for the kernel's code and constants, which would otherwise
// be writable behind their own mapping's back.
static void map_direct(paddr_t start, paddr_t end)
{
    paddr_t fixed_start = image_paddr(kernel_text_start);
    paddr_t fixed_end = image_paddr(kernel_data_start);
    paddr_t pieces[] = { start, MIN(MAX(fixed_start, start), end), MIN(MAX(fixed_end, start), end),
                         end };
    for (int i = 0; i < 3; i++)
        if (pieces[i] < pieces[i + 1])
            map_early(DIRECT_MAP_BASE + pieces[i], pieces[i], pieces[i + 1] - pieces[i],
                      i == 1 ? 0 : PAGING_WRITE);
}

static void unmap_guard(vaddr_t va)
{
    struct paging_slot *slot = paging_find_slot(paging_kernel_root, va);
    assert(slot != NULL);
    slot->entry = 0;
}

void paging_enable(void)
{
    msr_write(MSR_PAT, PAT_VALUE);
}

void paging_init(void)
{
    paging_enable();
    paging_init_rights();
    paging_kernel_root = early_table();
    // Every address space copies these entries, so they must all exist before the first one does.
    static const vaddr_t halves[] = { DIRECT_MAP_BASE, KERNEL_VA_BASE, KERNEL_BASE };
    for (unsigned i = 0; i < ARRAY_SIZE(halves); i++)
        table_at(paging_kernel_root)[index_at(halves[i], TOP_LEVEL)] =
            early_table() | ENTRY_PRESENT | ENTRY_WRITE;

    map_image(kernel_text_start, kernel_rodata_start, PAGING_EXECUTE);
    map_image(kernel_rodata_start, kernel_data_start, 0);
    map_image(kernel_data_start, kernel_data_end, PAGING_WRITE);
    unmap_guard((vaddr_t)boot_stack_guard);
    descriptors_unmap_guards(unmap_guard);

    struct memory_range range;
    for (size_t i = 0; early_memory_range(i, &range); i++)
        map_direct(range.start, range.end);

    this_cpu()->page_table_root = paging_kernel_root;
    cr3_write(paging_kernel_root);
    tlb_flush_all_here(); // the old tables' pages may be global
}
