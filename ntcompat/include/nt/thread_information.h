// SPDX-License-Identifier: MIT
/*
 * What can be asked and set about threads: access rights, the information classes of
 * NtQueryInformationThread and NtSetInformationThread, and their structures.
 *
 * Source: learn.microsoft.com "Thread Security and Access Rights", NtQueryInformationThread;
 * MinGW's winternl.h
 */

#pragma once

#include <nt/types.h>

#define THREAD_TERMINATE                 0x0001u
#define THREAD_SUSPEND_RESUME            0x0002u
#define THREAD_ALERT                     0x0004u
#define THREAD_GET_CONTEXT               0x0008u
#define THREAD_SET_CONTEXT               0x0010u
#define THREAD_SET_INFORMATION           0x0020u
#define THREAD_QUERY_INFORMATION         0x0040u
#define THREAD_SET_THREAD_TOKEN          0x0080u
#define THREAD_IMPERSONATE               0x0100u
#define THREAD_DIRECT_IMPERSONATION      0x0200u
#define THREAD_SET_LIMITED_INFORMATION   0x0400u
#define THREAD_QUERY_LIMITED_INFORMATION 0x0800u
#define THREAD_RESUME                    0x1000u
#define THREAD_ALL_ACCESS                0x1FFFFFu

typedef enum _THREADINFOCLASS {
    ThreadBasicInformation = 0,
    ThreadTimes = 1,
    ThreadPriority = 2,
    ThreadBasePriority = 3,
    ThreadAffinityMask = 4,
    ThreadImpersonationToken = 5,
    ThreadDescriptorTableEntry = 6,
    ThreadEnableAlignmentFaultFixup = 7,
    ThreadQuerySetWin32StartAddress = 9,
    ThreadZeroTlsCell = 10,
    ThreadPerformanceCount = 11,
    ThreadAmILastThread = 12,
    ThreadIdealProcessor = 13,
    ThreadPriorityBoost = 14,
    ThreadSetTlsArrayAddress = 15,
    ThreadIsIoPending = 16,
    ThreadHideFromDebugger = 17,
    ThreadBreakOnTermination = 18,
    ThreadIsTerminated = 20,
    ThreadLastSystemCall = 21,
    ThreadIoPriority = 22,
    ThreadCycleTime = 23,
    ThreadPagePriority = 24,
    ThreadActualBasePriority = 25,
    ThreadTebInformation = 26,
    ThreadGroupInformation = 30,
    ThreadIdealProcessorEx = 33,
    ThreadSuspendCount = 35,
    ThreadNameInformation = 38,
    ThreadActualGroupAffinity = 41,
    ThreadDynamicCodePolicyInfo = 42,
    ThreadPowerThrottlingState = 49,
    ThreadWorkloadClass = 50, // the last of build 19045
} THREADINFOCLASS;

typedef struct _THREAD_BASIC_INFORMATION {
    NTSTATUS ExitStatus; // STATUS_PENDING while it lives
    PVOID TebBaseAddress;
    CLIENT_ID ClientId;
    KAFFINITY AffinityMask;
    KPRIORITY Priority;     // at which it runs now
    KPRIORITY BasePriority; // relative to its process'
} THREAD_BASIC_INFORMATION, *PTHREAD_BASIC_INFORMATION;

// Times of a thread or a process, in 100 ns; the first two since 1601.
typedef struct _KERNEL_USER_TIMES {
    LARGE_INTEGER CreateTime;
    LARGE_INTEGER ExitTime; // 0 while it lives
    LARGE_INTEGER KernelTime;
    LARGE_INTEGER UserTime;
} KERNEL_USER_TIMES, *PKERNEL_USER_TIMES;

typedef struct _THREAD_NAME_INFORMATION {
    UNICODE_STRING ThreadName;
} THREAD_NAME_INFORMATION, *PTHREAD_NAME_INFORMATION;

typedef struct _THREAD_LAST_SYSCALL_INFORMATION {
    PVOID FirstArgument;
    USHORT SystemCallNumber;
    USHORT Pad[3];
    ULONGLONG WaitTime; // in ticks; NT asks for it, or not, by the length
} THREAD_LAST_SYSCALL_INFORMATION, *PTHREAD_LAST_SYSCALL_INFORMATION;

typedef struct _THREAD_CYCLE_TIME_INFORMATION {
    ULONGLONG AccumulatedCycles;
    ULONGLONG CurrentCycleCount;
} THREAD_CYCLE_TIME_INFORMATION, *PTHREAD_CYCLE_TIME_INFORMATION;

// Reads BytesToRead of the TEB, from TebOffset on, to TebInformation.
typedef struct _THREAD_TEB_INFORMATION {
    PVOID TebInformation;
    ULONG TebOffset;
    ULONG BytesToRead;
} THREAD_TEB_INFORMATION, *PTHREAD_TEB_INFORMATION;

typedef struct _GROUP_AFFINITY {
    KAFFINITY Mask;
    USHORT Group;
    USHORT Reserved[3];
} GROUP_AFFINITY, *PGROUP_AFFINITY;

typedef struct _PROCESSOR_NUMBER {
    USHORT Group;
    UCHAR Number;
    UCHAR Reserved;
} PROCESSOR_NUMBER, *PPROCESSOR_NUMBER;

typedef struct _POWER_THROTTLING_THREAD_STATE {
    ULONG Version; // 1
    ULONG ControlMask;
    ULONG StateMask;
} POWER_THROTTLING_THREAD_STATE, *PPOWER_THROTTLING_THREAD_STATE;

#define THREAD_POWER_THROTTLING_EXECUTION_SPEED 0x1u

// ThreadBasePriority's two words beyond -2..2: the ends of the class' range.
#define THREAD_BASE_PRIORITY_LOWRT 15
#define THREAD_BASE_PRIORITY_IDLE  (-15)

_Static_assert(sizeof(THREADINFOCLASS) == 4, "THREADINFOCLASS");
_Static_assert(sizeof(THREAD_BASIC_INFORMATION) == 0x30, "THREAD_BASIC_INFORMATION");
_Static_assert(offsetof(THREAD_BASIC_INFORMATION, ClientId) == 0x10, "ClientId");
_Static_assert(offsetof(THREAD_BASIC_INFORMATION, Priority) == 0x28, "Priority");
_Static_assert(sizeof(KERNEL_USER_TIMES) == 0x20, "KERNEL_USER_TIMES");
_Static_assert(sizeof(THREAD_NAME_INFORMATION) == 0x10, "THREAD_NAME_INFORMATION");
_Static_assert(sizeof(THREAD_LAST_SYSCALL_INFORMATION) == 0x18, "THREAD_LAST_SYSCALL_INFORMATION");
_Static_assert(sizeof(THREAD_CYCLE_TIME_INFORMATION) == 0x10, "THREAD_CYCLE_TIME_INFORMATION");
_Static_assert(sizeof(THREAD_TEB_INFORMATION) == 0x10, "THREAD_TEB_INFORMATION");
_Static_assert(sizeof(GROUP_AFFINITY) == 0x10, "GROUP_AFFINITY");
_Static_assert(sizeof(PROCESSOR_NUMBER) == 4, "PROCESSOR_NUMBER");
