// SPDX-License-Identifier: MIT
/*
 * The processor's state as programs see it: CONTEXT, the extended state (AVX and wider) that may
 * follow it, and the frames in which the kernel hands both to ntdll.
 *
 * Source: learn.microsoft.com, "CONTEXT structure", "Working with XState Context"; the frames:
 * observed, by what KiUserExceptionDispatcher and KiUserApcDispatcher of Wine 8 read
 */

#pragma once

#include <nt/types.h>

#define CONTEXT_AMD64           0x00100000u
#define CONTEXT_CONTROL         (CONTEXT_AMD64 | 0x01u)
#define CONTEXT_INTEGER         (CONTEXT_AMD64 | 0x02u)
#define CONTEXT_SEGMENTS        (CONTEXT_AMD64 | 0x04u)
#define CONTEXT_FLOATING_POINT  (CONTEXT_AMD64 | 0x08u)
#define CONTEXT_DEBUG_REGISTERS (CONTEXT_AMD64 | 0x10u)
#define CONTEXT_XSTATE          (CONTEXT_AMD64 | 0x40u)
#define CONTEXT_FULL            (CONTEXT_CONTROL | CONTEXT_INTEGER | CONTEXT_FLOATING_POINT)
#define CONTEXT_ALL             (CONTEXT_FULL | CONTEXT_SEGMENTS | CONTEXT_DEBUG_REGISTERS)

typedef struct _M128A {
    ULONGLONG Low;
    LONGLONG High;
} __attribute__((aligned(16))) M128A;

// What FXSAVE64 stores.
typedef struct _XMM_SAVE_AREA32 {
    USHORT ControlWord;
    USHORT StatusWord;
    UCHAR TagWord;
    UCHAR Reserved1;
    USHORT ErrorOpcode;
    ULONG ErrorOffset;
    USHORT ErrorSelector;
    USHORT Reserved2;
    ULONG DataOffset;
    USHORT DataSelector;
    USHORT Reserved3;
    ULONG MxCsr;
    ULONG MxCsr_Mask;
    M128A FloatRegisters[8];
    M128A XmmRegisters[16];
    UCHAR Reserved4[96];
} XMM_SAVE_AREA32;

typedef struct _CONTEXT {
    DWORD64 P1Home;
    DWORD64 P2Home;
    DWORD64 P3Home;
    DWORD64 P4Home;
    DWORD64 P5Home;
    DWORD64 P6Home;
    ULONG ContextFlags;
    ULONG MxCsr;
    USHORT SegCs;
    USHORT SegDs;
    USHORT SegEs;
    USHORT SegFs;
    USHORT SegGs;
    USHORT SegSs;
    ULONG EFlags;
    DWORD64 Dr0;
    DWORD64 Dr1;
    DWORD64 Dr2;
    DWORD64 Dr3;
    DWORD64 Dr6;
    DWORD64 Dr7;
    DWORD64 Rax;
    DWORD64 Rcx;
    DWORD64 Rdx;
    DWORD64 Rbx;
    DWORD64 Rsp;
    DWORD64 Rbp;
    DWORD64 Rsi;
    DWORD64 Rdi;
    DWORD64 R8;
    DWORD64 R9;
    DWORD64 R10;
    DWORD64 R11;
    DWORD64 R12;
    DWORD64 R13;
    DWORD64 R14;
    DWORD64 R15;
    DWORD64 Rip;
    XMM_SAVE_AREA32 FltSave;
    M128A VectorRegister[26];
    DWORD64 VectorControl;
    DWORD64 DebugControl;
    DWORD64 LastBranchToRip;
    DWORD64 LastBranchFromRip;
    DWORD64 LastExceptionToRip;
    DWORD64 LastExceptionFromRip;
} CONTEXT, *PCONTEXT;

// Where the parts of an extended CONTEXT lie, from the CONTEXT_EX on; it stands behind the CONTEXT.
typedef struct _CONTEXT_CHUNK {
    LONG Offset;
    ULONG Length;
} CONTEXT_CHUNK, *PCONTEXT_CHUNK;

typedef struct _CONTEXT_EX {
    CONTEXT_CHUNK All;
    CONTEXT_CHUNK Legacy;
    CONTEXT_CHUNK XState;
} CONTEXT_EX, *PCONTEXT_EX;

#define XSTATE_MASK_LEGACY       3ull // x87 and SSE: they are in CONTEXT.FltSave
#define XSTATE_COMPACTION_ENABLE (1ull << 63)
#define XSTATE_AVX               2
#define XSTATE_MASK_GSSE         (1ull << XSTATE_AVX)

// The head of the XState chunk; components follow it as XSAVE stores them behind its 512 bytes.
typedef struct _XSTATE {
    ULONG64 Mask;           // components that hold something; the others are in their initial state
    ULONG64 CompactionMask; // 0: each component at XSAVE's own place; else which ones are there
    ULONG64 Reserved[6];
} XSTATE, *PXSTATE;

// NtContinueEx's second argument, if it is above 0xFF.
typedef enum _KCONTINUE_TYPE {
    KCONTINUE_UNWIND,
    KCONTINUE_RESUME,
    KCONTINUE_LONGJUMP,
    KCONTINUE_SET,
    KCONTINUE_LAST,
} KCONTINUE_TYPE;

typedef struct _KCONTINUE_ARGUMENT {
    KCONTINUE_TYPE ContinueType;
    ULONG ContinueFlags;
    ULONGLONG Reserved[2];
} KCONTINUE_ARGUMENT, *PKCONTINUE_ARGUMENT;

#define KCONTINUE_FLAG_TEST_ALERT  0x1u
#define KCONTINUE_FLAG_DELIVER_APC 0x2u

// NtQueueApcThreadEx2's flags; the first one may stand for NtQueueApcThreadEx's reserve object.
#define QUEUE_USER_APC_FLAGS_SPECIAL_USER_APC      0x00001u
#define QUEUE_USER_APC_FLAGS_CALLBACK_DATA_CONTEXT 0x10000u

_Static_assert(sizeof(XMM_SAVE_AREA32) == 0x200, "XMM_SAVE_AREA32");
_Static_assert(offsetof(CONTEXT, ContextFlags) == 0x30, "CONTEXT.ContextFlags");
_Static_assert(offsetof(CONTEXT, Rax) == 0x78, "CONTEXT.Rax");
_Static_assert(offsetof(CONTEXT, Rsp) == 0x98, "CONTEXT.Rsp");
_Static_assert(offsetof(CONTEXT, Rip) == 0xF8, "CONTEXT.Rip");
_Static_assert(offsetof(CONTEXT, FltSave) == 0x100, "CONTEXT.FltSave");
_Static_assert(sizeof(CONTEXT) == 0x4D0, "CONTEXT");
_Static_assert(offsetof(CONTEXT, MxCsr) == 0x34, "CONTEXT.MxCsr");
_Static_assert(offsetof(CONTEXT, SegCs) == 0x38, "CONTEXT.SegCs");
_Static_assert(offsetof(CONTEXT, EFlags) == 0x44, "CONTEXT.EFlags");
_Static_assert(offsetof(CONTEXT, Dr7) == 0x70, "CONTEXT.Dr7");
_Static_assert(sizeof(CONTEXT_EX) == 0x18, "CONTEXT_EX");
_Static_assert(sizeof(XSTATE) == 0x40, "XSTATE");
_Static_assert(sizeof(KCONTINUE_ARGUMENT) == 0x18, "KCONTINUE_ARGUMENT");
