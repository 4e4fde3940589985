// SPDX-License-Identifier: MIT
// The rules for lengths, class by class, from a table.

#include "system_information.h"

#include <user/memory.h>

enum rule {
    EXACT,    // this length and no other
    AT_LEAST, // it is told when there is less
    AT_MOST,  // less gets a part; more is refused
    PARTS,    // as many entries of this length as there is room for
};

static const struct length_case {
    const char *name;
    SYSTEM_INFORMATION_CLASS kind;
    enum rule rule;
    ULONG size;
    bool for_each_processor; // size is that of one entry
} cases[] = {
    { "basic", SystemBasicInformation, EXACT, 64, false },
    { "processor", SystemProcessorInformation, AT_LEAST, 12, false },
    { "performance", SystemPerformanceInformation, AT_LEAST, 0x158, false },
    { "time of day", SystemTimeOfDayInformation, AT_MOST, 48, false },
    { "processor times", SystemProcessorPerformanceInformation, PARTS, 48, true },
    { "flags", SystemFlagsInformation, EXACT, 4, false },
    { "interrupts", SystemInterruptInformation, AT_LEAST, 24, true },
    { "time adjustment", SystemTimeAdjustmentInformation, EXACT, 12, false },
    { "exceptions", SystemExceptionInformation, AT_LEAST, 16, false },
    { "kernel debugger", SystemKernelDebuggerInformation, AT_LEAST, 2, false },
    { "time zone", SystemCurrentTimeZoneInformation, AT_LEAST, 172, false },
    { "range start", SystemRangeStartInformation, EXACT, 8, false },
    { "basic for emulation", SystemEmulationBasicInformation, EXACT, 64, false },
    { "processor for emulation", SystemEmulationProcessorInformation, AT_LEAST, 12, false },
    { "idle cycles", SystemProcessorIdleCycleTimeInformation, AT_LEAST, 8, true },
    { "dynamic time zone", SystemDynamicTimeZoneInformation, AT_LEAST, 432, false },
    { "code integrity", SystemCodeIntegrityInformation, AT_LEAST, 8, false },
    { "brand string", SystemProcessorBrandString, AT_LEAST, 49, false },
    { "cycles", SystemProcessorCycleTimeInformation, AT_LEAST, 8, true },
    { "secure boot", SystemSecureBootInformation, AT_LEAST, 2, false },
    { "kernel debugger, extended", SystemKernelDebuggerInformationEx, AT_LEAST, 3, false },
};

static char name[100];

static const char *named(const struct length_case *c, const char *fact)
{
    size_t length = strlen(c->name);

    memcpy(name, c->name, length);
    memcpy(name + length, ": ", 2);
    memcpy(name + length + 2, fact, strlen(fact) + 1);
    return name;
}

// Nothing behind the answer may have been touched.
static bool is_untouched(ULONG from)
{
    for (ULONG i = from; i < from + 64; i++)
        if (buffer[i] != 0x55)
            return false;
    return true;
}

static void test_right_length(const struct length_case *c, ULONG size)
{
    ULONG length;

    memset(buffer, 0x55, size + 64);
    check_status(named(c, "the right length"), ask(c->kind, size, &length), STATUS_SUCCESS);
    check_equal(named(c, "it is told"), length, size);
    check(named(c, "no byte more is written"), is_untouched(size));
}

static void test_less(const struct length_case *c, ULONG size)
{
    ULONG length, less = c->rule == PARTS ? c->size - 1 : size - 1;
    // The one class that has grown takes what older programs know of it.
    if (c->kind == SystemPerformanceInformation)
        less = 311;
    NTSTATUS status = ask(c->kind, less, &length);

    if (c->rule == AT_MOST) {
        check_status(named(c, "a part of it"), status, STATUS_SUCCESS);
        check_equal(named(c, "the part's length is told"), length, less);
        return;
    }
    check_status(named(c, "too little room"), status, STATUS_INFO_LENGTH_MISMATCH);
    check_equal(named(c, "the length that it needs"), length, size);
    check_status(named(c, "no room"), NtQuerySystemInformation(c->kind, NULL, 0, &length),
                 STATUS_INFO_LENGTH_MISMATCH);
    check_equal(named(c, "the same length"), length, size);
}

static void test_more(const struct length_case *c, ULONG size)
{
    ULONG length;
    NTSTATUS status = ask(c->kind, size + 1, &length);
    bool is_refused = c->rule == EXACT || c->rule == AT_MOST;

    check_status(named(c, "more room than needed"), status,
                 is_refused ? STATUS_INFO_LENGTH_MISMATCH : STATUS_SUCCESS);
    check_equal(named(c, "the length is told again"), length, size);
}

static void test_bad_pointers(const struct length_case *c, ULONG size)
{
    PVOID bad = (PVOID)0xFFFF800000000000;

    check_status(named(c, "into the kernel"), NtQuerySystemInformation(c->kind, bad, size, NULL),
                 STATUS_ACCESS_VIOLATION);
    check_status(named(c, "its length into the kernel"),
                 NtQuerySystemInformation(c->kind, buffer, size, bad), STATUS_ACCESS_VIOLATION);
}

void test_lengths(void)
{
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ULONG size = cases[i].size * (cases[i].for_each_processor ? processor_count() : 1);
        test_right_length(&cases[i], size);
        test_less(&cases[i], size);
        test_more(&cases[i], size);
        test_bad_pointers(&cases[i], size);
    }
}
