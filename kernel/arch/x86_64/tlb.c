// SPDX-License-Identifier: MIT
/*
 * Which root each processor has loaded, and flushing what it has cached (tlb.h).
 *
 * There is no mask per address space: cpu->page_table_root tells who may hold its translations, and
 * the few processors are looked through when something is flushed. For that a processor publishes a
 * root before it loads it, and whoever changes tables looks at the published roots afterwards, each
 * with a full barrier between: either the flush sees the processor, or the processor's walks see
 * the change. While it leaves a root, a processor counts as gone a moment early; what it may still
 * fetch then is dropped by the very load of CR3 that follows.
 */

#include <arch/paging.h>
#include <arch/tlb.h>

#include "arch_private.h"

#define CR4_PGE (1ull << 7)

void paging_switch_root(paddr_t root)
{
    struct cpu *cpu = this_cpu();

    if (!root)
        root = paging_kernel_root;
    cpu->is_root_lazy = false;
    if (cpu->page_table_root == root)
        return;
    __atomic_store_n(&cpu->page_table_root, root, __ATOMIC_SEQ_CST);
    cr3_write(root);
}

void paging_idle_root(void)
{
    this_cpu()->is_root_lazy = true;
}

void tlb_flush_all_here(void)
{
    uint64_t cr4 = cr4_read();

    cr4_write(cr4 & ~CR4_PGE); // drops global translations with the others
    cr4_write(cr4);
}

static void flush_here(const struct tlb_batch *batch)
{
    if (batch->count > TLB_BATCH_PAGES) {
        if (batch->root == paging_kernel_root)
            tlb_flush_all_here();
        else
            cr3_write(batch->root);
        return;
    }
    for (uint32_t i = 0; i < batch->count; i++)
        tlb_flush_page_here(batch->pages[i]);
}

static void flush_there(void *argument)
{
    const struct tlb_batch *batch = argument;
    const struct cpu *cpu = this_cpu();

    if (batch->root != paging_kernel_root) {
        if (cpu->page_table_root != batch->root)
            return; // left it meanwhile
        if (cpu->is_root_lazy) {
            paging_switch_root(0);
            return;
        }
    }
    flush_here(batch);
}

// The other processors that have root loaded.
static cpu_mask_t users_of_root(paddr_t root)
{
    cpu_mask_t others = cpus_online & ~cpu_bit(this_cpu());
    cpu_mask_t users = 0;

    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    for (; others; others &= others - 1) {
        const struct cpu *cpu = cpus[__builtin_ctzll(others)];
        if (__atomic_load_n(&cpu->page_table_root, __ATOMIC_RELAXED) == root)
            users |= cpu_bit(cpu);
    }
    return users;
}

void tlb_flush(struct tlb_batch *batch)
{
    bool is_for_kernel = batch->root == paging_kernel_root;

    if (batch->count == 0)
        return;
    if (is_for_kernel || this_cpu()->page_table_root == batch->root)
        flush_here(batch);
    if (cpus_online != 1) {
        cpu_mask_t users = is_for_kernel ? cpus_online : users_of_root(batch->root);
        if (users)
            cpus_call(users, flush_there, batch);
    }
    batch->count = 0;
}

static void forget_root(void *argument)
{
    const paddr_t *root = argument;

    if (this_cpu()->page_table_root == *root)
        paging_switch_root(0);
}

void tlb_forget_root(paddr_t root)
{
    forget_root(&root);
    cpu_mask_t users = users_of_root(root);
    if (users)
        cpus_call(users, forget_root, &root);
}
