// SPDX-License-Identifier: MIT
/*
 * What can be asked and set about processes: access rights, the information classes of
 * NtQueryInformationProcess and NtSetInformationProcess, and their structures; and the snapshot of
 * all processes that NtQuerySystemInformation gives.
 *
 * Source: learn.microsoft.com "Process Security and Access Rights", NtQueryInformationProcess,
 * NtQuerySystemInformation; MinGW's winternl.h
 */

#pragma once

#include <nt/process.h>
#include <nt/thread_information.h>

#define PROCESS_TERMINATE                 0x0001u
#define PROCESS_CREATE_THREAD             0x0002u
#define PROCESS_SET_SESSIONID             0x0004u
#define PROCESS_VM_OPERATION              0x0008u
#define PROCESS_VM_READ                   0x0010u
#define PROCESS_VM_WRITE                  0x0020u
#define PROCESS_DUP_HANDLE                0x0040u
#define PROCESS_CREATE_PROCESS            0x0080u
#define PROCESS_SET_QUOTA                 0x0100u
#define PROCESS_SET_INFORMATION           0x0200u
#define PROCESS_QUERY_INFORMATION         0x0400u
#define PROCESS_SUSPEND_RESUME            0x0800u
#define PROCESS_QUERY_LIMITED_INFORMATION 0x1000u
#define PROCESS_SET_LIMITED_INFORMATION   0x2000u
#define PROCESS_ALL_ACCESS                0x1FFFFFu

typedef enum _PROCESSINFOCLASS {
    ProcessBasicInformation = 0,
    ProcessQuotaLimits = 1,
    ProcessIoCounters = 2,
    ProcessVmCounters = 3,
    ProcessTimes = 4,
    ProcessBasePriority = 5,
    ProcessRaisePriority = 6,
    ProcessDebugPort = 7,
    ProcessDefaultHardErrorMode = 12,
    ProcessPriorityClass = 18,
    ProcessHandleCount = 20,
    ProcessAffinityMask = 21,
    ProcessPriorityBoost = 22,
    ProcessSessionInformation = 24,
    ProcessForegroundInformation = 25,
    ProcessWow64Information = 26,
    ProcessImageFileName = 27,
    ProcessBreakOnTermination = 29,
    ProcessDebugObjectHandle = 30,
    ProcessDebugFlags = 31,
    ProcessIoPriority = 33,
    ProcessExecuteFlags = 34,
    ProcessCookie = 36,
    ProcessImageInformation = 37,
    ProcessCycleTime = 38,
    ProcessPagePriority = 39,
    ProcessThreadStackAllocation = 41,
    ProcessImageFileNameWin32 = 43,
    ProcessGroupInformation = 47,
    ProcessConsoleHostProcess = 49,
    ProcessHandleInformation = 51,
    ProcessCommandLineInformation = 60,
} PROCESSINFOCLASS;

#define PROCESS_INFORMATION_CLASS_LAST 0x69u // of build 19045

typedef struct _PROCESS_BASIC_INFORMATION {
    NTSTATUS ExitStatus; // STATUS_PENDING while it lives
    PPEB PebBaseAddress;
    KAFFINITY AffinityMask;
    KPRIORITY BasePriority;
    ULONG_PTR UniqueProcessId;
    ULONG_PTR InheritedFromUniqueProcessId;
} PROCESS_BASIC_INFORMATION, *PPROCESS_BASIC_INFORMATION;

// The same class, asked for with room for this and Size set.
typedef struct _PROCESS_EXTENDED_BASIC_INFORMATION {
    SIZE_T Size;
    PROCESS_BASIC_INFORMATION BasicInfo;
    ULONG Flags; // PROCESS_EXTENDED_...
    ULONG Padding;
} PROCESS_EXTENDED_BASIC_INFORMATION;

#define PROCESS_EXTENDED_IS_PROCESS_DELETING 0x04u
#define PROCESS_EXTENDED_IS_FROZEN           0x10u

