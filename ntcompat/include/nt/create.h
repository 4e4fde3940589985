// SPDX-License-Identifier: MIT
/*
 * Creating processes and threads: flags, the attribute list that NtCreateThreadEx and
 * NtCreateUserProcess take, and PS_CREATE_INFO.
 *
 * Source: learn.microsoft.com "UpdateProcThreadAttribute" for what the attributes mean; observed:
 * their numbers, in calls of CreateProcess and CreateThread
 */

#pragma once

#include <nt/types.h>

// NtCreateThreadEx: CreateFlags; NtCreateUserProcess: ThreadFlags.
#define THREAD_CREATE_FLAGS_CREATE_SUSPENDED      0x00000001u
#define THREAD_CREATE_FLAGS_SKIP_THREAD_ATTACH    0x00000002u
#define THREAD_CREATE_FLAGS_HIDE_FROM_DEBUGGER    0x00000004u
#define THREAD_CREATE_FLAGS_LOADER_WORKER         0x00000010u
#define THREAD_CREATE_FLAGS_SKIP_LOADER_INIT      0x00000020u
#define THREAD_CREATE_FLAGS_BYPASS_PROCESS_FREEZE 0x00000040u

// NtCreateProcessEx: Flags; NtCreateUserProcess: ProcessFlags.
#define PROCESS_CREATE_FLAGS_BREAKAWAY              0x00000001u
#define PROCESS_CREATE_FLAGS_NO_DEBUG_INHERIT       0x00000002u
#define PROCESS_CREATE_FLAGS_INHERIT_HANDLES        0x00000004u
#define PROCESS_CREATE_FLAGS_OVERRIDE_ADDRESS_SPACE 0x00000008u
#define PROCESS_CREATE_FLAGS_LARGE_PAGES            0x00000010u
#define PROCESS_CREATE_FLAGS_SUSPENDED              0x00000200u

typedef struct _PS_ATTRIBUTE {
    ULONG_PTR Attribute; // PS_ATTRIBUTE_...
    SIZE_T Size;         // bytes at ValuePtr, or of Value
    union {
        ULONG_PTR Value;
        PVOID ValuePtr;
    };
    PSIZE_T ReturnLength; // may be NULL
} PS_ATTRIBUTE, *PPS_ATTRIBUTE;

typedef struct _PS_ATTRIBUTE_LIST {
    SIZE_T TotalLength; // bytes, with this member
    PS_ATTRIBUTE Attributes[];
} PS_ATTRIBUTE_LIST, *PPS_ATTRIBUTE_LIST;

// An attribute's number in the low half, and what it is good for.
#define PS_ATTRIBUTE_NUMBER_MASK 0x0000FFFFu
#define PS_ATTRIBUTE_THREAD      0x00010000u // may be used with threads
#define PS_ATTRIBUTE_INPUT       0x00020000u
#define PS_ATTRIBUTE_ADDITIVE    0x00040000u

