// SPDX-License-Identifier: MIT
/*
 * KUSER_SHARED_DATA: one page that every process sees read-only at 0x7FFE0000, with the time and
 * facts about the system. Layout of 64-bit Windows 10, build 19045.
 *
 * A KSYSTEM_TIME is read without a lock: the writer stores High2Time, LowPart, High1Time in this
 * order; the reader takes High1Time, LowPart, High2Time and starts again if the two differ.
 */

#pragma once

#include <nt/types.h>

#define KUSER_SHARED_DATA_ADDRESS 0x7FFE0000ull

typedef struct _KSYSTEM_TIME {
    ULONG LowPart;
    LONG High1Time;
    LONG High2Time;
} KSYSTEM_TIME, *PKSYSTEM_TIME;

typedef enum _NT_PRODUCT_TYPE {
    NtProductWinNt = 1,
    NtProductLanManNt = 2,
    NtProductServer = 3,
} NT_PRODUCT_TYPE;

// Indexes into ProcessorFeatures.
#define PF_FLOATING_POINT_PRECISION_ERRATA  0
#define PF_COMPARE_EXCHANGE_DOUBLE          2
#define PF_MMX_INSTRUCTIONS_AVAILABLE       3
#define PF_XMMI_INSTRUCTIONS_AVAILABLE      6
#define PF_RDTSC_INSTRUCTION_AVAILABLE      8
#define PF_PAE_ENABLED                      9
#define PF_XMMI64_INSTRUCTIONS_AVAILABLE    10
#define PF_NX_ENABLED                       12
#define PF_SSE3_INSTRUCTIONS_AVAILABLE      13
#define PF_COMPARE_EXCHANGE128              14
#define PF_COMPARE64_EXCHANGE128            15
#define PF_XSAVE_ENABLED                    17
#define PF_SECOND_LEVEL_ADDRESS_TRANSLATION 20
#define PF_VIRT_FIRMWARE_ENABLED            21
#define PF_RDWRFSGSBASE_AVAILABLE           22
#define PF_FASTFAIL_AVAILABLE               23
#define PF_RDRAND_INSTRUCTION_AVAILABLE     28
#define PF_RDTSCP_INSTRUCTION_AVAILABLE     32
#define PF_RDPID_INSTRUCTION_AVAILABLE      33
#define PF_SSSE3_INSTRUCTIONS_AVAILABLE     36
#define PF_SSE4_1_INSTRUCTIONS_AVAILABLE    37
#define PF_SSE4_2_INSTRUCTIONS_AVAILABLE    38
#define PF_AVX_INSTRUCTIONS_AVAILABLE       39
#define PF_AVX2_INSTRUCTIONS_AVAILABLE      40
#define PF_AVX512F_INSTRUCTIONS_AVAILABLE   41

#define PROCESSOR_FEATURE_MAX 64

#define MAXIMUM_XSTATE_FEATURES 64

// XSTATE_CONFIGURATION.ControlFlags.
#define XSTATE_CONTROL_OPTIMIZED_SAVE 0x1u
#define XSTATE_CONTROL_COMPACTION     0x2u

typedef struct _XSTATE_FEATURE {
    ULONG Offset;
    ULONG Size;
} XSTATE_FEATURE;

typedef struct _XSTATE_CONFIGURATION {
    ULONG64 EnabledFeatures;
    ULONG64 EnabledVolatileFeatures;
    ULONG Size;
    ULONG ControlFlags; // XSTATE_CONTROL_...
    XSTATE_FEATURE Features[MAXIMUM_XSTATE_FEATURES];
    ULONG64 EnabledSupervisorFeatures;
    ULONG64 AlignedFeatures;
    ULONG AllFeatureSize;
    ULONG AllFeatures[MAXIMUM_XSTATE_FEATURES];
    ULONG64 EnabledUserVisibleSupervisorFeatures;
} XSTATE_CONFIGURATION;

