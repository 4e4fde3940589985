// SPDX-License-Identifier: MIT
// What the parts of the processes program share.

#pragma once

#include <nt/object.h>
#include <nt/status.h>
#include <user/check.h>
#include <user/process.h>
#include <user/services.h>
#include <user/start.h>
#include <user/thread.h>

#define BAD_HANDLE ((HANDLE)0x7654)

// The roles in which the program runs as its own child; role is its first argument.
int run_child(int argc, char **argv);

void test_create(void);
void test_handles(void);
void test_end(void);
void test_query(void);
void test_other(void);

// Starts children until none is left of `count`, several at a time; reports and checks that frames,
// handles and objects are those of before. Returns the exit code.
int run_starts(unsigned count);

static inline PROCESS_BASIC_INFORMATION basic_of(HANDLE process)
{
    PROCESS_BASIC_INFORMATION basic = { 0 };

    (void)NtQueryInformationProcess(process, ProcessBasicInformation, &basic, sizeof(basic), NULL);
    return basic;
}
