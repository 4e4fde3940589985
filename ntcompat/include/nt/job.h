// SPDX-License-Identifier: MIT
/*
 * Jobs: access rights, information classes, limits and the messages that a completion port gets.
 *
 * Source: learn.microsoft.com "Job Objects", JOBOBJECT_BASIC_LIMIT_INFORMATION,
 * JOBOBJECT_ASSOCIATE_COMPLETION_PORT; MinGW's winnt.h
 */

#pragma once

#include <nt/process_information.h>

#define JOB_OBJECT_ASSIGN_PROCESS          0x0001u
#define JOB_OBJECT_SET_ATTRIBUTES          0x0002u
#define JOB_OBJECT_QUERY                   0x0004u
#define JOB_OBJECT_TERMINATE               0x0008u
#define JOB_OBJECT_SET_SECURITY_ATTRIBUTES 0x0010u
#define JOB_OBJECT_ALL_ACCESS              0x1F001Fu

typedef enum _JOBOBJECTINFOCLASS {
    JobObjectBasicAccountingInformation = 1,
    JobObjectBasicLimitInformation = 2,
    JobObjectBasicProcessIdList = 3,
    JobObjectBasicUIRestrictions = 4,
    JobObjectSecurityLimitInformation = 5,
    JobObjectEndOfJobTimeInformation = 6,
    JobObjectAssociateCompletionPortInformation = 7,
    JobObjectBasicAndIoAccountingInformation = 8,
    JobObjectExtendedLimitInformation = 9,
    JobObjectJobSetInformation = 10,
    JobObjectGroupInformation = 11,
    JobObjectCpuRateControlInformation = 15,
    JobObjectLast = 48, // of build 19045
} JOBOBJECTINFOCLASS;

// JOBOBJECT_BASIC_LIMIT_INFORMATION.LimitFlags.
#define JOB_OBJECT_LIMIT_WORKINGSET                 0x00000001u
#define JOB_OBJECT_LIMIT_PROCESS_TIME               0x00000002u
#define JOB_OBJECT_LIMIT_JOB_TIME                   0x00000004u
#define JOB_OBJECT_LIMIT_ACTIVE_PROCESS             0x00000008u
#define JOB_OBJECT_LIMIT_AFFINITY                   0x00000010u
#define JOB_OBJECT_LIMIT_PRIORITY_CLASS             0x00000020u
#define JOB_OBJECT_LIMIT_PRESERVE_JOB_TIME          0x00000040u
#define JOB_OBJECT_LIMIT_SCHEDULING_CLASS           0x00000080u
#define JOB_OBJECT_LIMIT_PROCESS_MEMORY             0x00000100u
#define JOB_OBJECT_LIMIT_JOB_MEMORY                 0x00000200u
#define JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION 0x00000400u
#define JOB_OBJECT_LIMIT_BREAKAWAY_OK               0x00000800u
#define JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK        0x00001000u
#define JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE          0x00002000u
#define JOB_OBJECT_LIMIT_SUBSET_AFFINITY            0x00004000u

// Those that JobObjectBasicLimitInformation, and JobObjectExtendedLimitInformation, may set.
#define JOB_OBJECT_BASIC_LIMIT_VALID_FLAGS    0x000000FFu
#define JOB_OBJECT_EXTENDED_LIMIT_VALID_FLAGS 0x00007FFFu

// Messages to the completion port; the key is the one it was associated with.
#define JOB_OBJECT_MSG_END_OF_JOB_TIME       1u
#define JOB_OBJECT_MSG_END_OF_PROCESS_TIME   2u
#define JOB_OBJECT_MSG_ACTIVE_PROCESS_LIMIT  3u
#define JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO   4u
#define JOB_OBJECT_MSG_NEW_PROCESS           6u
#define JOB_OBJECT_MSG_EXIT_PROCESS          7u
#define JOB_OBJECT_MSG_ABNORMAL_EXIT_PROCESS 8u
#define JOB_OBJECT_MSG_PROCESS_MEMORY_LIMIT  9u
#define JOB_OBJECT_MSG_JOB_MEMORY_LIMIT      10u