typedef struct _QUOTA_LIMITS {
    SIZE_T PagedPoolLimit;
    SIZE_T NonPagedPoolLimit;
    SIZE_T MinimumWorkingSetSize;
    SIZE_T MaximumWorkingSetSize;
    SIZE_T PagefileLimit;
    LARGE_INTEGER TimeLimit;
} QUOTA_LIMITS, *PQUOTA_LIMITS;

typedef struct _IO_COUNTERS {
    ULONGLONG ReadOperationCount;
    ULONGLONG WriteOperationCount;
    ULONGLONG OtherOperationCount;
    ULONGLONG ReadTransferCount;
    ULONGLONG WriteTransferCount;
    ULONGLONG OtherTransferCount;
} IO_COUNTERS, *PIO_COUNTERS;

// All in bytes but the fault count.
typedef struct _VM_COUNTERS {
    SIZE_T PeakVirtualSize;
    SIZE_T VirtualSize;
    ULONG PageFaultCount;
    SIZE_T PeakWorkingSetSize;
    SIZE_T WorkingSetSize;
    SIZE_T QuotaPeakPagedPoolUsage;
    SIZE_T QuotaPagedPoolUsage;
    SIZE_T QuotaPeakNonPagedPoolUsage;
    SIZE_T QuotaNonPagedPoolUsage;
    SIZE_T PagefileUsage;
    SIZE_T PeakPagefileUsage;
} VM_COUNTERS, *PVM_COUNTERS;

typedef struct _VM_COUNTERS_EX {
    VM_COUNTERS Counters;
    SIZE_T PrivateUsage;
} VM_COUNTERS_EX, *PVM_COUNTERS_EX;

// PROCESS_PRIORITY_CLASS.PriorityClass.
enum process_priority_class {
    PROCESS_PRIORITY_CLASS_UNKNOWN = 0,
    PROCESS_PRIORITY_CLASS_IDLE = 1,
    PROCESS_PRIORITY_CLASS_NORMAL = 2,
    PROCESS_PRIORITY_CLASS_HIGH = 3,
    PROCESS_PRIORITY_CLASS_REALTIME = 4,
    PROCESS_PRIORITY_CLASS_BELOW_NORMAL = 5,
    PROCESS_PRIORITY_CLASS_ABOVE_NORMAL = 6,
};

typedef struct _PROCESS_PRIORITY_CLASS {
    BOOLEAN Foreground;
    UCHAR PriorityClass;
} PROCESS_PRIORITY_CLASS, *PPROCESS_PRIORITY_CLASS;

typedef struct _PROCESS_CYCLE_TIME_INFORMATION {
    ULONGLONG AccumulatedCycles;
    ULONGLONG CurrentCycleCount;
} PROCESS_CYCLE_TIME_INFORMATION;

// Reserves a stack of ReserveSize bytes in the running process; StackBase is its lowest address.
typedef struct _PROCESS_STACK_ALLOCATION_INFORMATION {
    SIZE_T ReserveSize;
    SIZE_T ZeroBits;
    PVOID StackBase;
} PROCESS_STACK_ALLOCATION_INFORMATION, *PPROCESS_STACK_ALLOCATION_INFORMATION;

// NtQuerySystemInformation, SystemProcessInformation: a chain of these, each with its threads
// behind it and the text of its name behind them.
typedef struct _SYSTEM_THREAD_INFORMATION {
    LARGE_INTEGER KernelTime;
    LARGE_INTEGER UserTime;
    LARGE_INTEGER CreateTime;
    ULONG WaitTime;
    PVOID StartAddress;
    CLIENT_ID ClientId;
    KPRIORITY Priority;
    LONG BasePriority;
    ULONG ContextSwitches;
    ULONG ThreadState; // KTHREAD_STATE
    ULONG WaitReason;  // KWAIT_REASON
} SYSTEM_THREAD_INFORMATION, *PSYSTEM_THREAD_INFORMATION;

