// SPDX-License-Identifier: MIT
// What a program can do to a kernel on purpose. The subjects return the exit code, if they return.

#pragma once

#include <nt/memory.h>
#include <nt/status.h>
#include <user/check.h>
#include <user/memory.h>
#include <user/print.h>
#include <user/services.h>
#include <user/start.h>

int hostile_code32(void);
int hostile_iret(void);
int hostile_selectors(void);

int hostile_memory(void);
int hostile_tables(void);
int hostile_areas(void);
int hostile_own(void);

int hostile_texts(void);
int hostile_spans(void);
int hostile_answers(void);

// One kind of thing without end; exit code 77. false: there is no such kind.
bool hostile_exhaust(const char *kind, int *result);

static inline NTSTATUS allocate(PVOID *base, SIZE_T size, ULONG type, ULONG protection)
{
    return NtAllocateVirtualMemory(NtCurrentProcess(), base, 0, &size, type, protection);
}

static inline NTSTATUS release(PVOID base)
{
    SIZE_T all = 0;

    return NtFreeVirtualMemory(NtCurrentProcess(), &base, &all, MEM_RELEASE);
}
