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

_Static_assert(sizeof(MEMORY_INFORMATION_CLASS) == 4, "MEMORY_INFORMATION_CLASS");
_Static_assert(sizeof(MEMORY_BASIC_INFORMATION) == 0x30, "MEMORY_BASIC_INFORMATION");
_Static_assert(offsetof(MEMORY_BASIC_INFORMATION, PartitionId) == 0x14, "PartitionId");
_Static_assert(offsetof(MEMORY_BASIC_INFORMATION, RegionSize) == 0x18, "RegionSize");