typedef struct _KUSER_SHARED_DATA {
    ULONG TickCountLowDeprecated;
    ULONG TickCountMultiplier;
    KSYSTEM_TIME InterruptTime; // 100 ns since boot
    KSYSTEM_TIME SystemTime;    // 100 ns since 1601, UTC
    KSYSTEM_TIME TimeZoneBias;
    USHORT ImageNumberLow;
    USHORT ImageNumberHigh;
    WCHAR NtSystemRoot[260];
    ULONG MaxStackTraceDepth;
    ULONG CryptoExponent;
    ULONG TimeZoneId;
    ULONG LargePageMinimum;
    ULONG AitSamplingValue;
    ULONG AppCompatFlag;
    ULONGLONG RNGSeedVersion;
    ULONG GlobalValidationRunlevel;
    LONG TimeZoneBiasStamp;
    ULONG NtBuildNumber;
    NT_PRODUCT_TYPE NtProductType;
    BOOLEAN ProductTypeIsValid;
    BOOLEAN Reserved0[1];
    USHORT NativeProcessorArchitecture;
    ULONG NtMajorVersion;
    ULONG NtMinorVersion;
    BOOLEAN ProcessorFeatures[PROCESSOR_FEATURE_MAX];
    ULONG Reserved1;
    ULONG Reserved3;
    ULONG TimeSlip;
    ULONG AlternativeArchitecture;
    ULONG BootId;
    LARGE_INTEGER SystemExpirationDate;
    ULONG SuiteMask;
    BOOLEAN KdDebuggerEnabled;
    UCHAR MitigationPolicies; // bits 0-1: NXSupportPolicy
    USHORT CyclesPerYield;
    ULONG ActiveConsoleId;
    ULONG DismountCount;
    ULONG ComPlusPackage;
    ULONG LastSystemRITEventTickCount;
    ULONG NumberOfPhysicalPages;
    BOOLEAN SafeBootMode;
    UCHAR VirtualizationFlags;
    UCHAR Reserved12[2];
    ULONG SharedDataFlags;
    ULONG DataFlagsPad[1];
    ULONGLONG TestRetInstruction;
    LONGLONG QpcFrequency;
    ULONG SystemCall; // 0: enter services by SYSCALL; bit 0 set: by int 2Eh
    ULONG Reserved2;
    ULONGLONG SystemCallPad[2];
    union {
        KSYSTEM_TIME TickCount;
        ULONG64 TickCountQuad;
        ULONG ReservedTickCountOverlay[4]; // the last one is padding
    };
    ULONG Cookie;
    ULONG CookiePad[1];
    LONGLONG ConsoleSessionForegroundProcessId;
    ULONGLONG TimeUpdateLock;
    ULONGLONG BaselineSystemTimeQpc;
    ULONGLONG BaselineInterruptTimeQpc;
    ULONGLONG QpcSystemTimeIncrement;
    ULONGLONG QpcInterruptTimeIncrement;
    UCHAR QpcSystemTimeIncrementShift;
    UCHAR QpcInterruptTimeIncrementShift;
    USHORT UnparkedProcessorCount;
    ULONG EnclaveFeatureMask[4];
    ULONG TelemetryCoverageRound;
    USHORT UserModeGlobalLogger[16];
    ULONG ImageFileExecutionOptions;
    ULONG LangGenerationCount;
    ULONGLONG Reserved4;
    ULONGLONG InterruptTimeBias;
    ULONGLONG QpcBias;
    ULONG ActiveProcessorCount;
    UCHAR ActiveGroupCount;
    UCHAR Reserved9;
    UCHAR QpcBypassEnabled;
    UCHAR QpcShift;
    LARGE_INTEGER TimeZoneBiasEffectiveStart;
    LARGE_INTEGER TimeZoneBiasEffectiveEnd;
    XSTATE_CONFIGURATION XState;
    KSYSTEM_TIME FeatureConfigurationChangeStamp;
    ULONG Spare;
} KUSER_SHARED_DATA, *PKUSER_SHARED_DATA;

