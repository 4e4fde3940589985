// SPDX-License-Identifier: MIT
/*
 * What threads synchronise by: events, mutants, semaphores, timers, keyed events, completion ports.
 *
 * Source: winternl.h and winnt.h as learn.microsoft.com documents them; the driver kit's
 * documentation of the same objects (KeSetTimerEx, ZwCreateTimer and so on).
 */

#pragma once

#include <nt/types.h>

#define EVENT_QUERY_STATE  0x0001u
#define EVENT_MODIFY_STATE 0x0002u
#define EVENT_ALL_ACCESS   0x001F0003u

#define MUTANT_QUERY_STATE 0x0001u
#define MUTANT_ALL_ACCESS  0x001F0001u

#define SEMAPHORE_QUERY_STATE  0x0001u
#define SEMAPHORE_MODIFY_STATE 0x0002u
#define SEMAPHORE_ALL_ACCESS   0x001F0003u

#define TIMER_QUERY_STATE  0x0001u
#define TIMER_MODIFY_STATE 0x0002u
#define TIMER_ALL_ACCESS   0x001F0003u

#define KEYEDEVENT_WAIT       0x0001u
#define KEYEDEVENT_WAKE       0x0002u
#define KEYEDEVENT_ALL_ACCESS 0x000F0003u

#define IO_COMPLETION_QUERY_STATE  0x0001u
#define IO_COMPLETION_MODIFY_STATE 0x0002u
#define IO_COMPLETION_ALL_ACCESS   0x001F0003u

#define MAXIMUM_WAIT_OBJECTS 64u

typedef enum _WAIT_TYPE {
    WaitAll = 0,
    WaitAny = 1,
} WAIT_TYPE;

typedef enum _EVENT_TYPE {
    NotificationEvent = 0,
    SynchronizationEvent = 1,
} EVENT_TYPE;

typedef enum _EVENT_INFORMATION_CLASS {
    EventBasicInformation = 0,
} EVENT_INFORMATION_CLASS;

typedef struct _EVENT_BASIC_INFORMATION {
    EVENT_TYPE EventType;
    LONG EventState;
} EVENT_BASIC_INFORMATION, *PEVENT_BASIC_INFORMATION;

typedef enum _MUTANT_INFORMATION_CLASS {
    MutantBasicInformation = 0,
    MutantOwnerInformation = 1,
} MUTANT_INFORMATION_CLASS;

typedef struct _MUTANT_BASIC_INFORMATION {
    LONG CurrentCount; // 1: free; 1 - n: taken n times
    BOOLEAN OwnedByCaller;
    BOOLEAN AbandonedState;
} MUTANT_BASIC_INFORMATION, *PMUTANT_BASIC_INFORMATION;

typedef struct _MUTANT_OWNER_INFORMATION {
    CLIENT_ID ClientId;
} MUTANT_OWNER_INFORMATION, *PMUTANT_OWNER_INFORMATION;

typedef enum _SEMAPHORE_INFORMATION_CLASS {
    SemaphoreBasicInformation = 0,
} SEMAPHORE_INFORMATION_CLASS;

typedef struct _SEMAPHORE_BASIC_INFORMATION {
    LONG CurrentCount;
    LONG MaximumCount;
} SEMAPHORE_BASIC_INFORMATION, *PSEMAPHORE_BASIC_INFORMATION;

// Timers of both types.
typedef enum _TIMER_TYPE {
    NotificationTimer = 0,
    SynchronizationTimer = 1,
} TIMER_TYPE;

typedef enum _TIMER_INFORMATION_CLASS {
    TimerBasicInformation = 0,
} TIMER_INFORMATION_CLASS;

typedef struct _TIMER_BASIC_INFORMATION {
    LARGE_INTEGER RemainingTime; // 100 ns; below 0: it was due so long ago
    BOOLEAN TimerState;
} TIMER_BASIC_INFORMATION, *PTIMER_BASIC_INFORMATION;

// Context, then the time at which the timer was signalled, in 100 ns since 1601.
typedef void(NTAPI *PTIMER_APC_ROUTINE)(PVOID TimerContext, ULONG TimerLowValue,
                                        LONG TimerHighValue);

typedef enum _TIMER_SET_INFORMATION_CLASS {
    TimerSetCoalescableTimer = 0,
} TIMER_SET_INFORMATION_CLASS;

typedef struct _TIMER_SET_COALESCABLE_TIMER_INFO {
    LARGE_INTEGER DueTime;
    PTIMER_APC_ROUTINE TimerApcRoutine;
    PVOID TimerContext;
    PVOID WakeContext; // COUNTED_REASON_CONTEXT
    ULONG TimerPeriod; // ms
    ULONG TolerableDelay;
    PBOOLEAN PreviousState;
} TIMER_SET_COALESCABLE_TIMER_INFO, *PTIMER_SET_COALESCABLE_TIMER_INFO;

typedef enum _IO_COMPLETION_INFORMATION_CLASS {
    IoCompletionBasicInformation = 0,
} IO_COMPLETION_INFORMATION_CLASS;

typedef struct _IO_COMPLETION_BASIC_INFORMATION {
    LONG Depth; // entries that wait
} IO_COMPLETION_BASIC_INFORMATION, *PIO_COMPLETION_BASIC_INFORMATION;

typedef struct _FILE_IO_COMPLETION_INFORMATION {
    PVOID KeyContext;
    PVOID ApcContext;
    IO_STATUS_BLOCK IoStatusBlock;
} FILE_IO_COMPLETION_INFORMATION, *PFILE_IO_COMPLETION_INFORMATION;

_Static_assert(sizeof(EVENT_BASIC_INFORMATION) == 8, "EVENT_BASIC_INFORMATION");
_Static_assert(sizeof(MUTANT_BASIC_INFORMATION) == 8, "MUTANT_BASIC_INFORMATION");
_Static_assert(sizeof(MUTANT_OWNER_INFORMATION) == 16, "MUTANT_OWNER_INFORMATION");
_Static_assert(sizeof(SEMAPHORE_BASIC_INFORMATION) == 8, "SEMAPHORE_BASIC_INFORMATION");
_Static_assert(sizeof(TIMER_BASIC_INFORMATION) == 16, "TIMER_BASIC_INFORMATION");
_Static_assert(sizeof(TIMER_SET_COALESCABLE_TIMER_INFO) == 0x30, "TIMER_SET_COALESCABLE...");
_Static_assert(offsetof(TIMER_SET_COALESCABLE_TIMER_INFO, PreviousState) == 0x28, "PreviousState");
_Static_assert(sizeof(FILE_IO_COMPLETION_INFORMATION) == 0x20, "FILE_IO_COMPLETION_INFORMATION");
