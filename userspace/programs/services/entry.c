// SPDX-License-Identifier: MIT
// The way into the kernel and back: both entries, numbers of every kind, and a caller that sets
// registers, flags and stack to whatever it likes.

#include "services.h"

#include <nt/process.h>
#include <user/call.h>
#include <user/memory.h>

#define FLAG_DIRECTION 0x00400
#define FLAG_NESTED    0x04000
#define FLAG_ALIGNMENT 0x40000
#define FLAG_ID        0x200000

static ULONGLONG words[CALL_WORDS];

static void set_words(ULONGLONG a, ULONGLONG b, ULONGLONG c, ULONGLONG d, ULONGLONG e)
{
    words[0] = a;
    words[1] = b;
    words[2] = c;
    words[3] = d;
    words[4] = e;
}

static void test_both_entries(void)
{
    PROCESS_BASIC_INFORMATION by_syscall, by_int2e;
    ULONG length_by_syscall = 0, length_by_int2e = 0;

    set_words((ULONGLONG)NtCurrentProcess(), ProcessBasicInformation, (ULONGLONG)&by_syscall,
              sizeof(by_syscall), (ULONGLONG)&length_by_syscall);
    check_status("a service with five arguments by SYSCALL",
                 (NTSTATUS)call_syscall(NUMBER_NtQueryInformationProcess, words), STATUS_SUCCESS);
    set_words((ULONGLONG)NtCurrentProcess(), ProcessBasicInformation, (ULONGLONG)&by_int2e,
              sizeof(by_int2e), (ULONGLONG)&length_by_int2e);
    check_status("the same by int 2Eh",
                 (NTSTATUS)call_int2e(NUMBER_NtQueryInformationProcess, words), STATUS_SUCCESS);
    check("both give the same", memcmp(&by_syscall, &by_int2e, sizeof(by_syscall)) == 0 &&
                                    length_by_syscall == length_by_int2e);

    // The upper halves of 32-bit arguments are not the kernel's business.
    words[1] |= 0xABCDEF0100000000;
    words[3] |= 0xABCDEF0100000000;
    check_status("upper halves of 32-bit arguments do not count",
                 (NTSTATUS)call_syscall(NUMBER_NtQueryInformationProcess, words), STATUS_SUCCESS);
}

static void test_numbers(void)
{
    set_words(0, 0, 0, 0, 0);
    check_status("a number that no service has", (NTSTATUS)call_syscall(NUMBER_LIMIT, words),
                 STATUS_INVALID_SYSTEM_SERVICE);
    check_status("the last number of the table", (NTSTATUS)call_syscall(0xFFF, words),
                 STATUS_INVALID_SYSTEM_SERVICE);
    check_status("the same by int 2Eh", (NTSTATUS)call_int2e(0xFFF, words),
                 STATUS_INVALID_SYSTEM_SERVICE);
    check("a negative number", !NT_SUCCESS((NTSTATUS)call_syscall(0x80000000, words)));
    check("the largest number", !NT_SUCCESS((NTSTATUS)call_syscall(0xFFFFFFFF, words)));
    // Windows has the number too, but on x86-64 nothing behind it.
    check_status("a known service that is not there",
                 (NTSTATUS)call_syscall(NUMBER_NtVdmControl, words), STATUS_NOT_IMPLEMENTED);
}

static void test_registers(void)
{
    LARGE_INTEGER short_time = { .QuadPart = -MILLISECOND };
    LARGE_INTEGER time;

    set_words((ULONGLONG)&time, 0, 0, 0, 0);
    check_equal("SYSCALL preserves registers",
                call_lost_registers(call_syscall, NUMBER_NtQuerySystemTime, words), 0);
    check_equal("int 2Eh preserves registers",
                call_lost_registers(call_int2e, NUMBER_NtQuerySystemTime, words), 0);
    set_words(FALSE, (ULONGLONG)&short_time, 0, 0, 0);
    check_equal("waiting preserves registers",
                call_lost_registers(call_syscall, NUMBER_NtDelayExecution, words), 0);
    check_equal("waiting by int 2Eh preserves registers",
                call_lost_registers(call_int2e, NUMBER_NtDelayExecution, words), 0);
    set_words(0, 0, 0, 0, 0);
    check_equal("a refused number preserves registers",
                call_lost_registers(call_syscall, 0xFFF, words), 0);
}

static void test_flags(void)
{
    static const struct {
        const char *name;
        ULONGLONG flags;
    } cases[] = {
        { "SYSCALL with the direction flag", FLAG_DIRECTION },
        { "SYSCALL with the nested-task flag", FLAG_NESTED },
        { "SYSCALL with the alignment-check flag", FLAG_ALIGNMENT },
        { "SYSCALL with the identification flag", FLAG_ID },
        { "SYSCALL with all of them", FLAG_DIRECTION | FLAG_NESTED | FLAG_ALIGNMENT | FLAG_ID },
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        NTSTATUS status = (NTSTATUS)call_with_flags(NUMBER_NtYieldExecution, cases[i].flags);
        check(cases[i].name, NT_SUCCESS(status));
    }
}

// A service with more than four arguments reads them from wherever RSP points.
static void test_stacks(void)
{
    static const struct {
        const char *name;
        ULONGLONG stack;
    } cases[] = {
        { "stack arguments at address 0", 0 },
        { "stack arguments in the kernel", 0xFFFF800000001000 },
        { "stack arguments at a non-canonical address", 0x0000900000000000 },
        { "stack arguments that wrap around", 0xFFFFFFFFFFFFFFE0 },
        { "stack arguments at the end of user memory", 0x00007FFFFFFEFFD0 },
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        set_words((ULONGLONG)NtCurrentProcess(), ProcessBasicInformation, 0, 0, 0);
        NTSTATUS status =
            (NTSTATUS)call_with_stack(NUMBER_NtQueryInformationProcess, words, cases[i].stack);
        check_status(cases[i].name, status, STATUS_ACCESS_VIOLATION);
    }
    check("a service without stack arguments needs no stack",
          NT_SUCCESS((NTSTATUS)call_with_stack(NUMBER_NtYieldExecution, words, 0)));
}

void test_entry(void)
{
    test_both_entries();
    test_numbers();
    test_registers();
    test_flags();
    test_stacks();
}
