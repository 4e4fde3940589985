// SPDX-License-Identifier: MIT
/*
 * Calls random services with random arguments; no argument may harm the kernel.
 *
 *   random [SEED [CALLS]]    default 1 and 200000
 *
 * Half of the calls go to services that are built, the others to any number. What would only hide
 * faults of the kernel is left out, and named here:
 *
 * - NtShutdownSystem ends the run; so would the answer "shut down" of NtRaiseHardError.
 * - Threads do not begin, as they would at a random address. What stops, continues or ends threads
 *   and processes gets no handle of any.
 * - The standard handles: reading waits for input, writing floods the output, closing ends it.
 * - NtDelayExecution with a valid interval waits for as long as that says; it gets a short one.
 * - NtDisplayString of a long text fills the log; it gets a short one.
 * - The memory services do not get this program's own code, stack and data, which they would
 *   rightly take away.
 */

#include "random.h"

#include <user/call.h>
#include <user/memory.h>
#include <user/print.h>
#include <user/start.h>

static const ULONG built[] = {
#define BUILT_NUMBER(name, number, count) number,
    BUILT_SERVICES(BUILT_NUMBER)
};

static ULONG random_number(void)
{
    switch (below(4)) {
    case 0:
        return (ULONG)below(NUMBER_LIMIT);
    case 1:
        return below(2) != 0 ? (ULONG)next_random() : (ULONG)below(0x4000);
    default:
        return built[below(COUNT(built))];
    }
}

// Makes one call; counts it, and whether it succeeded.
static void call_once(uint64_t *made, uint64_t *succeeded)
{
    ULONGLONG words[CALL_WORDS];
    ULONG number = random_number();

    for (unsigned i = 0; i < CALL_WORDS; i++)
        words[i] = random_word();
    if (!tame(number, words))
        return;

    ULONGLONG result = below(2) != 0 ? call_syscall(number, words) : call_int2e(number, words);
    (*made)++;
    *succeeded += NT_SUCCESS((NTSTATUS)result);
    if (number == NUMBER_NtAllocateVirtualMemory && NT_SUCCESS((NTSTATUS)result) &&
        words[1] >= (ULONGLONG)playground.slots &&
        words[1] < (ULONGLONG)(playground.slots + SLOT_COUNT))
        playground.last_base = *(const ULONGLONG *)words[1];
}

int main(int argc, char **argv)
{
    uint64_t calls = 200000, made = 0, succeeded = 0;

    playground.random = 1;
    if (argc > 3 || (argc > 1 && !parse_number(argv[1], UINT64_MAX, &playground.random)) ||
        (argc > 2 && !parse_number(argv[2], UINT64_MAX, &calls)) || playground.random == 0) {
        print_error("usage: random [SEED [CALLS]]; SEED is not 0\n");
        return 1;
    }
    print("random: seed %llu, %llu calls\n", playground.random, calls);
    words_prepare();
    for (uint64_t i = 0; i < calls; i++)
        call_once(&made, &succeeded);
    print("random: %llu calls made, %llu succeeded, %llu left out, still running\n", made,
          succeeded, calls - made);
    return 0;
}
