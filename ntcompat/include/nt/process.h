// SPDX-License-Identifier: MIT
/*
 * A process as its own program sees it: the process environment block (PEB), and the parameters
 * that it was started with.
 *
 * Layouts are those of 64-bit Windows 10, build 19045; members that nobody here gives a meaning
 * are still named, so that a debugger shows them.
 */

#pragma once

#include <nt/types.h>

typedef struct _CURDIR {
    UNICODE_STRING DosPath;
    HANDLE Handle;
} CURDIR, *PCURDIR;

typedef struct _RTL_DRIVE_LETTER_CURDIR {
    USHORT Flags;
    USHORT Length;
    ULONG TimeStamp;
    STRING DosPath;
} RTL_DRIVE_LETTER_CURDIR;

#define RTL_MAX_DRIVE_LETTERS 32

// RTL_USER_PROCESS_PARAMETERS.Flags: the string pointers are addresses, not offsets.
#define RTL_USER_PROC_PARAMS_NORMALIZED 0x00000001u

typedef struct _RTL_USER_PROCESS_PARAMETERS {
    ULONG MaximumLength; // bytes of the allocation
    ULONG Length;        // bytes in use
    ULONG Flags;
    ULONG DebugFlags;
    HANDLE ConsoleHandle;
    ULONG ConsoleFlags;
    HANDLE StandardInput;
    HANDLE StandardOutput;
    HANDLE StandardError;
    CURDIR CurrentDirectory;
    UNICODE_STRING DllPath;
    UNICODE_STRING ImagePathName;
    UNICODE_STRING CommandLine;
    PVOID Environment; // "NAME=VALUE\0...\0\0" in UTF-16
    ULONG StartingX;
    ULONG StartingY;
    ULONG CountX;
    ULONG CountY;
    ULONG CountCharsX;
    ULONG CountCharsY;
    ULONG FillAttribute;
    ULONG WindowFlags;
    ULONG ShowWindowFlags;
    UNICODE_STRING WindowTitle;
    UNICODE_STRING DesktopInfo;
    UNICODE_STRING ShellInfo;
    UNICODE_STRING RuntimeData;
    RTL_DRIVE_LETTER_CURDIR CurrentDirectories[RTL_MAX_DRIVE_LETTERS];
    ULONG_PTR EnvironmentSize; // bytes, the final NUL included
    ULONG_PTR EnvironmentVersion;
    PVOID PackageDependencyData;
    ULONG ProcessGroupId;
    ULONG LoaderThreads;
    UNICODE_STRING RedirectionDllName;
    UNICODE_STRING HeapPartitionName;
    PULONGLONG DefaultThreadpoolCpuSetMasks;
    ULONG DefaultThreadpoolCpuSetMaskCount;
    ULONG DefaultThreadpoolThreadMaximum;
} RTL_USER_PROCESS_PARAMETERS, *PRTL_USER_PROCESS_PARAMETERS;

