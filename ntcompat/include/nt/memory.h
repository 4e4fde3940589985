// SPDX-License-Identifier: MIT
// What the virtual memory services take and give: protections, allocation types, region facts.

#pragma once

#include <nt/types.h>

// Page protections: exactly one of the first eight, and modifiers.
#define PAGE_NOACCESS          0x01u
#define PAGE_READONLY          0x02u
#define PAGE_READWRITE         0x04u
#define PAGE_WRITECOPY         0x08u
#define PAGE_EXECUTE           0x10u
#define PAGE_EXECUTE_READ      0x20u
#define PAGE_EXECUTE_READWRITE 0x40u
#define PAGE_EXECUTE_WRITECOPY 0x80u

#define PAGE_GUARD        0x100u
#define PAGE_NOCACHE      0x200u
#define PAGE_WRITECOMBINE 0x400u
// Control Flow Guard: which calls into the pages count as valid. Two names, one bit.
#define PAGE_TARGETS_INVALID   0x40000000u
#define PAGE_TARGETS_NO_UPDATE 0x40000000u

// AllocationType.
#define MEM_COMMIT              0x00001000u
#define MEM_RESERVE             0x00002000u
#define MEM_REPLACE_PLACEHOLDER 0x00004000u
#define MEM_RESERVE_PLACEHOLDER 0x00040000u
#define MEM_RESET               0x00080000u
#define MEM_TOP_DOWN            0x00100000u
#define MEM_WRITE_WATCH         0x00200000u
#define MEM_PHYSICAL            0x00400000u
#define MEM_RESET_UNDO          0x01000000u
#define MEM_LARGE_PAGES         0x20000000u
#define MEM_4MB_PAGES           0x80000000u

// FreeType.
#define MEM_COALESCE_PLACEHOLDERS 0x00000001u
#define MEM_PRESERVE_PLACEHOLDER  0x00000002u
#define MEM_DECOMMIT              0x00004000u
#define MEM_RELEASE               0x00008000u

// MEMORY_BASIC_INFORMATION.State is MEM_COMMIT, MEM_RESERVE or this.
#define MEM_FREE 0x00010000u

// MEMORY_BASIC_INFORMATION.Type; 0 for free regions.
#define MEM_PRIVATE 0x00020000u
#define MEM_MAPPED  0x00040000u
#define MEM_IMAGE   0x01000000u

typedef enum _MEMORY_INFORMATION_CLASS {
    MemoryBasicInformation = 0,
    MemoryWorkingSetInformation = 1,
    MemoryMappedFilenameInformation = 2,
    MemoryRegionInformation = 3,
    MemoryWorkingSetExInformation = 4,
    MemorySharedCommitInformation = 5,
    MemoryImageInformation = 6,
    MemoryRegionInformationEx = 7,
    MemoryPrivilegedBasicInformation = 8,
    MemoryEnclaveImageInformation = 9,
    MemoryBasicInformationCapped = 10,
} MEMORY_INFORMATION_CLASS;

// A run of pages of one allocation that share state, protection and type.
typedef struct _MEMORY_BASIC_INFORMATION {
    PVOID BaseAddress;
    PVOID AllocationBase;
    ULONG AllocationProtect;
    USHORT PartitionId;
    SIZE_T RegionSize;
    ULONG State;
    ULONG Protect;
    ULONG Type;
} MEMORY_BASIC_INFORMATION, *PMEMORY_BASIC_INFORMATION;

// One allocation. Older callers stop at RegionSize.
typedef struct _MEMORY_REGION_INFORMATION {
    PVOID AllocationBase;
    ULONG AllocationProtect;
    ULONG RegionType; // MEMORY_REGION_...
    SIZE_T RegionSize;
    SIZE_T CommitSize;
} MEMORY_REGION_INFORMATION;

#define MEMORY_REGION_PRIVATE          0x001u
#define MEMORY_REGION_MAPPED_DATA_FILE 0x002u
#define MEMORY_REGION_MAPPED_IMAGE     0x004u
#define MEMORY_REGION_MAPPED_PAGE_FILE 0x008u
#define MEMORY_REGION_PLACEHOLDER      0x100u

typedef struct _MEMORY_IMAGE_INFORMATION {
    PVOID ImageBase;
    SIZE_T SizeOfImage;
    ULONG ImageFlags; // 1: only a part is mapped, 2: not executable
} MEMORY_IMAGE_INFORMATION;

// A page in MemoryWorkingSetInformation is its address and, in the low 12 bits: 5 of protection (in
// a numbering of its own), 3 of share count, 1 "shared", 3 of NUMA node. A count comes before them.
#define WORKING_SET_BLOCK_SHARED 0x100u

typedef struct _MEMORY_WORKING_SET_EX_INFORMATION {
    PVOID VirtualAddress;
    ULONG_PTR Attributes; // WORKING_SET_EX_...
} MEMORY_WORKING_SET_EX_INFORMATION;

#define WORKING_SET_EX_VALID            0x1ull
#define WORKING_SET_EX_SHARE_COUNT_ONE  0x2ull // of three bits
#define WORKING_SET_EX_PROTECTION_SHIFT 4      // 11 bits
#define WORKING_SET_EX_SHARED           0x8000ull

// NtGetWriteWatch.
#define WRITE_WATCH_FLAG_RESET 0x01u

// NtLockVirtualMemory.
#define MAP_PROCESS 1u
#define MAP_SYSTEM  2u

_Static_assert(sizeof(MEMORY_INFORMATION_CLASS) == 4, "MEMORY_INFORMATION_CLASS");
_Static_assert(sizeof(MEMORY_BASIC_INFORMATION) == 0x30, "MEMORY_BASIC_INFORMATION");
_Static_assert(offsetof(MEMORY_BASIC_INFORMATION, PartitionId) == 0x14, "PartitionId");
_Static_assert(offsetof(MEMORY_BASIC_INFORMATION, RegionSize) == 0x18, "RegionSize");
_Static_assert(sizeof(MEMORY_REGION_INFORMATION) == 0x20, "MEMORY_REGION_INFORMATION");
_Static_assert(sizeof(MEMORY_IMAGE_INFORMATION) == 0x18, "MEMORY_IMAGE_INFORMATION");
_Static_assert(sizeof(MEMORY_WORKING_SET_EX_INFORMATION) == 0x10, "WORKING_SET_EX_INFORMATION");
