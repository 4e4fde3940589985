// SPDX-License-Identifier: MIT
// Sections and views, and the extended parameters of the services that allocate and map.

#pragma once

#include <nt/types.h>

#define SECTION_QUERY                0x0001u
#define SECTION_MAP_WRITE            0x0002u
#define SECTION_MAP_READ             0x0004u
#define SECTION_MAP_EXECUTE          0x0008u
#define SECTION_EXTEND_SIZE          0x0010u
#define SECTION_MAP_EXECUTE_EXPLICIT 0x0020u
#define SECTION_ALL_ACCESS           0x000F001Fu

// AllocationAttributes of NtCreateSection.
#define SEC_64K_PAGES        0x00080000u
#define SEC_FILE             0x00800000u
#define SEC_IMAGE            0x01000000u
#define SEC_PROTECTED_IMAGE  0x02000000u
#define SEC_RESERVE          0x04000000u
#define SEC_COMMIT           0x08000000u
#define SEC_NOCACHE          0x10000000u
#define SEC_WRITECOMBINE     0x40000000u
#define SEC_LARGE_PAGES      0x80000000u
#define SEC_IMAGE_NO_EXECUTE (SEC_IMAGE | SEC_NOCACHE)

// AllocationType of NtMapViewOfSection, besides the MEM_ ones.
#define SEC_NO_CHANGE 0x00400000u

// Flags of NtUnmapViewOfSectionEx, besides MEM_PRESERVE_PLACEHOLDER.
#define MEM_UNMAP_WITH_TRANSIENT_BOOST 0x00000001u

typedef enum _SECTION_INHERIT {
    ViewShare = 1,
    ViewUnmap = 2,
} SECTION_INHERIT;

typedef enum _SECTION_INFORMATION_CLASS {
    SectionBasicInformation = 0,
    SectionImageInformation = 1,
    SectionRelocationInformation = 2,
    SectionOriginalBaseInformation = 3,
    SectionInternalImageInformation = 4,
} SECTION_INFORMATION_CLASS;

typedef struct _SECTION_BASIC_INFORMATION {
    PVOID BaseAddress;
    ULONG AllocationAttributes;
    LARGE_INTEGER MaximumSize;
} SECTION_BASIC_INFORMATION;

typedef struct _SECTION_IMAGE_INFORMATION {
    PVOID TransferAddress;
    ULONG ZeroBits;
    SIZE_T MaximumStackSize;
    SIZE_T CommittedStackSize;
    ULONG SubSystemType;
    USHORT SubSystemMinorVersion;
    USHORT SubSystemMajorVersion;
    USHORT MajorOperatingSystemVersion;
    USHORT MinorOperatingSystemVersion;
    USHORT ImageCharacteristics;
    USHORT DllCharacteristics;
    USHORT Machine;
    BOOLEAN ImageContainsCode;
    UCHAR ImageFlags;
    ULONG LoaderFlags;
    ULONG ImageFileSize;
    ULONG CheckSum;
} SECTION_IMAGE_INFORMATION, *PSECTION_IMAGE_INFORMATION;

// ImageFlags.
#define IMAGE_DYNAMICALLY_RELOCATED 0x04u
#define IMAGE_MAPPED_FLAT           0x08u

typedef enum _MEM_EXTENDED_PARAMETER_TYPE {
    MemExtendedParameterInvalidType = 0,
    MemExtendedParameterAddressRequirements = 1,
    MemExtendedParameterNumaNode = 2,
    MemExtendedParameterPartitionHandle = 3,
    MemExtendedParameterUserPhysicalHandle = 4,
    MemExtendedParameterAttributeFlags = 5,
    MemExtendedParameterImageMachine = 6,
    MemExtendedParameterMax = 7,
} MEM_EXTENDED_PARAMETER_TYPE;

typedef struct _MEM_EXTENDED_PARAMETER {
    ULONGLONG Type; // the lowest 8 bits; the others are reserved
    union {
        ULONGLONG ULong64;
        PVOID Pointer;
        SIZE_T Size;
        HANDLE Handle;
        ULONG ULong;
    };
} MEM_EXTENDED_PARAMETER, *PMEM_EXTENDED_PARAMETER;

#define MEM_EXTENDED_PARAMETER_TYPE_MASK 0xFFull

// MemExtendedParameterAddressRequirements points to one.
typedef struct _MEM_ADDRESS_REQUIREMENTS {
    PVOID LowestStartingAddress;
    PVOID HighestEndingAddress;
    SIZE_T Alignment;
} MEM_ADDRESS_REQUIREMENTS, *PMEM_ADDRESS_REQUIREMENTS;

_Static_assert(sizeof(SECTION_BASIC_INFORMATION) == 0x18, "SECTION_BASIC_INFORMATION");
_Static_assert(sizeof(SECTION_IMAGE_INFORMATION) == 0x40, "SECTION_IMAGE_INFORMATION");
_Static_assert(offsetof(SECTION_IMAGE_INFORMATION, SubSystemType) == 0x20, "SubSystemType");
_Static_assert(offsetof(SECTION_IMAGE_INFORMATION, Machine) == 0x30, "Machine");
_Static_assert(offsetof(SECTION_IMAGE_INFORMATION, LoaderFlags) == 0x34, "LoaderFlags");
_Static_assert(sizeof(MEM_EXTENDED_PARAMETER) == 0x10, "MEM_EXTENDED_PARAMETER");
_Static_assert(sizeof(MEM_ADDRESS_REQUIREMENTS) == 0x18, "MEM_ADDRESS_REQUIREMENTS");