#define PS_ATTRIBUTE_PARENT_PROCESS                  0x00060000u // HANDLE
#define PS_ATTRIBUTE_DEBUG_OBJECT                    0x00060001u // HANDLE
#define PS_ATTRIBUTE_TOKEN                           0x00060002u // HANDLE
#define PS_ATTRIBUTE_CLIENT_ID                       0x00010003u // out CLIENT_ID
#define PS_ATTRIBUTE_TEB_ADDRESS                     0x00010004u // out PTEB
#define PS_ATTRIBUTE_IMAGE_NAME                      0x00020005u // WCHAR[]
#define PS_ATTRIBUTE_IMAGE_INFO                      0x00000006u // out SECTION_IMAGE_INFORMATION
#define PS_ATTRIBUTE_MEMORY_RESERVE                  0x00020007u
#define PS_ATTRIBUTE_PRIORITY_CLASS                  0x00020008u // UCHAR
#define PS_ATTRIBUTE_ERROR_MODE                      0x00020009u // ULONG
#define PS_ATTRIBUTE_STD_HANDLE_INFO                 0x0002000Au // PS_STD_HANDLE_INFO
#define PS_ATTRIBUTE_HANDLE_LIST                     0x0002000Bu // HANDLE[]
#define PS_ATTRIBUTE_GROUP_AFFINITY                  0x0003000Cu // GROUP_AFFINITY
#define PS_ATTRIBUTE_PREFERRED_NODE                  0x0002000Du // USHORT
#define PS_ATTRIBUTE_IDEAL_PROCESSOR                 0x0003000Eu // PROCESSOR_NUMBER
#define PS_ATTRIBUTE_UMS_THREAD                      0x0003000Fu
#define PS_ATTRIBUTE_MITIGATION_OPTIONS              0x00020010u
#define PS_ATTRIBUTE_PROTECTION_LEVEL                0x00060011u
#define PS_ATTRIBUTE_SECURE_PROCESS                  0x00020012u
#define PS_ATTRIBUTE_JOB_LIST                        0x00020013u // HANDLE[]
#define PS_ATTRIBUTE_CHILD_PROCESS_POLICY            0x00020014u
#define PS_ATTRIBUTE_ALL_APPLICATION_PACKAGES_POLICY 0x00020015u
#define PS_ATTRIBUTE_WIN32K_FILTER                   0x00020016u
#define PS_ATTRIBUTE_SAFE_OPEN_PROMPT_ORIGIN_CLAIM   0x00020017u
#define PS_ATTRIBUTE_BNO_ISOLATION                   0x00020018u
#define PS_ATTRIBUTE_DESKTOP_APP_POLICY              0x00020019u
#define PS_ATTRIBUTE_CHPE                            0x0006001Au // BOOLEAN
#define PS_ATTRIBUTE_MITIGATION_AUDIT_OPTIONS        0x0002001Bu
#define PS_ATTRIBUTE_MACHINE_TYPE                    0x0006001Cu // USHORT

typedef enum _PS_STD_HANDLE_STATE {
    PsNeverDuplicate,
    PsRequestDuplicate, // those of PseudoHandleMask, if the child has the subsystem
    PsAlwaysDuplicate,
    PsMaxStdHandleStates
} PS_STD_HANDLE_STATE;

typedef struct _PS_STD_HANDLE_INFO {
    ULONG Flags;                  // bits 0 and 1: PS_STD_HANDLE_STATE; 2 to 4: PseudoHandleMask
    ULONG StdHandleSubsystemType; // IMAGE_SUBSYSTEM_...
} PS_STD_HANDLE_INFO;

typedef enum _PS_CREATE_STATE {
    PsCreateInitialState,
    PsCreateFailOnFileOpen,
    PsCreateFailOnSectionCreate,
    PsCreateFailExeFormat,
    PsCreateFailMachineMismatch,
    PsCreateFailExeName, // image file execution options name a debugger
    PsCreateSuccess,
} PS_CREATE_STATE;

typedef struct _PS_CREATE_INFO {
    SIZE_T Size; // of this structure
    PS_CREATE_STATE State;
    union {
        struct {
            ULONG InitFlags;
            ACCESS_MASK AdditionalFileAccess;
        } InitState;
        struct {
            HANDLE FileHandle;
        } FailSection;
        struct {
            USHORT DllCharacteristics;
        } ExeFormat;
        struct {
            HANDLE IFEOKey;
        } ExeName;
        struct {
            ULONG OutputFlags;
            HANDLE FileHandle;
            HANDLE SectionHandle;
            ULONGLONG UserProcessParametersNative;
            ULONG UserProcessParametersWow64;
            ULONG CurrentParameterFlags;
            ULONGLONG PebAddressNative;
            ULONG PebAddressWow64;
            ULONGLONG ManifestAddress;
            ULONG ManifestSize;
        } SuccessState;
    };
} PS_CREATE_INFO, *PPS_CREATE_INFO;

_Static_assert(sizeof(PS_ATTRIBUTE) == 0x20, "PS_ATTRIBUTE");
_Static_assert(offsetof(PS_ATTRIBUTE_LIST, Attributes) == 8, "PS_ATTRIBUTE_LIST");
_Static_assert(sizeof(PS_STD_HANDLE_INFO) == 8, "PS_STD_HANDLE_INFO");
_Static_assert(sizeof(PS_CREATE_INFO) == 0x58, "PS_CREATE_INFO");
_Static_assert(offsetof(PS_CREATE_INFO, SuccessState) == 0x10, "PS_CREATE_INFO.SuccessState");
