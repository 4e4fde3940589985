// SPDX-License-Identifier: MIT
// What the parts of the memory storm share: random numbers, failing, and short forms of the
// services.

#pragma once

#include <nt/memory.h>
#include <nt/section.h>
#include <nt/status.h>
#include <user/services.h>
#include <user/thread.h>

#define PAGE        0x1000ull
#define GRANULARITY 0x10000ull

// More than most machines have processors, so that some always wait their turn.
#define THREADS 4u

// Each thread alone with its memory, knowing what every page must be.
void storm_alone(ULONG rounds, ULONG seed);
// All threads at one range; a page may be anything but somebody else's.
void storm_together(ULONG rounds, ULONG seed);
// Two processes at one section, counting in it and copying from it.
void storm_processes(ULONG rounds, ULONG seed);
int storm_child(ULONG rounds, ULONG seed);
// Written pages are told exactly, while others write.
void storm_watch(ULONG rounds, ULONG seed);
// What is huge and empty takes no time.
void storm_sparse(void);

// A linear congruence; 0..limit - 1.
ULONG random_below(ULONG *state, ULONG limit);

// The first that does not hold is printed with its page, the seed and the round, and ends the
// program.
void expect(const char *what, BOOLEAN holds, const volatile void *page);
void expect_status(const char *what, NTSTATUS got, NTSTATUS wanted, const volatile void *page);
void expect_equal(const char *what, LONGLONG got, LONGLONG wanted, const volatile void *page);

// One access of one word. The status of the exception, or STATUS_SUCCESS.
NTSTATUS try_read(const volatile LONG *word, LONG *value);
NTSTATUS try_write(volatile LONG *word, LONG value);

static inline volatile LONG *page_at(const volatile void *base, SIZE_T number)
{
    return (volatile LONG *)((ULONG_PTR)base + number * PAGE);
}

static inline NTSTATUS allocate(volatile void *at, SIZE_T pages, ULONG type, ULONG protection)
{
    PVOID base = (PVOID)at;
    SIZE_T size = pages * PAGE;

    return NtAllocateVirtualMemoryEx(NtCurrentProcess(), &base, &size, type, protection, NULL, 0);
}

static inline NTSTATUS free_pages(volatile void *at, SIZE_T pages, ULONG type)
{
    PVOID base = (PVOID)at;
    SIZE_T size = pages * PAGE;

    return NtFreeVirtualMemory(NtCurrentProcess(), &base, &size, type);
}

static inline NTSTATUS protect(volatile void *at, SIZE_T pages, ULONG protection)
{
    PVOID base = (PVOID)at;
    SIZE_T size = pages * PAGE;
    ULONG old;

    return NtProtectVirtualMemory(NtCurrentProcess(), &base, &size, protection, &old);
}

// Maps pages of a section over a placeholder of that size, or with at == NULL anywhere; the address
// or NULL.
volatile void *map_view(HANDLE section, volatile void *at, SIZE_T first, SIZE_T pages,
                        ULONG protection);
HANDLE make_section(SIZE_T pages);
// A placeholder of that size, anywhere.
volatile void *get_placeholder(SIZE_T pages);
