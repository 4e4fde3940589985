// SPDX-License-Identifier: MIT
/*
 * Calls random services with random arguments; no argument may harm the kernel.
 *
 *   random [SEED [CALLS]]    default 1 and 200000
 *
 * Half of the calls go to services that are built, the others to any number. What would only hide
 * faults of the kernel is left out, and named here:
 *
 * - NtTerminateProcess of this process and NtShutdownSystem end the run; so would the answer
 *   "shut down" of NtRaiseHardError.
 * - The standard handles: reading waits for input, writing floods the output, closing ends it.
 * - NtDelayExecution with a valid interval waits for as long as that says; it gets a short one.
 * - NtDisplayString of a long text fills the log; it gets a short one.
 * - The memory services do not get this program's own code, stack and data, which they would
 *   rightly take away.
 */

#include <nt/shared_data.h>
#include <nt/status.h>
#include <user/call.h>
#include <user/memory.h>
#include <user/print.h>
#include <user/services.h>
#include <user/start.h>

#define PAGE     0x1000
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct built {
    ULONG number;
    ULONG argument_count;
};

static const struct built built[] = {
#define BUILT_ENTRY(name, number, count) { number, count },
    BUILT_SERVICES(BUILT_ENTRY)
};

// What is worth trying: the ends of ranges, and addresses of every kind. prepare() takes out those
// that are addresses of memory that this program needs.
static ULONGLONG edges[] = {
    0,
    1,
    2,
    3,
    4,
    8,
    0xFFF,
    0x1000,
    0x10000,
    0x7FFE0000,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
    0x100000000,
    0x00007FFFFFFEFFF8,
    0x00007FFFFFFF0000,
    0x00007FFFFFFFFFFF,
    0x0000800000000000,
    0x7FFFFFFFFFFFFFFF,
    0x8000000000000000,
    0xFFFF800000000000,
    0xFFFFFFFF80000000,
    0xFFFFFFFFFFFFF000,
    0xFFFFFFFFFFFFFFF8,
    0xFFFFFFFFFFFFFFFE,
    0xFFFFFFFFFFFFFFFF,
};

static struct {
    ULONGLONG random;    // never 0
    char *scratch;       // a page to read and write, an inaccessible one after it
    char *read_only;     // a page
    ULONGLONG *slots;    // a page for the memory services' addresses and sizes, refilled each call
    ULONGLONG last_base; // of the last successful allocation
    LARGE_INTEGER *moment;
    UNICODE_STRING *text;
    PVOID ours[64];      // the allocations that this program needs
    unsigned ours_count;
    unsigned edge_count;
} state;

static ULONGLONG next_random(void)
{
    state.random ^= state.random >> 12;
    state.random ^= state.random << 25;
    state.random ^= state.random >> 27;
    return state.random * 0x2545F4914F6CDD1D;
}

static ULONGLONG below(ULONGLONG limit)
{
    return next_random() % limit;
}

static ULONGLONG random_edge(void)
{
    return edges[below(state.edge_count)];
}

static ULONGLONG random_flags(void)
{
    return 1ull << below(32) | 1ull << below(32) | 1ull << below(32);
}

static ULONGLONG random_word(void)
{
    switch (below(8)) {
    case 0:
        return next_random();
    case 1:
        return random_flags();
    case 2:
        return below(64);
    case 3:
        return (ULONGLONG)state.read_only + below(PAGE);
    case 4:
        return (ULONGLONG)state.scratch + PAGE - below(64); // its last bytes, and the end
    case 5:
        return (ULONGLONG)state.scratch + (below(PAGE) & ~7ull);
    default:
        return random_edge();
    }
}

static bool query(ULONGLONG address, MEMORY_BASIC_INFORMATION *region)
{
    return NT_SUCCESS(NtQueryVirtualMemory(NtCurrentProcess(), (PVOID)address,
                                           MemoryBasicInformation, region, sizeof(*region), NULL));
}

static bool is_ours(ULONGLONG address)
{
    MEMORY_BASIC_INFORMATION region;

    if (!query(address, &region) || region.State == MEM_FREE)
        return false;
    for (unsigned i = 0; i < state.ours_count; i++) {
        if (state.ours[i] == region.AllocationBase)
            return true;
    }
    return false;
}

// A word that is no address of this program's own memory.
static ULONGLONG harmless_word(void)
{
    ULONGLONG word = random_edge();

    switch (below(4)) {
    case 0:
        word = state.last_base + below(4) * PAGE;
        break;
    case 1:
        word = below(1ull << 34);
        break;
    case 2:
        word = 0;
        break;
    }
    return is_ours(word) ? 0 : word;
}

static bool is_standard_handle(ULONGLONG handle)
{
    // The two lowest bits of a handle are the program's own.
    handle &= ~3ull;
    return handle == (ULONGLONG)standard_input() || handle == (ULONGLONG)standard_output() ||
           handle == (ULONGLONG)standard_error();
}

static void tame_memory(ULONGLONG *words)
{
    for (unsigned i = 0; i < 8; i++)
        state.slots[i] = harmless_word();
    for (unsigned i = 1; i <= 3; i++) {
        if (below(4) != 0)
            words[i] = (ULONGLONG)&state.slots[below(8)];
        else
            words[i] = random_edge();
    }
    if (below(2) != 0)
        words[0] = (ULONGLONG)NtCurrentProcess();
}

