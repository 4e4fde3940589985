// SPDX-License-Identifier: MIT
// What keeps random calls from ending, blocking or blinding the program that makes them; main.c
// lists it.

#include "random.h"

#include <nt/create.h>
#include <user/print.h>

static bool is_standard_handle(ULONGLONG handle)
{
    // The two lowest bits of a handle are the program's own.
    handle &= ~3ull;
    return handle == (ULONGLONG)standard_input() || handle == (ULONGLONG)standard_output() ||
           handle == (ULONGLONG)standard_error();
}

// Gives a memory service pointers to slots, most of the time: even slots hold addresses, odd ones
// sizes.
static void tame_addresses(ULONGLONG *words)
{
    for (unsigned i = 0; i < SLOT_COUNT; i += 2) {
        playground.slots[i] = harmless_word();
        playground.slots[i + 1] = below(4) != 0 ? random_size() : harmless_word();
    }
    for (unsigned i = 1; i <= 3; i++) {
        ULONGLONG slot = below(SLOT_COUNT / 2) * 2 + (i != 1);
        words[i] = below(8) != 0 ? (ULONGLONG)&playground.slots[slot] : random_edge();
    }
    if (below(4) != 0)
        words[0] = (ULONGLONG)NtCurrentProcess();
}

static void tame_memory(ULONG number, ULONGLONG *words)
{
    static const ULONG types[] = { MEM_RESERVE, MEM_COMMIT, MEM_RESERVE | MEM_COMMIT,
                                   MEM_RESERVE | MEM_TOP_DOWN, MEM_RESET };

    tame_addresses(words);
    if (below(4) == 0)
        return;
    switch (number) {
    case NUMBER_NtAllocateVirtualMemory:
        words[2] = below(4) == 0 ? below(64) : 0;
        words[4] = types[below(COUNT(types))];
        words[5] = 1ull << below(8);
        break;
    case NUMBER_NtFreeVirtualMemory:
        words[3] = below(2) != 0 ? MEM_RELEASE : MEM_DECOMMIT;
        break;
    case NUMBER_NtProtectVirtualMemory:
        words[3] = 1ull << below(8) | (below(4) == 0 ? PAGE_GUARD : 0);
        if (below(4) != 0)
            words[4] = (ULONGLONG)playground.scratch;
        break;
    }
}

// Half of the queries get a class that exists, room for the answer, and a length that may fit:
// chance alone would hardly ever get past the first check. at is the place of the class.
static void help_query(ULONGLONG *words, unsigned at)
{
    static const ULONG lengths[] = { sizeof(SYSTEM_PROCESSOR_INFORMATION),
                                     sizeof(PROCESS_BASIC_INFORMATION),
                                     sizeof(SYSTEM_BASIC_INFORMATION),
                                     sizeof(SYSTEM_PERFORMANCE_INFORMATION) };

    if (below(2) != 0)
        return;
    if (at > 0)
        words[0] = (ULONGLONG)NtCurrentProcess();
    words[at] = below(3);
    words[at + 1] = (ULONGLONG)playground.scratch + (below(PAGE) & ~7ull);
    words[at + 2] = lengths[below(COUNT(lengths))];
}

// No wait lasts long, as one without a timeout would. at is its place.
static void tame_timeout(ULONGLONG *words, unsigned at)
{
    playground.moment->QuadPart = -(LONGLONG)below(10);
    words[at] = below(2) != 0 ? 0 : unreadable_edge();
    if (words[at] == 0)
        words[at] = (ULONGLONG)playground.moment;
}

// Services that may wait.
static bool tame_wait(ULONG number, ULONGLONG *words)
{
    switch (number) {
    case NUMBER_NtDelayExecution:
    case NUMBER_NtWaitForAlertByThreadId:
        tame_timeout(words, 1);
        return true;
    case NUMBER_NtWaitForSingleObject:
        tame_timeout(words, 2);
        return true;
    case NUMBER_NtSignalAndWaitForSingleObject:
    case NUMBER_NtWaitForKeyedEvent:
    case NUMBER_NtReleaseKeyedEvent:
        tame_timeout(words, 3);
        return true;
    case NUMBER_NtWaitForMultipleObjects:
    case NUMBER_NtRemoveIoCompletion:
    case NUMBER_NtRemoveIoCompletionEx:
        tame_timeout(words, 4);
        return true;
    default:
        return false;
    }
}

bool tame(ULONG number, ULONGLONG *words)
{
    if (tame_wait(number, words))
        return true;
    switch (number) {
    case NUMBER_NtShutdownSystem:
    case NUMBER_NtContinue: // programs/contexts has random contexts
    case NUMBER_NtContinueEx:
    case NUMBER_NtRaiseException:
    case NUMBER_NtSetContextThread:
    case NUMBER_NtSetTimerEx: // names a function in memory
        return false;
    case NUMBER_NtSuspendProcess:
    case NUMBER_NtSuspendThread:
    case NUMBER_NtResumeProcess:
    case NUMBER_NtResumeThread:
    case NUMBER_NtAlertResumeThread:
    case NUMBER_NtTerminateProcess:
    case NUMBER_NtTerminateThread:
        words[0] |= 1ull << 32; // no handle is that large; pseudo handles stay what they are
        return (LONGLONG)words[0] >= 0;
    case NUMBER_NtCreateThreadEx:
        words[6] |= THREAD_CREATE_FLAGS_CREATE_SUSPENDED;
        return true;
    case NUMBER_NtRaiseHardError:
        return (ULONG)words[4] != OptionShutdownSystem;
    case NUMBER_NtReadFile:
    case NUMBER_NtWriteFile:
    case NUMBER_NtClose:
        return !is_standard_handle(words[0]);
    case NUMBER_NtDuplicateObject: // may close its source
        return !is_standard_handle(words[1]);
    case NUMBER_NtSetTimer: // no function that an APC would call
        words[2] = 0;
        return true;
    case NUMBER_NtDisplayString:
        playground.text->Length = (USHORT)below(8);
        playground.text->MaximumLength = (USHORT)below(16);
        playground.text->Buffer = (PWSTR)random_word();
        words[0] = below(2) != 0 ? (ULONGLONG)playground.text : unreadable_edge();
        return true;
    case NUMBER_NtAllocateVirtualMemory:
    case NUMBER_NtFreeVirtualMemory:
    case NUMBER_NtProtectVirtualMemory:
        tame_memory(number, words);
        return true;
    case NUMBER_NtQuerySystemInformation:
        help_query(words, 0);
        return true;
    case NUMBER_NtQueryInformationProcess:
        help_query(words, 1);
        return true;
    case NUMBER_NtQueryVirtualMemory:
        help_query(words, 2);
        return true;
    default:
        return true;
    }
}