enum kthread_state {
    KthreadStateInitialized = 0,
    KthreadStateReady = 1,
    KthreadStateRunning = 2,
    KthreadStateTerminated = 4,
    KthreadStateWaiting = 5,
};

enum kwait_reason {
    KwaitReasonSuspended = 5,
    KwaitReasonUserRequest = 6,
};

typedef struct _SYSTEM_PROCESS_INFORMATION {
    ULONG NextEntryOffset; // from this entry; 0: the last
    ULONG NumberOfThreads;
    LARGE_INTEGER WorkingSetPrivateSize;
    ULONG HardFaultCount;
    ULONG NumberOfThreadsHighWatermark;
    ULONGLONG CycleTime;
    LARGE_INTEGER CreateTime;
    LARGE_INTEGER UserTime;
    LARGE_INTEGER KernelTime;
    UNICODE_STRING ImageName; // base name, in the caller's buffer
    KPRIORITY BasePriority;
    HANDLE UniqueProcessId;
    HANDLE InheritedFromUniqueProcessId;
    ULONG HandleCount;
    ULONG SessionId;
    ULONG_PTR UniqueProcessKey;
    SIZE_T PeakVirtualSize;
    SIZE_T VirtualSize;
    ULONG PageFaultCount;
    SIZE_T PeakWorkingSetSize;
    SIZE_T WorkingSetSize;
    SIZE_T QuotaPeakPagedPoolUsage;
    SIZE_T QuotaPagedPoolUsage;
    SIZE_T QuotaPeakNonPagedPoolUsage;
    SIZE_T QuotaNonPagedPoolUsage;
    SIZE_T PagefileUsage;
    SIZE_T PeakPagefileUsage;
    SIZE_T PrivatePageCount;
    LARGE_INTEGER ReadOperationCount;
    LARGE_INTEGER WriteOperationCount;
    LARGE_INTEGER OtherOperationCount;
    LARGE_INTEGER ReadTransferCount;
    LARGE_INTEGER WriteTransferCount;
    LARGE_INTEGER OtherTransferCount;
    SYSTEM_THREAD_INFORMATION Threads[];
} SYSTEM_PROCESS_INFORMATION, *PSYSTEM_PROCESS_INFORMATION;

_Static_assert(sizeof(PROCESSINFOCLASS) == 4, "PROCESSINFOCLASS");
_Static_assert(sizeof(PROCESS_BASIC_INFORMATION) == 0x30, "PROCESS_BASIC_INFORMATION");
_Static_assert(sizeof(PROCESS_EXTENDED_BASIC_INFORMATION) == 0x40, "PROCESS_EXTENDED_BASIC...");
_Static_assert(sizeof(QUOTA_LIMITS) == 0x30, "QUOTA_LIMITS");
_Static_assert(sizeof(IO_COUNTERS) == 0x30, "IO_COUNTERS");
_Static_assert(sizeof(VM_COUNTERS) == 0x58, "VM_COUNTERS");
_Static_assert(sizeof(VM_COUNTERS_EX) == 0x60, "VM_COUNTERS_EX");
_Static_assert(sizeof(PROCESS_PRIORITY_CLASS) == 2, "PROCESS_PRIORITY_CLASS");
_Static_assert(sizeof(PROCESS_STACK_ALLOCATION_INFORMATION) == 0x18, "PROCESS_STACK_ALLOCATION");
_Static_assert(sizeof(SYSTEM_THREAD_INFORMATION) == 0x50, "SYSTEM_THREAD_INFORMATION");
_Static_assert(offsetof(SYSTEM_PROCESS_INFORMATION, ImageName) == 0x38, "ImageName");
_Static_assert(offsetof(SYSTEM_PROCESS_INFORMATION, PeakVirtualSize) == 0x70, "PeakVirtualSize");
_Static_assert(offsetof(SYSTEM_PROCESS_INFORMATION, Threads) == 0x100, "Threads");
