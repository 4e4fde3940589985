// SPDX-License-Identifier: MIT
/*
 * A thread as its own program sees it: the thread environment block (TEB), at GS:0 in user mode.
 * Layout of 64-bit Windows 10, build 19045.
 */

#pragma once

#include <nt/process.h>

// The part of the TEB that compilers know.
typedef struct _NT_TIB {
    PVOID ExceptionList; // unused by 64-bit code
    PVOID StackBase;     // one past the stack's highest byte
    PVOID StackLimit;    // lowest byte committed so far
    PVOID SubSystemTib;
    union {
        PVOID FiberData;
        ULONG Version;
    };
    PVOID ArbitraryUserPointer;
    struct _NT_TIB *Self;
} NT_TIB, *PNT_TIB;

typedef struct _ACTIVATION_CONTEXT_STACK {
    PVOID ActiveFrame;
    LIST_ENTRY FrameListCache;
    ULONG Flags;
    ULONG NextCookieSequenceNumber;
    ULONG StackId;
} ACTIVATION_CONTEXT_STACK;

typedef struct _GDI_TEB_BATCH {
    ULONG Offset;
    ULONG_PTR HDC;
    ULONG Buffer[310];
} GDI_TEB_BATCH;

#define STATIC_UNICODE_BUFFER_LENGTH 261
#define TLS_MINIMUM_AVAILABLE        64

typedef struct _TEB {
    NT_TIB NtTib;
    PVOID EnvironmentPointer;
    CLIENT_ID ClientId;
    PVOID ActiveRpcHandle;
    PVOID ThreadLocalStoragePointer;
    PPEB ProcessEnvironmentBlock;
    ULONG LastErrorValue;
    ULONG CountOfOwnedCriticalSections;
    PVOID CsrClientThread;
    PVOID Win32ThreadInfo;
    ULONG User32Reserved[26];
    ULONG UserReserved[5];
    PVOID WOW32Reserved;
    ULONG CurrentLocale;
    ULONG FpSoftwareStatusRegister;
    PVOID ReservedForDebuggerInstrumentation[16];
    PVOID SystemReserved1[30];
    CHAR PlaceholderCompatibilityMode;
    BOOLEAN PlaceholderHydrationAlwaysExplicit;
    CHAR PlaceholderReserved[10];
    ULONG ProxiedProcessId;
    ACTIVATION_CONTEXT_STACK ActivationStack;
    UCHAR WorkingOnBehalfTicket[8];
    NTSTATUS ExceptionCode;
    ACTIVATION_CONTEXT_STACK *ActivationContextStackPointer;
    ULONG_PTR InstrumentationCallbackSp;
    ULONG_PTR InstrumentationCallbackPreviousPc;
    ULONG_PTR InstrumentationCallbackPreviousSp;
    ULONG TxFsContext;
    BOOLEAN InstrumentationCallbackDisabled;
    BOOLEAN UnalignedLoadStoreExceptions;
    GDI_TEB_BATCH GdiTebBatch;
    CLIENT_ID RealClientId;
    HANDLE GdiCachedProcessHandle;
    ULONG GdiClientPID;
    ULONG GdiClientTID;
    PVOID GdiThreadLocalInfo;
    ULONG_PTR Win32ClientInfo[62];
    PVOID glDispatchTable[233];
    ULONG_PTR glReserved1[29];
    PVOID glReserved2;
    PVOID glSectionInfo;
    PVOID glSection;
    PVOID glTable;
    PVOID glCurrentRC;
    PVOID glContext;
    NTSTATUS LastStatusValue;
    UNICODE_STRING StaticUnicodeString;
    WCHAR StaticUnicodeBuffer[STATIC_UNICODE_BUFFER_LENGTH];
    PVOID DeallocationStack; // lowest address of the stack's reservation
    PVOID TlsSlots[TLS_MINIMUM_AVAILABLE];
    LIST_ENTRY TlsLinks;
    PVOID Vdm;
    PVOID ReservedForNtRpc;
    PVOID DbgSsReserved[2];
    ULONG HardErrorMode;
    PVOID Instrumentation[11];
    GUID ActivityId;
    PVOID SubProcessTag;
    PVOID PerflibData;
    PVOID EtwTraceData;
    PVOID WinSockData;
    ULONG GdiBatchCount;
    ULONG CurrentIdealProcessor;
    ULONG GuaranteedStackBytes;
    PVOID ReservedForPerf;
    PVOID ReservedForOle;
    ULONG WaitingOnLoaderLock;
    PVOID SavedPriorityState;
    ULONG_PTR ReservedForCodeCoverage;
    PVOID ThreadPoolData;
    PVOID *TlsExpansionSlots;
    PVOID DeallocationBStore;
    PVOID BStoreLimit;
    ULONG MuiGeneration;
    ULONG IsImpersonating;
    PVOID NlsCache;
    PVOID pShimData;
    ULONG HeapData;
    HANDLE CurrentTransactionHandle;
    PVOID ActiveFrame;
    PVOID FlsData;
    PVOID PreferredLanguages;
    PVOID UserPrefLanguages;
    PVOID MergedPrefLanguages;
    ULONG MuiImpersonation;
    USHORT CrossTebFlags;
    USHORT SameTebFlags;
    PVOID TxnScopeEnterCallback;
    PVOID TxnScopeExitCallback;
    PVOID TxnScopeContext;
    ULONG LockCount;
    LONG WowTebOffset;
    PVOID ResourceRetValue;
    PVOID ReservedForWdf;
    ULONGLONG ReservedForCrt;
    GUID EffectiveContainerId;
} TEB, *PTEB;

