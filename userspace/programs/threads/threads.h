// SPDX-License-Identifier: MIT
// What the parts of the threads program share.

#pragma once

#include <nt/create.h>
#include <nt/object.h>
#include <nt/status.h>
#include <nt/sync.h>
#include <user/check.h>
#include <user/services.h>
#include <user/start.h>
#include <user/thread.h>

#define BAD_HANDLE ((HANDLE)0x7654)

void test_create(void);
void test_end(void);
void test_suspend(void);
void test_query(void);
void test_set(void);
void test_storm(void);

static inline THREAD_BASIC_INFORMATION basic_of(HANDLE thread)
{
    THREAD_BASIC_INFORMATION basic = { 0 };

    (void)NtQueryInformationThread(thread, ThreadBasicInformation, &basic, sizeof(basic), NULL);
    return basic;
}
