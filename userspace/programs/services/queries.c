// SPDX-License-Identifier: MIT
// NtQueryInformationProcess and NtQuerySystemInformation: what they say, and what they refuse.

#include "services.h"

#include <user/start.h>

static void test_process(void)
{
    PROCESS_BASIC_INFORMATION basic = { 0 };
    ULONG length = 0;
    HANDLE self = NtCurrentProcess();

    check_status(
        "ask about this process",
        NtQueryInformationProcess(self, ProcessBasicInformation, &basic, sizeof(basic), &length),
        STATUS_SUCCESS);
    check_equal("the length is the structure's", length, sizeof(basic));
    check("it names the PEB", basic.PebBaseAddress == current_peb());
    check_equal("it has the TEB's process id", basic.UniqueProcessId,
                (ULONG_PTR)current_teb()->ClientId.UniqueProcess);
    check_status("it has not ended", basic.ExitStatus, STATUS_PENDING);
    check("it may run somewhere", basic.AffinityMask != 0);

    check_status(
        "too little room",
        NtQueryInformationProcess(self, ProcessBasicInformation, &basic, sizeof(basic) - 1, NULL),
        STATUS_INFO_LENGTH_MISMATCH);
    check_status(
        "an unknown class",
        NtQueryInformationProcess(self, (PROCESSINFOCLASS)99999, &basic, sizeof(basic), NULL),
        STATUS_INVALID_INFO_CLASS);
    check_status(
        "a handle of nothing",
        NtQueryInformationProcess(BAD_HANDLE, ProcessBasicInformation, &basic, sizeof(basic), NULL),
        STATUS_INVALID_HANDLE);
    check_status("a handle of no process",
                 NtQueryInformationProcess(current_peb()->ProcessParameters->StandardOutput,
                                           ProcessBasicInformation, &basic, sizeof(basic), NULL),
                 STATUS_OBJECT_TYPE_MISMATCH);
}

static void test_basic(SYSTEM_BASIC_INFORMATION *basic)
{
    ULONG length = 0;

    check_status("ask about the system",
                 NtQuerySystemInformation(SystemBasicInformation, basic, sizeof(*basic), &length),
                 STATUS_SUCCESS);
    check_equal("its length is the structure's", length, sizeof(*basic));
    check_equal("pages have 4 KiB", basic->PageSize, 0x1000);
    check_equal("allocations start at 64 KiB", basic->AllocationGranularity, 0x10000);
    check_equal("the lowest user address", basic->MinimumUserModeAddress, 0x10000);
    check_equal("the highest user address", basic->MaximumUserModeAddress, 0x7FFFFFFEFFFF);
    check_equal("as many processors as the PEB says", (ULONGLONG)basic->NumberOfProcessors,
                current_peb()->NumberOfProcessors);
    check("there is memory", basic->NumberOfPhysicalPages > 0x1000);
    check_status(
        "too little room for it",
        NtQuerySystemInformation(SystemBasicInformation, basic, sizeof(*basic) - 1, &length),
        STATUS_INFO_LENGTH_MISMATCH);
    check_equal("the length that it needs", length, sizeof(*basic));
}

static void test_system(void)
{
    SYSTEM_BASIC_INFORMATION basic = { 0 };
    SYSTEM_PROCESSOR_INFORMATION processor = { 0 };
    SYSTEM_PERFORMANCE_INFORMATION performance = { 0 };

    test_basic(&basic);
    check_status(
        "ask about the processor",
        NtQuerySystemInformation(SystemProcessorInformation, &processor, sizeof(processor), NULL),
        STATUS_SUCCESS);
    check_equal("it is x86-64", processor.ProcessorArchitecture, PROCESSOR_ARCHITECTURE_AMD64);

    check_status("ask about performance",
                 NtQuerySystemInformation(SystemPerformanceInformation, &performance,
                                          sizeof(performance), NULL),
                 STATUS_SUCCESS);
    check("some memory is available, not more than there is",
          performance.AvailablePages > 0 &&
              performance.AvailablePages < basic.NumberOfPhysicalPages);
    check("no more is committed than can be",
          performance.CommittedPages <= performance.CommitLimit);
    check_status(
        "an unknown class of the system",
        NtQuerySystemInformation((SYSTEM_INFORMATION_CLASS)99999, &basic, sizeof(basic), NULL),
        STATUS_INVALID_INFO_CLASS);
}

void test_queries(void)
{
    test_process();
    test_system();
}