typedef struct _PEB {
    BOOLEAN InheritedAddressSpace;
    BOOLEAN ReadImageFileExecOptions;
    BOOLEAN BeingDebugged;
    UCHAR BitField;
    HANDLE Mutant;
    PVOID ImageBaseAddress;
    PVOID Ldr;
    PRTL_USER_PROCESS_PARAMETERS ProcessParameters;
    PVOID SubSystemData;
    PVOID ProcessHeap;
    PVOID FastPebLock;
    PVOID AtlThunkSListPtr;
    PVOID IFEOKey;
    ULONG CrossProcessFlags;
    PVOID KernelCallbackTable;
    ULONG SystemReserved;
    ULONG AtlThunkSListPtr32;
    PVOID ApiSetMap;
    ULONG TlsExpansionCounter;
    PVOID TlsBitmap;
    ULONG TlsBitmapBits[2];
    PVOID ReadOnlySharedMemoryBase;
    PVOID SharedData;
    PVOID *ReadOnlyStaticServerData;
    PVOID AnsiCodePageData;
    PVOID OemCodePageData;
    PVOID UnicodeCaseTableData;
    ULONG NumberOfProcessors;
    ULONG NtGlobalFlag;
    LARGE_INTEGER CriticalSectionTimeout;
    SIZE_T HeapSegmentReserve;
    SIZE_T HeapSegmentCommit;
    SIZE_T HeapDeCommitTotalFreeThreshold;
    SIZE_T HeapDeCommitFreeBlockThreshold;
    ULONG NumberOfHeaps;
    ULONG MaximumNumberOfHeaps;
    PVOID *ProcessHeaps;
    PVOID GdiSharedHandleTable;
    PVOID ProcessStarterHelper;
    ULONG GdiDCAttributeList;
    PVOID LoaderLock;
    ULONG OSMajorVersion;
    ULONG OSMinorVersion;
    USHORT OSBuildNumber;
    USHORT OSCSDVersion;
    ULONG OSPlatformId;
    ULONG ImageSubsystem;
    ULONG ImageSubsystemMajorVersion;
    ULONG ImageSubsystemMinorVersion;
    KAFFINITY ActiveProcessAffinityMask;
    ULONG GdiHandleBuffer[60];
    PVOID PostProcessInitRoutine;
    PVOID TlsExpansionBitmap;
    ULONG TlsExpansionBitmapBits[32];
    ULONG SessionId;
    ULARGE_INTEGER AppCompatFlags;
    ULARGE_INTEGER AppCompatFlagsUser;
    PVOID pShimData;
    PVOID AppCompatInfo;
    UNICODE_STRING CSDVersion;
    PVOID ActivationContextData;
    PVOID ProcessAssemblyStorageMap;
    PVOID SystemDefaultActivationContextData;
    PVOID SystemAssemblyStorageMap;
    SIZE_T MinimumStackCommit;
    PVOID SparePointers[4];
    ULONG SpareUlongs[5];
    PVOID WerRegistrationData;
    PVOID WerShipAssertPtr;
    PVOID pUnused;
    PVOID pImageHeaderHash;
    ULONG TracingFlags;
    ULONGLONG CsrServerReadOnlySharedMemoryBase;
    ULONGLONG TppWorkerpListLock;
    LIST_ENTRY TppWorkerpList;
    PVOID WaitOnAddressHashTable[128];
    PVOID TelemetryCoverageHeader;
    ULONG CloudFileFlags;
    ULONG CloudFileDiagFlags;
    CHAR PlaceholderCompatibilityMode;
    CHAR PlaceholderCompatibilityModeReserved[7];
    PVOID LeapSecondData;
    ULONG LeapSecondFlags;
    ULONG NtGlobalFlag2;
} PEB, *PPEB;

_Static_assert(offsetof(RTL_USER_PROCESS_PARAMETERS, StandardInput) == 0x20, "StandardInput");
_Static_assert(offsetof(RTL_USER_PROCESS_PARAMETERS, CurrentDirectory) == 0x38, "CurrentDirectory");
_Static_assert(offsetof(RTL_USER_PROCESS_PARAMETERS, CommandLine) == 0x70, "CommandLine");
_Static_assert(offsetof(RTL_USER_PROCESS_PARAMETERS, Environment) == 0x80, "Environment");
_Static_assert(offsetof(RTL_USER_PROCESS_PARAMETERS, WindowTitle) == 0xB0, "WindowTitle");
_Static_assert(offsetof(RTL_USER_PROCESS_PARAMETERS, CurrentDirectories) == 0xF0, "directories");
_Static_assert(offsetof(RTL_USER_PROCESS_PARAMETERS, EnvironmentSize) == 0x3F0, "EnvironmentSize");
_Static_assert(sizeof(RTL_USER_PROCESS_PARAMETERS) == 0x440, "RTL_USER_PROCESS_PARAMETERS");

_Static_assert(offsetof(PEB, ImageBaseAddress) == 0x10, "PEB.ImageBaseAddress");
_Static_assert(offsetof(PEB, ProcessParameters) == 0x20, "PEB.ProcessParameters");
_Static_assert(offsetof(PEB, KernelCallbackTable) == 0x58, "PEB.KernelCallbackTable");
_Static_assert(offsetof(PEB, ApiSetMap) == 0x68, "PEB.ApiSetMap");
_Static_assert(offsetof(PEB, NumberOfProcessors) == 0xB8, "PEB.NumberOfProcessors");
_Static_assert(offsetof(PEB, CriticalSectionTimeout) == 0xC0, "PEB.CriticalSectionTimeout");
_Static_assert(offsetof(PEB, LoaderLock) == 0x110, "PEB.LoaderLock");
_Static_assert(offsetof(PEB, OSMajorVersion) == 0x118, "PEB.OSMajorVersion");
_Static_assert(offsetof(PEB, ImageSubsystem) == 0x128, "PEB.ImageSubsystem");
_Static_assert(offsetof(PEB, TlsExpansionBitmap) == 0x238, "PEB.TlsExpansionBitmap");
_Static_assert(offsetof(PEB, SessionId) == 0x2C0, "PEB.SessionId");
_Static_assert(offsetof(PEB, ActivationContextData) == 0x2F8, "PEB.ActivationContextData");
_Static_assert(offsetof(PEB, WaitOnAddressHashTable) == 0x3A0, "PEB.WaitOnAddressHashTable");
_Static_assert(offsetof(PEB, CloudFileFlags) == 0x7A8, "PEB.CloudFileFlags");
_Static_assert(sizeof(PEB) == 0x7C8, "PEB");
