// SPDX-License-Identifier: MIT
// What the parts of the timers program share. Times are in 100 ns.

#pragma once

#include <nt/object.h>
#include <nt/status.h>
#include <user/check.h>
#include <user/services.h>

#define MILLISECOND 10000LL
#define SECOND      (1000 * MILLISECOND)

void test_expiry(void);
void test_refusals(void);
void test_apcs(void);
void test_clock(void);

LONGLONG counter(void);
LONGLONG system_time(void);
HANDLE make_timer(TIMER_TYPE type);
NTSTATUS set_timer(HANDLE timer, LONGLONG due, LONG period);
NTSTATUS wait_until(HANDLE timer, LONGLONG timeout);
