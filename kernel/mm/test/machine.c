// SPDX-License-Identifier: MIT
// The test machine (machine.h).

#include "machine.h"

#include <arch/paging.h>

#include <kernel/early_memory.h>
#include <kernel/frames.h>
#include <kernel/log.h>
#include <kernel/mutex.h>
#include <kernel/panic.h>
#include <kernel/space.h>
#include <kernel/spinlock.h>
#include <kernel/status.h>

#define ENTRY_LIMIT 20000u
#define TAKEN_LIMIT 70000u

uint8_t *host_ram;
paddr_t paging_kernel_root = 1; // no frame of the machine
long machine_entries_left = -1;
vaddr_t machine_stack_limit;

static struct entry {
    paddr_t root;
    vaddr_t va;
    paddr_t page;
    unsigned rights;
    bool is_dirty;
} entries[ENTRY_LIMIT];
static size_t entry_count;

static struct frame *taken[TAKEN_LIMIT];
static size_t taken_count;

void machine_boot(uint64_t ram_size)
{
    const struct memory_range ram[] = { { 0, 0x9FC00 }, { MIB, ram_size } };

    free(host_ram);
    host_ram = aligned_alloc(PAGE_SIZE * 2, ram_size);
    memset(host_ram, 0x5C, ram_size);
    entry_count = 0;
    early_memory_init(ram, ARRAY_SIZE(ram));
    frames_init();
}

void machine_take_frames(uint64_t left)
{
    while (frames_stats().free > left)
        taken[taken_count++] = frames_alloc(0, FRAME_TAG_DEVICE);
}

void machine_return_frames(void)
{
    while (taken_count > 0)
        frames_free(taken[--taken_count]);
}

size_t machine_entry_count(void)
{
    return entry_count;
}