_Static_assert(sizeof(NT_TIB) == 0x38, "NT_TIB");
_Static_assert(offsetof(NT_TIB, Self) == 0x30, "NT_TIB.Self");
_Static_assert(sizeof(ACTIVATION_CONTEXT_STACK) == 0x28, "ACTIVATION_CONTEXT_STACK");
_Static_assert(sizeof(GDI_TEB_BATCH) == 0x4E8, "GDI_TEB_BATCH");
_Static_assert(offsetof(TEB, ClientId) == 0x40, "TEB.ClientId");
_Static_assert(offsetof(TEB, ThreadLocalStoragePointer) == 0x58, "TEB.ThreadLocalStoragePointer");
_Static_assert(offsetof(TEB, ProcessEnvironmentBlock) == 0x60, "TEB.ProcessEnvironmentBlock");
_Static_assert(offsetof(TEB, LastErrorValue) == 0x68, "TEB.LastErrorValue");
_Static_assert(offsetof(TEB, CurrentLocale) == 0x108, "TEB.CurrentLocale");
_Static_assert(offsetof(TEB, ActivationStack) == 0x290, "TEB.ActivationStack");
_Static_assert(offsetof(TEB, ExceptionCode) == 0x2C0, "TEB.ExceptionCode");
_Static_assert(offsetof(TEB, ActivationContextStackPointer) == 0x2C8, "TEB.ActivationContext...");
_Static_assert(offsetof(TEB, GdiTebBatch) == 0x2F0, "TEB.GdiTebBatch");
_Static_assert(offsetof(TEB, RealClientId) == 0x7D8, "TEB.RealClientId");
_Static_assert(offsetof(TEB, Win32ClientInfo) == 0x800, "TEB.Win32ClientInfo");
_Static_assert(offsetof(TEB, LastStatusValue) == 0x1250, "TEB.LastStatusValue");
_Static_assert(offsetof(TEB, StaticUnicodeString) == 0x1258, "TEB.StaticUnicodeString");
_Static_assert(offsetof(TEB, DeallocationStack) == 0x1478, "TEB.DeallocationStack");
_Static_assert(offsetof(TEB, TlsSlots) == 0x1480, "TEB.TlsSlots");
_Static_assert(offsetof(TEB, HardErrorMode) == 0x16B0, "TEB.HardErrorMode");
_Static_assert(offsetof(TEB, WinSockData) == 0x1738, "TEB.WinSockData");
_Static_assert(offsetof(TEB, GuaranteedStackBytes) == 0x1748, "TEB.GuaranteedStackBytes");
_Static_assert(offsetof(TEB, ReservedForOle) == 0x1758, "TEB.ReservedForOle");
_Static_assert(offsetof(TEB, SavedPriorityState) == 0x1768, "TEB.SavedPriorityState");
_Static_assert(offsetof(TEB, TlsExpansionSlots) == 0x1780, "TEB.TlsExpansionSlots");
_Static_assert(offsetof(TEB, FlsData) == 0x17C8, "TEB.FlsData");
_Static_assert(offsetof(TEB, WowTebOffset) == 0x180C, "TEB.WowTebOffset");
_Static_assert(sizeof(TEB) == 0x1838, "TEB");
