// SPDX-License-Identifier: MIT
// What the parts of the system_information program share.

#pragma once

#include <nt/processor_information.h>
#include <nt/status.h>
#include <nt/system_information.h>
#include <user/check.h>
#include <user/services.h>

// Room for every answer, aligned for every structure.
#define BUFFER_SIZE 0x10000u
extern _Alignas(16) char buffer[BUFFER_SIZE];

ULONG processor_count(void);

// Asks for a class into `buffer`; *length receives what the service says, or 0.
static inline NTSTATUS ask(SYSTEM_INFORMATION_CLASS kind, ULONG room, ULONG *length)
{
    *length = 0;
    return NtQuerySystemInformation(kind, buffer, room, length);
}

void test_lengths(void);
void test_machine(void);
void test_processors(void);
void test_processes(void);
void test_handles(void);
