// SPDX-License-Identifier: MIT
/*
 * What NtQuerySystemInformation(Ex) tells about processors: which share a core, a package, a cache.
 *
 * Source: learn.microsoft.com, GetLogicalProcessorInformation(Ex), GetSystemCpuSetInformation
 */

#pragma once

#include <nt/thread_information.h>
#include <nt/types.h>

typedef enum _LOGICAL_PROCESSOR_RELATIONSHIP {
    RelationProcessorCore,
    RelationNumaNode,
    RelationCache,
    RelationProcessorPackage,
    RelationGroup,
    RelationAll = 0xFFFF,
} LOGICAL_PROCESSOR_RELATIONSHIP;

#define LTP_PC_SMT 1 // more than one logical processor in the core

typedef enum _PROCESSOR_CACHE_TYPE {
    CacheUnified,
    CacheInstruction,
    CacheData,
    CacheTrace,
} PROCESSOR_CACHE_TYPE;

#define CACHE_FULLY_ASSOCIATIVE 0xFF

typedef struct _CACHE_DESCRIPTOR {
    UCHAR Level; // 1, 2, 3
    UCHAR Associativity;
    USHORT LineSize;
    ULONG Size; // bytes
    PROCESSOR_CACHE_TYPE Type;
} CACHE_DESCRIPTOR, *PCACHE_DESCRIPTOR;

typedef struct _SYSTEM_LOGICAL_PROCESSOR_INFORMATION {
    ULONG_PTR ProcessorMask;
    LOGICAL_PROCESSOR_RELATIONSHIP Relationship;
    union {
        ULONGLONG Reserved[2]; // the first, so that { 0 } means all
        struct {
            UCHAR Flags;
        } ProcessorCore;
        struct {
            ULONG NodeNumber;
        } NumaNode;
        CACHE_DESCRIPTOR Cache;
    };
} SYSTEM_LOGICAL_PROCESSOR_INFORMATION, *PSYSTEM_LOGICAL_PROCESSOR_INFORMATION;

typedef struct _PROCESSOR_RELATIONSHIP {
    UCHAR Flags;
    UCHAR EfficiencyClass;
    UCHAR Reserved[20];
    USHORT GroupCount;
    GROUP_AFFINITY GroupMask[1];
} PROCESSOR_RELATIONSHIP, *PPROCESSOR_RELATIONSHIP;

typedef struct _NUMA_NODE_RELATIONSHIP {
    ULONG NodeNumber;
    UCHAR Reserved[20];
    GROUP_AFFINITY GroupMask;
} NUMA_NODE_RELATIONSHIP, *PNUMA_NODE_RELATIONSHIP;

typedef struct _CACHE_RELATIONSHIP {
    UCHAR Level;
    UCHAR Associativity;
    USHORT LineSize;
    ULONG CacheSize;
    PROCESSOR_CACHE_TYPE Type;
    UCHAR Reserved[20];
    GROUP_AFFINITY GroupMask;
} CACHE_RELATIONSHIP, *PCACHE_RELATIONSHIP;

typedef struct _PROCESSOR_GROUP_INFO {
    UCHAR MaximumProcessorCount;
    UCHAR ActiveProcessorCount;
    UCHAR Reserved[38];
    KAFFINITY ActiveProcessorMask;
} PROCESSOR_GROUP_INFO, *PPROCESSOR_GROUP_INFO;

typedef struct _GROUP_RELATIONSHIP {
    USHORT MaximumGroupCount;
    USHORT ActiveGroupCount;
    UCHAR Reserved[20];
    PROCESSOR_GROUP_INFO GroupInfo[1];
} GROUP_RELATIONSHIP, *PGROUP_RELATIONSHIP;

typedef struct _SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX {
    LOGICAL_PROCESSOR_RELATIONSHIP Relationship;
    ULONG Size; // bytes to the next one
    union {
        ULONGLONG Reserved[9];
        PROCESSOR_RELATIONSHIP Processor; // of a core, or a package
        NUMA_NODE_RELATIONSHIP NumaNode;
        CACHE_RELATIONSHIP Cache;
        GROUP_RELATIONSHIP Group;
    };
} SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX, *PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX;

typedef struct _SYSTEM_CPU_SET_INFORMATION {
    ULONG Size;
    ULONG Type; // 0: a CPU set
    ULONG Id;
    USHORT Group;
    UCHAR LogicalProcessorIndex;
    UCHAR CoreIndex;
    UCHAR LastLevelCacheIndex;
    UCHAR NumaNodeIndex;
    UCHAR EfficiencyClass;
    UCHAR AllFlags;
    ULONG SchedulingClass;
    ULONG64 AllocationTag;
} SYSTEM_CPU_SET_INFORMATION, *PSYSTEM_CPU_SET_INFORMATION;

#define CPU_SET_FIRST_ID 0x100u

// SystemSupportedProcessorArchitectures: words of these, ended by a 0.
#define ARCHITECTURE_KERNEL_MODE 0x00010000u
#define ARCHITECTURE_USER_MODE   0x00020000u
#define ARCHITECTURE_NATIVE      0x00040000u
#define ARCHITECTURE_PROCESS     0x00080000u // the process is for this one
#define IMAGE_FILE_MACHINE_AMD64 0x8664u

_Static_assert(sizeof(SYSTEM_LOGICAL_PROCESSOR_INFORMATION) == 0x20, "LOGICAL_PROCESSOR");
_Static_assert(sizeof(SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX) == 0x50, "LOGICAL_PROCESSOR_EX");
_Static_assert(sizeof(PROCESSOR_RELATIONSHIP) == 0x28, "PROCESSOR_RELATIONSHIP");
_Static_assert(sizeof(CACHE_RELATIONSHIP) == 0x30, "CACHE_RELATIONSHIP");
_Static_assert(sizeof(SYSTEM_CPU_SET_INFORMATION) == 0x20, "SYSTEM_CPU_SET_INFORMATION");