// The first entry at or behind va.
static size_t find(paddr_t root, vaddr_t va)
{
    size_t low = 0, high = entry_count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (entries[middle].root < root ||
            (entries[middle].root == root && entries[middle].va < va))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct entry *entry_at(paddr_t root, vaddr_t va)
{
    struct entry *entry = &entries[find(root, va)];

    return entry < entries + entry_count && entry->root == root && entry->va == va ? entry : NULL;
}

paddr_t paging_create_root(void)
{
    struct frame *frame = frame_alloc_zeroed(FRAME_TAG_TABLE);

    return frame == NULL ? 0 : frame_paddr(frame);
}

void paging_destroy_root(paddr_t root)
{
    size_t i = find(root, 0);

    assert(i == entry_count || entries[i].root != root);
    frames_free(frame_of_paddr(root));
}

void paging_switch_root(paddr_t root)
{
    (void)root;
}

bool paging_map(paddr_t root, vaddr_t va, paddr_t page, unsigned rights, uint64_t *tables)
{
    (void)tables;
    assert(entry_at(root, va) == NULL && entry_count < ENTRY_LIMIT);
    if (machine_entries_left == 0)
        return false;
    if (machine_entries_left > 0)
        machine_entries_left--;
    size_t i = find(root, va);
    memmove(&entries[i + 1], &entries[i], (entry_count - i) * sizeof(entries[0]));
    entries[i] = (struct entry){ root, va, page, rights, false };
    entry_count++;
    return true;
}

bool paging_map_large(paddr_t root, vaddr_t va, paddr_t page, unsigned rights, uint64_t *tables)
{
    if (find(root, va) != find(root, va + 2 * MIB) || machine_entries_left == 0)
        return false;
    for (unsigned i = 0; i < 512; i++)
        if (!paging_map(root, va + i * PAGE_SIZE, page + i * PAGE_SIZE, rights, tables))
            return false;
    return true;
}

// The slots that were found last, those of 64 KiB: what one fault works on.
static struct {
    struct paging_slot slots[32];
    paddr_t root;
} found;

// There are tables for the 2 MiB around an entry.
struct paging_slot *paging_find_slot(paddr_t root, vaddr_t va)
{
    vaddr_t span = ROUND_DOWN(va, 2 * MIB);
    size_t first = find(root, span);

    if (first == find(root, span + 2 * MIB))
        return NULL;
    found.root = root;
    for (size_t i = 0; i < ARRAY_SIZE(found.slots); i++)
        found.slots[i].entry = entry_at(root, va + i * PAGE_SIZE) != NULL ? PAGING_SLOT_USED : 0;
    return &found.slots[0];
}

void paging_fill_slot(paddr_t root, struct paging_slot *slot, vaddr_t va, paddr_t page,
                      unsigned rights)
{
    uint64_t tables = 0;

    // Slots of one table are neighbours; the found one's address is used.
    assert(root == found.root && slot >= &found.slots[0] &&
           slot < &found.slots[ARRAY_SIZE(found.slots)]);
    struct entry *entry = entry_at(found.root, va);
    slot->entry = PAGING_SLOT_USED;
    if (entry != NULL) {
        *entry = (struct entry){ found.root, va, page, rights, false };
        return;
    }
    long left = machine_entries_left;
    machine_entries_left = -1; // its table exists
    bool is_mapped = paging_map(found.root, va, page, rights, &tables);
    machine_entries_left = left;
    assert(is_mapped);
}

bool paging_lookup(paddr_t root, vaddr_t va, struct paging_entry *out)
{
    const struct entry *entry = entry_at(root, va);

    if (entry == NULL)
        return false;
    *out = (struct paging_entry){ .page = entry->page, .rights = entry->rights };
    return true;
}

void paging_unmap(paddr_t root, vaddr_t start, vaddr_t end,
                  void (*release)(void *context, vaddr_t va, const struct paging_entry *entry),
                  void *context, uint64_t *tables)
{
    size_t first = find(root, start), behind = find(root, end);

    (void)tables;
    for (size_t i = first; i < behind; i++) {
        struct paging_entry gone = { .page = entries[i].page, .rights = entries[i].rights };
        if (release != NULL)
            release(context, entries[i].va, &gone);
    }
    memmove(&entries[first], &entries[behind], (entry_count - behind) * sizeof(entries[0]));
    entry_count -= behind - first;
}

void paging_protect(paddr_t root, vaddr_t start, vaddr_t end, unsigned rights)
{
    for (size_t i = find(root, start); i < find(root, end); i++)
        entries[i].rights = rights | (entries[i].rights & PAGING_SHARED);
}

bool paging_find(paddr_t root, vaddr_t *va, vaddr_t end, struct paging_entry *out)
{
    size_t i = find(root, *va);

    if (i == find(root, end))
        return false;
    *va = entries[i].va;
    return paging_lookup(root, *va, out);
}

vaddr_t paging_take_dirty(paddr_t root, vaddr_t start, vaddr_t end, vaddr_t *pages, size_t room,
                          size_t *count, bool clear)
{
    *count = 0;
    for (size_t i = find(root, start); i < find(root, end); i++) {
        if (entries[i].is_dirty)
            pages[(*count)++] = entries[i].va;
        entries[i].is_dirty &= !clear;
        if (*count == room)
            return entries[i].va + PAGE_SIZE;
    }
    return end;
}

void paging_mark_dirty(paddr_t root, vaddr_t va)
{
    entry_at(root, ROUND_DOWN(va, PAGE_SIZE))->is_dirty = true;
}

// The byte at address, once the entry allows the access; NULL: *status says why not.
static uint8_t *touch(struct address_space *space, vaddr_t address, unsigned needed,
                      status_t *status)
{
    // A fault that is said to be resolved, but is not, would go on for ever: two must be enough.
    for (unsigned attempt = 0; attempt < 3; attempt++) {
        const struct entry *entry = entry_at(space->root, ROUND_DOWN(address, PAGE_SIZE));
        if (entry != NULL && (entry->rights & needed) == needed)
            return (uint8_t *)direct_map(entry->page) + address % PAGE_SIZE;
        struct page_fault fault = { .address = address, .is_write = needed & PAGING_WRITE };
        *status = space_fault(space, &fault);
        if (fault.stack_limit != 0)
            machine_stack_limit = fault.stack_limit;
        if (*status != STATUS_SUCCESS)
            return NULL;
    }
    fail_msg("the fault at %#llx is not resolved", (unsigned long long)address);
    return NULL;
}

status_t machine_read(struct address_space *space, vaddr_t address, uint8_t *value)
{
    status_t status = STATUS_SUCCESS;
    const uint8_t *byte = touch(space, address, PAGING_USER, &status);

    if (byte != NULL)
        *value = *byte;
    return status;
}

status_t machine_write(struct address_space *space, vaddr_t address, uint8_t value)
{
    status_t status = STATUS_SUCCESS;
    uint8_t *byte = touch(space, address, PAGING_USER | PAGING_WRITE, &status);

    if (byte != NULL) {
        *byte = value;
        paging_mark_dirty(space->root, address);
    }
    return status;
}

struct cpu host_cpu;

unsigned cpu_count(void)
{
    return 1;
}

void cpus_call(cpu_mask_t mask, void (*function)(void *), void *argument)
{
    (void)mask; // there are no others
    (void)function;
    (void)argument;
}

irq_state_t spin_lock(struct spinlock *lock)
{
    assert(!lock->is_held);
    lock->is_held = true;
    return 0;
}

void spin_unlock(struct spinlock *lock, irq_state_t state)
{
    (void)state;
    assert(lock->is_held);
    lock->is_held = false;
}

void mutex_init(struct mutex *mutex, const char *name, enum lock_rank rank)
{
    *mutex = (struct mutex){ .name = name, .rank = (uint8_t)rank };
}

void mutex_lock(struct mutex *mutex)
{
    assert(mutex->owner == NULL);
    mutex->owner = (struct thread *)mutex;
}

void mutex_unlock(struct mutex *mutex)
{
    assert(mutex->owner != NULL);
    mutex->owner = NULL;
}

bool mutex_held(const struct mutex *mutex)
{
    return mutex->owner != NULL;
}

void log_line(enum log_level level, const char *subsystem, const char *format, ...)
{
    (void)level;
    (void)subsystem;
    (void)format;
}
