// SPDX-License-Identifier: MIT
// What the parts of the memory program share: its subjects, and short forms of the services on the
// program's own process.

#pragma once

#include <nt/memory.h>
#include <nt/status.h>
#include <user/check.h>
#include <user/services.h>

#define PAGE        0x1000ull
#define GRANULARITY 0x10000ull

void test_allocate(void);
void test_free(void);
void test_protect(void);
void test_query(void);
void test_placeholder(void);
void test_access(void);

// The in-and-out arguments of the services, and what a call returned.
struct range {
    PVOID base;
    SIZE_T size;
};

static inline NTSTATUS allocate(struct range *range, ULONG type, ULONG protection)
{
    return NtAllocateVirtualMemory(NtCurrentProcess(), &range->base, 0, &range->size, type,
                                   protection);
}

static inline NTSTATUS free_memory(struct range *range, ULONG type)
{
    return NtFreeVirtualMemory(NtCurrentProcess(), &range->base, &range->size, type);
}

static inline NTSTATUS protect(struct range *range, ULONG protection, ULONG *old)
{
    return NtProtectVirtualMemory(NtCurrentProcess(), &range->base, &range->size, protection, old);
}

// All zero if the query fails.
static inline MEMORY_BASIC_INFORMATION query(PVOID address)
{
    MEMORY_BASIC_INFORMATION region = { 0 };

    (void)NtQueryVirtualMemory(NtCurrentProcess(), address, MemoryBasicInformation, &region,
                               sizeof(region), NULL);
    return region;
}

static inline char *reserve(SIZE_T size)
{
    struct range range = { NULL, size };

    return NT_SUCCESS(allocate(&range, MEM_RESERVE, PAGE_READWRITE)) ? range.base : NULL;
}

static inline void release(PVOID base)
{
    struct range range = { base, 0 };

    (void)check_status("release", free_memory(&range, MEM_RELEASE), STATUS_SUCCESS);
}
