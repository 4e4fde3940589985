// SPDX-License-Identifier: MIT
// What the answers about the machine and its clock say, and what no class may do.

#include "system_information.h"

#include <user/memory.h>
#include <user/start.h>

static void test_basics(void)
{
    SYSTEM_BASIC_INFORMATION *basic = (void *)buffer;
    ULONG length;

    (void)ask(SystemBasicInformation, sizeof(*basic), &length);
    check_equal("pages have 4 KiB", basic->PageSize, 0x1000);
    check_equal("allocations start at 64 KiB", basic->AllocationGranularity, 0x10000);
    check_equal("the lowest user address", basic->MinimumUserModeAddress, 0x10000);
    check_equal("the highest user address", basic->MaximumUserModeAddress, 0x7FFFFFFEFFFF);
    check_equal("as many processors as the PEB says", processor_count(),
                current_peb()->NumberOfProcessors);
    check_equal("the affinity mask has a bit for each", basic->ActiveProcessorsAffinityMask,
                (1ull << processor_count()) - 1);
}

static void test_time(void)
{
    SYSTEM_TIMEOFDAY_INFORMATION *time = (void *)buffer;
    SYSTEM_TIME_ADJUSTMENT_INFORMATION *adjustment = (void *)buffer;
    RTL_DYNAMIC_TIME_ZONE_INFORMATION *zone = (void *)buffer;
    LARGE_INTEGER before, after;
    ULONG length;

    (void)NtQuerySystemTime(&before);
    (void)ask(SystemTimeOfDayInformation, sizeof(*time), &length);
    (void)NtQuerySystemTime(&after);
    check("the time is the system's", time->CurrentTime.QuadPart >= before.QuadPart &&
                                          time->CurrentTime.QuadPart <= after.QuadPart);
    check("the machine was started before", time->BootTime.QuadPart < before.QuadPart);
    (void)ask(SystemTimeAdjustmentInformation, sizeof(*adjustment), &length);
    check("the clock goes at its own pace",
          adjustment->Enable && adjustment->TimeAdjustment == adjustment->TimeIncrement);
    (void)ask(SystemDynamicTimeZoneInformation, sizeof(*zone), &length);
    check("the time zone has a key", zone->TimeZoneKeyName[0] != 0);
    check("there is no summer time", zone->Zone.DaylightStart.Month == 0);
}

static void test_rest(void)
{
    SYSTEM_KERNEL_DEBUGGER_INFORMATION *debugger = (void *)buffer;
    SYSTEM_CODEINTEGRITY_INFORMATION *integrity = (void *)buffer;
    ULONG length;

    (void)ask(SystemKernelDebuggerInformation, sizeof(*debugger), &length);
    check("nobody debugs the kernel",
          !debugger->KernelDebuggerEnabled && debugger->KernelDebuggerNotPresent);
    (void)ask(SystemCodeIntegrityInformation, sizeof(*integrity), &length);
    check_equal("code integrity knows its length", integrity->Length, sizeof(*integrity));
    check_equal("unsigned programs run", integrity->CodeIntegrityOptions, 0);
}

// Programs take what this class gives for random numbers.
static void test_random_bytes(void)
{
    ULONG size = processor_count() * (ULONG)sizeof(SYSTEM_INTERRUPT_INFORMATION), length;
    ULONGLONG first[3];
    unsigned ones = 0;

    (void)ask(SystemInterruptInformation, size, &length);
    memcpy(first, buffer, sizeof(first));
    check("two words of it differ", first[0] != first[1] && first[1] != first[2]);
    (void)ask(SystemInterruptInformation, size, &length);
    check("so do two answers", memcmp(first, buffer, sizeof(first)) != 0);
    for (unsigned i = 0; i < 64; i++) {
        (void)ask(SystemInterruptInformation, size, &length);
        for (ULONGLONG word = *(ULONGLONG *)(void *)buffer; word != 0; word &= word - 1)
            ones++;
    }
    check("about half of 4096 bits are set", ones > 1800 && ones < 2300);
}

static void test_power(void)
{
    SYSTEM_BATTERY_STATE *battery = (void *)buffer;
    PROCESSOR_POWER_INFORMATION *processor = (void *)buffer;
    ULONG size = processor_count() * (ULONG)sizeof(*processor);

    check_status("ask about the battery",
                 NtPowerInformation(SystemBatteryState, NULL, 0, battery, sizeof(*battery)),
                 STATUS_SUCCESS);
    check("there is none: mains", battery->AcOnLine && !battery->BatteryPresent);
    check_status("too little room for it",
                 NtPowerInformation(SystemBatteryState, NULL, 0, battery, sizeof(*battery) - 1),
                 STATUS_BUFFER_TOO_SMALL);
    check_status("it cannot be set", NtPowerInformation(SystemBatteryState, buffer, 4, buffer, 64),
                 STATUS_INVALID_PARAMETER);
    check_status("ask how fast the processors are",
                 NtPowerInformation(ProcessorInformation, NULL, 0, processor, size),
                 STATUS_SUCCESS);
    check("each has a number and a frequency",
          processor[processor_count() - 1].Number == processor_count() - 1 &&
              processor[0].MaxMhz > 0);
    check_status("too little room for the last",
                 NtPowerInformation(ProcessorInformation, NULL, 0, processor, size - 1),
                 STATUS_BUFFER_TOO_SMALL);
}

static void test_locale(void)
{
    LCID user = 0, system = 0;
    LANGID language = 0;

    check_status("the user's locale", NtQueryDefaultLocale(TRUE, &user), STATUS_SUCCESS);
    check_status("the system's", NtQueryDefaultLocale(FALSE, &system), STATUS_SUCCESS);
    check("both are English (United States)", user == 0x409 && system == 0x409);
    check_status("the language of texts", NtQueryDefaultUILanguage(&language), STATUS_SUCCESS);
    check_equal("is that, too", language, 0x409);
    check_status("the one installed", NtQueryInstallUILanguage(&language), STATUS_SUCCESS);
    check_status("into the kernel", NtQueryDefaultLocale(TRUE, (PLCID)0xFFFF800000000000),
                 STATUS_ACCESS_VIOLATION);
}

static void test_refusals(void)
{
    ULONG length;

    check_status("a class that nobody has",
                 NtQuerySystemInformation((SYSTEM_INFORMATION_CLASS)9999, buffer, 8, &length),
                 STATUS_INVALID_INFO_CLASS);
    check_status("a negative class",
                 NtQuerySystemInformation((SYSTEM_INFORMATION_CLASS)-1, buffer, 8, &length),
                 STATUS_INVALID_INFO_CLASS);
    check_status("a class that needs a question",
                 ask(SystemLogicalProcessorInformationEx, BUFFER_SIZE, &length),
                 STATUS_INVALID_INFO_CLASS);
    check_status("flags cannot be set",
                 NtSetSystemInformation(SystemFlagsInformation, buffer, sizeof(ULONG)),
                 STATUS_PRIVILEGE_NOT_HELD);
    check_status("what only tells cannot be set",
                 NtSetSystemInformation(SystemBasicInformation, buffer, 64),
                 STATUS_INVALID_INFO_CLASS);
}

void test_machine(void)
{
    test_basics();
    test_time();
    test_rest();
    test_random_bytes();
    test_power();
    test_locale();
    test_refusals();
}