// Takes out of a call what the comment at the top leaves out. Returns false to leave it out whole.
static bool tame(ULONG number, ULONGLONG *words)
{
    switch (number) {
    case NUMBER_NtShutdownSystem:
        return false;
    case NUMBER_NtTerminateProcess:
        return words[0] != (ULONGLONG)NtCurrentProcess();
    case NUMBER_NtRaiseHardError:
        return (ULONG)words[4] != OptionShutdownSystem;
    case NUMBER_NtReadFile:
    case NUMBER_NtWriteFile:
    case NUMBER_NtClose:
        return !is_standard_handle(words[0]);
    case NUMBER_NtDelayExecution:
        state.moment->QuadPart = -(LONGLONG)below(10);
        words[1] = below(2) != 0 ? (ULONGLONG)state.moment : random_edge();
        return words[1] != KUSER_SHARED_DATA_ADDRESS;
    case NUMBER_NtDisplayString:
        state.text->Length = (USHORT)below(8);
        state.text->MaximumLength = (USHORT)below(16);
        state.text->Buffer = (PWSTR)random_word();
        words[0] = below(2) != 0 ? (ULONGLONG)state.text : random_edge();
        return words[0] != KUSER_SHARED_DATA_ADDRESS;
    case NUMBER_NtAllocateVirtualMemory:
    case NUMBER_NtFreeVirtualMemory:
    case NUMBER_NtProtectVirtualMemory:
        tame_memory(words);
        if (number == NUMBER_NtAllocateVirtualMemory && below(4) != 0)
            words[2] = 0;
        if (number == NUMBER_NtFreeVirtualMemory)
            words[3] = below(2) != 0 ? MEM_RELEASE : random_flags();
        if (number == NUMBER_NtProtectVirtualMemory)
            words[3] = 1ull << below(10);
        return true;
    default:
        return true;
    }
}

static ULONG random_number(void)
{
    switch (below(4)) {
    case 0:
        return (ULONG)below(NUMBER_LIMIT);
    case 1:
        return below(2) != 0 ? (ULONG)next_random() : (ULONG)below(0x4000);
    default:
        return built[below(COUNT(built))].number;
    }
}

// Makes one call; returns whether it was made.
static bool call_once(void)
{
    ULONGLONG words[CALL_WORDS];
    ULONG number = random_number();

    for (unsigned i = 0; i < CALL_WORDS; i++)
        words[i] = random_word();
    if (!tame(number, words))
        return false;

    ULONGLONG result = below(2) != 0 ? call_syscall(number, words) : call_int2e(number, words);
    if (number == NUMBER_NtAllocateVirtualMemory && (ULONG)result == STATUS_SUCCESS &&
        words[1] >= (ULONGLONG)state.slots && words[1] < (ULONGLONG)(state.slots + 8))
        state.last_base = *(const ULONGLONG *)words[1];
    return true;
}

static char *allocate(SIZE_T size, ULONG allocation_type, ULONG protection)
{
    PVOID base = NULL;
    NTSTATUS status = NtAllocateVirtualMemory(NtCurrentProcess(), &base, 0, &size, allocation_type,
                                              protection);

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
        bool is_new = state.ours_count == 0 ||
                      state.ours[state.ours_count - 1] != region.AllocationBase;
        if (region.State != MEM_FREE && is_new && state.ours_count < COUNT(state.ours))
            state.ours[state.ours_count++] = region.AllocationBase;
    }
    for (unsigned i = 0; i < COUNT(edges); i++) {
        if (!is_ours(edges[i]) || edges[i] == KUSER_SHARED_DATA_ADDRESS)
            edges[state.edge_count++] = edges[i];
    }
}

static void prepare(void)
{
    PVOID page;
    SIZE_T size = PAGE;

    state.scratch = page = allocate(2 * PAGE, MEM_RESERVE, PAGE_READWRITE);
    (void)NtAllocateVirtualMemory(NtCurrentProcess(), &page, 0, &size, MEM_COMMIT, PAGE_READWRITE);
    state.read_only = allocate(PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READONLY);
    state.slots = (ULONGLONG *)allocate(PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    state.moment = (LARGE_INTEGER *)(state.slots + 64);
    state.text = (UNICODE_STRING *)(state.slots + 72);
    note_ours();
}

int main(int argc, char **argv)
{
    uint64_t calls = 200000;
    uint64_t made = 0;

    state.random = 1;
    if (argc > 3 || (argc > 1 && !parse_number(argv[1], UINT64_MAX, &state.random)) ||
        (argc > 2 && !parse_number(argv[2], UINT64_MAX, &calls)) || state.random == 0) {
        print_error("usage: random [SEED [CALLS]]; SEED is not 0\n");
        return 1;
    }
    print("random: seed %llu, %llu calls\n", state.random, calls);
    prepare();
    for (uint64_t i = 0; i < calls; i++)
        made += call_once();
    print("random: %llu calls made, %llu left out, still running\n", made, calls - made);
    return 0;
}
