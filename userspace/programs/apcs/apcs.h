// SPDX-License-Identifier: MIT
// What the files of this program share.

#pragma once

#include <nt/status.h>
#include <user/check.h>
#include <user/exception.h>
#include <user/print.h>
#include <user/services.h>
#include <user/start.h>

// What the dispatcher calls.
typedef void (*apc_routine)(PVOID a, PVOID b, PVOID c, CONTEXT *context);

static inline NTSTATUS queue_to_self(apc_routine routine, ULONGLONG a, ULONGLONG b, ULONGLONG c)
{
    return NtQueueApcThread(NtCurrentThread(), (PVOID)routine, (PVOID)a, (PVOID)b, (PVOID)c);
}

static inline NTSTATUS queue_special_to_self(apc_routine routine, ULONGLONG a)
{
    return NtQueueApcThreadEx(NtCurrentThread(), (HANDLE)QUEUE_USER_APC_FLAGS_SPECIAL_USER_APC,
                              (PVOID)routine, (PVOID)a, NULL, NULL);
}

void test_order(void);
void test_contents(void);
void test_mixed(void);
void test_refusals(void);
void test_threads(void);