// QpcBypassEnabled.
#define QPC_BYPASS_ENABLED     0x01u
#define QPC_BYPASS_USE_HV_PAGE 0x02u // SYSTEM_HYPERVISOR_USER_SHARED_DATA has the scale
#define QPC_BYPASS_USE_MFENCE  0x10u
#define QPC_BYPASS_USE_LFENCE  0x20u // before RDTSC
#define QPC_BYPASS_USE_RDTSCP  0x80u

/*
 * The page that NtQuerySystemInformation(SystemHypervisorSharedPageInformation) names. The
 * performance counter is the upper 64 bits of time-stamp counter * QpcMultiplier, plus QpcBias of
 * this page, plus QpcBias of KUSER_SHARED_DATA, shifted right by QpcShift.
 * Source: Hyper-V's reference TSC page, learn.microsoft.com, HV_REFERENCE_TSC_PAGE
 */
typedef struct _SYSTEM_HYPERVISOR_USER_SHARED_DATA {
    ULONG TimeUpdateLock; // 0: do not use the page; changes with the other members
    ULONG Reserved0;
    ULONGLONG QpcMultiplier;
    ULONGLONG QpcBias;
} SYSTEM_HYPERVISOR_USER_SHARED_DATA, *PSYSTEM_HYPERVISOR_USER_SHARED_DATA;

_Static_assert(sizeof(SYSTEM_HYPERVISOR_USER_SHARED_DATA) == 24, "SYSTEM_HYPERVISOR_USER...");
_Static_assert(sizeof(KSYSTEM_TIME) == 12, "KSYSTEM_TIME");
_Static_assert(offsetof(XSTATE_CONFIGURATION, Features) == 0x18, "XSTATE Features");
_Static_assert(offsetof(XSTATE_CONFIGURATION, AllFeatureSize) == 0x228, "XSTATE AllFeatureSize");
_Static_assert(sizeof(XSTATE_CONFIGURATION) == 0x338, "XSTATE_CONFIGURATION");
_Static_assert(offsetof(KUSER_SHARED_DATA, InterruptTime) == 0x8, "InterruptTime");
_Static_assert(offsetof(KUSER_SHARED_DATA, SystemTime) == 0x14, "SystemTime");
_Static_assert(offsetof(KUSER_SHARED_DATA, NtSystemRoot) == 0x30, "NtSystemRoot");
_Static_assert(offsetof(KUSER_SHARED_DATA, NtBuildNumber) == 0x260, "NtBuildNumber");
_Static_assert(offsetof(KUSER_SHARED_DATA, NtMajorVersion) == 0x26C, "NtMajorVersion");
_Static_assert(offsetof(KUSER_SHARED_DATA, ProcessorFeatures) == 0x274, "ProcessorFeatures");
_Static_assert(offsetof(KUSER_SHARED_DATA, SuiteMask) == 0x2D0, "SuiteMask");
_Static_assert(offsetof(KUSER_SHARED_DATA, MitigationPolicies) == 0x2D5, "MitigationPolicies");
_Static_assert(offsetof(KUSER_SHARED_DATA, NumberOfPhysicalPages) == 0x2E8, "PhysicalPages");
_Static_assert(offsetof(KUSER_SHARED_DATA, QpcFrequency) == 0x300, "QpcFrequency");
_Static_assert(offsetof(KUSER_SHARED_DATA, SystemCall) == 0x308, "SystemCall");
_Static_assert(offsetof(KUSER_SHARED_DATA, TickCount) == 0x320, "TickCount");
_Static_assert(offsetof(KUSER_SHARED_DATA, Cookie) == 0x330, "Cookie");
_Static_assert(offsetof(KUSER_SHARED_DATA, ActiveProcessorCount) == 0x3C0, "ProcessorCount");
_Static_assert(offsetof(KUSER_SHARED_DATA, XState) == 0x3D8, "XState");
_Static_assert(sizeof(KUSER_SHARED_DATA) == 0x720, "KUSER_SHARED_DATA");
