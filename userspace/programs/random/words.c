// SPDX-License-Identifier: MIT
// Random words of the kinds that find faults, and the memory that they point to.

#include "random.h"

#include <nt/shared_data.h>
#include <user/print.h>
#include <user/start.h>

// What is worth trying: the ends of ranges, and addresses of every kind. words_prepare() takes out
// those that are addresses of memory that this program needs.
// clang-format off
static ULONGLONG edges[] = {
    0, 1, 2, 3, 4, 8, 0xFFF, 0x1000, 0x10000, 0x7FFE0000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF,
    0x100000000, 0x00007FFFFFFEFFF8, 0x00007FFFFFFF0000, 0x00007FFFFFFFFFFF, 0x0000800000000000,
    0x7FFFFFFFFFFFFFFF, 0x8000000000000000, 0xFFFF800000000000, 0xFFFFFFFF80000000,
    0xFFFFFFFFFFFFF000, 0xFFFFFFFFFFFFFFF8, 0xFFFFFFFFFFFFFFFE, 0xFFFFFFFFFFFFFFFF,
};
// clang-format on

static struct {
    PVOID ours[64]; // the allocations that this program needs
    unsigned ours_count;
    unsigned edge_count;
} known;

struct playground playground;

ULONGLONG next_random(void)
{
    playground.random ^= playground.random >> 12;
    playground.random ^= playground.random << 25;
    playground.random ^= playground.random >> 27;
    return playground.random * 0x2545F4914F6CDD1D;
}

ULONGLONG below(ULONGLONG limit)
{
    return next_random() % limit;
}

ULONGLONG random_edge(void)
{
    return edges[below(known.edge_count)];
}

ULONGLONG random_flags(void)
{
    return 1ull << below(32) | 1ull << below(32) | 1ull << below(32);
}

ULONGLONG random_word(void)
{
    switch (below(8)) {
    case 0:
        return next_random();
    case 1:
        return random_flags();
    case 2:
        return below(64);
    case 3:
        return (ULONGLONG)playground.read_only + below(PAGE);
    case 4:
        return (ULONGLONG)playground.scratch + PAGE - below(64); // its last bytes, and the end
    case 5:
        return (ULONGLONG)playground.scratch + (below(PAGE) & ~7ull);
    default:
        return random_edge();
    }
}

static bool query(ULONGLONG address, MEMORY_BASIC_INFORMATION *region)
{
    return NT_SUCCESS(NtQueryVirtualMemory(NtCurrentProcess(), (PVOID)address,
                                           MemoryBasicInformation, region, sizeof(*region), NULL));
}

ULONGLONG unreadable_edge(void)
{
    MEMORY_BASIC_INFORMATION region;
    ULONGLONG edge = random_edge();

    return query(edge, &region) && region.State == MEM_COMMIT ? 0 : edge;
}

static bool is_ours(ULONGLONG address)
{
    MEMORY_BASIC_INFORMATION region;

    if (!query(address, &region) || region.State == MEM_FREE)
        return false;
    for (unsigned i = 0; i < known.ours_count; i++) {
        if (known.ours[i] == region.AllocationBase)
            return true;
    }
    return false;
}

ULONGLONG random_size(void)
{
    return below(1ull << (8 + below(27)));
}

ULONGLONG harmless_word(void)
{
    ULONGLONG word = random_edge();

    switch (below(4)) {
    case 0:
        word = playground.last_base + below(4) * PAGE;
        break;
    case 1:
        word = random_size();
        break;
    case 2:
        word = 0;
        break;
    }
    return is_ours(word) ? 0 : word;
}

static char *allocate(SIZE_T size, ULONG allocation_type, ULONG protection)
{
    PVOID base = NULL;
    NTSTATUS status =
        NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size, allocation_type, protection);

    if (!NT_SUCCESS(status)) {
        print_error("random: no memory to begin with: %s\n", status_text(status));
        exit_process(status);
    }
    return base;
}

// Notes every allocation that exists now.
static void note_ours(void)
{
    MEMORY_BASIC_INFORMATION region;

    for (ULONGLONG at = 0x10000; query(at, &region); at += region.RegionSize) {
        bool is_new =
            known.ours_count == 0 || known.ours[known.ours_count - 1] != region.AllocationBase;
        if (region.State != MEM_FREE && is_new && known.ours_count < COUNT(known.ours))
            known.ours[known.ours_count++] = region.AllocationBase;
    }
    for (unsigned i = 0; i < COUNT(edges); i++) {
        if (!is_ours(edges[i]) || edges[i] == KUSER_SHARED_DATA_ADDRESS)
            edges[known.edge_count++] = edges[i];
    }
}

void words_prepare(void)
{
    PVOID page;
    SIZE_T size = PAGE;

    playground.scratch = page = allocate(2 * PAGE, MEM_RESERVE, PAGE_READWRITE);
    (void)NtAllocateVirtualMemory(NtCurrentProcess(), &page, 0, &size, MEM_COMMIT, PAGE_READWRITE);
    playground.read_only = allocate(PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READONLY);
    playground.slots = (ULONGLONG *)allocate(PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    playground.moment = (LARGE_INTEGER *)(playground.slots + 64);
    playground.text = (UNICODE_STRING *)(playground.slots + 72);
    note_ours();
}