typedef struct _JOBOBJECT_BASIC_ACCOUNTING_INFORMATION {
    LARGE_INTEGER TotalUserTime; // 100 ns
    LARGE_INTEGER TotalKernelTime;
    LARGE_INTEGER ThisPeriodTotalUserTime;
    LARGE_INTEGER ThisPeriodTotalKernelTime;
    ULONG TotalPageFaultCount;
    ULONG TotalProcesses; // that ever were in the job
    ULONG ActiveProcesses;
    ULONG TotalTerminatedProcesses; // because of a limit
} JOBOBJECT_BASIC_ACCOUNTING_INFORMATION;

typedef struct _JOBOBJECT_BASIC_AND_IO_ACCOUNTING_INFORMATION {
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION BasicInfo;
    IO_COUNTERS IoInfo;
} JOBOBJECT_BASIC_AND_IO_ACCOUNTING_INFORMATION;

typedef struct _JOBOBJECT_BASIC_LIMIT_INFORMATION {
    LARGE_INTEGER PerProcessUserTimeLimit;
    LARGE_INTEGER PerJobUserTimeLimit;
    ULONG LimitFlags;
    SIZE_T MinimumWorkingSetSize;
    SIZE_T MaximumWorkingSetSize;
    ULONG ActiveProcessLimit;
    ULONG_PTR Affinity;
    ULONG PriorityClass; // enum process_priority_class
    ULONG SchedulingClass;
} JOBOBJECT_BASIC_LIMIT_INFORMATION;

typedef struct _JOBOBJECT_EXTENDED_LIMIT_INFORMATION {
    JOBOBJECT_BASIC_LIMIT_INFORMATION BasicLimitInformation;
    IO_COUNTERS IoInfo;
    SIZE_T ProcessMemoryLimit;
    SIZE_T JobMemoryLimit;
    SIZE_T PeakProcessMemoryUsed;
    SIZE_T PeakJobMemoryUsed;
} JOBOBJECT_EXTENDED_LIMIT_INFORMATION;

typedef struct _JOBOBJECT_BASIC_PROCESS_ID_LIST {
    ULONG NumberOfAssignedProcesses;
    ULONG NumberOfProcessIdsInList;
    ULONG_PTR ProcessIdList[1];
} JOBOBJECT_BASIC_PROCESS_ID_LIST;

typedef struct _JOBOBJECT_BASIC_UI_RESTRICTIONS {
    ULONG UIRestrictionsClass;
} JOBOBJECT_BASIC_UI_RESTRICTIONS;

typedef struct _JOBOBJECT_ASSOCIATE_COMPLETION_PORT {
    PVOID CompletionKey;
    HANDLE CompletionPort; // NULL: no more
} JOBOBJECT_ASSOCIATE_COMPLETION_PORT;

_Static_assert(sizeof(JOBOBJECTINFOCLASS) == 4, "JOBOBJECTINFOCLASS");
_Static_assert(sizeof(JOBOBJECT_BASIC_ACCOUNTING_INFORMATION) == 0x30, "BASIC_ACCOUNTING");
_Static_assert(sizeof(JOBOBJECT_BASIC_LIMIT_INFORMATION) == 0x40, "BASIC_LIMIT");
_Static_assert(sizeof(JOBOBJECT_EXTENDED_LIMIT_INFORMATION) == 0x90, "EXTENDED_LIMIT");
_Static_assert(offsetof(JOBOBJECT_BASIC_LIMIT_INFORMATION, LimitFlags) == 0x10, "LimitFlags");
_Static_assert(offsetof(JOBOBJECT_BASIC_LIMIT_INFORMATION, Affinity) == 0x30, "Affinity");
_Static_assert(offsetof(JOBOBJECT_BASIC_PROCESS_ID_LIST, ProcessIdList) == 8, "ProcessIdList");
_Static_assert(sizeof(JOBOBJECT_ASSOCIATE_COMPLETION_PORT) == 0x10, "ASSOCIATE_COMPLETION_PORT");
